"""What is inside of projects: datasets, bindings, attached buckets, triggers and batches."""

import re
import time

from cloud import DATE, NANO_DATE, check, equal, fresh, keys, matches, root

MISSING = ("ResourceNotFound", 404)
CONFLICT = ("StatusConflict", 400)


def project(**parameters):
    name = fresh("p").replace("-", "_")
    root("CreateProject", ProjectName=name, **parameters)
    return name


def bucket():
    return fresh("bucket")


def until(what, probe, expected, seconds=30):
    """Waits for a state that the service reaches in the background."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if probe() == expected:
            return
        time.sleep(0.1)
    raise AssertionError(f"{what} is {probe()!r} after {seconds} s, not {expected!r}")


def test_datasets():
    p = project()
    made = root("CreateDataset", ProjectName=p, DatasetName="d1")["Dataset"]
    quotas = (
        "DatasetMaxBindCount DatasetMaxEntityCount DatasetMaxFileCount DatasetMaxRelationCount "
        "DatasetMaxTotalFileSize"
    )
    keys(
        made,
        "BindCount CreateTime DatasetName FileCount ProjectName TotalFileSize UpdateTime " + quotas,
        "a dataset",
    )
    matches(made["CreateTime"], NANO_DATE, "CreateTime")
    equal(root("GetDataset", ProjectName=p, DatasetName="d1", WithStatistics=True)["Dataset"], made)
    full = root(
        "CreateDataset",
        ProjectName=p,
        DatasetName="d2",
        Description="d",
        TemplateId="Official:OSSBasicMeta",
        DatasetMaxBindCount=1,
    )["Dataset"]
    equal(
        (full["Description"], full["TemplateId"], full["DatasetMaxBindCount"]),
        ("d", "Official:OSSBasicMeta", 1),
    )
    equal(root("GetProject", ProjectName=p)["Project"]["DatasetCount"], 2)
    first = root("ListDatasets", ProjectName=p, MaxResults=1)
    equal([d["DatasetName"] for d in first["Datasets"]], ["d1"])
    rest = root("ListDatasets", ProjectName=p, MaxResults=1, NextToken=first["NextToken"])
    equal(rest, {"Datasets": [full]})
    equal(len(root("ListDatasets", ProjectName=p, Prefix="d2")["Datasets"]), 1)

    both = {"ProjectName": p, "DatasetName": "d1"}
    root.fails("ResourceAlreadyExists", 400, "CreateDataset", **both)
    root.fails("InvalidDatasetName", 400, "CreateDataset", ProjectName=p, DatasetName="1d")
    root.missing("DatasetName", "CreateDataset", ProjectName=p)
    root.fails(
        "LimitExceededError",
        400,
        "CreateDataset",
        ProjectName=p,
        DatasetName="d3",
        DatasetMaxBindCount=11,
    )
    root.fails("InvalidMaxResults", 400, "ListDatasets", ProjectName=p, MaxResults=201)
    root.fails(*MISSING, "ListDatasets", ProjectName="none")
    root.fails(*MISSING, "CreateDataset", ProjectName="none", DatasetName="d")
    equal(root.fails(*CONFLICT, "DeleteProject", ProjectName=p),
          "Message: cannot delete when sub resoures exist")
    for name in ["d1", "d2"]:
        equal(root("DeleteDataset", ProjectName=p, DatasetName=name), {})
    root.fails(*MISSING, "DeleteDataset", **both)
    message = root.fails(*MISSING, "GetDataset", **both)
    equal(message, "The specified resource dataset is not found.")
    root("DeleteProject", ProjectName=p)

    small = project(ProjectMaxDatasetCount=1)
    root("CreateDataset", ProjectName=small, DatasetName="d1")
    root.fails("LimitExceededError", 400, "CreateDataset", ProjectName=small, DatasetName="d2")


def test_bindings():
    p = project()
    root("CreateDataset", ProjectName=p, DatasetName="d", DatasetMaxBindCount=2)
    root("CreateDataset", ProjectName=p, DatasetName="e")
    one, two = (f"oss://{bucket()}" for _ in range(2))
    place = {"ProjectName": p, "DatasetName": "d"}
    made = root("CreateBinding", URI=one, **place)["Binding"]
    keys(made, "CreateTime DatasetName ProjectName State URI UpdateTime", "a new binding")
    equal((made["URI"], made["State"]), (one, "Ready"))

    def state():
        got = root("GetBinding", URI=one, **place)["Binding"]
        return got["State"], got.get("Phase")

    until("the binding", state, ("Running", "FullScanning"))
    until("the binding", state, ("Running", "IncrementalScanning"))

    root.fails("ResourceAlreadyExists", 400, "CreateBinding", URI=one, **place)
    root("CreateBinding", URI=two, **place)
    root.fails("LimitExceededError", 400, "CreateBinding", URI=f"oss://{bucket()}", **place)
    root("CreateBinding", ProjectName=p, DatasetName="e", URI=two)
    equal(root("GetDataset", **place)["Dataset"]["BindCount"], 2)
    for bad in ["bucket", "oss://", "oss://B", "oss://bucket/prefix", "s3://bucket"]:
        root.fails("InvalidURI", 400, "CreateBinding", URI=bad, **place)
    root.missing("URI", "CreateBinding", **place)

    listed, token = [], {}
    while True:
        page = root("ListBindings", ProjectName=p, MaxResults=1, **token)
        listed += [(b["DatasetName"], b["URI"]) for b in page["Bindings"]]
        if "NextToken" not in page:
            break
        check(page["NextToken"].startswith(f"{p}:"), f"the token is {page['NextToken']}")
        token = {"NextToken": page["NextToken"]}
    equal(listed, sorted([("d", one), ("d", two), ("e", two)]))
    equal(len(root("ListBindings", ProjectName=p, DatasetName="e")["Bindings"]), 1)
    root.fails("InvalidNextToken", 400, "ListBindings", ProjectName=p, NextToken="x")
    root.fails(*MISSING, "ListBindings", ProjectName=p, DatasetName="none")

    root.fails(*CONFLICT, "DeleteDataset", **place)
    for uri in [one, two]:
        equal(root("DeleteBinding", URI=uri, **place), {})
    root.fails(*MISSING, "DeleteBinding", URI=one, **place)
    equal(
        root.fails(*MISSING, "GetBinding", URI=one, **place),
        "The specified resource binding is not found.",
    )
    root("DeleteDataset", **place)


def test_attached_buckets():
    p, other, name = project(), project(), bucket()
    equal(root("AttachOSSBucket", ProjectName=p, OSSBucket=name, Description="d"), {})
    got = root("GetOSSBucketAttachment", OSSBucket=name)
    keys(got, "CreateTime Description ProjectName UpdateTime", "GetOSSBucketAttachment")
    equal((got["ProjectName"], got["Description"]), (p, "d"))
    for owner in [p, other]:
        root.fails(
            "ResourceAlreadyExists", 400, "AttachOSSBucket", ProjectName=owner, OSSBucket=name
        )
    root("AttachOSSBucket", ProjectName=p, OSSBucket=bucket())
    first = root("ListAttachedOSSBuckets", ProjectName=p, MaxResults=1)
    rest = root(
        "ListAttachedOSSBuckets", ProjectName=p, MaxResults=1, NextToken=first["NextToken"]
    )
    check("NextToken" not in rest, "a token although nothing follows")
    listed = first["AttachedOSSBuckets"] + rest["AttachedOSSBuckets"]
    [mine] = [b for b in listed if b["OSSBucket"] == name]
    keys(
        mine,
        "CreateTime Description OSSBucket OwnerId ProjectName UpdateTime",
        "an attached bucket",
    )
    equal(root("ListAttachedOSSBuckets", ProjectName=other), {"AttachedOSSBuckets": []})

    equal(root("DetachOSSBucket", OSSBucket=name), {})
    root.fails(*MISSING, "DetachOSSBucket", OSSBucket=name)
    root.fails(*MISSING, "GetOSSBucketAttachment", OSSBucket=name)
    root.fails(*MISSING, "AttachOSSBucket", ProjectName="none", OSSBucket=name)
    root.fails(*MISSING, "ListAttachedOSSBuckets", ProjectName="none")
    root.fails("InvalidOSSBucket", 400, "AttachOSSBucket", ProjectName=p, OSSBucket="A_b")
    root.fails(
        "InvalidDescription",
        400,
        "AttachOSSBucket",
        ProjectName=p,
        OSSBucket=name,
        Description="d" * 129,
    )
    root.missing("OSSBucket", "AttachOSSBucket", ProjectName=p)
    # Attached buckets do not stand in the way; they are free afterwards.
    root("DeleteProject", ProjectName=p)
    for attached in listed:
        root.fails(*MISSING, "GetOSSBucketAttachment", OSSBucket=attached["OSSBucket"])


def order(p, bucket_name, **parameters):
    return {
        "ProjectName": p,
        "Input": {"OSS": {"Bucket": bucket_name, "Prefix": "in/"}},
        "Actions": [{"Name": "doc/convert", "Parameters": ["pages=3"]}],
        "ServiceRole": "AliyunIMMBatchTriggerRole",
        "Notification": {"MNS": {"TopicName": "topic"}},
        "Tags": {"kind": "test"},
    } | parameters


def test_triggers_and_batches():
    p, name = project(), bucket()
    for kind in ["Trigger", "Batch"]:
        root.fails(*MISSING, f"Create{kind}", **order(p, name))
    root("AttachOSSBucket", ProjectName=p, OSSBucket=name)
    ids = {}
    for kind, plural in [("Trigger", "Triggers"), ("Batch", "Batches")]:
        made = root(f"Create{kind}", **order(p, name))
        keys(made, "Id", f"Create{kind}")
        id = ids[kind] = made["Id"]
        matches(id, re.compile(rf"^{kind.lower()}-[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$"), "Id")
        me = {"ProjectName": p, "Id": id}
        got = root(f"Get{kind}", **me)[kind]
        keys(
            got,
            "Actions CreateTime Id Input Notification ServiceRole State Tags UpdateTime",
            f"a new {kind}",
        )
        equal(got["State"], "Ready")
        equal(got["Input"], order(p, name)["Input"])
        equal(got["Actions"], order(p, name)["Actions"])
        equal(got["Tags"], {"kind": "test"})
        matches(got["CreateTime"], DATE, "CreateTime")
        root.fails(*CONFLICT, f"Suspend{kind}", **me)
        root.fails(*CONFLICT, f"Resume{kind}", **me)

        second = root(f"Create{kind}", **order(p, name))["Id"]
        first = root(f"List{plural}", ProjectName=p, MaxResults=1)
        rest = root(f"List{plural}", ProjectName=p, MaxResults=1, NextToken=first["NextToken"])
        equal([i["Id"] for page in (first, rest) for i in page[plural]], sorted([id, second]))
        check("NextToken" not in rest, "a token although nothing follows")
        # What has not begun to run may go.
        equal(root(f"Delete{kind}", ProjectName=p, Id=second), {})

        def state():
            return root(f"Get{kind}", **me)[kind]["State"]

        until(kind, state, "Running")
        root.fails(*CONFLICT, f"Delete{kind}", **me)
        equal(root(f"Suspend{kind}", **me), {})
        equal(state(), "Suspended")
        equal(len(root(f"List{plural}", ProjectName=p, State="Suspended")[plural]), 1)
        equal(root(f"List{plural}", ProjectName=p, State="Running"), {plural: []})
        root.fails(*CONFLICT, f"Suspend{kind}", **me)
        equal(root(f"Resume{kind}", **me), {})
        equal(state(), "Running")
        root.fails("InvalidState", 400, f"List{plural}", ProjectName=p, State="Idle")
        root.fails("InvalidMaxResults", 400, f"List{plural}", ProjectName=p, MaxResults=101)

        for parameter, bad in [
            ("Input", {"OSS": {}}),
            ("Actions", []),
            ("Actions", [{"Parameters": ["a=b"]}]),
            ("ServiceRole", "acs:ram::1:role/r"),
        ]:
            root.fails(f"Invalid{parameter}", 400, f"Create{kind}", **order(p, name, **{parameter: bad}))
        for parameter in ["Input", "Actions", "ServiceRole"]:
            some = {k: v for k, v in order(p, name).items() if k != parameter}
            root.missing(parameter, f"Create{kind}", **some)
        nobody = {"ProjectName": p, "Id": f"{kind.lower()}-none"}
        for verb in ["Get", "Suspend", "Resume", "Delete"]:
            root.fails(*MISSING, f"{verb}{kind}", **nobody)
            root.missing("Id", f"{verb}{kind}", ProjectName=p)
        root.fails(*MISSING, f"List{plural}", ProjectName="none")

    # A batch is done after a while, and then may go; a trigger runs until it is suspended.
    until("the batch", lambda: root("GetBatch", ProjectName=p, Id=ids["Batch"])["Batch"]["State"],
          "Succeeded")
    equal(root("GetTrigger", ProjectName=p, Id=ids["Trigger"])["Trigger"]["State"], "Running")
    root.fails(*CONFLICT, "DeleteProject", ProjectName=p)
    root("DeleteBatch", ProjectName=p, Id=ids["Batch"])
    root.fails(*CONFLICT, "DeleteProject", ProjectName=p)
    root("SuspendTrigger", ProjectName=p, Id=ids["Trigger"])
    root("DeleteTrigger", ProjectName=p, Id=ids["Trigger"])
    root("DeleteProject", ProjectName=p)
