"""Users, groups, memberships and access keys."""

from cloud import (
    ACCOUNT,
    DATE,
    ENTITY_ID,
    SERVER,
    Cloud,
    check,
    equal,
    fresh,
    grant,
    keys,
    matches,
    policy,
    root,
)

USER = "Comments CreateDate DisplayName Email MobilePhone UserId UserName"


def user(**parameters):
    name = fresh("User_")
    root("CreateUser", UserName=name, **parameters)
    return name


def group(**parameters):
    name = fresh("Group_")
    root("CreateGroup", GroupName=name, **parameters)
    return name


def test_users():
    name = fresh("User_.A")
    made = root(
        "CreateUser",
        UserName=name,
        DisplayName="Anna",
        Comments="c",
        Email="a@example.com",
        MobilePhone="86-18600008888",
    )["User"]
    keys(made, USER, "the user of CreateUser")
    equal((made["DisplayName"], made["Comments"]), ("Anna", "c"))
    matches(made["UserId"], ENTITY_ID, "UserId")
    matches(made["CreateDate"], DATE, "CreateDate")
    got = root("GetUser", UserName=name.upper())["User"]
    keys(got, USER + " LastLoginDate UpdateDate", "the user of GetUser")
    equal({key: got[key] for key in made}, made)

    renamed = fresh("renamed")
    changed = root(
        "UpdateUser",
        UserName=name,
        NewUserName=renamed,
        NewDisplayName="Berta",
        NewComments="",
        NewEmail="b@example.com",
        NewMobilePhone="1",
    )["User"]
    keys(changed, USER + " UpdateDate", "the user of UpdateUser")
    equal(
        (changed["UserName"], changed["DisplayName"], changed["Comments"], changed["UserId"]),
        (renamed, "Berta", "", made["UserId"]),
    )
    root.fails("EntityNotExist.User", 404, "GetUser", UserName=name)
    root.fails("EntityNotExist.User", 404, "UpdateUser", UserName=name)
    other = user()
    root.fails(
        "EntityAlreadyExists.User", 409, "UpdateUser", UserName=other, NewUserName=renamed.upper()
    )
    # A name may change its case.
    equal(
        root("UpdateUser", UserName=other, NewUserName=other.upper())["User"]["UserName"],
        other.upper(),
    )
    root("DeleteUser", UserName=renamed)
    root.fails("EntityNotExist.User", 404, "DeleteUser", UserName=renamed)


def test_user_parameters():
    root.missing("UserName", "CreateUser")
    root.fails("InvalidParameter.UserName.InvalidChars", 400, "CreateUser", UserName="a b")
    root.fails("InvalidParameter.UserName.Length", 400, "CreateUser", UserName="u" * 65)
    root.fails(
        "InvalidParameter.DisplayName.Length",
        400,
        "CreateUser",
        UserName=fresh("u"),
        DisplayName="d" * 129,
    )
    root.fails(
        "InvalidParameter.Comments.Length",
        400,
        "CreateUser",
        UserName=fresh("u"),
        Comments="c" * 129,
    )
    name = user()
    root.fails("EntityAlreadyExists.User", 409, "CreateUser", UserName=name.lower())
    root.fails(
        "InvalidParameter.NewUserName.InvalidChars",
        400,
        "UpdateUser",
        UserName=name,
        NewUserName="a/b",
    )


def test_user_list():
    names = sorted((user() for _ in range(3)), key=str.lower)
    seen, marker = [], {}
    while True:
        page = root("ListUsers", MaxItems=2, **marker)
        for listed in page["Users"]["User"]:
            keys(listed, USER + " UpdateDate", "a user of ListUsers")
            seen.append(listed["UserName"])
        if not page["IsTruncated"]:
            check("Marker" not in page, "a marker although nothing follows")
            break
        marker = {"Marker": page["Marker"]}
    equal([name for name in seen if name in names], names)
    equal(len(seen), len(set(seen)), "doubles among the pages")
    root.fails("InvalidParameter.MaxItems", 400, "ListUsers", MaxItems=1001)


