"""Whether a packet arrives by the records, and what is said to decide it."""

from dataclasses import replace

import pytest
from tests.support.network_sights import (
    BY_NAT,
    CALLER,
    HOME,
    HOST,
    NAT,
    OPEN,
    PING,
    SERVER,
    STRANGER,
    TO_INTERNET,
    WEB,
    Small,
    end,
    entry,
    open_groups,
    stages,
    without_rule,
)
from tests.support.security_groups import policies, rule

from hostless.domain.network_layout import Way
from hostless.domain.probes import End
from hostless.domain.traffic import Traffic

OUT = rule(1, is_egress=True, cidr="0.0.0.0/0")
IN = rule(2, protocol="tcp", ports=(80, 80), of_group=1)
BY_GROUP = Small(policies=policies(HOME.vpc.id, [OUT, IN], 4))
ALL_OPEN = Small(policies=open_groups(1, 2, 4))
HOST_END, INTERNET = End(kind="host"), End(kind="internet")


def test_the_whole_way_between_two_subnets_is_told_there_and_back() -> None:
    found = BY_GROUP.explained(end(CALLER), end(SERVER))
    assert found.passes
    assert stages(found) == ["group", "route", "acl", "acl", "group", "acl back", "acl back"]
    assert [step.decided_by for step in found.steps[:5]] == [
        OUT.id,
        "rtb-0",
        "acl-0 100",
        "acl-1 100",
        IN.id,
    ]


def test_within_one_subnet_no_list_is_asked() -> None:
    neighbour = replace(SERVER, subnet_id=CALLER.subnet_id)
    found = replace(BY_GROUP, interfaces=(CALLER, neighbour)).explained(end(CALLER), end(neighbour))
    assert found.passes
    assert stages(found) == ["group", "route", "group"]


@pytest.mark.parametrize(("gone", "number"), [(OUT, 0), (IN, 4)])
def test_without_its_rule_the_groups_that_lack_it_are_named(gone: object, number: int) -> None:
    found = without_rule(BY_GROUP, [gone.id]).explained(end(CALLER), end(SERVER))  # type: ignore[attr-defined]
    assert not found.passes
    assert found.decisive == found.steps[number]
    assert found.decisive.decided_by is None
    assert (CALLER if gone is OUT else SERVER).security_groups[0] in found.decisive.text


def test_groups_are_about_private_addresses_only() -> None:
    public = replace(SERVER, public_address="198.18.8.12")
    small = replace(
        BY_GROUP, interfaces=(CALLER, public), ways={**BY_GROUP.ways, 1: (TO_INTERNET,)}
    )
    assert small.explained(end(CALLER), end(public)).passes
    found = small.explained(end(CALLER), end(public, "198.18.8.12"))
    assert not found.passes
    assert found.decisive.text.startswith(SERVER.security_groups[0])


def test_a_list_that_drops_answers_is_told_with_the_port_they_go_to() -> None:
    answers = entry(50, is_egress=True, protocol="6", from_port=40000, to_port=40100)
    small = replace(ALL_OPEN, acls={1: (answers, *OPEN)})
    found = small.explained(end(CALLER), end(SERVER))
    assert not found.passes
    assert found.decisive.is_answer
    assert found.decisive.decided_by == "acl-1 50"
    assert "tcp port 40000" in found.decisive.text
    assert small.explained(end(CALLER), end(SERVER), source_port=40101).passes
    assert not small.explained(end(CALLER), end(SERVER), source_port=40100).passes
    assert small.explained(end(CALLER), end(SERVER), PING).passes


def test_the_list_entry_with_the_lowest_number_decides() -> None:
    deny = entry(10, is_egress=False, protocol="6", from_port=80, to_port=80)
    found = replace(ALL_OPEN, acls={1: (deny, *OPEN)}).explained(end(CALLER), end(SERVER))
    assert found.decisive.decided_by == "acl-1 10"
    late = replace(deny, number=200)
    assert replace(ALL_OPEN, acls={1: (late, *OPEN)}).explained(end(CALLER), end(SERVER)).passes
    nothing = replace(ALL_OPEN, acls={1: ()}).explained(end(CALLER), end(SERVER))
    assert nothing.decisive.decided_by == "acl-1 *"


