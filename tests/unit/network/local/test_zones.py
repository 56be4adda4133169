"""Answers from zones, as bytes."""

from random import Random

import pytest
from tests.support.dns import TYPE_A, TYPE_AAAA, code_of, query, records_in

from hostless.domain.arns import VpcId
from hostless.domain.private_names import AnswerZone, RecordSet
from hostless.network.local.chasing import joined
from hostless.network.local.dns import query_in
from hostless.network.local.zones import (
    TYPE_CNAME,
    TYPE_SOA,
    TYPE_SRV,
    VpcZones,
    ZoneAnswer,
)

TEN = tuple(f"10.0.0.{n}" for n in range(10))
NAMES = {
    "app.local": (),
    "web.app.local": (RecordSet(type="A", ttl_seconds=9, values=TEN),),
    "one.app.local": (RecordSet(type="A", ttl_seconds=9, values=TEN, most_answers=1),),
    "six.app.local": (RecordSet(type="AAAA", ttl_seconds=9, values=("fd00::1",)),),
    "srv.app.local": (RecordSet(type="SRV", ttl_seconds=9, values=("1 1 80 a.srv.app.local",)),),
    "in.app.local": (
        RecordSet(type="CNAME", ttl_seconds=9, values=("one.app.local",), most_answers=1),
    ),
    "loop.app.local": (
        RecordSet(type="CNAME", ttl_seconds=9, values=("loop.app.local",), most_answers=1),
    ),
    "out.app.local": (
        RecordSet(type="CNAME", ttl_seconds=9, values=("Example.com.",), most_answers=1),
    ),
}
ZONE = AnswerZone(vpc_id=VpcId("vpc-1"), name="app.local", negative_ttl_seconds=15, names=NAMES)


@pytest.fixture
def zones() -> VpcZones:
    made = VpcZones(Random(1))
    made.replace([ZONE])
    return made


def answer(zones: VpcZones, name: str, kind: int = TYPE_A) -> ZoneAnswer:
    found = zones.find_answer(query_in(query(name, kind)))
    assert found is not None
    return found


def test_a_multivalue_name_answers_with_eight_drawn_anew(zones: VpcZones) -> None:
    drawn = [records_in(answer(zones, "WEB.app.local").message) for _ in range(20)]
    assert all(len(set(each)) == 8 for each in drawn)
    assert {each for some in drawn for each in some} == {("A", 9, address) for address in TEN}


def test_a_weighted_name_answers_with_one_of_all(zones: VpcZones) -> None:
    drawn = [records_in(answer(zones, "one.app.local").message) for _ in range(100)]
    assert all(len(each) == 1 for each in drawn)
    assert len({each[0] for each in drawn}) == 10


def test_other_types_are_answered_with_what_they_are(zones: VpcZones) -> None:
    assert records_in(answer(zones, "six.app.local", TYPE_AAAA).message) == [("AAAA", 9, "fd00::1")]
    found = answer(zones, "srv.app.local", TYPE_SRV).message
    assert records_in(found) == [("SRV", 9, "1 1 80 a.srv.app.local")]


def test_a_name_without_records_of_the_type_and_one_that_is_not_there_differ(
    zones: VpcZones,
) -> None:
    for name, code in (("web.app.local", 0), ("app.local", 0), ("no.app.local", 3)):
        message = answer(zones, name, TYPE_AAAA).message
        assert code_of(message) == code
        assert records_in(message, is_authority=True) == [("SOA", 15, "app.local")]
    soa = answer(zones, "app.local", TYPE_SOA).message
    assert [each[0] for each in records_in(soa)] == ["SOA"]


def test_an_alias_is_followed_within_the_zone(zones: VpcZones) -> None:
    found = records_in(answer(zones, "in.app.local").message)
    assert [each[0] for each in found] == ["CNAME", "A"]
    only = records_in(answer(zones, "in.app.local", TYPE_CNAME).message)
    assert only == [("CNAME", 9, "one.app.local")]
    assert len(records_in(answer(zones, "loop.app.local").message)) == 8


def test_an_alias_out_of_the_zone_says_who_is_to_be_asked(zones: VpcZones) -> None:
    found = answer(zones, "out.app.local")
    assert found.elsewhere == "example.com"
    other = answer(zones, "one.app.local").message
    whole = joined(found.message, "example.com", TYPE_A, other)
    assert [each[0] for each in records_in(whole)] == ["CNAME", "A"]
    assert joined(found.message, "example.com", TYPE_A, other[:20]) == found.message
    assert joined(found.message, "example.com", TYPE_A, b"") == found.message


def test_names_of_no_zone_are_for_others_and_the_closest_zone_answers(zones: VpcZones) -> None:
    assert zones.find_answer(query_in(query("app.locals"))) is None
    inner = AnswerZone(
        vpc_id=VpcId("vpc-1"),
        name="web.app.local",
        negative_ttl_seconds=1,
        names={"web.app.local": ()},
    )
    zones.replace([ZONE, inner])
    assert records_in(answer(zones, "web.app.local").message) == []
    zones.replace([])
    assert zones.find_answer(query_in(query("web.app.local"))) is None
