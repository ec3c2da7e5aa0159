"""Roles."""

from cloud import ACCOUNT, DATE, ENTITY_ID, OURS, check, equal, fresh, keys, matches, root, trust


def test_lifecycle():
    name = fresh("Role.A")
    document = trust()
    made = root("CreateRole", RoleName=name, AssumeRolePolicyDocument=document)
    keys(made, "Role", "CreateRole")
    role = made["Role"]
    keys(
        role,
        "AllowConsoleLogin Arn AssumeRolePolicyDocument CreateDate Description "
        "MaxSessionDuration RoleId RoleName",
        "the role of CreateRole",
    )
    equal(role["RoleName"], name)
    equal(role["Arn"], f"acs:ram::{ACCOUNT}:role/{name.lower()}", "Arn")
    equal(role["AssumeRolePolicyDocument"], document, "the document, byte for byte")
    equal(role["MaxSessionDuration"], 3600)
    matches(role["RoleId"], ENTITY_ID, "RoleId")
    matches(role["CreateDate"], DATE, "CreateDate")

    got = root("GetRole", RoleName=name)["Role"]
    keys(
        got,
        "AllowConsoleLogin Arn AssumeRolePolicyDocument CreateDate Description "
        "IsServiceLinkedRole MaxSessionDuration RoleId RoleName RolePrincipalName UpdateDate",
        "the role of GetRole",
    )
    equal(got["IsServiceLinkedRole"], False)
    equal({key: got[key] for key in role}, role, "what CreateRole showed")
    equal(
        got["RolePrincipalName"],
        f"{name.lower()}@role.{ACCOUNT}.onaliyunservice.com",
        "RolePrincipalName",
    )

    # Names are looked up without case and answered as they were made.
    equal(root("GetRole", RoleName=name.upper())["Role"]["RoleName"], name)

    new = trust("imm.aliyuncs.com", "oss.aliyuncs.com")
    changed = root(
        "UpdateRole",
        RoleName=name.lower(),
        NewAssumeRolePolicyDocument=new,
        NewDescription="später",
        NewMaxSessionDuration=43200,
        NewAllowConsoleLogin=True,
    )["Role"]
    keys(
        changed,
        "AllowConsoleLogin Arn AssumeRolePolicyDocument CreateDate Description "
        "MaxSessionDuration RoleId RoleName UpdateDate",
        "the role of UpdateRole",
    )
    equal(changed["AssumeRolePolicyDocument"], new)
    equal(changed["Description"], "später")
    equal(changed["MaxSessionDuration"], 43200)
    equal(changed["AllowConsoleLogin"], True)

    # What is not given stays; an empty description clears it.
    kept = root("UpdateRole", RoleName=name, NewDescription="")["Role"]
    equal(kept["Description"], "")
    equal(kept["MaxSessionDuration"], 43200)
    equal(kept["AssumeRolePolicyDocument"], new)

    equal(root("DeleteRole", RoleName=name), {})
    root.fails("EntityNotExist.Role", 404, "GetRole", RoleName=name)
    root.fails("EntityNotExist.Role", 404, "UpdateRole", RoleName=name)
    root.fails("EntityNotExist.Role", 404, "DeleteRole", RoleName=name)


def test_create_is_not_idempotent():
    name = fresh("Twice")
    root("CreateRole", RoleName=name, AssumeRolePolicyDocument=trust())
    for again in [name, name.upper()]:
        message = root.fails(
            "EntityAlreadyExists.Role",
            409,
            "CreateRole",
            RoleName=again,
            AssumeRolePolicyDocument=trust(),
        )
        equal(message, "The role does already EXIST.", "message")


