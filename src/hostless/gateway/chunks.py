"""Bodies in `aws-chunked` encoding, as S3 clients send them with a trailing checksum."""

from hostless.domain.errors import ApiError


class IncompleteBody(ApiError):
    code = "IncompleteBody"
    status = 400

    def __init__(self) -> None:
        super().__init__("The request body terminated unexpectedly")


def decode_chunks(body: bytes) -> bytes:
    """`<hex size>[;…]\\r\\n<bytes>\\r\\n`, until the chunk of size 0; trailers are dropped."""
    parts: list[bytes] = []
    at = 0
    while True:
        end = body.find(b"\r\n", at)
        size = _size_of(body[at : max(end, at)])
        if size == 0:
            return b"".join(parts)
        start, stop = end + 2, end + 2 + size
        if body[stop : stop + 2] != b"\r\n":
            raise IncompleteBody
        parts.append(body[start:stop])
        at = stop + 2


def _size_of(head: bytes) -> int:
    digits = head.partition(b";")[0]
    if not digits or len(digits) > 8 or not all(d in b"0123456789abcdefABCDEF" for d in digits):
        raise IncompleteBody
    return int(digits, 16)
