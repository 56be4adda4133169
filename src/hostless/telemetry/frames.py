"""Frames: how a file that is appended to can be cut where a crash tore it.

A frame is `length, CRC-32, body`, little-endian, four bytes each. What a body says is its writer's
business.
"""

import os
import struct
import zlib
from collections.abc import Iterator

_HEAD = struct.Struct("<II")


def framed(body: bytes) -> bytes:
    """A body as a frame, to be written by one write."""
    return _HEAD.pack(len(body), zlib.crc32(body)) + body


def bodies_in(data: bytes) -> Iterator[tuple[bytes, int]]:
    """The bodies of the whole frames at the front of `data`, each with the offset behind its frame;
    ends before the first torn or damaged one."""
    at = 0
    while at + _HEAD.size <= len(data):
        length, checksum = _HEAD.unpack_from(data, at)
        end = at + _HEAD.size + length
        body = data[at + _HEAD.size : end]
        if end > len(data) or zlib.crc32(body) != checksum:
            return
        yield body, end
        at = end


def write_at(file: int, offset: int, data: bytes) -> None:
    """Write all of it, however many writes that takes."""
    rest = memoryview(data)
    while rest:
        written = os.pwrite(file, rest, offset)
        rest, offset = rest[written:], offset + written
