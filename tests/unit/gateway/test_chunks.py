"""Bodies in aws-chunked encoding."""

import pytest

from hostless.gateway.chunks import IncompleteBody, decode_chunks


def test_chunks_are_joined_and_trailers_dropped() -> None:
    body = (
        b"5\r\nhello\r\n6;chunk-signature=abc\r\n\r\nworl\r\n0\r\nx-amz-checksum-crc32:abc\r\n\r\n"
    )
    assert decode_chunks(body) == b"hello\r\nworl"


@pytest.mark.parametrize(
    "body",
    [b"", b"5\r\nhel", b"zz\r\n", b"5\r\nhello", b"-1\r\n", b"fffffffff\r\n", b"5\r\nhelloXX0\r\n"],
)
def test_a_body_that_ends_early_is_refused(body: bytes) -> None:
    with pytest.raises(IncompleteBody):
        decode_chunks(body)
