"""IMM projects."""

from cloud import NANO_DATE, check, equal, fresh, keys, matches, role, root

QUOTAS = {
    "ProjectMaxDatasetCount": (1_000_000_000, 1_000_000_000),
    "DatasetMaxBindCount": (10, 10),
    "DatasetMaxFileCount": (100_000_000, 100_000_000),
    "DatasetMaxEntityCount": (10_000_000_000, 2**63 - 1),
    "DatasetMaxRelationCount": (100_000_000_000, 2**63 - 1),
    "DatasetMaxTotalFileSize": (90_000_000_000_000_000, 2**63 - 1),
}
ALWAYS = (
    "CreateTime DatasetCount EngineConcurrency FileCount ProjectName ProjectQueriesPerSecond "
    "ServiceRole TotalFileSize UpdateTime " + " ".join(QUOTAS)
)


def project(**parameters):
    name = fresh("p").replace("-", "_")
    return root("CreateProject", ProjectName=name, **parameters)["Project"]


def test_defaults():
    made = project()
    keys(made, ALWAYS, "a project with nothing given")
    equal(made["ServiceRole"], "AliyunIMMDefaultRole")
    for quota, (usual, _) in QUOTAS.items():
        equal(made[quota], usual, quota)
    equal((made["ProjectQueriesPerSecond"], made["EngineConcurrency"]), (100, 100))
    equal((made["DatasetCount"], made["FileCount"], made["TotalFileSize"]), (0, 0, 0))
    matches(made["CreateTime"], NANO_DATE, "CreateTime")
    equal(made["UpdateTime"], made["CreateTime"])
    for statistics in [{}, {"WithStatistics": True}, {"WithStatistics": False}]:
        got = root("GetProject", ProjectName=made["ProjectName"], **statistics)["Project"]
        equal(got, made, f"GetProject {statistics}")


def test_everything_given_and_updated():
    first, second = role(fresh("My.Role")), role()
    greatest = {quota: most for quota, (_, most) in QUOTAS.items()}
    made = project(
        Description="ü" * 256,
        ServiceRole=first,
        TemplateId="Official:ImageManagement",
        Tag=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}],
        **greatest,
    )
    keys(made, ALWAYS + " Description Tags TemplateId", "a project with everything given")
    equal({quota: made[quota] for quota in QUOTAS}, greatest, "greatest quotas")
    equal(made["ServiceRole"], first)
    equal(made["Tags"], [{"TagKey": "a", "TagValue": "1"}, {"TagKey": "b", "TagValue": "2"}])

    name = made["ProjectName"]
    one = {quota: 1 for quota in QUOTAS}
    changed = root(
        "UpdateProject",
        ProjectName=name,
        Description="d",
        ServiceRole=second,
        TemplateId="Official:DefaultEmptyId",
        Tag=[{"Key": "c", "Value": ""}],
        **one,
    )["Project"]
    equal({quota: changed[quota] for quota in QUOTAS}, one, "least quotas")
    equal((changed["Description"], changed["ServiceRole"]), ("d", second))
    equal(changed["Tags"], [{"TagKey": "c", "TagValue": ""}], "the whole new set")
    equal(changed["CreateTime"], made["CreateTime"])
    check(changed["UpdateTime"] > made["UpdateTime"], "UpdateTime did not move")
    equal(root("GetProject", ProjectName=name)["Project"], changed, "at once")

    # What is not given stays; an empty description and an empty set clear.
    kept = root("UpdateProject", ProjectName=name, DatasetMaxBindCount=5)["Project"]
    equal(kept | {"DatasetMaxBindCount": 1, "UpdateTime": 0}, changed | {"UpdateTime": 0})
    cleared = root("UpdateProject", ProjectName=name, Description="", Tag=[])["Project"]
    check("Description" not in cleared and "Tags" not in cleared, f"not cleared: {cleared}")


