"""What comes before any action: signatures, times, nonces, routing, formats. Also the older SDK, which
signs by V1."""

import http.client
import json
import time
import urllib.parse
import xml.etree.ElementTree as xml

from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest
from aliyunsdkram.request.v20150501 import (
    AttachPolicyToRoleRequest,
    CreatePolicyRequest,
    CreatePolicyVersionRequest,
    CreateRoleRequest,
    DeletePolicyRequest,
    DeleteRoleRequest,
    DetachPolicyFromRoleRequest,
    GetPolicyRequest,
    GetRoleRequest,
    ListPoliciesForRoleRequest,
    ListRolesRequest,
    TagResourcesRequest,
    ListTagResourcesRequest,
    UpdateRoleRequest,
)
from aliyunsdksts.request.v20150401 import AssumeRoleRequest, GetCallerIdentityRequest

from cloud import (
    ACCOUNT,
    ADDRESS,
    OURS,
    ROOT,
    Cloud,
    check,
    check_error_document,
    equal,
    fresh,
    policy,
    root,
    trust,
)
from signing import signed

V1 = AcsClient(ROOT[0], ROOT[1], "cn-hangzhou")


def old(request, format="JSON", client=V1, **parameters):
    """A call through the older SDK: by V1, parameters in the query or, with tea's habit, in a form."""
    request.set_endpoint(ADDRESS)
    request.set_protocol_type("http")
    request.set_accept_format(format)
    for name, value in parameters.items():
        getattr(request, f"set_{name}")(value)
    if format == "JSON":
        return json.loads(client.do_action_with_exception(request))
    # The method above asks for JSON whatever was set.
    status, _, body, error = client._implementation_of_do_action(request)
    check(error is None and status == 200, f"{status}: {error}: {body}")
    return xml.fromstring(body)


def refused(call, code, status):
    try:
        answer = call()
    except ServerException as error:
        equal((error.get_error_code(), error.get_http_status()), (code, status), str(error))
        return error
    raise AssertionError(f"succeeded: {answer}; expected {code}")


