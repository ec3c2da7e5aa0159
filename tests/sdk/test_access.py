"""Who may do what: users, groups, role sessions, and the roles of projects."""

import json

from cloud import (
    ACCOUNT,
    OURS,
    Cloud,
    check,
    equal,
    fresh,
    grant,
    person,
    policy,
    role,
    root,
    session,
    trust,
)

IMPLICIT = "ImplicitDeny"
EXPLICIT = "ExplicitDeny"
IDENTITY = "AccountLevelIdentityBasedPolicy"
SESSION = "SessionPolicy"
TRUST = "AssumeRolePolicy"


def to_imm(resource="*", service="imm.aliyuncs.com"):
    return policy(
        "ram:PassRole", resource, condition={"StringEquals": {"acs:Service": service}}
    )


def test_a_user_without_rights():
    _, user = person()
    name = role()
    message = user.denied_by(IMPLICIT, IDENTITY, "ram:GetRole", "GetRole", RoleName=name)
    check(f"acs:ram::{ACCOUNT}:role/{name}" in message, f"the resource is not named: {message}")
    check(message.endswith(OURS), f"an invented text is not marked: {message}")
    message = user.denied_by(
        IMPLICIT, IDENTITY, "imm:GetProject", "GetProject", ProjectName="p"
    )
    arn = f"acs:imm:cn-hangzhou:{ACCOUNT}:project/p"
    equal(
        message,
        f"You are not authorized to operate imm:GetProject on the specified resources {arn}",
    )
    user.denied_by(
        IMPLICIT,
        IDENTITY,
        "sts:AssumeRole",
        "AssumeRole",
        RoleArn=f"acs:ram::{ACCOUNT}:role/{name}",
        RoleSessionName="session",
    )
    # Who calls is nobody's secret.
    equal(user("GetCallerIdentity")["IdentityType"], "RAMUser")


def test_own_policies():
    name, user = person(policy("ram:Get*"))
    shown, hidden = role(), role()
    equal(user("GetRole", RoleName=shown)["Role"]["RoleName"], shown)
    user.denied_by(IMPLICIT, IDENTITY, "ram:ListRoles", "ListRoles")
    grant("User", name, policy("ram:*", f"acs:ram:*:*:role/{hidden.upper()}", effect="Deny"))
    user.denied_by(EXPLICIT, IDENTITY, "ram:GetRole", "GetRole", RoleName=hidden)
    user("GetRole", RoleName=shown)
    # A system policy is as good as one's own.
    root(
        "AttachPolicyToUser",
        UserName=name,
        PolicyName="AliyunRAMReadOnlyAccess",
        PolicyType="System",
    )
    user("ListRoles")


def test_a_group_member():
    name, user = person()
    club = fresh("club")
    root("CreateGroup", GroupName=club)
    grant("Group", club, policy("ram:GetGroup", f"acs:ram:*:{ACCOUNT}:group/{club}"))
    user.denied_by(IMPLICIT, IDENTITY, "ram:GetGroup", "GetGroup", GroupName=club)
    root("AddUserToGroup", UserName=name, GroupName=club)
    equal(user("GetGroup", GroupName=club)["Group"]["GroupName"], club)
    user.denied_by(IMPLICIT, IDENTITY, "ram:GetGroup", "GetGroup", GroupName=fresh("other"))
    root("RemoveUserFromGroup", UserName=name, GroupName=club)
    user.denied_by(IMPLICIT, IDENTITY, "ram:GetGroup", "GetGroup", GroupName=club)


def test_an_attachment_needs_both():
    name = role()
    pair = {"RoleName": name, "PolicyName": "AliyunOSSReadOnlyAccess", "PolicyType": "System"}
    _, half = person(policy("ram:AttachPolicyToRole", f"acs:ram:*:{ACCOUNT}:*"))
    message = half.denied_by(
        IMPLICIT, IDENTITY, "ram:AttachPolicyToRole", "AttachPolicyToRole", **pair
    )
    check("acs:ram::system:policy/AliyunOSSReadOnlyAccess" in message, message)
    _, whole = person(policy("ram:AttachPolicyToRole", "acs:ram:*:*:*"))
    whole("AttachPolicyToRole", **pair)


def test_a_role_session():
    whole = trust(f"acs:ram::{ACCOUNT}:root", kind="RAM")
    admin = role(document=whole)
    grant("Role", admin, policy("ram:Get*"))
    _, user = person(policy("sts:AssumeRole"))
    # The user has not what the role has, nor the session what the user has.
    user.denied_by(IMPLICIT, IDENTITY, "ram:GetRole", "GetRole", RoleName=admin)
    assumed = session(user, admin)
    assumed("GetRole", RoleName=admin)
    assumed.denied_by(
        IMPLICIT,
        IDENTITY,
        "sts:AssumeRole",
        "AssumeRole",
        RoleArn=f"acs:ram::{ACCOUNT}:role/{admin}",
        RoleSessionName="again",
    )
    # A session policy takes away, and gives nothing.
    narrow = session(user, admin, Policy=policy("ram:ListRoles"))
    narrow.denied_by(IMPLICIT, SESSION, "ram:GetRole", "GetRole", RoleName=admin)
    narrow.denied_by(IMPLICIT, IDENTITY, "ram:ListRoles", "ListRoles")
    shut = session(user, admin, Policy=policy("*", effect="Deny"))
    shut.denied_by(EXPLICIT, SESSION, "ram:GetRole", "GetRole", RoleName=admin)


