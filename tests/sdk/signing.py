"""V3 signatures by hand, for what no SDK sends."""

import hashlib
import hmac
import time
import urllib.parse
import uuid


def encode(text):
    return urllib.parse.quote(text, safe="-_.~")


def signed(method, host, parameters, credentials, version, body=b"", content_type=None, date=None,
           nonce=None, drop=()):
    """Query string and headers of a request. `Action` is taken out of the parameters."""
    key, secret, _ = credentials
    parameters = dict(parameters)
    action = parameters.pop("Action")
    query = "&".join(f"{encode(k)}={encode(str(v))}" for k, v in sorted(parameters.items()))
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-version": version,
        "x-acs-date": date or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "x-acs-signature-nonce": nonce or uuid.uuid4().hex,
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
    }
    if content_type:
        headers["content-type"] = content_type
    for name in drop:
        del headers[name]
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = "\n".join([method, "/", query, lines, names, hashlib.sha256(body).hexdigest()])
    algorithm = "ACS3-HMAC-SHA256"
    text = algorithm + "\n" + hashlib.sha256(canonical.encode()).hexdigest()
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (
        f"{algorithm} Credential={key},SignedHeaders={names},Signature={signature}"
    )
    return query, headers