def test_the_internet_is_reached_with_a_public_address_only() -> None:
    assert ALL_OPEN.explained(end(CALLER), INTERNET).passes
    alone = replace(ALL_OPEN, ways={**ALL_OPEN.ways, 1: (TO_INTERNET,)})
    found = alone.explained(end(SERVER), INTERNET)
    assert (found.decisive.stage, found.decisive.decided_by) == ("gateway", "igw-1")


def test_a_nat_gateway_leads_out_and_both_its_subnets_lists_are_asked() -> None:
    found = ALL_OPEN.explained(end(SERVER), INTERNET)
    assert found.passes
    assert stages(found) == [
        *("group", "route", "acl", "acl", "gateway", "route", "acl", "world"),
        *("acl back", "acl back", "acl back"),
    ]
    closed = replace(ALL_OPEN, acls={0: (entry(10, is_egress=False), *OPEN)})
    assert closed.explained(end(SERVER), INTERNET).decisive.decided_by == "acl-0 10"


def test_nobody_opens_a_connection_through_a_nat_gateway() -> None:
    found = ALL_OPEN.explained(INTERNET, End(kind="internet", address="198.18.8.9"))
    assert (found.passes, found.decisive.decided_by) == (False, "nat-1")
    assert not ALL_OPEN.explained(INTERNET, end(SERVER)).passes
    esp = Traffic(protocol=50)
    assert ALL_OPEN.explained(end(SERVER), INTERNET, esp).decisive.decided_by == "nat-1"


@pytest.mark.parametrize(
    "ways",
    [(), (Way(destination="0.0.0.0/0", through="nowhere", target="nat-9"),)],
)
def test_without_a_route_it_ends_at_the_route_table(ways: tuple[Way, ...]) -> None:
    found = replace(ALL_OPEN, ways={**ALL_OPEN.ways, 0: ways}).explained(end(CALLER), INTERNET)
    assert (found.decisive.stage, found.decisive.decided_by) == ("route", "rtb-0")
    assert found.steps[-1] == found.decisive


def test_the_longest_route_that_fits_decides() -> None:
    ways = (replace(BY_NAT, destination="192.0.2.0/24", through="nowhere"), TO_INTERNET)
    small = replace(ALL_OPEN, ways={**ALL_OPEN.ways, 0: ways})
    assert not small.explained(end(CALLER), INTERNET).passes
    assert small.explained(end(CALLER), End(kind="internet", address="192.0.3.1")).passes


def test_vpcs_reach_each_other_by_public_addresses_only() -> None:
    found = ALL_OPEN.explained(end(CALLER), end(STRANGER))
    assert found.passes
    assert found.probe.target_address == STRANGER.public_address
    private = ALL_OPEN.explained(end(CALLER), end(STRANGER, STRANGER.address))
    assert (private.passes, private.decisive.stage) == (False, "address")
    hidden = replace(STRANGER, public_address=None)
    small = replace(ALL_OPEN, interfaces=(CALLER, hidden))
    assert not small.explained(end(CALLER), end(hidden)).passes


def test_the_host_is_an_operator_to_private_addresses_and_the_internet_to_public_ones() -> None:
    closed = Small(policies=policies(HOME.vpc.id, [], 1, 2, 4))
    found = closed.explained(HOST_END, end(SERVER))
    assert (found.passes, found.probe.source_address) == (True, "10.20.0.3")
    public = closed.explained(HOST_END, end(STRANGER))
    assert (public.passes, public.probe.source_address) == (False, HOST)
    assert ALL_OPEN.explained(HOST_END, end(STRANGER)).passes
    assert ALL_OPEN.explained(INTERNET, end(STRANGER)).passes


DNS = Traffic(protocol=17, port=53)


def test_a_public_address_without_a_way_back_to_the_internet_is_not_reached() -> None:
    lost = replace(ALL_OPEN, ways={**ALL_OPEN.ways, 2: ()}).explained(HOST_END, end(STRANGER))
    assert (lost.decisive.stage, lost.decisive.is_answer) == ("route", True)


@pytest.mark.parametrize("address", [None, "10.20.0.3", HOST])
def test_tasks_open_no_connection_to_the_host(address: str | None) -> None:
    found = ALL_OPEN.explained(end(CALLER), End(kind="host", address=address))
    assert (found.passes, found.decisive.stage) == (False, "host")


def test_the_resolver_is_asked_for_names_whatever_groups_say() -> None:
    closed = Small(policies={})
    for address in ("10.20.0.2", "169.254.169.253"):
        there = End(kind="internet", address=address)
        assert closed.explained(end(SERVER), there, DNS).passes
        assert not closed.explained(end(SERVER), there, WEB).passes


