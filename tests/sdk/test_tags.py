"""Tags of roles and policies."""

from cloud import equal, fresh, keys, policy, root, trust


def role(tags=None):
    name = fresh("Tagged")
    root("CreateRole", RoleName=name, AssumeRolePolicyDocument=trust(), Tag=tags)
    return name


def custom(tags=None):
    name = fresh("Tagged")
    root("CreatePolicy", PolicyName=name, PolicyDocument=policy(), Tag=tags)
    return name


def tags_of(kind, *names, **parameters):
    listed = root("ListTagResources", ResourceType=kind, ResourceNames=list(names), **parameters)
    for tag in listed["TagResources"]:
        keys(tag, "ResourceName ResourceType TagKey TagValue", "an element of TagResources")
        equal(tag["ResourceType"], kind)
    return [(t["ResourceName"], t["TagKey"], t["TagValue"]) for t in listed["TagResources"]]


def test_tags_come_and_go():
    for kind, make in [("role", role), ("policy", custom)]:
        one, two = make([{"Key": "made", "Value": "with"}]), make()
        equal(
            root(
                "TagResources",
                ResourceType=kind,
                ResourceNames=[one.upper(), two],
                Tag=[{"Key": "k", "Value": "v"}, {"Key": "<ü>&", "Value": ""}],
            ),
            {},
        )
        equal(
            tags_of(kind, one),
            [(one, "<ü>&", ""), (one, "k", "v"), (one, "made", "with")],
            "tags, flat and by key",
        )
        root(
            "TagResources", ResourceType=kind, ResourceNames=[one], Tag=[{"Key": "k", "Value": "w"}]
        )
        equal(tags_of(kind, one)[1], (one, "k", "w"), "a tag that was set again")
        equal(len(tags_of(kind, one, two)), 5, "tags of both")
        equal(
            tags_of(kind, one, two, Tag=[{"Key": "k", "Value": "w"}]),
            tags_of(kind, one),
            "those of the ones that carry the filter",
        )
        root("UntagResources", ResourceType=kind, ResourceNames=[one], TagKeys=["k", "never"])
        equal([key for _, key, _ in tags_of(kind, one)], ["<ü>&", "made"])
        root("UntagResources", ResourceType=kind, ResourceNames=[one, two], All=True)
        equal(tags_of(kind, one, two), [])


def test_pages_count_resources():
    value = fresh("v")
    tags = [{"Key": "a", "Value": value}, {"Key": "b", "Value": value}]
    names = sorted((role(tags) for _ in range(3)), key=str.lower)
    filtered = {"ResourceType": "role", "Tag": tags[:1]}
    first = root("ListTagResources", PageSize=2, **filtered)
    equal([t["ResourceName"] for t in first["TagResources"]], [names[0]] * 2 + [names[1]] * 2)
    rest = root("ListTagResources", PageSize=2, NextToken=first["NextToken"], **filtered)
    keys(rest, "TagResources", "the last page")
    equal([t["ResourceName"] for t in rest["TagResources"]], [names[2]] * 2)


def test_refusals():
    one = role()
    good = {"ResourceType": "role", "ResourceNames": [one], "Tag": [{"Key": "k", "Value": "v"}]}
    root.missing("ResourceType", "TagResources", **{k: good[k] for k in ("ResourceNames", "Tag")})
    root.missing("ResourceNames", "TagResources", ResourceType="role", Tag=good["Tag"])
    root.missing("Tag", "TagResources", ResourceType="role", ResourceNames=[one])
    wrong = ("InvalidParameter.ResourceType", 400)
    root.fails(*wrong, "TagResources", **(good | {"ResourceType": "user"}))
    root.fails(*wrong, "UntagResources", ResourceType="Role", ResourceNames=[one], All=True)
    root.fails(*wrong, "ListTagResources", ResourceType="group")

    bad = ("InvalidParameter.Tag", 400)
    many = [{"Key": f"k{number}", "Value": ""} for number in range(21)]
    for tags in [
        many,
        [{"Key": "k" * 129, "Value": ""}],
        [{"Key": "k", "Value": "v" * 257}],
        [{"Key": "", "Value": "v"}],
        [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}],
    ]:
        root.fails(*bad, "TagResources", **(good | {"Tag": tags}))
        root.fails(
            *bad,
            "CreateRole",
            RoleName=fresh("r"),
            AssumeRolePolicyDocument=trust(),
            Tag=tags,
        )
    root("TagResources", **(good | {"Tag": many[:20]}))
    root.fails(
        "InvalidParameter.ResourceNames",
        400,
        "TagResources",
        **(good | {"ResourceNames": [f"r{number}" for number in range(51)]}),
    )
    root.missing("TagKeys", "UntagResources", ResourceType="role", ResourceNames=[one])
    for size in [0, 101]:
        root.fails(
            "InvalidParameter.PageSize", 400, "ListTagResources", ResourceType="role", PageSize=size
        )
    for kind, code in [("role", "EntityNotExist.Role"), ("policy", "EntityNotExist.Policy")]:
        nobody = {"ResourceType": kind, "ResourceNames": [fresh("none")]}
        root.fails(code, 404, "TagResources", Tag=good["Tag"], **nobody)
        root.fails(code, 404, "UntagResources", All=True, **nobody)
        root.fails(code, 404, "ListTagResources", **nobody)
    # The system's policies cannot be tagged.
    root.fails(
        "EntityNotExist.Policy",
        404,
        "TagResources",
        ResourceType="policy",
        ResourceNames=["AliyunOSSFullAccess"],
        Tag=good["Tag"],
    )
    # A refused call changes nothing, not even what came before the refusal.
    root("UntagResources", ResourceType="role", ResourceNames=[one], All=True)
    root.fails(
        "EntityNotExist.Role", 404, "TagResources", **(good | {"ResourceNames": [one, fresh("no")]})
    )
    equal(tags_of("role", one), [])