def test_parameters():
    good = {"AssumeRolePolicyDocument": trust()}
    root.missing("RoleName", "CreateRole", **good)
    root.missing("RoleName", "CreateRole", RoleName="", **good)
    root.missing("AssumeRolePolicyDocument", "CreateRole", RoleName=fresh("r"))
    for name in ["a_b", "a b", "a/b", "ü", "a@b"]:
        root.fails(
            "InvalidParameter.RoleName.InvalidChars", 400, "CreateRole", RoleName=name, **good
        )
    root.fails("InvalidParameter.RoleName.Length", 400, "CreateRole", RoleName="r" * 65, **good)
    root.fails("InvalidParameter.RoleName.InvalidChars", 400, "GetRole", RoleName="a/b")
    root.fails("InvalidParameter.RoleName.InvalidChars", 400, "DeleteRole", RoleName="a/b")
    # `_` is never accepted in a new name, but service-linked roles may have it.
    root.fails("EntityNotExist.Role", 404, "GetRole", RoleName="a_b")

    new = {"RoleName": fresh("r")} | good
    for seconds in [3599, 43201]:
        message = root.fails(
            "InvalidParameter.MaxSessionDuration",
            400,
            "CreateRole",
            MaxSessionDuration=seconds,
            **new,
        )
        check(message.endswith(OURS), f"an invented text is not marked: {message}")
    root.fails(
        "InvalidParameter.Description.Length", 400, "CreateRole", Description="d" * 1025, **new
    )
    root.fails(
        "InvalidParameter.AssumeRolePolicyDocument.Length",
        400,
        "CreateRole",
        RoleName=fresh("r"),
        AssumeRolePolicyDocument=" " * 6145,
    )
    for document in ["x", "{}", '{"Version":"1","Statement":[{"Effect":"Allow"}]}']:
        root.fails(
            "MalformedPolicyDocument",
            400,
            "CreateRole",
            RoleName=fresh("r"),
            AssumeRolePolicyDocument=document,
        )


def test_update_checks_what_it_is_given():
    name = fresh("Checked")
    root("CreateRole", RoleName=name, AssumeRolePolicyDocument=trust(), Description="d")
    root.fails(
        "MalformedPolicyDocument",
        400,
        "UpdateRole",
        RoleName=name,
        NewAssumeRolePolicyDocument="{}",
        NewDescription="changed",
    )
    root.fails(
        "InvalidParameter.NewAssumeRolePolicyDocument.Length",
        400,
        "UpdateRole",
        RoleName=name,
        NewAssumeRolePolicyDocument=" " * 6145,
    )
    root.fails(
        "InvalidParameter.NewDescription.Length",
        400,
        "UpdateRole",
        RoleName=name,
        NewDescription="d" * 1025,
    )
    equal(root("GetRole", RoleName=name)["Role"]["Description"], "d", "after refused updates")


def test_trusted_users_and_roles_have_to_exist():
    user, other = fresh("truster"), fresh("role")
    for principal in [
        f"acs:ram::{ACCOUNT}:user/{user}",
        f"acs:ram::{ACCOUNT}:role/{other}",
    ]:
        root.fails(
            "MalformedPolicyDocument",
            400,
            "CreateRole",
            RoleName=fresh("r"),
            AssumeRolePolicyDocument=trust(principal, kind="RAM"),
        )
    root("CreateUser", UserName=user)
    root("CreateRole", RoleName=other, AssumeRolePolicyDocument=trust())
    root(
        "CreateRole",
        RoleName=fresh("r"),
        AssumeRolePolicyDocument=trust(
            f"acs:ram::{ACCOUNT}:user/{user}",
            f"acs:ram::{ACCOUNT}:role/{other}",
            f"acs:ram::{ACCOUNT}:root",
            "acs:ram::1234567890123456:user/elsewhere",
            kind="RAM",
        ),
    )


def test_list():
    prefix = fresh("Paged")
    tag = [{"Key": "page", "Value": prefix}]
    for number in range(5):
        root(
            "CreateRole",
            RoleName=f"{prefix}-{number}",
            AssumeRolePolicyDocument=trust(),
            Tag=tag,
        )
    pages = []
    marker = {}
    while True:
        page = root("ListRoles", MaxItems=2, Tag=tag, **marker)
        pages.append([role["RoleName"] for role in page["Roles"]["Role"]])
        if not page["IsTruncated"]:
            check("Marker" not in page, "a marker although nothing follows")
            break
        marker = {"Marker": page["Marker"]}
    equal([len(page) for page in pages], [2, 2, 1], "sizes of the pages")
    equal(sum(pages, []), [f"{prefix}-{number}" for number in range(5)], "names")

    role = root("ListRoles", MaxItems=1, Tag=tag)["Roles"]["Role"][0]
    keys(
        role,
        "AllowConsoleLogin Arn CreateDate Description MaxSessionDuration RoleId RoleName Tags "
        "UpdateDate",
        "a role of ListRoles",
    )
    equal(role["Tags"], {"Tag": [{"TagKey": "page", "TagValue": prefix}]})
    equal(
        root("ListRoles", Tag=[{"Key": "page", "Value": "none"}]),
        {"IsTruncated": False, "Roles": {"Role": []}},
        "an empty list",
    )
    for size in [0, 1001]:
        root.fails("InvalidParameter.MaxItems", 400, "ListRoles", MaxItems=size)
    root.fails("InvalidParameter.Marker", 400, "ListRoles", Marker="*")