def test_tasks_ask_about_themselves_whatever_groups_say() -> None:
    closed = Small(policies={})
    there = End(kind="internet", address="169.254.170.2")
    for traffic, passes in ((Traffic(protocol=6, port=80), True), (PING, True), (DNS, False)):
        assert closed.explained(end(SERVER), there, traffic).passes is passes


def test_a_task_sends_from_its_private_address_however_it_is_named() -> None:
    named = end(CALLER, CALLER.public_address)
    found = BY_GROUP.explained(named, end(SERVER))
    assert (found.passes, found.probe.source_address) == (True, CALLER.address)


def test_callers_of_the_internet_are_known_by_their_address() -> None:
    only = rule(4, protocol="tcp", ports=(80, 80), cidr="203.0.113.0/24")
    small = Small(policies=policies(HOME.vpc.id, [only]))
    caller = End(kind="internet", address="203.0.113.7")
    assert small.explained(caller, end(STRANGER)).passes
    assert not small.explained(INTERNET, end(STRANGER)).passes


def test_the_router_answers_pings_and_nothing_else() -> None:
    closed = Small(policies={})
    for address in ("10.20.0.1", "10.20.1.1"):
        there = End(kind="internet", address=address)
        assert closed.explained(end(SERVER), there, PING).passes
        assert not closed.explained(end(SERVER), there, Traffic(protocol=17, port=53)).passes
    nowhere = End(kind="internet", address="169.254.1.1")
    assert not closed.explained(end(SERVER), nowhere, PING).passes


def test_nobody_connects_to_a_nat_gateways_private_address() -> None:
    found = ALL_OPEN.explained(end(CALLER), end(NAT))
    assert (found.passes, found.decisive.decided_by) == (False, "nat-1")


def test_without_an_address_of_its_family_nobody_is_spoken_to() -> None:
    found = ALL_OPEN.explained(end(CALLER), End(kind="internet", address="2001:db8::1"))
    assert (found.passes, len(found.steps), found.decisive.stage) == (False, 1, "address")


def test_an_interface_without_groups_is_not_filtered() -> None:
    bare = replace(SERVER, security_groups=(), kind="load_balancer")
    small = replace(BY_GROUP, interfaces=(CALLER, bare))
    assert small.explained(end(CALLER), end(bare)).passes
    assert small.explained(end(bare), INTERNET).passes


def test_addresses_of_ipv6_are_public_as_far_as_routes_groups_and_lists_let() -> None:
    called = replace(STRANGER, ipv6_address="2001:db8:30::7")
    caller = replace(CALLER, ipv6_address="2001:db8:20::7")
    everywhere = "::/0"
    rules = [
        replace(rule(1, is_egress=True), cidr_ipv6=everywhere),
        replace(rule(4, protocol="tcp", ports=(80, 80)), cidr_ipv6="2001:db8:20::/48"),
    ]
    out = replace(TO_INTERNET, destination=everywhere)
    lists = [entry(101, is_egress=o, allows=True, cidr_ipv6=everywhere) for o in (True, False)]
    six = tuple(replace(each, cidr_ipv4=None) for each in lists)
    small = Small(
        policies=policies(HOME.vpc.id, rules),
        interfaces=(caller, called),
        ways={0: (out,), 1: (), 2: (out,)},
        acls={0: six, 2: six},
    )
    there = end(called, called.ipv6_address)
    assert small.explained(end(caller), there).passes
    assert not small.explained(INTERNET, there).passes
    only_out = replace(out, through="egress_only", target="eigw-1")
    closed = replace(small, ways={**small.ways, 2: (only_out,)})
    assert closed.explained(end(caller), there).decisive.stage == "route"
    assert not replace(small, acls={0: six}).explained(end(caller), there).passes
    by_nat = replace(small, ways={**small.ways, 0: (replace(BY_NAT, destination=everywhere),)})
    assert by_nat.explained(end(caller), there).decisive.decided_by == "nat-1"


def test_an_address_that_nobody_has_is_said_to_be_nobodys() -> None:
    for address in ("10.20.0.99", "198.18.8.99"):
        found = ALL_OPEN.explained(end(CALLER), End(kind="internet", address=address))
        assert (found.passes, found.decisive.text) == (False, f"nobody has {address}")
