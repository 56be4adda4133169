"""Signatures made by botocore's own signers, whole and tampered with."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from hostless.gateway.sigv4 import BadSignature, Signature, check_signature, signature_of
from hostless.protocols.messages import WireRequest

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
CREDENTIALS = Credentials("AKIAIOSFODNN7EXAMPLE", SECRET)
HOST = "http://127.0.0.1:4566"


def signed(
    *,
    method: str = "POST",
    path: str = "/",
    body: bytes = b"{}",
    service: str = "ecs",
    region: str = "us-east-1",
    headers: dict[str, str] | None = None,
) -> WireRequest:
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    request = AWSRequest(method=method, url=HOST + path, data=body, headers=headers or {})
    signer(CREDENTIALS, service, region).add_auth(request)
    return sent(request, body)


def presigned(*, service: str = "sts", path: str, expires: int = 60) -> WireRequest:
    request = AWSRequest(method="GET", url=HOST + path)
    SigV4QueryAuth(CREDENTIALS, service, "us-east-1", expires=expires).add_auth(request)
    return sent(request, b"")


def sent(request: AWSRequest, body: bytes) -> WireRequest:
    prepared = request.prepare()
    parts = urlsplit(prepared.url)
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else value
        for name, value in prepared.headers.items()
    }
    return WireRequest(
        method=prepared.method,
        path=parts.path or "/",
        query=parts.query,
        headers={"host": parts.netloc, **headers},
        body=body,
    )


def signature(request: WireRequest) -> Signature:
    found = signature_of(request)
    assert found is not None
    return found


def signed_at(request: WireRequest) -> float:
    moment = datetime.strptime(signature(request).signed_at, "%Y%m%dT%H%M%SZ")
    return moment.replace(tzinfo=UTC).timestamp()


def check(request: WireRequest, *, secret: str = SECRET, later: float = 0) -> None:
    check_signature(request, signature(request), secret, signed_at(request) + later)


def wrong(request: WireRequest, *, secret: str = SECRET, later: float = 0) -> BadSignature:
    with pytest.raises(BadSignature) as caught:
        check(request, secret=secret, later=later)
    return caught.value


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/clusters/a%20b",
        "/a//b/../c/./d",
        "/x?b=2&a=1&a=0",
        "/x?empty&q=a%2Fb%20c%2B%C3%A9",
        "/a/b/",
        "/tags/arn%3Aaws%3Aecs%3Aus-east-1%3A1%3Atask%2Fx",
    ],
)
@pytest.mark.parametrize("service", ["ecs", "s3"])
def test_what_botocore_signs_is_accepted(path: str, service: str) -> None:
    check(signed(path=path, service=service, method="PUT", body=b"\x00\xff body"))


def test_presigned_request_is_accepted_until_it_expires() -> None:
    request = presigned(path="/?Action=GetCallerIdentity&Version=2011-06-15", expires=60)
    check(request)
    check(request, later=59)
    bad = wrong(request, later=61)
    assert bad.wrong == "presigned expired"
    assert bad.detail.startswith("Signature expired: ")


def test_signature_names_key_scope_and_headers() -> None:
    found = signature(signed(headers={"X-Amz-Target": "T.Op"}))
    assert found.access_key_id == "AKIAIOSFODNN7EXAMPLE"
    assert (found.region, found.service) == ("us-east-1", "ecs")
    assert "x-amz-target" in found.signed_headers


def test_empty_region_in_the_scope_is_accepted() -> None:
    check(signed(region=""))


@pytest.mark.parametrize(
    "change",
    [
        {"body": b'{"x":1}'},
        {"path": "/other"},
        {"query": "a=1"},
        {"method": "PUT"},
    ],
    ids=["body", "path", "query", "method"],
)
def test_a_changed_request_is_refused(change: dict[str, object]) -> None:
    assert wrong(replace(signed(), **change)).wrong == "mismatch"  # type: ignore[arg-type]


def test_a_changed_signed_header_is_refused_and_an_unsigned_one_is_not() -> None:
    request = signed(headers={"X-Amz-Target": "T.RunTask"})
    changed = {**request.headers, "x-amz-target": "T.StopTask"}
    assert wrong(replace(request, headers=changed)).wrong == "mismatch"
    check(replace(request, headers={**request.headers, "user-agent": "another"}))


def test_a_changed_date_is_refused() -> None:
    request = signed()
    stamp = "20260101T000000Z"
    changed = replace(request, headers={**request.headers, "x-amz-date": stamp})
    found = signature(changed)
    with pytest.raises(BadSignature, match="Date in Credential scope does not match"):
        check_signature(changed, found, SECRET, signed_at(changed))
    other_day = replace(found, date="20260101")
    with pytest.raises(BadSignature, match="mismatch"):
        check_signature(changed, other_day, SECRET, signed_at(changed))


def test_another_secret_is_refused() -> None:
    assert wrong(signed(), secret="another").wrong == "mismatch"


def test_a_tampered_presigned_query_is_refused() -> None:
    request = presigned(path="/?Action=GetCallerIdentity&Version=2011-06-15")
    query = request.query.replace("GetCallerIdentity", "AssumeRole")
    assert wrong(replace(request, query=query)).wrong == "mismatch"
    longer = replace(request, query=request.query.replace("Expires=60", "Expires=6000"))
    assert wrong(longer).wrong == "mismatch"


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (301, "Signature expired: .* is now earlier than .* - 5 min"),
        (-301, "Signature not yet current: .* is still later than .* \\+ 5 min"),
    ],
)
def test_a_skewed_clock_is_refused_in_awss_words(later: float, words: str) -> None:
    with pytest.raises(BadSignature, match=words) as caught:
        check(signed(), later=later)
    assert caught.value.wrong == "expired"
    check(signed(), later=later * 299 / 301)


def test_a_claimed_body_hash_does_not_stand_in_for_the_body() -> None:
    request = signed(service="s3", body=b"one")
    bad = wrong(replace(request, body=b"two"))
    assert bad.wrong == "body"
    claimed = "0" * 64
    header = {**signed().headers, "x-amz-content-sha256": claimed}
    assert wrong(replace(signed(), headers=header, body=b"two")).wrong == "mismatch"


def test_an_unsigned_payload_is_the_clients_choice() -> None:
    request = AWSRequest(method="PUT", url=f"{HOST}/bucket/key", data=b"anything")
    request.context["payload_signing_enabled"] = False
    request.url = request.url.replace("http://", "https://")
    S3SigV4Auth(CREDENTIALS, "s3", "us-east-1").add_auth(request)
    check(sent(request, b"anything"))


def test_a_request_without_host_signed_is_refused() -> None:
    request = signed()
    bare = replace(signature(request), signed_headers=("x-amz-date",))
    with pytest.raises(BadSignature, match="'Host' must be a 'SignedHeader'"):
        check_signature(request, bare, SECRET, signed_at(request))


def test_an_unsigned_request_has_no_signature() -> None:
    assert signature_of(WireRequest(method="POST", path="/", body=b"{}")) is None


@pytest.mark.parametrize(
    "authorization",
    [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request",
        "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=0",
        "AWS AKIA:signature",
        "Bearer abc",
        "",
        "AWS4-HMAC-SHA256 Credential=a/20260101/r/s/other, SignedHeaders=host, Signature=0",
    ],
)
def test_an_incomplete_signature_says_what_it_lacks(authorization: str) -> None:
    headers = {"authorization": authorization, "x-amz-date": "20260101T000000Z"}
    with pytest.raises(BadSignature) as caught:
        signature_of(WireRequest(method="POST", path="/", headers=headers))
    assert caught.value.wrong == "incomplete"
    assert caught.value.detail


@pytest.mark.parametrize("expires", ["", "abc", "-5", "999999999", "604801", "\u00b2"])
def test_a_presigned_request_needs_a_sane_lifetime(expires: str) -> None:
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a/20260101/r/sts/aws4_request"
        f"&X-Amz-Date=20260101T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
        f"&X-Amz-Expires={expires}"
    )
    with pytest.raises(BadSignature) as caught:
        signature_of(WireRequest(method="GET", path="/", query=query))
    assert caught.value.wrong == "incomplete"


def test_a_date_that_is_none_is_incomplete() -> None:
    found = replace(signature(signed()), signed_at="yesterday")
    with pytest.raises(BadSignature, match="Date must be in ISO-8601"):
        check_signature(signed(), found, SECRET, 0.0)
