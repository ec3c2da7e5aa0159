"""Who calls, and temporary credentials."""

from cloud import (
    ACCOUNT,
    DATE,
    Cloud,
    check,
    equal,
    fresh,
    grant,
    keys,
    matches,
    policy,
    root,
    trust,
)


def someone():
    name = fresh("Assumer")
    made = root("CreateUser", UserName=name)["User"]
    grant("User", name, policy("sts:AssumeRole"))
    key = root("CreateAccessKey", UserName=name)["AccessKey"]
    return name, made["UserId"], Cloud((key["AccessKeyId"], key["AccessKeySecret"], None))


def role(**parameters):
    name = fresh("Assumed")
    made = root(
        "CreateRole",
        RoleName=name,
        AssumeRolePolicyDocument=trust(f"acs:ram::{ACCOUNT}:root", kind="RAM"),
        **parameters,
    )["Role"]
    return name, made["RoleId"], f"acs:ram::{ACCOUNT}:role/{name}"


def test_identities():
    equal(
        root("GetCallerIdentity"),
        {
            "AccountId": ACCOUNT,
            "Arn": f"acs:ram::{ACCOUNT}:root",
            "IdentityType": "Account",
            "PrincipalId": ACCOUNT,
            "UserId": ACCOUNT,
        },
    )
    name, user_id, user = someone()
    equal(
        user("GetCallerIdentity"),
        {
            "AccountId": ACCOUNT,
            "Arn": f"acs:ram::{ACCOUNT}:user/{name}",
            "IdentityType": "RAMUser",
            "PrincipalId": user_id,
            "UserId": user_id,
        },
    )


def test_sessions():
    _, _, user = someone()
    name, role_id, arn = role()
    chain = grant("Role", name, policy("sts:AssumeRole"))
    made = user(
        "AssumeRole",
        RoleArn=arn,
        RoleSessionName="Session.1",
        DurationSeconds=900,
        Policy=policy("sts:*"),
        ExternalId="ext-1",
        SourceIdentity="me",
    )
    keys(made, "AssumedRoleUser Credentials SourceIdentity", "AssumeRole")
    equal(
        made["AssumedRoleUser"],
        {
            "Arn": f"acs:ram::{ACCOUNT}:role/{name.lower()}/Session.1",
            "AssumedRoleId": f"{role_id}:Session.1",
        },
    )
    equal(made["SourceIdentity"], "me")
    credentials = made["Credentials"]
    keys(credentials, "AccessKeyId AccessKeySecret Expiration SecurityToken", "the credentials")
    check(credentials["AccessKeyId"].startswith("STS."), "a temporary key begins with STS.")
    matches(credentials["Expiration"], DATE, "Expiration")

    key, secret, token = (
        credentials[field] for field in ("AccessKeyId", "AccessKeySecret", "SecurityToken")
    )
    session = Cloud((key, secret, token))
    equal(
        session("GetCallerIdentity"),
        {
            "AccountId": ACCOUNT,
            "Arn": f"acs:ram::{ACCOUNT}:assumed-role/{name.lower()}/Session.1",
            "IdentityType": "AssumedRoleUser",
            "PrincipalId": f"{role_id}:Session.1",
            "RoleId": role_id,
        },
    )
    # A session can assume another role; the first credentials stay good.
    _, _, other = role()
    chained = session("AssumeRole", RoleArn=other.upper().replace("ACS:RAM", "acs:ram").replace(
        "ROLE/", "role/"), RoleSessionName="s2")
    check("SourceIdentity" not in chained, "a source identity that nobody gave")

    Cloud((key, secret, None)).fails("MissingSecurityToken", 400, "ListUsers")
    Cloud((key, secret, token + "x")).fails(
        "InvalidSecurityToken.MismatchWithAccessKey", 400, "ListUsers"
    )
    Cloud((key, secret + "x", token)).fails("SignatureDoesNotMatch", 400, "ListUsers")
    root_with_token = (*(root_key()), token)
    Cloud(root_with_token).fails(
        "InvalidSecurityToken.MismatchWithAccessKey", 400, "ListUsers"
    )

    # Sessions end with their role.
    root("DetachPolicyFromRole", RoleName=name, PolicyName=chain, PolicyType="Custom")
    root("DeleteRole", RoleName=name)
    session.fails("InvalidAccessKeyId.NotFound", 404, "ListUsers")


def root_key():
    from cloud import ROOT

    return ROOT[:2]


def test_refusals():
    _, _, user = someone()
    _, _, arn = role(MaxSessionDuration=3600)
    good = {"RoleArn": arn, "RoleSessionName": "session"}
    message = root.fails("NoPermission", 403, "AssumeRole", **good)
    check("root" in message, f"the message does not speak of root: {message}")
    absent = f"acs:ram::{ACCOUNT}:role/{fresh('none')}"
    message = user.fails("EntityNotExist.Role", 404, "AssumeRole", **(good | {"RoleArn": absent}))
    check(absent in message, f"the message does not name the role: {message}")
    user.fails(
        "EntityNotExist.Role",
        404,
        "AssumeRole",
        **(good | {"RoleArn": "acs:ram::1234567890123456:role/r"}),
    )
    user.missing("RoleArn", "AssumeRole", RoleSessionName="session")
    user.missing("RoleSessionName", "AssumeRole", RoleArn=arn)
    for bad in ["role", "acs:ram::x:role/r", f"acs:ram::{ACCOUNT}:user/u", f"{arn}/s"]:
        user.fails("InvalidParameter.RoleArn", 400, "AssumeRole", **(good | {"RoleArn": bad}))
    for bad in ["s", "s" * 65, "a b", "ü1"]:
        user.fails(
            "InvalidParameter.RoleSessionName",
            400,
            "AssumeRole",
            **(good | {"RoleSessionName": bad}),
        )
    for bad in [899, 3601, 43201]:
        user.fails("InvalidParameter.DurationSeconds", 400, "AssumeRole", DurationSeconds=bad, **good)
    user.fails("InvalidParameter.PolicyGrammar", 400, "AssumeRole", Policy="{}", **good)
    user.fails(
        "InvalidParameter.PolicySize", 400, "AssumeRole", Policy=policy().ljust(2049), **good
    )
    for bad in ["e", "e" * 1225, "a b"]:
        user.fails("InvalidParameter.ExternalId", 400, "AssumeRole", ExternalId=bad, **good)


def test_no_identity_provider_is_registered():
    good = {
        "OIDCProviderArn": f"acs:ram::{ACCOUNT}:oidc-provider/p",
        "RoleArn": f"acs:ram::{ACCOUNT}:role/r",
        "OIDCToken": "header.payload.signature",
        "RoleSessionName": "session",
    }
    # These calls carry no signature, so they need no key either.
    nobody = Cloud(("none", "none", None))
    nobody.fails("AuthenticationFail.NoPermission", 403, "AssumeRoleWithOIDC", **good)
    nobody.fails(
        "InvalidParameter.OIDCToken", 400, "AssumeRoleWithOIDC", **(good | {"OIDCToken": "t"})
    )
    nobody.missing(
        "RoleArn", "AssumeRoleWithOIDC", **{k: v for k, v in good.items() if k != "RoleArn"}
    )
