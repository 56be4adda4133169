"""An alias that leads out of the VPC's zones: the question that follows, and the answers joined.

A program that asks for addresses wants them, and does not ask about a CNAME's target itself. Pure.
"""

import struct
from collections.abc import Iterator

from hostless.network.local.dns import (
    CLASS_IN,
    HEADER,
    LONGEST_LABEL,
    RECURSION_DESIRED,
    Query,
    encoded,
)

_POINTER = 0xC0
_FIXED = struct.Struct("!HHIH")


def question_about(name: str, query: Query) -> bytes:
    """The same question about another name, as a message."""
    header = HEADER.pack(query.id, RECURSION_DESIRED, 1, 0, 0, 0)
    return header + encoded(name) + struct.pack("!HH", query.kind, CLASS_IN)


def joined(message: bytes, name: str, kind: int, found: bytes) -> bytes:
    """The message, which ends with its answers, and after them the addresses that `found` has.

    kind: A or AAAA, whose data is the same in every message. What in `found` makes no sense is
    left out.
    """
    try:
        records = [encoded(name) + record for record in _records_in(found, kind)]
    except (struct.error, IndexError):
        return message
    number, flags, questions, answers, *others = HEADER.unpack_from(message)
    header = HEADER.pack(number, flags, questions, answers + len(records), *others)
    return header + message[HEADER.size :] + b"".join(records)


def _records_in(message: bytes, kind: int) -> Iterator[bytes]:
    """Those of a kind, without their owner: whoever that is, `name` has led to them."""
    _, _, questions, answers, _, _ = HEADER.unpack_from(message)
    at = HEADER.size
    for _ in range(questions):
        at = _after_name(message, at) + 4
    for _ in range(answers):
        at = _after_name(message, at)
        found, _, _, length = _FIXED.unpack_from(message, at)
        end = at + _FIXED.size + length
        if end > len(message):
            raise IndexError(end)
        if found == kind:
            yield message[at:end]
        at = end


def _after_name(message: bytes, at: int) -> int:
    while message[at]:
        if message[at] & _POINTER == _POINTER:
            return at + 2
        if message[at] > LONGEST_LABEL:
            raise IndexError(at)
        at += 1 + message[at]
    return at + 1
