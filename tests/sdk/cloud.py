"""The vendor's SDKs as the tests use them: calls by action name, wire names throughout."""

import base64
import json
import os
import re
import uuid

from alibabacloud_imm20200930 import models as imm_models
from alibabacloud_imm20200930.client import Client as ImmClient
from alibabacloud_ram20150501 import models as ram_models
from alibabacloud_ram20150501.client import Client as RamClient
from alibabacloud_sts20150401 import models as sts_models
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.models import Config

SERVER = json.loads(os.environ["SANDBOX_SERVER"])
ADDRESS = SERVER["url"].removeprefix("http://")
ACCOUNT = SERVER["account_id"]
ROOT = (SERVER["access_key_id"], SERVER["access_key_secret"], None)
OURS = " [sandbox]"

SERVICES = {
    "ram": (RamClient, ram_models),
    "sts": (StsClient, sts_models),
    "imm": (ImmClient, imm_models),
}

# Every (service, action) that was answered with a success, and with an error.
SUCCEEDED = set()
FAILED = set()

REQUEST_ID = re.compile(r"^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$")
DATE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
NANO_DATE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?\+08:00$")
ENTITY_ID = re.compile(r"^\d{18}$")


def trust(*principals, kind="Service"):
    """A trust policy, compact as people's tools write it."""
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {kind: list(principals) or ["imm.aliyuncs.com"]},
    }
    return json.dumps({"Version": "1", "Statement": [statement]}, separators=(",", ":"))


def policy(action="oss:GetObject", resource="*", effect="Allow", condition=None):
    statement = {"Effect": effect, "Action": [action], "Resource": [resource]}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Statement": [statement], "Version": "1"})


def fresh(prefix):
    """A name that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def equal(found, expected, what="value"):
    check(found == expected, f"{what}: expected {expected!r}, found {found!r}")


def matches(found, pattern, what):
    check(
        isinstance(found, str) and pattern.match(found),
        f"{what}: {found!r} does not look like {pattern.pattern}",
    )


def keys(found, expected, what):
    """Exactly these keys, no more and no less."""
    equal(sorted(found), sorted(expected.split()), f"keys of {what}")


def filled(request, parameters):
    """The request with these parameters and no others: `from_map` alone makes empty lists of lists that
    are not given, and an empty list is sent."""
    request.from_map(parameters)
    given = {name.lower() for name in parameters}
    for attribute, value in vars(request).items():
        if value == [] and attribute.replace("_", "") not in given:
            setattr(request, attribute, None)
    return request


def without_invented(read, sent):
    """The SDK's classes show an empty list where the answer has none: that is no difference."""
    if isinstance(read, dict) and isinstance(sent, dict):
        return {
            key: without_invented(value, sent.get(key))
            for key, value in read.items()
            if key in sent or value != []
        }
    if isinstance(read, list) and isinstance(sent, list) and len(read) == len(sent):
        return [without_invented(*pair) for pair in zip(read, sent)]
    return read


