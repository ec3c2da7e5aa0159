"""Policies on roles, users and groups."""

from cloud import ACCOUNT, DATE, check, equal, fresh, keys, matches, policy, root, trust

KINDS = ["Role", "User", "Group"]


def owner(kind):
    name = fresh(kind)
    if kind == "Role":
        root("CreateRole", RoleName=name, AssumeRolePolicyDocument=trust())
    else:
        root(f"Create{kind}", **{f"{kind}Name": name})
    return name


def custom():
    name = fresh("Attached")
    root("CreatePolicy", PolicyName=name, PolicyDocument=policy(), Description="d")
    return name


def attach(kind, name, policy_name, policy_type="Custom"):
    return root(
        f"AttachPolicyTo{kind}",
        **{f"{kind}Name": name, "PolicyName": policy_name, "PolicyType": policy_type},
    )


def detach(kind, name, policy_name, policy_type="Custom"):
    return root(
        f"DetachPolicyFrom{kind}",
        **{f"{kind}Name": name, "PolicyName": policy_name, "PolicyType": policy_type},
    )


def held(kind, name):
    listed = root(f"ListPoliciesFor{kind}", **{f"{kind}Name": name})
    keys(listed, "Policies", f"ListPoliciesFor{kind}")
    return listed["Policies"]["Policy"]


def test_lifecycle_on_every_kind():
    for kind in KINDS:
        name, policy_name = owner(kind), custom()
        equal(held(kind, name), [], "before")
        equal(attach(kind, name.lower(), policy_name.upper()), {})
        attach(kind, name, "aliyunossreadonlyaccess", "System")
        policies = held(kind, name.upper())
        equal(
            [(p["PolicyName"], p["PolicyType"]) for p in policies],
            [("AliyunOSSReadOnlyAccess", "System"), (policy_name, "Custom")],
            "names as they were made",
        )
        keys(
            policies[1],
            "AttachDate DefaultVersion Description PolicyName PolicyType",
            f"a policy of ListPoliciesFor{kind}",
        )
        matches(policies[1]["AttachDate"], DATE, "AttachDate")

        parameters = {f"{kind}Name": name, "PolicyName": policy_name, "PolicyType": "Custom"}
        root.fails(
            f"EntityAlreadyExists.{kind}.Policy", 409, f"AttachPolicyTo{kind}", **parameters
        )
        got = root("GetPolicy", PolicyName=policy_name, PolicyType="Custom")["Policy"]
        equal(got["AttachmentCount"], 1)

        # What hangs on something is not deleted.
        root.fails(
            f"DeleteConflict.Policy.{kind}",
            409,
            "DeletePolicy",
            PolicyName=policy_name,
            CascadingDelete=True,
        )
        root.fails(f"DeleteConflict.{kind}.Policy", 409, f"Delete{kind}", **{f"{kind}Name": name})

        equal(detach(kind, name, policy_name), {})
        root.fails(f"EntityNotExist.{kind}.Policy", 404, f"DetachPolicyFrom{kind}", **parameters)
        detach(kind, name, "AliyunOSSReadOnlyAccess", "System")
        root(f"Delete{kind}", **{f"{kind}Name": name})
        root("DeletePolicy", PolicyName=policy_name)
        for action in [f"AttachPolicyTo{kind}", f"DetachPolicyFrom{kind}"]:
            root.fails(f"EntityNotExist.{kind}", 404, action, **parameters)
        root.fails(
            f"EntityNotExist.{kind}", 404, f"ListPoliciesFor{kind}", **{f"{kind}Name": name}
        )


def test_refusals_tell_what_is_missing():
    for kind in KINDS:
        name = owner(kind)
        absent = {f"{kind}Name": name, "PolicyName": fresh("none"), "PolicyType": "Custom"}
        wrong = {f"{kind}Name": name, "PolicyName": "AliyunOSSFullAccess", "PolicyType": "Custom"}
        for action in [f"AttachPolicyTo{kind}", f"DetachPolicyFrom{kind}"]:
            root.fails("EntityNotExist.Policy", 404, action, **absent)
            root.fails("EntityNotExist.Policy", 404, action, **wrong)
            root.fails(
                "InvalidParameter.PolicyType", 400, action, **(absent | {"PolicyType": "Own"})
            )
            root.fails(
                f"InvalidParameter.{kind}Name.InvalidChars",
                400,
                action,
                **(absent | {f"{kind}Name": "a/b"}),
            )
            root.missing("PolicyName", action, **{f"{kind}Name": name, "PolicyType": "Custom"})
        root.fails(
            "InvalidParameter.ResourceGroupId",
            400,
            f"AttachPolicyTo{kind}",
            ResourceGroupId="rg-1",
            **(wrong | {"PolicyType": "System"}),
        )
        root(
            f"AttachPolicyTo{kind}",
            ResourceGroupId=ACCOUNT,
            **(wrong | {"PolicyType": "System"}),
        )


def test_limits():
    names = [custom() for _ in range(11)]
    for kind in KINDS:
        name = owner(kind)
        for policy_name in names[:10]:
            attach(kind, name, policy_name)
        root.fails(
            f"LimitExceeded.{kind}.Policy",
            409,
            f"AttachPolicyTo{kind}",
            **{f"{kind}Name": name, "PolicyName": names[10], "PolicyType": "Custom"},
        )
        # The system's policies are counted by themselves.
        attach(kind, name, "AdministratorAccess", "System")


def test_entities():
    policy_name = custom()
    role, user, group = (owner(kind) for kind in KINDS)
    for kind, name in zip(KINDS, [role, user, group]):
        attach(kind, name, policy_name)
    found = root("ListEntitiesForPolicy", PolicyName=policy_name, PolicyType="Custom")
    keys(found, "Groups Roles Users", "ListEntitiesForPolicy")
    [listed_role] = found["Roles"]["Role"]
    keys(listed_role, "Arn AttachDate Description RoleId RoleName", "its role")
    equal(listed_role["RoleName"], role)
    equal(listed_role["Arn"], f"acs:ram::{ACCOUNT}:role/{role.lower()}")
    [listed_user] = found["Users"]["User"]
    keys(listed_user, "AttachDate DisplayName UserId UserName", "its user")
    equal(listed_user["UserName"], user)
    [listed_group] = found["Groups"]["Group"]
    keys(listed_group, "AttachDate Comments GroupName", "its group")
    equal(listed_group["GroupName"], group)
    got = root("GetPolicy", PolicyName=policy_name, PolicyType="Custom")["Policy"]
    equal(got["AttachmentCount"], 3, "attachments over all kinds")
    listed = root("ListPolicies", PolicyType="Custom", MaxItems=1000)["Policies"]["Policy"]
    [count] = [p["AttachmentCount"] for p in listed if p["PolicyName"] == policy_name]
    equal(count, 3, "attachments in the list")

    empty = root("ListEntitiesForPolicy", PolicyName=custom(), PolicyType="Custom")
    equal(empty, {"Groups": {"Group": []}, "Roles": {"Role": []}, "Users": {"User": []}})
    system = root("ListEntitiesForPolicy", PolicyName="AdministratorAccess", PolicyType="System")
    check("Roles" in system, "a system policy has no entities")