def raw(method="GET", query="", headers=None, body=None, path="/"):
    connection = http.client.HTTPConnection(ADDRESS, timeout=30)
    connection.putrequest(method, f"{path}?{query}" if query else path, skip_host=True,
                          skip_accept_encoding=True)
    for name, value in (headers or {}).items():
        connection.putheader(name, value)
    if body is not None:
        connection.putheader("content-length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    return answer.status, answer.getheader("content-type"), answer.read()


def by_hand(version="2015-05-01", method="GET", credentials=ROOT, host="ram.aliyuncs.com", body=None,
            tamper=lambda query, headers: (query, headers), **parameters):
    """A call that is signed here. Status and document."""
    options = {}
    for option in ("date", "nonce", "content_type", "drop"):
        if option in parameters:
            options[option] = parameters.pop(option)
    query, headers = signed(method, host, parameters, credentials, version, body or b"", **options)
    query, headers = tamper(query, headers)
    status, _, text = raw(method, query, headers, body)
    return status, json.loads(text)


def test_the_older_sdk():
    role, name = fresh("V1Role"), fresh("V1Policy")
    made = old(
        CreateRoleRequest.CreateRoleRequest(),
        RoleName=role,
        AssumeRolePolicyDocument=trust(),
        Description="a b+c*d~e/f&g=ü",
    )
    equal(made["Role"]["Description"], "a b+c*d~e/f&g=ü", "a text with every kind of character")
    equal(old(GetRoleRequest.GetRoleRequest(), RoleName=role)["Role"]["RoleName"], role)
    old(UpdateRoleRequest.UpdateRoleRequest(), RoleName=role, NewDescription="n",
        NewAssumeRolePolicyDocument=trust())
    old(CreatePolicyRequest.CreatePolicyRequest(), PolicyName=name, PolicyDocument=policy())
    old(
        CreatePolicyVersionRequest.CreatePolicyVersionRequest(),
        PolicyName=name,
        PolicyDocument=policy(),
        SetAsDefault=True,
    )
    got = old(GetPolicyRequest.GetPolicyRequest(), PolicyName=name, PolicyType="Custom")
    equal(got["Policy"]["DefaultVersion"], "v2")
    pair = {"PolicyName": name, "PolicyType": "Custom", "RoleName": role}
    old(AttachPolicyToRoleRequest.AttachPolicyToRoleRequest(), **pair)
    listed = old(ListPoliciesForRoleRequest.ListPoliciesForRoleRequest(), RoleName=role)
    equal([p["PolicyName"] for p in listed["Policies"]["Policy"]], [name])
    refused(
        lambda: old(DeleteRoleRequest.DeleteRoleRequest(), RoleName=role),
        "DeleteConflict.Role.Policy",
        409,
    )
    old(TagResourcesRequest.TagResourcesRequest(), ResourceType="role", ResourceNames=[role],
        Tag=[{"Key": "k", "Value": "v"}])
    tags = old(ListTagResourcesRequest.ListTagResourcesRequest(), ResourceType="role",
               ResourceNames=[role])["TagResources"]
    equal([(t["TagKey"], t["TagValue"]) for t in tags], [("k", "v")])
    old(DetachPolicyFromRoleRequest.DetachPolicyFromRoleRequest(), **pair)
    old(DeletePolicyRequest.DeletePolicyRequest(), PolicyName=name, CascadingDelete=True)
    old(DeleteRoleRequest.DeleteRoleRequest(), RoleName=role)
    refused(lambda: old(GetRoleRequest.GetRoleRequest(), RoleName=role), "EntityNotExist.Role", 404)

    identity = old(GetCallerIdentityRequest.GetCallerIdentityRequest())
    equal(identity["AccountId"], ACCOUNT)
    refused(
        lambda: old(
            AssumeRoleRequest.AssumeRoleRequest(),
            RoleArn=f"acs:ram::{ACCOUNT}:role/{role}",
            RoleSessionName="session",
        ),
        "NoPermission",
        403,
    )


def test_the_older_sdk_in_xml():
    role = fresh("Xml")
    made = old(
        CreateRoleRequest.CreateRoleRequest(),
        "XML",
        RoleName=role,
        AssumeRolePolicyDocument=trust(),
    )
    equal(made.tag, "CreateRoleResponse")
    equal(made.findtext("Role/RoleName"), role)
    equal(made.findtext("Role/AssumeRolePolicyDocument"), trust())
    equal(made.findtext("Role/MaxSessionDuration"), "3600")
    old(CreateRoleRequest.CreateRoleRequest(), RoleName=role + "2", AssumeRolePolicyDocument=trust())
    listed = old(ListRolesRequest.ListRolesRequest(), "XML", MaxItems=1000)
    equal(listed.tag, "ListRolesResponse")
    equal(listed.findtext("IsTruncated"), "false")
    names = [element.text for element in listed.findall("Roles/Role/RoleName")]
    check({role, role + "2"} <= set(names), "roles are missing in the list")

    status, media, body = raw("GET", *signed(
        "GET", "ram.aliyuncs.com", {"Action": "GetRole", "RoleName": "none", "Format": "XML"}, ROOT,
        "2015-05-01"))
    equal((status, media), (404, "text/xml;charset=utf-8"))
    error = xml.fromstring(body)
    equal(error.tag, "Error")
    check_error_document({child.tag: child.text for child in error}, "EntityNotExist.Role", "ram")


def test_v1_in_a_form():
    """Business parameters in the body, the system's in the query, as the alicloud provider does."""
    role = fresh("Form")
    request = CommonRequest(domain=ADDRESS, version="2015-05-01", action_name="CreateRole")
    request.set_protocol_type("http")
    request.set_method("POST")
    request.add_body_params("RoleName", role)
    request.add_body_params("AssumeRolePolicyDocument", trust())
    request.add_body_params("Tag.1.Key", "flat")
    request.add_body_params("Tag.1.Value", "tag")
    made = json.loads(V1.do_action_with_exception(request))
    equal(made["Role"]["RoleName"], role)
    listed = root("ListTagResources", ResourceType="role", ResourceNames=[role])["TagResources"]
    equal([(t["TagKey"], t["TagValue"]) for t in listed], [("flat", "tag")], "flattened tags")


def test_v1_signatures_are_checked():
    wrong = AcsClient(ROOT[0], ROOT[1] + "x", "cn-hangzhou")
    # The SDK finds its own string to sign in the text of SignatureDoesNotMatch, and so knows that the
    # secret is wrong; where the strings differ it would leave the code as it is.
    refused(
        lambda: old(GetCallerIdentityRequest.GetCallerIdentityRequest(), client=wrong),
        "InvalidAccessKeySecret",
        400,
    )
    nobody = AcsClient("nobody", "secret", "cn-hangzhou")
    refused(
        lambda: old(GetCallerIdentityRequest.GetCallerIdentityRequest(), client=nobody),
        "InvalidAccessKeyId.NotFound",
        404,
    )


def test_v3_by_hand():
    status, body = by_hand(Action="ListUsers", MaxItems="1")
    equal(status, 200, str(body))
    role = fresh("Posted")
    form = urllib.parse.urlencode({"AssumeRolePolicyDocument": trust()}).encode()
    status, body = by_hand(
        method="POST",
        body=form,
        content_type="application/x-www-form-urlencoded",
        Action="CreateRole",
        RoleName=role,
    )
    equal((status, body.get("Role", {}).get("RoleName")), (200, role), "query and form together")


def test_v3_refusals():
    def expect(code, status, **parameters):
        found, body = by_hand(**({"Action": "ListUsers"} | parameters))
        equal((body["Code"], found), (code, status), body["Message"])
        return body

    def with_header(name, value):
        return lambda query, headers: (query, headers | {name: value})

    expect("SignatureDoesNotMatch", 400, credentials=(ROOT[0], "wrong", None))
    body = expect(
        "SignatureDoesNotMatch", 400, tamper=lambda query, headers: (query + "&MaxItems=1", headers)
    )
    check("server StringToSign is [ACS3-HMAC-SHA256" in body["Message"], body["Message"])
    expect("SignatureDoesNotMatch", 400, tamper=with_header("x-acs-action", "ListRoles"))
    expect("InvalidAccessKeyId.NotFound", 404, credentials=("nobody", "s", None))
    expect("IncompleteSignature", 400, drop=["x-acs-signature-nonce"])
    expect("IncompleteSignature", 400, tamper=with_header("x-acs-extra", "unsigned"))

    def at(minutes):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60 * minutes))

    for minutes in [-16, 16]:
        expect("InvalidTimeStamp.Expired", 400, date=at(minutes))
    for minutes in [-14, 14]:
        equal(by_hand(Action="ListUsers", date=at(minutes))[0], 200, f"{minutes} minutes away")
    expect("InvalidTimeStamp.Format", 400, date="now")

    nonce = fresh("nonce")
    equal(by_hand(Action="ListUsers", nonce=nonce)[0], 200)
    expect("SignatureNonceUsed", 400, nonce=nonce)
    # A refused action uses its nonce up; a wrong signature does not.
    nonce = fresh("nonce")
    expect("SignatureDoesNotMatch", 400, nonce=nonce, credentials=(ROOT[0], "wrong", None))
    expect("EntityNotExist.Role", 404, Action="GetRole", RoleName="none", nonce=nonce)
    expect("SignatureNonceUsed", 400, nonce=nonce)


