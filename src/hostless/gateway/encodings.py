"""What a client wraps around a body for the way, as `Content-Encoding` says: chunks, gzip.

A signature counts over the body as it was sent; routing and parsing take it unwrapped.
"""

import gzip
import io
import zlib
from dataclasses import replace

from hostless.domain.errors import ApiError
from hostless.gateway.asgi import GREATEST_BODY_BYTES, BodyTooLarge
from hostless.gateway.chunks import decode_chunks
from hostless.protocols.bare_errors import protocol_of
from hostless.protocols.faults import MalformedInput, SerializationFault
from hostless.protocols.messages import WireRequest

_KEEPS_ENCODINGS = frozenset(("s3", "s3express"))
"""There `Content-Encoding` tells of the object, which is stored as it was sent."""


class UnsupportedMediaType(ApiError):
    """Smithy's answer to an encoding that a service does not know."""

    code = "UnsupportedMediaTypeException"
    status = 415


def with_plain_body(request: WireRequest, service: str | None) -> WireRequest:
    """The request with its body decoded, where it says that it is encoded.

    service: the signing name, if there is one. Raises ApiError: BodyTooLarge also for a body that
    is only large once it is decoded.
    """
    if "content-encoding" not in request.headers:
        return request
    encodings = [part.strip() for part in request.headers["content-encoding"].lower().split(",")]
    body = request.body
    if "aws-chunked" in encodings:
        body = decode_chunks(body)
    if service in _KEEPS_ENCODINGS:
        return replace(request, body=body)
    others = [name for name in encodings if name not in ("", "identity", "aws-chunked")]
    if others == ["gzip"]:
        body = _inflated(body, request)
    elif others:
        raise UnsupportedMediaType(
            f"The content encoding {','.join(others)[:100]!r} is not supported; gzip is."
        )
    return replace(request, body=body)


def _inflated(body: bytes, request: WireRequest) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            plain = file.read(GREATEST_BODY_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        is_form = protocol_of(request) in ("query", "ec2")
        fault = MalformedInput if is_form else SerializationFault
        sentence = "The request body is not gzip, as its content encoding says."
        raise fault(sentence) from None
    if len(plain) > GREATEST_BODY_BYTES:
        raise BodyTooLarge
    return plain
