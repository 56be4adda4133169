"""A packet's way through made-up namespaces, there and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.rule_listings import ACCEPT, DROP, SOURCE, TARGET, chain, match

from hostless.network.local.passage import Entrance, Found, back, there
from hostless.network.local.ruleset_evaluation import Tables
from hostless.network.local.ruleset_values import Flow, Packet

CALL = Packet(source="10.0.0.1", target="198.18.0.9", protocol=6, source_port=40000, target_port=80)


@dataclass
class Place:
    """routes: the link by the address; the rest is nowhere."""

    name: str
    routes: Mapping[str, str]
    tables: Tables = field(default_factory=lambda: Tables(()))
    exits: dict[str, Entrance] = field(default_factory=dict)

    def route(self, flow: Flow) -> Found:
        link = self.routes.get(flow.packet.target)
        if link is None:
            return Found(kind="nowhere", why="No route to host")
        if link == "lo":
            return Found(kind="local")
        return Found(kind="forward", oifname=link, own_address="203.0.113.1")

    def leads_to(self, address: str) -> str:
        return self.routes.get(address, "")

    def beyond(self, oifname: str) -> Entrance | str:
        return self.exits.get(oifname, oifname)


def near(*rules: list[dict[str, object]]) -> Place:
    """The caller's router; sends everything on under a public address."""
    nat = chain(
        "n", [{"snat": {"addr": "198.18.0.5"}}], hook="postrouting", priority=100, kind="nat"
    )
    tables = Tables([*nat, *chain("f", *rules, hook="forward")])
    return Place("near", {"10.0.0.1": "eni1", "198.18.0.9": "up"}, tables)


def far(*rules: list[dict[str, object]]) -> Place:
    """The called's router; it has the private address 10.0.0.1 too."""
    nat = chain("n", [{"dnat": {"addr": "10.0.0.1"}}], hook="prerouting", priority=-100, kind="nat")
    tables = Tables([*nat, *chain("f", *rules, hook="forward")])
    return Place("far", {"10.0.0.1": "eni9", "198.18.0.5": "up"}, tables)


def joined(first: Place, second: Place) -> Entrance:
    first.exits["up"] = Entrance(site=second, iifname="up")
    return Entrance(site=first, iifname="eni1")


def test_translated_addresses_hold_on_the_way_back() -> None:
    trip = there(joined(near(), far()), CALL)
    assert trip.end == "eni9"
    arrived = trip.crossings[-1].left
    assert (arrived.source, arrived.target) == ("198.18.0.5", "10.0.0.1")
    answer = back(trip)
    assert answer.end == "eni1"


def test_rules_see_the_addresses_of_their_side_of_the_translation() -> None:
    only_private = [match(TARGET, "10.0.0.1", "!="), DROP]
    assert there(joined(near(), far(only_private)), CALL).end == "eni9"
    only_public = [match(SOURCE, "198.18.0.5", "!="), DROP]
    trip = there(joined(near(), far(only_public)), CALL)
    assert trip.end == "eni9"
    answer = back(trip)
    assert (answer.end, answer.met[-1].told) == (None, "drop")


def test_an_answer_is_known_as_one() -> None:
    tracked = [match({"ct": {"key": "direction"}}, 1), DROP]
    trip = there(joined(near(), far(tracked)), CALL)
    assert trip.end == "eni9"
    assert back(trip).end is None
    first_only = [match({"ct": {"key": "state"}}, 8, "in"), ACCEPT]
    trip = there(joined(near(first_only), far(first_only)), CALL)
    assert back(trip).end == "eni1"


def test_what_has_no_route_is_said_to_have_none() -> None:
    lost = near()
    lost.routes = {}
    trip = there(Entrance(site=lost, iifname="eni1"), CALL)
    assert (trip.end, trip.met[-1].told) == (None, "no route: No route to host")


def test_a_packet_may_end_in_a_namespace_and_its_answer_begins_there() -> None:
    host = Place("host", {"10.0.0.1": "down", "198.18.0.9": "lo"})
    trip = there(Entrance(site=host, iifname="down"), CALL)
    assert trip.end == "host"
    assert back(trip).end == "down"


def test_a_packet_that_goes_in_circles_gets_nowhere() -> None:
    here, elsewhere = near(), near()
    elsewhere.exits["up"] = joined(here, elsewhere)
    trip = there(Entrance(site=here, iifname="eni1"), CALL)
    assert trip.end is None
    assert "gets nowhere" in trip.met[-1].told
