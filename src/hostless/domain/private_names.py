"""Zones of names that a VPC's resolver answers for: what there is to answer, not how it is asked.

Compiled from records by controllers/names; a fabric puts them on the wire.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hostless.domain.arns import VpcId
from hostless.domain.service_discovery import RecordType

MOST_ANSWERS = 8
"""Of a multivalue answer (Amazon Route 53 Developer Guide, "Multivalue answer routing")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSet:
    """The records of one type that one name has.

    values: as DNS writes them: addresses, `1 1 8080 host.name`, `other.name`; never none.
    most_answers: how many of them, drawn at random, one answer has.
    """

    type: RecordType
    ttl_seconds: int
    values: tuple[str, ...]
    most_answers: int = MOST_ANSWERS


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerZone:
    """A domain that nobody else is asked about, within its VPC.

    name, and the names in `names`: lower case, without the last dot. names: those that have
    records, or that exist without any (an empty tuple); all else in the zone does not exist.
    negative_ttl_seconds: how long that may be remembered.
    """

    vpc_id: VpcId
    name: str
    negative_ttl_seconds: int
    names: Mapping[str, tuple[RecordSet, ...]]
