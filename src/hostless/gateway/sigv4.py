"""AWS Signature Version 4: read a signature, and tell whether it is right.

Says only what is wrong (BadSignature); how each protocol words that is in
`hostless.gateway.refusals`. Session tokens are not looked at: this engine issues none yet.
Source: "AWS Signature Version 4 for API requests", IAM User Guide.
"""

import functools
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote_plus

from hostless.kit.clock import Timestamp
from hostless.protocols.messages import WireRequest

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
_UNSIGNED = frozenset((UNSIGNED_PAYLOAD, "STREAMING-UNSIGNED-PAYLOAD-TRAILER"))
GREATEST_SKEW_SECONDS = 300
LONGEST_PRESIGNED_SECONDS = 7 * 24 * 3600
_BASIC_FORMAT = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_UNRESERVED = "-_.~"
_S3_NAMES = frozenset(("s3", "s3express", "s3-object-lambda", "s3-outposts"))

Wrong = Literal["incomplete", "unknown key", "mismatch", "expired", "presigned expired", "body"]


class BadSignature(Exception):
    """detail: AWS's sentence where it says more than the kind does."""

    def __init__(self, wrong: Wrong, detail: str = "") -> None:
        super().__init__(f"{wrong}: {detail}")
        self.wrong = wrong
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a request says of its signature. signed_at: `YYYYMMDDTHHMMSSZ`.

    valid_seconds: of a presigned request (its signature stands in the query string), else None.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signed_at: str
    digest: str
    valid_seconds: int | None = None

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def signature_of(request: WireRequest) -> Signature | None:
    """The request's signature, None when it has none; BadSignature when it is incomplete."""
    header = request.headers.get("authorization")
    if header is not None:
        return _from_header(request, header)
    if "X-Amz-" in request.query:
        fields = dict(parse_qsl(request.query, keep_blank_values=True))
        if "X-Amz-Signature" in fields or "X-Amz-Credential" in fields:
            return _from_query(fields)
    return None


def _from_header(request: WireRequest, header: str) -> Signature:
    algorithm, _, rest = header.partition(" ")
    if algorithm != ALGORITHM:
        raise BadSignature("incomplete", f"Unsupported AWS 'algorithm': '{algorithm[:100]}'")
    pairs = (part.strip().partition("=") for part in rest.split(","))
    fields = {name: value for name, _, value in pairs}
    signed_at = request.headers.get("x-amz-date") or request.headers.get("date", "")
    absent = [
        f"Authorization header requires '{name}' parameter."
        for name in ("Credential", "Signature", "SignedHeaders")
        if not fields.get(name)
    ]
    if not signed_at:
        absent.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    if absent:
        raise BadSignature("incomplete", " ".join(absent))
    return _signature(fields["Credential"], fields["SignedHeaders"], signed_at, fields["Signature"])


def _from_query(fields: dict[str, str]) -> Signature:
    needed = ("Algorithm", "Credential", "Signature", "SignedHeaders", "Date", "Expires")
    absent = [
        f"AWS query-string parameters must include 'X-Amz-{name}'."
        for name in needed
        if not fields.get(f"X-Amz-{name}")
    ]
    if absent:
        raise BadSignature("incomplete", " ".join(absent))
    expires = fields["X-Amz-Expires"]
    if fields["X-Amz-Algorithm"] != ALGORITHM or not expires.isascii() or not expires.isdigit():
        raise BadSignature("incomplete", "X-Amz-Algorithm or X-Amz-Expires is not valid.")
    if len(expires) > 6 or int(expires) > LONGEST_PRESIGNED_SECONDS:
        raise BadSignature("incomplete", "X-Amz-Expires must be less than a week (in seconds).")
    return _signature(
        fields["X-Amz-Credential"],
        fields["X-Amz-SignedHeaders"],
        fields["X-Amz-Date"],
        fields["X-Amz-Signature"],
        valid_seconds=int(expires),
    )


def _signature(
    credential: str,
    signed_headers: str,
    signed_at: str,
    digest: str,
    valid_seconds: int | None = None,
) -> Signature:
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request" or not parts[0]:
        sentence = f"Credential must have exactly 5 slash-delimited elements, e.g. \
keyid/date/region/service/term, got '{credential[:200]}'"
        raise BadSignature("incomplete", sentence)
    return Signature(
        access_key_id=parts[0],
        date=parts[1],
        region=parts[2],
        service=parts[3],
        signed_headers=tuple(signed_headers.split(";")),
        signed_at=signed_at,
        digest=digest,
        valid_seconds=valid_seconds,
    )


