"""Policies, their versions, and the system's policies."""

import json

from cloud import DATE, check, equal, fresh, keys, matches, policy, root

ROTATE = "DeleteOldestNonDefaultVersionWhenLimitExceeded"


def versions(name, kind="Custom"):
    listed = root("ListPolicyVersions", PolicyName=name, PolicyType=kind)
    return listed["PolicyVersions"]["PolicyVersion"]


def test_lifecycle():
    name = fresh("Policy")
    document = policy()
    made = root("CreatePolicy", PolicyName=name, PolicyDocument=document, Description="first")
    keys(made, "Policy", "CreatePolicy")
    keys(
        made["Policy"],
        "CreateDate DefaultVersion Description PolicyName PolicyType",
        "the policy of CreatePolicy",
    )
    equal(made["Policy"]["DefaultVersion"], "v1")
    equal(made["Policy"]["PolicyType"], "Custom")

    got = root("GetPolicy", PolicyName=name.upper(), PolicyType="Custom")
    keys(got, "Policy DefaultPolicyVersion", "GetPolicy")
    keys(
        got["Policy"],
        "AttachmentCount CreateDate DefaultVersion Description PolicyName PolicyType UpdateDate",
        "the policy of GetPolicy",
    )
    equal(got["Policy"]["PolicyName"], name, "the name as it was made")
    equal(got["Policy"]["AttachmentCount"], 0)
    version = got["DefaultPolicyVersion"]
    keys(version, "CreateDate IsDefaultVersion PolicyDocument VersionId", "the default version")
    equal((version["VersionId"], version["IsDefaultVersion"]), ("v1", True))
    equal(version["PolicyDocument"], document, "the document, byte for byte")
    matches(version["CreateDate"], DATE, "CreateDate")

    changed = root("UpdatePolicyDescription", PolicyName=name, NewDescription="second")["Policy"]
    keys(
        changed,
        "CreateDate DefaultVersion Description PolicyName PolicyType UpdateDate",
        "the policy of UpdatePolicyDescription",
    )
    equal(changed["Description"], "second")
    cleared = root("UpdatePolicyDescription", PolicyName=name, NewDescription="")["Policy"]
    equal(cleared["Description"], "")

    equal(root("DeletePolicy", PolicyName=name), {})
    gone = ("EntityNotExist.Policy", 404)
    root.fails(*gone, "GetPolicy", PolicyName=name, PolicyType="Custom")
    root.fails(*gone, "DeletePolicy", PolicyName=name)
    root.fails(*gone, "UpdatePolicyDescription", PolicyName=name, NewDescription="x")
    root.fails(*gone, "CreatePolicyVersion", PolicyName=name, PolicyDocument=policy())
    root.fails(*gone, "GetPolicyVersion", PolicyName=name, PolicyType="Custom", VersionId="v1")
    root.fails(*gone, "ListPolicyVersions", PolicyName=name, PolicyType="Custom")
    root.fails(*gone, "DeletePolicyVersion", PolicyName=name, VersionId="v1")
    root.fails(*gone, "SetDefaultPolicyVersion", PolicyName=name, VersionId="v1")
    root.fails(*gone, "ListEntitiesForPolicy", PolicyName=name, PolicyType="Custom")


def test_parameters():
    good = {"PolicyDocument": policy()}
    root.missing("PolicyName", "CreatePolicy", **good)
    root.missing("PolicyDocument", "CreatePolicy", PolicyName=fresh("p"))
    for name in ["a_b", "a.b", "a b"]:
        root.fails(
            "InvalidParameter.PolicyName.InvalidChars", 400, "CreatePolicy", PolicyName=name, **good
        )
    root.fails(
        "InvalidParameter.PolicyName.Length", 400, "CreatePolicy", PolicyName="p" * 129, **good
    )
    root.fails(
        "InvalidParameter.PolicyDocument.Length",
        400,
        "CreatePolicy",
        PolicyName=fresh("p"),
        PolicyDocument=policy().ljust(6145),
    )
    root(
        "CreatePolicy", PolicyName=fresh("longest"), PolicyDocument=policy().ljust(6144)
    )
    root.fails(
        "InvalidParameter.Description.Length",
        400,
        "CreatePolicy",
        PolicyName=fresh("p"),
        Description="d" * 1025,
        **good,
    )
    for document in ["nonsense", "[]", '{"Version":"2012-10-17","Statement":[]}']:
        root.fails(
            "MalformedPolicyDocument",
            400,
            "CreatePolicy",
            PolicyName=fresh("p"),
            PolicyDocument=document,
        )
    name = fresh("Twice")
    root("CreatePolicy", PolicyName=name, **good)
    root.fails(
        "EntityAlreadyExists.Policy", 409, "CreatePolicy", PolicyName=name.lower(), **good
    )
    root.missing("PolicyType", "GetPolicy", PolicyName=name)
    for action in ["GetPolicy", "ListPolicyVersions", "ListEntitiesForPolicy"]:
        root.fails(
            "InvalidParameter.PolicyType", 400, action, PolicyName=name, PolicyType="custom"
        )
    root.fails("EntityNotExist.Policy", 404, "GetPolicy", PolicyName=name, PolicyType="System")
    root.fails(
        "InvalidParameter.NewDescription.Length",
        400,
        "UpdatePolicyDescription",
        PolicyName=name,
        NewDescription="d" * 1025,
    )