def test_routing():
    def expect(code, status, **parameters):
        found, body = by_hand(**parameters)
        equal((body["Code"], found), (code, status), body["Message"])
        return body

    body = expect("InvalidAction.NotFound", 404, Action="GetNothing")
    check_error_document(body, "InvalidAction.NotFound", "ram")
    expect("InvalidAction.NotFound", 404, Action="createrole")
    expect("InvalidAction.NotFound", 404, Action="CreateRole", version="2015-04-01")
    body = expect("InvalidVersion", 400, Action="CreateRole", version="2014-01-01")
    check(body["Message"].endswith(OURS), body["Message"])
    expect("InvalidVersion", 400, Action="PutProject", version="2017-09-06")
    # Whoever is not known is told nothing about actions.
    expect(
        "InvalidAccessKeyId.NotFound", 404, Action="GetNothing", credentials=("nobody", "s", None)
    )

    unsigned = {"host": "ram.aliyuncs.com"}
    status, _, body = raw("GET", "Action=ListUsers&Version=2015-05-01", unsigned)
    equal((status, json.loads(body)["Code"]), (400, "MissingAccessKeyId"))
    status, _, body = raw("GET", "", unsigned, path="/other")
    equal((status, json.loads(body)["Code"]), (404, "InvalidApi.NotFound"))
    status, _, body = raw("PUT", "", unsigned)
    equal((status, json.loads(body)["Code"]), (400, "UnsupportedHTTPMethod"))
    status, body = by_hand(Action="ListUsers", Format="YAML")
    equal((status, body["Code"]), (400, "InvalidParameter.Format"))


def test_malformed_values():
    for parameter, bad in [("MaxItems", "ten"), ("MaxItems", "1.5"), ("Tag", "{"), ("Tag", "[1]")]:
        status, body = by_hand(Action="ListRoles", **{parameter: bad})
        equal((status, body["Code"]), (400, f"InvalidParameter.{parameter}"))
        check(body["Message"].endswith(OURS), body["Message"])
    for good in ["true", "True", "false", "False"]:
        status, body = by_hand(Action="DeletePolicy", PolicyName="none", CascadingDelete=good)
        equal((status, body["Code"]), (404, "EntityNotExist.Policy"))
    status, body = by_hand(Action="DeletePolicy", PolicyName="none", CascadingDelete="yes")
    equal((status, body["Code"]), (400, "InvalidParameter.CascadingDelete"))
    status, body = by_hand(Action="ListUsers", Unknown="ignored", AcceptLanguage="en-US")
    equal(status, 200, "parameters that nobody knows are ignored")


def test_errors_come_before_others_in_order():
    # Parameters before existence, existence before state.
    root.fails("InvalidParameter.PolicyType", 400, "GetPolicy", PolicyName="none", PolicyType="x")
    root.fails("InvalidNonsense".replace("Nonsense", "Description"), 400, "UpdateProject",
               ProjectName="none", Description="d" * 257)
    Cloud(("nobody", "s", None)).fails("InvalidAccessKeyId.NotFound", 404, "GetRole", RoleName="a/b")