def test_whom_a_role_trusts():
    name, user = person(policy("sts:AssumeRole"))
    _, other = person(policy("sts:AssumeRole"))

    def denied(caller, role_name, kind=IMPLICIT, **parameters):
        caller.denied_by(
            kind,
            TRUST,
            "sts:AssumeRole",
            "AssumeRole",
            RoleArn=f"acs:ram::{ACCOUNT}:role/{role_name}",
            RoleSessionName="session",
            **parameters,
        )

    denied(user, role(document=trust("imm.aliyuncs.com")))
    mine = role(document=trust(f"acs:ram::{ACCOUNT}:user/{name}", kind="RAM"))
    session(user, mine)
    denied(other, mine)
    guarded = json.loads(trust(f"acs:ram::{ACCOUNT}:root", kind="RAM"))
    guarded["Statement"][0]["Condition"] = {"StringEquals": {"sts:ExternalId": "ext-1"}}
    guarded = role(document=json.dumps(guarded))
    denied(user, guarded)
    denied(user, guarded, ExternalId="ext-2")
    session(user, guarded, ExternalId="ext-1")
    shut = json.loads(trust(f"acs:ram::{ACCOUNT}:root", kind="RAM"))
    shut["Statement"].append(shut["Statement"][0] | {"Effect": "Deny"})
    denied(user, role(document=json.dumps(shut)), kind=EXPLICIT)


def test_the_role_of_a_project():
    media = role()
    grant("Role", media, policy("oss:GetObject", "acs:oss:*:*:bucket/*"))
    name, user = person(policy("imm:*"))
    project = {"ProjectName": fresh("p").replace("-", "_"), "ServiceRole": media}
    invalid = ("InvalidServiceRole", 400, "CreateProject")
    absent, people = fresh("none"), role(document=trust(f"acs:ram::{ACCOUNT}:root", kind="RAM"))
    for caller in [root, user]:
        message = caller.fails(*invalid, **(project | {"ServiceRole": absent}))
        check(f"{absent} does not exist" in message, message)
        check(message.endswith(OURS), f"an invented text is not marked: {message}")
        message = caller.fails(*invalid, **(project | {"ServiceRole": people}))
        check("does not trust imm.aliyuncs.com" in message, message)
        check(message.endswith(OURS), f"an invented text is not marked: {message}")

    def no_pass():
        message = user.denied_by(IMPLICIT, IDENTITY, "ram:PassRole", "CreateProject", **project)
        check("may not pass" in message and message.endswith(OURS), message)

    no_pass()
    grant("User", name, to_imm(service="oss.aliyuncs.com"))
    no_pass()
    grant("User", name, to_imm(resource=f"acs:ram:*:*:role/{role()}"))
    no_pass()
    grant("User", name, to_imm(resource=f"acs:ram:*:*:role/{media.lower()}"))

    def no_hold(kind):
        message = user.denied_by(kind, IDENTITY, "oss:GetObject", "CreateProject", **project)
        check("does not hold every permission" in message and message.endswith(OURS), message)

    no_hold(IMPLICIT)
    grant("User", name, policy("oss:*", "acs:oss:*:*:bucket"))
    no_hold(IMPLICIT)
    grant("User", name, policy("oss:Get*", "acs:oss:*:*:b*"))
    user("CreateProject", **project)

    # An update is judged where it names a role.
    user("UpdateProject", **project)
    grant("User", name, policy("oss:*", "acs:oss:*:*:bucket/secret", effect="Deny"))
    user("UpdateProject", ProjectName=project["ProjectName"], Description="d")
    user.denied_by(EXPLICIT, IDENTITY, "oss:GetObject", "UpdateProject", **project)
    # The root may do everything.
    root("UpdateProject", **project)


def test_full_access_to_imm_is_not_enough_for_every_role():
    name, user = person()
    root(
        "AttachPolicyToUser",
        UserName=name,
        PolicyName="AliyunIMMFullAccess",
        PolicyType="System",
    )
    empty, full = role(), role()
    grant("Role", full, policy("oss:PutObject"))
    project = {"ProjectName": fresh("p").replace("-", "_")}
    user("CreateProject", ServiceRole=empty, **project)
    user.denied_by(
        IMPLICIT, IDENTITY, "oss:PutObject", "UpdateProject", ServiceRole=full, **project
    )
    user("ListProjects")
    user.denied_by(IMPLICIT, IDENTITY, "ram:CreateRole", "CreateRole",
                   RoleName=fresh("r"), AssumeRolePolicyDocument=trust())


def test_an_anonymous_key_stays_nobody():
    Cloud(("none", "none", None)).fails("InvalidAccessKeyId.NotFound", 404, "ListRoles")
