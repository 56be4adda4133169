"""Answers from the zones of a VPC, packed when a zone changes so that an answer is a few joins.

Pure but for the drawing. Names are lower case without the last dot. Records name their owner by a
pointer to the question, wherever that ends.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from random import Random

from hostless.domain.private_names import AnswerZone, RecordSet
from hostless.network.local.dns import (
    AUTHORITATIVE,
    CLASS_IN,
    HEADER,
    NAME_ERROR,
    NO_ERROR,
    QUESTION_NAME,
    RECURSION_AVAILABLE,
    RECURSION_DESIRED,
    RESPONSE,
    TYPE_A,
    Query,
    encoded,
)

TYPE_CNAME, TYPE_SOA, TYPE_AAAA, TYPE_SRV, TYPE_ANY = 5, 6, 28, 33, 255
_TYPES = {"A": TYPE_A, "AAAA": TYPE_AAAA, "SRV": TYPE_SRV, "CNAME": TYPE_CNAME}
_SOA = (
    encoded("ns-1536.awsdns-00.co.uk")
    + encoded("awsdns-hostmaster.amazon.com")
    + struct.pack("!IIIII", 1, 7200, 900, 1209600, 86400)
)
"""As Route 53 gives it to private zones."""
MOST_CNAMES = 8
"""Followed within the zones for one query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Packed:
    """records: whole ones but for the owner's name. targets: what each of a CNAME leads to."""

    kind: int
    most_answers: int
    records: tuple[bytes, ...]
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _PackedZone:
    source: AnswerZone
    names: Mapping[str, tuple[_Packed, ...]]
    soa: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneAnswer:
    """message: the whole answer. elsewhere: the name that somebody else must be asked about, and
    whose addresses are to follow what is answered."""

    message: bytes
    elsewhere: str | None = None


class VpcZones:
    """The zones of one VPC. source: draws among the records of a name."""

    def __init__(self, source: Random) -> None:
        self._source = source
        self._zones: dict[str, _PackedZone] = {}

    def replace(self, zones: Sequence[AnswerZone]) -> None:
        """From now on these; a zone that is the same object is not packed again."""
        before = self._zones
        self._zones = {}
        for zone in zones:
            known = before.get(zone.name)
            is_known = known is not None and known.source is zone
            self._zones[zone.name] = known if known and is_known else _packed_zone(zone)

    def find_answer(self, query: Query) -> ZoneAnswer | None:
        """None for a name of no zone."""
        zone = self._zone_of(query.name)
        if zone is None:
            return None
        sets = zone.names.get(query.name)
        if sets is None:
            return ZoneAnswer(message=_message(query, (), NAME_ERROR, _soa(zone, query)))
        records: list[bytes] = []
        elsewhere = None
        for each in sets:
            if each.kind == TYPE_CNAME and query.kind not in (TYPE_CNAME, TYPE_ANY):
                found, elsewhere = self._followed(each, query)
                records += found
            elif query.kind in (each.kind, TYPE_ANY):
                records += (QUESTION_NAME + record for record in self._drawn(each))
        if query.kind in (TYPE_SOA, TYPE_ANY) and query.name == zone.source.name:
            records.append(QUESTION_NAME + zone.soa)
        authority = b"" if records else _soa(zone, query)
        message = _message(query, records, NO_ERROR, authority)
        return ZoneAnswer(message=message, elsewhere=elsewhere)

    def _followed(self, alias: _Packed, query: Query) -> tuple[list[bytes], str | None]:
        """The CNAME, what it leads to within the zones, and the name that leads out of them."""
        records: list[bytes] = []
        owner = QUESTION_NAME
        for _ in range(MOST_CNAMES):
            at = self._source.randrange(len(alias.records))
            records.append(owner + alias.records[at])
            target = alias.targets[at]
            zone = self._zone_of(target)
            if zone is None:
                wants_addresses = query.kind in (TYPE_A, TYPE_AAAA)
                return records, target if wants_addresses else None
            owner = encoded(target)
            sets = zone.names.get(target, ())
            for each in sets:
                if each.kind == query.kind:
                    records += (owner + record for record in self._drawn(each))
            further = next((each for each in sets if each.kind == TYPE_CNAME), None)
            if further is None:
                return records, None
            alias = further
        return records, None

    def _drawn(self, packed: _Packed) -> list[bytes]:
        count = min(packed.most_answers, len(packed.records))
        if count == 1 and packed.most_answers == 1:
            return [packed.records[self._source.randrange(len(packed.records))]]
        return self._source.sample(packed.records, count)

    def _zone_of(self, name: str) -> _PackedZone | None:
        """The closest one."""
        while name:
            found = self._zones.get(name)
            if found is not None:
                return found
            name = name.partition(".")[2]
        return None


def _packed_zone(zone: AnswerZone) -> _PackedZone:
    names = {name: tuple(map(_packed, sets)) for name, sets in zone.names.items()}
    soa = _record(TYPE_SOA, zone.negative_ttl_seconds, _SOA)
    return _PackedZone(source=zone, names=names, soa=soa)


def _packed(records: RecordSet) -> _Packed:
    kind = _TYPES[records.type]
    return _Packed(
        kind=kind,
        most_answers=records.most_answers,
        records=tuple(
            _record(kind, records.ttl_seconds, _data(records.type, value))
            for value in records.values
        ),
        targets=tuple(value.lower().removesuffix(".") for value in records.values)
        if records.type == "CNAME"
        else (),
    )


def _data(kind: str, value: str) -> bytes:
    if kind == "A":
        return IPv4Address(value).packed
    if kind == "AAAA":
        return IPv6Address(value).packed
    if kind == "CNAME":
        return encoded(value.removesuffix("."))
    priority, weight, port, target = value.split(" ", 3)
    return struct.pack("!HHH", int(priority), int(weight), int(port)) + encoded(target)


def _record(kind: int, ttl_seconds: int, data: bytes) -> bytes:
    return struct.pack("!HHIH", kind, CLASS_IN, ttl_seconds, len(data)) + data


def _soa(zone: _PackedZone, query: Query) -> bytes:
    """Owned by the zone, whose name is the end of the question's."""
    start = HEADER.size + len(query.name.encode("latin-1")) - len(zone.source.name)
    return struct.pack("!H", 0xC000 | start) + zone.soa


def _message(query: Query, records: Sequence[bytes], code: int, authority: bytes) -> bytes:
    flags = RESPONSE | AUTHORITATIVE | RECURSION_AVAILABLE | code
    flags |= query.flags & RECURSION_DESIRED
    header = HEADER.pack(query.id, flags, 1, len(records), 1 if authority else 0, 0)
    return header + query.question + b"".join(records) + authority