class Cloud:
    """One caller. Every call goes through the SDK's own request and response classes."""

    def __init__(self, credentials=ROOT, address=ADDRESS):
        key, secret, token = credentials
        self.raw = None
        # The AccessDeniedDetail of the last refusal.
        self.denied = None
        self.clients = {}
        for service, (client, _) in SERVICES.items():
            config = Config(
                access_key_id=key,
                access_key_secret=secret,
                security_token=token,
                endpoint=address,
                protocol="http",
            )
            self.clients[service] = self._listening(client)(config)

    def _listening(self, client):
        """The client with a look at the answer's body, before the SDK's classes read it."""
        cloud = self

        class Listening(client):
            def call_api(self, *arguments, **names):
                answer = super().call_api(*arguments, **names)
                cloud.raw = answer["body"]
                return answer

            def do_rpcrequest(self, *arguments, **names):
                answer = super().do_rpcrequest(*arguments, **names)
                cloud.raw = answer["body"]
                return answer

        return Listening

    def _find(self, action):
        wanted = action.lower()
        for service, client in self.clients.items():
            for name in dir(client):
                if name.replace("_", "") == wanted:
                    models = SERVICES[service][1]
                    return service, getattr(client, name), getattr(models, f"{action}Request", None)
        raise AssertionError(f"no SDK has an action {action}")

    def __call__(self, action, **parameters):
        """A call that must succeed: the answer's body, without its request id."""
        service, method, request = self._find(action)
        arguments = () if request is None else (filled(request(), parameters),)
        try:
            answer = method(*arguments)
        except AlibabaCloudException as error:
            FAILED.add((service, action))
            error.add_note(f"in {action} {parameters}")
            raise
        equal(answer.status_code, 200, f"status of {action}")
        body = dict(self.raw)
        read = answer.body.to_map()
        equal(without_invented(read, body), body, f"{action}: what the SDK's classes read")
        matches(body.pop("RequestId"), REQUEST_ID, f"RequestId of {action}")
        SUCCEEDED.add((service, action))
        return body

    def fails(self, code, status, action, **parameters):
        """A call that must be refused with this code and status. Returns the message."""
        service, _, _ = self._find(action)
        try:
            body = self(action, **parameters)
        except AlibabaCloudException as error:
            what = f"{action} {parameters}"
            equal((error.code, error.status_code), (code, status), f"{what}: {error.message}")
            document = error.data
            check_error_document(document, code, service)
            self.denied = document.get("AccessDeniedDetail")
            return document["Message"]
        raise AssertionError(f"{action} {parameters} succeeded: {body}; expected {code}")

    def denied_by(self, kind, type, permission, action, **parameters):
        """A call that must be refused for want of this permission. Returns the message."""
        service, _, _ = self._find(action)
        code = "AccessDenied" if service == "imm" else "NoPermission"
        message = self.fails(code, 403, action, **parameters)
        me = self("GetCallerIdentity")
        if me["IdentityType"] == "RAMUser":
            principal = ("SubUser", me["UserId"])
        else:
            session = me["Arn"].rpartition("/")[2]
            principal = ("AssumedRoleUser", f"{self.role}:{session}")
        detail = dict(self.denied)
        diagnostic = detail.pop("EncodedDiagnosticMessage")
        check(base64.b64decode(diagnostic, validate=True), "the diagnostic message is empty")
        equal(
            detail,
            {
                "AuthAction": permission,
                "AuthPrincipalType": principal[0],
                "AuthPrincipalDisplayName": principal[1],
                "AuthPrincipalOwnerId": ACCOUNT,
                "NoPermissionType": kind,
                "PolicyType": type,
            },
            f"AccessDeniedDetail of {action}",
        )
        return message

    def missing(self, parameter, action, **parameters):
        message = self.fails(f"Missing{parameter}", 400, action, **parameters)
        equal(message, f"{parameter} is mandatory for this action.", f"message of {action}")


def check_error_document(document, code, service):
    matches(document["RequestId"], REQUEST_ID, "RequestId of the error")
    equal(document["Code"], code, "Code")
    check(document["Message"], "the error has no message")
    check(document["HostId"].endswith("aliyuncs.com"), f"HostId is {document['HostId']!r}")
    recommend = f"https://api.aliyun.com/troubleshoot?q={code}&product={service}&requestId="
    check(document["Recommend"].startswith(recommend), f"Recommend is {document['Recommend']!r}")


root = Cloud()


def person(*documents):
    """A user with these policies: its name and a caller."""
    name = fresh("Person")
    root("CreateUser", UserName=name)
    for document in documents:
        grant("User", name, document)
    key = root("CreateAccessKey", UserName=name)["AccessKey"]
    return name, Cloud((key["AccessKeyId"], key["AccessKeySecret"], None))


def grant(kind, name, document):
    """Makes a policy and attaches it to a user, group or role. Returns its name."""
    policy_name = fresh("grant")
    root("CreatePolicy", PolicyName=policy_name, PolicyDocument=document)
    root(
        f"AttachPolicyTo{kind}",
        **{f"{kind}Name": name},
        PolicyName=policy_name,
        PolicyType="Custom",
    )
    return policy_name


def role(name=None, document=None):
    """A role; it trusts IMM where nothing else is said."""
    name = name or fresh("Role")
    root("CreateRole", RoleName=name, AssumeRolePolicyDocument=document or trust())
    return name


def session(caller, role_name, **parameters):
    """A caller that is a session of the role."""
    made = caller(
        "AssumeRole",
        RoleArn=f"acs:ram::{ACCOUNT}:role/{role_name}",
        RoleSessionName="Session.1",
        **parameters,
    )["Credentials"]
    fields = ("AccessKeyId", "AccessKeySecret", "SecurityToken")
    assumed = Cloud(tuple(made[field] for field in fields))
    assumed.role = role_name
    return assumed


# The role of projects that name none; nobody makes it by itself.
role("AliyunIMMDefaultRole")