def test_versions():
    name = fresh("Versions")
    root("CreatePolicy", PolicyName=name, PolicyDocument=policy("oss:A1"))
    second = root("CreatePolicyVersion", PolicyName=name, PolicyDocument=policy("oss:A2"))
    version = second["PolicyVersion"]
    keys(version, "CreateDate IsDefaultVersion PolicyDocument VersionId", "a new version")
    equal((version["VersionId"], version["IsDefaultVersion"]), ("v2", False))
    equal(version["PolicyDocument"], policy("oss:A2"))

    third = root(
        "CreatePolicyVersion",
        PolicyName=name,
        PolicyDocument=policy("oss:A3"),
        SetAsDefault=True,
    )["PolicyVersion"]
    equal((third["VersionId"], third["IsDefaultVersion"]), ("v3", True))
    got = root("GetPolicy", PolicyName=name, PolicyType="Custom")
    equal(got["Policy"]["DefaultVersion"], "v3")
    equal(json.loads(got["DefaultPolicyVersion"]["PolicyDocument"]), json.loads(policy("oss:A3")))

    one = root("GetPolicyVersion", PolicyName=name, PolicyType="Custom", VersionId="v1")
    equal(one["PolicyVersion"]["IsDefaultVersion"], False)
    equal(one["PolicyVersion"]["PolicyDocument"], policy("oss:A1"))
    equal(
        [(v["VersionId"], v["IsDefaultVersion"]) for v in versions(name)],
        [("v1", False), ("v2", False), ("v3", True)],
        "ListPolicyVersions",
    )
    check(all("PolicyDocument" in v for v in versions(name)), "a listed version has no document")

    root("SetDefaultPolicyVersion", PolicyName=name, VersionId="v2")
    got = root("GetPolicy", PolicyName=name, PolicyType="Custom")
    equal(got["Policy"]["DefaultVersion"], "v2")
    root.fails(
        "DeleteConflict.Policy.Version.Default",
        409,
        "DeletePolicyVersion",
        PolicyName=name,
        VersionId="v2",
    )
    root("DeletePolicyVersion", PolicyName=name, VersionId="v3")
    absent = ("EntityNotExist.Policy.Version", 404)
    root.fails(*absent, "DeletePolicyVersion", PolicyName=name, VersionId="v3")
    root.fails(*absent, "SetDefaultPolicyVersion", PolicyName=name, VersionId="v3")
    root.fails(
        *absent, "GetPolicyVersion", PolicyName=name, PolicyType="Custom", VersionId="v3"
    )
    form = ("InvalidParameter.VersionId.Format", 400)
    for bad in ["3", "V1", "v", "v-1", "v1.0"]:
        root.fails(*form, "DeletePolicyVersion", PolicyName=name, VersionId=bad)
        root.fails(*form, "SetDefaultPolicyVersion", PolicyName=name, VersionId=bad)
        root.fails(*form, "GetPolicyVersion", PolicyName=name, PolicyType="Custom", VersionId=bad)

    # Numbers are never used twice.
    made = root("CreatePolicyVersion", PolicyName=name, PolicyDocument=policy())
    equal(made["PolicyVersion"]["VersionId"], "v4")

    root.fails("DeleteConflict.Policy.Version", 409, "DeletePolicy", PolicyName=name)
    root("DeletePolicy", PolicyName=name, CascadingDelete=True)


def test_five_versions_and_rotation():
    name = fresh("Rotated")
    root("CreatePolicy", PolicyName=name, PolicyDocument=policy())
    for _ in range(4):
        root("CreatePolicyVersion", PolicyName=name, PolicyDocument=policy())
    full = ("LimitExceeded.Policy.Version", 409)
    root.fails(*full, "CreatePolicyVersion", PolicyName=name, PolicyDocument=policy())
    root.fails(
        *full,
        "CreatePolicyVersion",
        PolicyName=name,
        PolicyDocument=policy(),
        RotateStrategy="None",
    )
    root.fails(
        "InvalidParameter.RotateStrategy",
        400,
        "CreatePolicyVersion",
        PolicyName=name,
        PolicyDocument=policy(),
        RotateStrategy="Oldest",
    )
    # v1 is the default, so the oldest of the others goes.
    rotated = root(
        "CreatePolicyVersion",
        PolicyName=name,
        PolicyDocument=policy(),
        SetAsDefault=True,
        RotateStrategy=ROTATE,
    )
    equal(rotated["PolicyVersion"]["VersionId"], "v6")
    equal([v["VersionId"] for v in versions(name)], ["v1", "v3", "v4", "v5", "v6"])
    for number in range(7, 10):
        root(
            "CreatePolicyVersion",
            PolicyName=name,
            PolicyDocument=policy(),
            SetAsDefault=True,
            RotateStrategy=ROTATE,
        )
    equal([v["VersionId"] for v in versions(name)], ["v5", "v6", "v7", "v8", "v9"])