def test_groups():
    name = fresh("Group_.A")
    made = root("CreateGroup", GroupName=name, Comments="c")["Group"]
    keys(made, "Comments CreateDate GroupId GroupName", "the group of CreateGroup")
    got = root("GetGroup", GroupName=name.upper())["Group"]
    keys(got, "Comments CreateDate GroupId GroupName UpdateDate", "the group of GetGroup")
    equal({key: got[key] for key in made}, made)
    root.fails("EntityAlreadyExists.Group", 409, "CreateGroup", GroupName=name.lower())

    renamed = fresh("renamed")
    changed = root(
        "UpdateGroup", GroupName=name, NewGroupName=renamed, NewComments="other"
    )["Group"]
    equal((changed["GroupName"], changed["Comments"]), (renamed, "other"))
    equal(changed["GroupId"], made["GroupId"])
    root.fails("EntityNotExist.Group", 404, "GetGroup", GroupName=name)
    root.fails("EntityNotExist.Group", 404, "UpdateGroup", GroupName=name)
    other = group()
    root.fails(
        "EntityAlreadyExists.Group", 409, "UpdateGroup", GroupName=other, NewGroupName=renamed
    )
    root("DeleteGroup", GroupName=renamed)
    root.fails("EntityNotExist.Group", 404, "DeleteGroup", GroupName=renamed)

    root.missing("GroupName", "CreateGroup")
    root.fails("InvalidParameter.GroupName.InvalidChars", 400, "CreateGroup", GroupName="a b")
    root.fails("InvalidParameter.GroupName.Length", 400, "CreateGroup", GroupName="g" * 65)
    root.fails(
        "InvalidParameter.Comments.Length",
        400,
        "CreateGroup",
        GroupName=fresh("g"),
        Comments="c" * 129,
    )


def test_group_list():
    names = {group() for _ in range(3)}
    seen, marker = [], {}
    while True:
        page = root("ListGroups", MaxItems=2, **marker)
        for listed in page["Groups"]["Group"]:
            keys(
                listed, "Comments CreateDate GroupId GroupName UpdateDate", "a group of ListGroups"
            )
            seen.append(listed["GroupName"])
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    check(names <= set(seen), f"{names - set(seen)} are not listed")
    # Groups are handed out by the hundred at most, others by the thousand.
    root.fails("InvalidParameter.MaxItems", 400, "ListGroups", MaxItems=101)


def test_memberships():
    member, club = user(DisplayName="M"), group(Comments="c")
    equal(root("ListGroupsForUser", UserName=member), {"Groups": {"Group": []}})
    equal(root("AddUserToGroup", UserName=member.lower(), GroupName=club.lower()), {})
    both = {"UserName": member, "GroupName": club}
    root.fails("EntityAlreadyExists.User.Group", 409, "AddUserToGroup", **both)
    [listed] = root("ListGroupsForUser", UserName=member)["Groups"]["Group"]
    keys(listed, "Comments GroupId GroupName JoinDate", "a group of ListGroupsForUser")
    equal(listed["GroupName"], club)
    found = root("ListUsersForGroup", GroupName=club)
    equal(found["IsTruncated"], False)
    [listed] = found["Users"]["User"]
    keys(listed, "DisplayName JoinDate UserName", "a user of ListUsersForGroup")
    equal((listed["UserName"], listed["DisplayName"]), (member, "M"))
    matches(listed["JoinDate"], DATE, "JoinDate")

    second = user()
    root("AddUserToGroup", UserName=second, GroupName=club)
    first = root("ListUsersForGroup", GroupName=club, MaxItems=1)
    equal(first["IsTruncated"], True)
    rest = root("ListUsersForGroup", GroupName=club, MaxItems=1, Marker=first["Marker"])
    names = [u["UserName"] for page in (first, rest) for u in page["Users"]["User"]]
    equal(sorted(names), sorted([member, second]))

    root.fails("DeleteConflict.Group.User", 409, "DeleteGroup", GroupName=club)
    root.fails("DeleteConflict.User.Group", 409, "DeleteUser", UserName=member)
    equal(root("RemoveUserFromGroup", **both), {})
    root.fails("EntityNotExist.User.Group", 404, "RemoveUserFromGroup", **both)
    root.fails(
        "EntityNotExist.User", 404, "AddUserToGroup", UserName=fresh("none"), GroupName=club
    )
    root.fails(
        "EntityNotExist.Group", 404, "AddUserToGroup", UserName=member, GroupName=fresh("none")
    )
    root.fails("EntityNotExist.User", 404, "ListGroupsForUser", UserName=fresh("none"))
    root.fails("EntityNotExist.Group", 404, "ListUsersForGroup", GroupName=fresh("none"))
    for _ in range(10):
        root("AddUserToGroup", UserName=member, GroupName=group())
    root.fails("LimitExceeded.User.Group", 409, "AddUserToGroup", **both)


