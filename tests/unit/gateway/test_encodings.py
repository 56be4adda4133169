"""Bodies that are encoded for the way."""

import gzip
import zlib

import pytest

from hostless.domain.errors import ApiError
from hostless.gateway.asgi import GREATEST_BODY_BYTES, BodyTooLarge
from hostless.gateway.encodings import with_plain_body
from hostless.protocols.messages import WireRequest

FORM = "application/x-www-form-urlencoded; charset=utf-8"
ZIPPED = gzip.compress(b"hello")


def request(encoding: str, body: bytes, **headers: str) -> WireRequest:
    return WireRequest(
        method="POST", path="/", headers={"content-encoding": encoding, **headers}, body=body
    )


def test_only_bodies_that_say_so_are_decoded() -> None:
    plain = WireRequest(method="PUT", path="/", body=ZIPPED)
    assert with_plain_body(plain, "ecs") is plain
    assert with_plain_body(request("identity", ZIPPED), "ecs").body == ZIPPED


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", ZIPPED),
        ("GZIP", ZIPPED),
        ("gzip", gzip.compress(b"hel") + gzip.compress(b"lo")),
        ("identity, gzip", ZIPPED),
        ("aws-chunked", b"5\r\nhello\r\n0\r\n\r\n"),
        ("aws-chunked,gzip", b"%x\r\n%b\r\n0\r\n\r\n" % (len(ZIPPED), ZIPPED)),
    ],
)
def test_each_encoding_is_taken_off(encoding: str, body: bytes) -> None:
    assert with_plain_body(request(encoding, body), "monitoring").body == b"hello"


def test_an_object_of_s3_stays_as_it_was_sent_but_for_its_chunks() -> None:
    assert with_plain_body(request("gzip", ZIPPED), "s3").body == ZIPPED
    chunked = request("aws-chunked,gzip", b"1\r\na\r\n0\r\n\r\n")
    assert with_plain_body(chunked, "s3").body == b"a"


@pytest.mark.parametrize(
    "body", [b"hello", ZIPPED[:-4], ZIPPED[:-8] + b"12345678", ZIPPED[:10] + b"\xff" * 9]
)
def test_what_is_no_gzip_is_refused_in_the_protocols_words(body: bytes) -> None:
    sentence = "The request body is not gzip, as its content encoding says."
    for headers, code in (
        ({"content-type": FORM}, "MalformedInput"),
        ({"content-type": "application/x-amz-json-1.1"}, "SerializationException"),
        ({"smithy-protocol": "rpc-v2-cbor"}, "SerializationException"),
    ):
        with pytest.raises(ApiError) as refused:
            with_plain_body(request("gzip", body, **headers), "monitoring")
        assert (refused.value.code, refused.value.message) == (code, sentence)


def test_a_body_that_is_too_large_once_it_is_inflated_is_refused_before_it_is() -> None:
    just_right = gzip.compress(bytes(GREATEST_BODY_BYTES))
    assert len(with_plain_body(request("gzip", just_right), "ecs").body) == GREATEST_BODY_BYTES
    with pytest.raises(BodyTooLarge):
        with_plain_body(request("gzip", gzip.compress(bytes(GREATEST_BODY_BYTES + 1))), "ecs")
    block = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(block.compress(bytes(1 << 20)) for _ in range(100)) + block.flush()
    with pytest.raises(BodyTooLarge):
        with_plain_body(request("gzip", bomb), "ecs")


@pytest.mark.parametrize("encoding", ["br", "gzip,gzip", "deflate,gzip"])
def test_another_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(ApiError, match=f"encoding '{encoding}' is not supported") as refused:
        with_plain_body(request(encoding, ZIPPED), "ecs")
    assert (refused.value.code, refused.value.status) == ("UnsupportedMediaTypeException", 415)