def test_system_policies_are_there_and_stay():
    name = "AliyunIMMFullAccess"
    got = root("GetPolicy", PolicyName=name.lower(), PolicyType="System")
    equal(got["Policy"]["PolicyName"], name)
    equal(got["Policy"]["DefaultVersion"], "v3")
    document = json.loads(got["DefaultPolicyVersion"]["PolicyDocument"])
    actions = [statement["Action"] for statement in document["Statement"]]
    check("imm:*" in actions and "ram:PassRole" in actions, f"its actions are {actions}")
    equal([v["VersionId"] for v in versions(name, "System")], ["v3"])

    listed = root("ListPolicies", PolicyType="System", MaxItems=1000)["Policies"]["Policy"]
    names = {p["PolicyName"] for p in listed}
    for wanted in [
        "AdministratorAccess",
        "AliyunIMMBatchTriggerRolePolicy",
        "AliyunIMMReadOnlyAccess",
        "AliyunIMMRolePolicy",
        "AliyunMNSFullAccess",
        "AliyunOSSFullAccess",
        "AliyunOSSReadOnlyAccess",
        "AliyunRAMFullAccess",
        "AliyunRAMReadOnlyAccess",
        "AliyunSTSAssumeRoleAccess",
        "PowerUserAccess",
    ]:
        check(wanted in names, f"{wanted} is not there")
    unknown = {p["PolicyName"] for p in listed if "inferred" in p["Description"]}
    check("AliyunIMMRolePolicy" in unknown, "inferred content is not marked")
    check(name not in unknown, "known content is marked as inferred")

    gone = ("EntityNotExist.Policy", 404)
    root.fails(*gone, "DeletePolicy", PolicyName=name)
    root.fails(*gone, "CreatePolicyVersion", PolicyName=name, PolicyDocument=policy())
    root.fails(*gone, "UpdatePolicyDescription", PolicyName=name, NewDescription="mine")
    root.fails(*gone, "SetDefaultPolicyVersion", PolicyName=name, VersionId="v1")
    # A custom policy may carry the same name; the type tells them apart.
    root("CreatePolicy", PolicyName=name, PolicyDocument=policy())
    both = [
        p["PolicyType"]
        for p in root("ListPolicies", MaxItems=1000)["Policies"]["Policy"]
        if p["PolicyName"] == name
    ]
    equal(both, ["Custom", "System"], "types of that name")
    root("DeletePolicy", PolicyName=name)


def test_list():
    prefix = fresh("Paged")
    tag = [{"Key": "page", "Value": prefix}, {"Key": "more", "Value": ""}]
    for number in range(3):
        root(
            "CreatePolicy",
            PolicyName=f"{prefix}-{number}",
            PolicyDocument=policy(),
            Tag=tag,
        )
    first = root("ListPolicies", MaxItems=2, Tag=tag[:1])
    equal(first["IsTruncated"], True)
    second = root("ListPolicies", MaxItems=2, Tag=tag[:1], Marker=first["Marker"])
    keys(second, "IsTruncated Policies", "the last page")
    names = [p["PolicyName"] for page in (first, second) for p in page["Policies"]["Policy"]]
    equal(names, [f"{prefix}-{number}" for number in range(3)])
    one = first["Policies"]["Policy"][0]
    keys(
        one,
        "AttachmentCount CreateDate DefaultVersion Description PolicyName PolicyType Tags "
        "UpdateDate",
        "a policy of ListPolicies",
    )
    equal(
        one["Tags"]["Tag"],
        [{"TagKey": "more", "TagValue": ""}, {"TagKey": "page", "TagValue": prefix}],
    )
    for kind in ["Custom", "System"]:
        kinds = {p["PolicyType"] for p in root("ListPolicies", PolicyType=kind)["Policies"]["Policy"]}
        equal(kinds, {kind})
    root.fails("InvalidParameter.PolicyType", 400, "ListPolicies", PolicyType="Other")
    root.fails("InvalidParameter.MaxItems", 400, "ListPolicies", MaxItems=1001)

    # Every policy once, whatever the size of the page.
    seen, marker = [], {}
    while True:
        page = root("ListPolicies", MaxItems=3, **marker)
        seen += [(p["PolicyName"].lower(), p["PolicyType"]) for p in page["Policies"]["Policy"]]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    equal(len(seen), len(set(seen)), "doubles among the pages")
    equal(seen, sorted(seen), "order over the pages")