def test_access_keys():
    name = user()
    rights = grant("User", name, policy("ram:*", f"acs:ram:*:{ACCOUNT}:user/{name}"))
    key = root("CreateAccessKey", UserName=name)["AccessKey"]
    keys(key, "AccessKeyId AccessKeySecret CreateDate Status", "a new key")
    equal(key["Status"], "Active")
    mine = Cloud((key["AccessKeyId"], key["AccessKeySecret"], None))
    equal(mine("GetCallerIdentity")["IdentityType"], "RAMUser")
    # Without a name the caller's own keys are meant.
    [listed] = mine("ListAccessKeys")["AccessKeys"]["AccessKey"]
    keys(listed, "AccessKeyId CreateDate Status", "a listed key")
    equal(listed["AccessKeyId"], key["AccessKeyId"])
    root.missing("UserName", "ListAccessKeys")

    second = mine("CreateAccessKey")["AccessKey"]
    root.fails("LimitExceeded.User.AccessKey", 409, "CreateAccessKey", UserName=name)
    attached = {"UserName": name, "PolicyName": rights, "PolicyType": "Custom"}
    root("DetachPolicyFromUser", **attached)
    root.fails("DeleteConflict.User.AccessKey", 409, "DeleteUser", UserName=name)
    root("AttachPolicyToUser", **attached)

    identity = {"UserName": name, "UserAccessKeyId": key["AccessKeyId"]}
    equal(root("UpdateAccessKey", Status="Inactive", **identity), {})
    mine.fails("InvalidAccessKeyId.Inactive", 400, "GetUser", UserName=name)
    root("UpdateAccessKey", Status="Active", **identity)
    mine("GetUser", UserName=name)
    root.fails("InvalidParameter.Status", 400, "UpdateAccessKey", Status="Off", **identity)
    root("DeleteAccessKey", **identity)
    mine.fails("InvalidAccessKeyId.NotFound", 404, "GetUser", UserName=name)
    absent = ("EntityNotExist.User.AccessKey", 404)
    root.fails(*absent, "DeleteAccessKey", **identity)
    root.fails(*absent, "UpdateAccessKey", Status="Active", **identity)
    # One user's key is not another's, and the account's own is nobody's.
    other = user()
    root.fails(
        *absent, "DeleteAccessKey", UserName=other, UserAccessKeyId=second["AccessKeyId"]
    )
    root.fails(
        *absent, "DeleteAccessKey", UserName=other, UserAccessKeyId=SERVER["access_key_id"]
    )
    nobody = {"UserName": fresh("none")}
    gone = ("EntityNotExist.User", 404)
    root.fails(*gone, "CreateAccessKey", **nobody)
    root.fails(*gone, "ListAccessKeys", **nobody)
    root.fails(*gone, "DeleteAccessKey", UserAccessKeyId="x", **nobody)
    root.fails(*gone, "UpdateAccessKey", UserAccessKeyId="x", Status="Active", **nobody)
    root.missing("UserAccessKeyId", "DeleteAccessKey", UserName=other)


def test_logins_and_devices_do_not_exist():
    name = user()
    login = ("EntityNotExist.User.LoginProfile", 404)
    root.fails(*login, "GetLoginProfile", UserName=name)
    root.fails(*login, "DeleteLoginProfile", UserName=name)
    root.fails("EntityNotExist.User.MFADevice", 404, "UnbindMFADevice", UserName=name)
    for action in ["GetLoginProfile", "DeleteLoginProfile", "UnbindMFADevice"]:
        root.fails("EntityNotExist.User", 404, action, UserName=fresh("none"))
