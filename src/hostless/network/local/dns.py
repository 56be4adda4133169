"""The few words of DNS that the VPC's resolver speaks itself (RFC 1035): pure.

It answers for private names, their reverse, names of public addresses of the engine's own and
localhost; everything else is forwarded as it is.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from hostless.network.place import address_named, private_name_of

HEADER = struct.Struct("!HHHHHH")
TYPE_A, TYPE_PTR, CLASS_IN = 1, 12, 1
RESPONSE, RECURSION_DESIRED, RECURSION_AVAILABLE, AUTHORITATIVE = 0x8000, 0x0100, 0x0080, 0x0400
TRUNCATED = 0x0200
TYPE_OPT = 41
SMALLEST_DATAGRAM, LARGEST_DATAGRAM = 512, 4096
OPCODE_MASK = 0x7800
NO_ERROR, FORMAT_ERROR, SERVER_FAILURE, NAME_ERROR = 0, 1, 2, 3
QUESTION_NAME = b"\xc0\x0c"
"""A pointer to the name in the question, which begins after the header."""
TIME_TO_LIVE_SECONDS = 60
REVERSE_DOMAIN = "in-addr.arpa"
LONGEST_NAME, LONGEST_LABEL = 255, 63


class NotAQuery(ValueError):
    """The message cannot be answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """name: lower case, without the last dot. question: as it came, to be sent back."""

    id: int
    flags: int
    name: str
    kind: int
    question: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateZone:
    """What a VPC knows itself of its names.

    domain: of private names, `ec2.internal`. cidr: the VPC's range. public_domain: of the names of
    public addresses, which are from public_cidr; find_private: the address that such a one has
    within the VPC, None for strangers.
    """

    domain: str
    cidr: str
    public_domain: str
    public_cidr: str
    find_private: Callable[[str], str | None]


def nobody(_: str) -> None:
    """No public address is one of the VPC's."""


def query_in(message: bytes) -> Query:
    """The one question of the message. Raises NotAQuery."""
    if len(message) < HEADER.size:
        raise NotAQuery("shorter than a header")
    number, flags, questions, _, _, _ = HEADER.unpack_from(message)
    if flags & (RESPONSE | OPCODE_MASK) or questions != 1:
        raise NotAQuery("not a standard query with one question")
    name, end = _name_at(message, HEADER.size)
    if len(message) < end + 4:
        raise NotAQuery("the question is cut off")
    (kind,) = struct.unpack_from("!H", message, end)
    question = message[HEADER.size : end + 4]
    return Query(id=number, flags=flags, name=name, kind=kind, question=question)


def find_answer(query: Query, zone: PrivateZone) -> bytes | None:
    """The whole answer to what is this resolver's own business; None: forward it."""
    if query.name == "localhost" or query.name.endswith(".localhost"):
        return _address_answer(query, "127.0.0.1")
    if query.name.endswith("." + REVERSE_DOMAIN):
        return _find_reverse_answer(query, zone)
    public = address_named(query.name, zone.public_domain, "ec2-")
    if public is not None and IPv4Address(public) in IPv4Network(zone.public_cidr):
        return _address_answer(query, zone.find_private(public) or public)
    if query.name != zone.domain and not query.name.endswith("." + zone.domain):
        return None
    address = address_named(query.name, zone.domain)
    if address is None or IPv4Address(address) not in IPv4Network(zone.cidr):
        return _answer(query, b"", NAME_ERROR)
    return _address_answer(query, address)


def failure(query: Query) -> bytes:
    """Nobody could be asked."""
    return _message(query, b"", SERVER_FAILURE, RECURSION_AVAILABLE)


def truncated(query: Query) -> bytes:
    """The answer is too long for a datagram; the asker comes again by TCP."""
    return _message(query, b"", NO_ERROR, TRUNCATED | RECURSION_AVAILABLE)


def datagram_size_of(message: bytes, query: Query) -> int:
    """How long an answer by UDP may be, as the query says (RFC 6891)."""
    at = HEADER.size + len(query.question)
    has_more = HEADER.unpack_from(message)[5] > 0 and len(message) >= at + 5
    if not has_more or message[at] != 0:
        return SMALLEST_DATAGRAM
    kind, size = struct.unpack_from("!HH", message, at + 1)
    if kind != TYPE_OPT:
        return SMALLEST_DATAGRAM
    return min(max(int(size), SMALLEST_DATAGRAM), LARGEST_DATAGRAM)


def is_answer_to(query: Query, message: bytes) -> bool:
    """Whether an upstream's message answers this very query."""
    if len(message) < HEADER.size:
        return False
    number, flags = struct.unpack_from("!HH", message)
    return number == query.id and bool(flags & RESPONSE)


def encoded(name: str) -> bytes:
    """A name as it is in messages."""
    labels = (label.encode("latin-1") for label in name.split("."))
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _find_reverse_answer(query: Query, zone: PrivateZone) -> bytes | None:
    octets = query.name.removesuffix("." + REVERSE_DOMAIN).split(".")
    try:
        address = IPv4Address(".".join(reversed(octets)))
    except ValueError:
        return None
    if address not in IPv4Network(zone.cidr):
        return None
    if query.kind != TYPE_PTR:
        return _answer(query, b"", NO_ERROR)
    data = encoded(private_name_of(str(address), zone.domain))
    return _answer(query, _record(TYPE_PTR, data), NO_ERROR)


def _address_answer(query: Query, address: str) -> bytes:
    """Other kinds than A exist for no name here: no error, no record."""
    wanted = query.kind == TYPE_A
    return _answer(query, _record(TYPE_A, IPv4Address(address).packed) if wanted else b"", NO_ERROR)


def _answer(query: Query, record: bytes, code: int) -> bytes:
    return _message(query, record, code, AUTHORITATIVE | RECURSION_AVAILABLE)


def _message(query: Query, record: bytes, code: int, flags: int) -> bytes:
    flags |= RESPONSE | (query.flags & RECURSION_DESIRED) | code
    return HEADER.pack(query.id, flags, 1, 1 if record else 0, 0, 0) + query.question + record


def _record(kind: int, data: bytes) -> bytes:
    fixed = struct.pack("!HHIH", kind, CLASS_IN, TIME_TO_LIVE_SECONDS, len(data))
    return QUESTION_NAME + fixed + data


def _name_at(message: bytes, start: int) -> tuple[str, int]:
    """A name without compression, which a question never has; and where it ends."""
    labels: list[str] = []
    position = start
    while position < len(message) and position - start <= LONGEST_NAME:
        length = message[position]
        if length == 0:
            return ".".join(labels).lower(), position + 1
        if length > LONGEST_LABEL:
            raise NotAQuery("a label is too long")
        labels.append(message[position + 1 : position + 1 + length].decode("latin-1"))
        position += 1 + length
    raise NotAQuery("the name does not end")