def test_refusals():
    for action in ["CreateProject", "UpdateProject"]:
        root.missing("ProjectName", action)
        for bad in ["1p", "-p", "p.q", "p q", "p" * 129, "ü"]:
            root.fails("InvalidProjectName", 400, action, ProjectName=bad)
        some = {"ProjectName": fresh("p")}
        root.fails("InvalidDescription", 400, action, Description="d" * 257, **some)
        for bad in ["acs:ram::1:role/r", "a/b", "r" * 65]:
            root.fails("InvalidServiceRole", 400, action, ServiceRole=bad, **some)
        root.fails("InvalidTag", 400, action, Tag=[{"Key": "", "Value": "v"}], **some)
        for quota, (_, most) in QUOTAS.items():
            root.fails("LimitExceededError", 400, action, **{quota: 0}, **some)
            root.fails("LimitExceededError", 400, action, **{quota: -1}, **some)
            code = "LimitExceededError" if most < 2**63 - 1 else f"Invalid{quota}"
            root.fails(code, 400, action, **{quota: most + 1}, **some)
        root.fails("InvalidDatasetMaxBindCount", 400, action, DatasetMaxBindCount="ten", **some)
    name = project()["ProjectName"]
    message = root.fails("ResourceAlreadyExists", 400, "CreateProject", ProjectName=name)
    equal(message, "The specified resource project already exists.")
    root.missing("ProjectName", "GetProject")
    root.fails("InvalidProjectName", 400, "GetProject", ProjectName="a/b")
    root.fails("InvalidWithStatistics", 400, "GetProject", ProjectName=name, WithStatistics="yes")


def test_delete():
    name = project()["ProjectName"]
    equal(root("DeleteProject", ProjectName=name), {})
    for action in ["GetProject", "UpdateProject", "DeleteProject"]:
        message = root.fails("ResourceNotFound", 404, action, ProjectName=name)
        equal(message, "The specified resource project is not found.")
    root("CreateProject", ProjectName=name)
    # Names of projects are told apart by case.
    root.fails("ResourceNotFound", 404, "GetProject", ProjectName=name.upper())


def test_list():
    prefix = fresh("listed").replace("-", "_")
    tag = [{"Key": "list", "Value": prefix}]
    names = [f"{prefix}_{number}" for number in range(5)]
    for number, name in enumerate(names):
        root("CreateProject", ProjectName=name, Tag=tag if number % 2 else None)
    listed, token, sizes = [], {}, []
    while True:
        page = root("ListProjects", Prefix=prefix, MaxResults=2, **token)
        listed += [p["ProjectName"] for p in page["Projects"]]
        sizes.append(len(page["Projects"]))
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    equal((listed, sizes), (names, [2, 2, 1]))
    tagged = root("ListProjects", Tag=tag)
    equal([p["ProjectName"] for p in tagged["Projects"]], names[1::2])
    equal(tagged["Projects"][0], root("GetProject", ProjectName=names[1])["Project"])
    equal(root("ListProjects", Prefix="none_"), {"Projects": []})
    equal(len(root("ListProjects", Prefix=prefix, MaxResults=0)["Projects"]), 5)
    root.fails("InvalidMaxResults", 400, "ListProjects", MaxResults=201)
    root.fails("InvalidMaxResults", 400, "ListProjects", MaxResults=-1)
    root.fails("InvalidPrefix", 400, "ListProjects", Prefix="p" * 129)


def test_regions_are_told_apart():
    # The region is the one in the host's name; the address is where the sandbox listens.
    from alibabacloud_tea_openapi.models import OpenApiRequest, Params
    import http.client
    import json
    import socket

    from cloud import ADDRESS, ROOT
    from signing import signed

    def call(region, **parameters):
        host = f"imm.{region}.aliyuncs.com"
        query, headers = signed("GET", host, parameters, ROOT, version="2020-09-30")
        connection = http.client.HTTPConnection(ADDRESS)
        connection.request("GET", "/?" + query, headers=headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    name = fresh("regional").replace("-", "_")
    equal(call("cn-shanghai", Action="CreateProject", ProjectName=name)[0], 200)
    equal(call("cn-shanghai", Action="GetProject", ProjectName=name)[0], 200)
    status, body = call("cn-beijing", Action="GetProject", ProjectName=name)
    equal((status, body["Code"]), (404, "ResourceNotFound"))
    equal(body["HostId"], "imm.cn-beijing.aliyuncs.com")
    root.fails("ResourceNotFound", 404, "GetProject", ProjectName=name)
    equal(call("cn-beijing", Action="CreateProject", ProjectName=name)[0], 200)