def check_signature(
    request: WireRequest, signature: Signature, secret: str, now: Timestamp
) -> None:
    """Raise BadSignature unless `secret` signed exactly this request, not too long ago.

    The body counts by its own hash, whatever the request claims of it, except where the client
    chose to leave it unsigned (`UNSIGNED-PAYLOAD`).
    """
    _check_time(signature, now)
    if "host" not in signature.signed_headers:
        raise BadSignature("mismatch", "'Host' must be a 'SignedHeader' in the AWS Authorization.")
    text = _string_to_sign(request, signature)
    key = _signing_key(secret, signature.date, signature.region, signature.service)
    wanted = hmac.digest(key, text.encode(), "sha256").hex()
    if not hmac.compare_digest(wanted.encode(), signature.digest.encode()):
        raise BadSignature("mismatch")


def _check_time(signature: Signature, now: Timestamp) -> None:
    stamp = signature.signed_at
    signed_at = _instant(stamp)
    if stamp[:8] != signature.date:
        raise BadSignature(
            "mismatch",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            f"HTTP: '{signature.date}' != '{stamp[:8]}', from '{stamp}'.",
        )
    if signed_at > now + GREATEST_SKEW_SECONDS:
        limit = _stamp(now + GREATEST_SKEW_SECONDS)
        sentence = f"Signature not yet current: {stamp} is still later than {limit} \
({_stamp(now)} + 5 min.)"
        raise BadSignature("expired", sentence)
    if signature.valid_seconds is not None:
        if now > signed_at + signature.valid_seconds:
            limit = _stamp(signed_at + signature.valid_seconds)
            sentence = f"Signature expired: {limit} is now earlier than {_stamp(now)}"
            raise BadSignature("presigned expired", sentence)
    elif signed_at < now - GREATEST_SKEW_SECONDS:
        limit = _stamp(now - GREATEST_SKEW_SECONDS)
        sentence = f"Signature expired: {stamp} is now earlier than {limit} \
({_stamp(now)} - 5 min.)"
        raise BadSignature("expired", sentence)


@functools.lru_cache(maxsize=64)
def _instant(text: str) -> Timestamp:
    """Of `YYYYMMDDTHHMMSSZ`; raises BadSignature. Requests of one second share it."""
    try:
        if not _BASIC_FORMAT.fullmatch(text):
            raise ValueError
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        sentence = f"Date must be in ISO-8601 'basic format'. Got '{text[:100]}'."
        raise BadSignature("incomplete", sentence) from None


def _stamp(instant: Timestamp) -> str:
    return f"{datetime.fromtimestamp(int(instant), UTC):%Y%m%dT%H%M%SZ}"


def _string_to_sign(request: WireRequest, signature: Signature) -> str:
    is_s3 = signature.service in _S3_NAMES
    headers = (
        f"{name}:{' '.join(request.headers.get(name, '').split())}"
        for name in signature.signed_headers
    )
    canonical = "\n".join(
        (
            request.method,
            _canonical_path(request.path, is_s3=is_s3),
            _canonical_query(request.query),
            *headers,
            "",
            ";".join(signature.signed_headers),
            _body_hash(request, signature, is_s3=is_s3),
        )
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return f"{ALGORITHM}\n{signature.signed_at}\n{signature.scope}\n{digest}"


def _canonical_path(path: str, *, is_s3: bool) -> str:
    if path in ("", "/"):
        return "/"
    if is_s3:
        return path
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part not in ("", "."):
            kept.append(part)
    slash = "/" if path.endswith("/") and kept else ""
    return quote("/" + "/".join(kept) + slash, safe="/" + _UNRESERVED)


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    pairs = (part.partition("=") for part in query.split("&") if part)
    encoded = sorted(
        (quote(unquote_plus(name), safe=_UNRESERVED), quote(unquote_plus(value), safe=_UNRESERVED))
        for name, _, value in pairs
        if name != "X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in encoded)


def _body_hash(request: WireRequest, signature: Signature, *, is_s3: bool) -> str:
    claimed = request.headers.get("x-amz-content-sha256")
    if claimed is None and is_s3 and signature.valid_seconds is not None:
        return UNSIGNED_PAYLOAD
    if claimed is not None and claimed in _UNSIGNED:
        return claimed
    actual = hashlib.sha256(request.body).hexdigest()
    if is_s3 and claimed is not None and claimed != actual:
        raise BadSignature("body")
    return actual


@functools.lru_cache(maxsize=64)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
