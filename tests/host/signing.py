"""Signatures of AWS and Azure, written down from their descriptions; no library of ours or theirs."""
import base64
import datetime
import hashlib
import hmac
import urllib.parse


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def aws_signature(method, target, headers, body, secret, scope, names):
    """Signature Version 4; HEADERS with lower-case names, SCOPE as date/region/service/aws4_request."""
    date, region, service, _ = scope.split("/")
    path, _, query = target.partition("?")
    canonical = "\n".join(
        [method, path if service == "s3" else urllib.parse.quote(path, safe="/-_.~"),
         "&".join(sorted(part if "=" in part else part + "=" for part in query.split("&")))
         if query else ""]
        + [f"{name}:{' '.join(headers[name].split())}" for name in names]
        + ["", ";".join(names), hashlib.sha256(body).hexdigest()])
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope,
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = _hmac(key, part)
    return _hmac(key, text).hex()


def aws_headers(method, host, target, body, service, key_id, secret, region="us-east-1", more=None):
    """The headers of a signed request."""
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": host, "x-amz-date": date,
               "x-amz-content-sha256": hashlib.sha256(body).hexdigest(), **(more or {})}
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    names = sorted(headers)
    signature = aws_signature(method, target, headers, body, secret, scope, names)
    headers["Authorization"] = (f"AWS4-HMAC-SHA256 Credential={key_id}/{scope}, "
                                f"SignedHeaders={';'.join(names)}, Signature={signature}")
    return headers


def aws_check(method, target, headers, body, keys, service):
    """Why a request is not well signed, or None. KEYS: id -> (secret, token or None)."""
    given = {name.lower(): value for name, value in headers.items()}
    scheme, _, rest = given.get("authorization", "").partition(" ")
    fields = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    if scheme != "AWS4-HMAC-SHA256" or set(fields) != {"Credential", "SignedHeaders", "Signature"}:
        return "MissingAuthenticationToken"
    key_id, _, scope = fields["Credential"].partition("/")
    names = fields["SignedHeaders"].split(";")
    if key_id not in keys:
        return "InvalidClientTokenId"
    secret, token = keys[key_id]
    if given.get("x-amz-security-token") != token:
        return "InvalidToken"
    wanted = {name for name in given if name.startswith("x-amz-")} | {"host"}
    if names != sorted(names) or not wanted <= set(names) or scope.split("/")[2] != service:
        return "AccessDenied"
    if service == "s3" and given.get("x-amz-content-sha256") != hashlib.sha256(body).hexdigest():
        return "XAmzContentSHA256Mismatch"
    when = datetime.datetime.strptime(given["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(
        tzinfo=datetime.timezone.utc)
    if abs((datetime.datetime.now(datetime.timezone.utc) - when).total_seconds()) > 300:
        return "RequestExpired"
    ours = aws_signature(method, target, given, body, secret, scope, names)
    return None if hmac.compare_digest(ours, fields["Signature"]) else "SignatureDoesNotMatch"


def azure_signature(method, target, headers, n_body, account, key):
    """The value of a Shared Key signature; HEADERS with lower-case names."""
    path, _, query = target.partition("?")
    lines = [method, "", "", str(n_body) if n_body else "", "", headers.get("content-type", ""),
             "", "", "", "", "", ""]
    lines += [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-ms-")]
    resource = f"/{account}{path}"
    for name, values in sorted(urllib.parse.parse_qs(query, keep_blank_values=True).items()):
        resource += f"\n{name.lower()}:{','.join(sorted(values))}"
    text = "\n".join(lines + [resource])
    return base64.b64encode(_hmac(base64.b64decode(key), text)).decode()


def azure_headers(method, target, body, account, key):
    now = datetime.datetime.now(datetime.timezone.utc)
    headers = {"x-ms-date": now.strftime("%a, %d %b %Y %H:%M:%S GMT"), "x-ms-version": "2020-10-02"}
    if body:
        headers["content-type"] = "application/xml"
    value = azure_signature(method, target, headers, len(body), account, key)
    return dict(headers, Authorization=f"SharedKey {account}:{value}")


def azure_check(method, target, headers, n_body, account, key):
    given = {name.lower(): value for name, value in headers.items()}
    if "x-ms-date" not in given or "x-ms-version" not in given:
        return "MissingRequiredHeader"
    ours = azure_signature(method, target, given, n_body, account, key)
    wanted = f"SharedKey {account}:{ours}"
    return None if hmac.compare_digest(wanted, given.get("authorization", "")) else \
        "AuthenticationFailed"
