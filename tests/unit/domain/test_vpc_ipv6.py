"""What a range of IPv6 changes in a VPC's route tables and network ACLs."""

import random
from dataclasses import replace

from hostless.domain.arns import VpcId
from hostless.domain.network import Ipv6Range, Vpc
from hostless.domain.new_vpc import default_acl_of, new_route_table
from hostless.domain.routing import Route
from hostless.domain.vpc_ipv6 import with_ipv6_rules, with_local_route, without_local_route
from hostless.kit.ids import Ids

IDS = Ids(random.Random(1))
PLAIN = Vpc(id=VpcId("vpc-1"), cidr_block="10.0.0.0/16")
BLOCK = "2001:db8::/56"
DUAL = replace(PLAIN, ipv6=Ipv6Range(association_id="a", cidr_block=BLOCK))


def test_a_table_gets_the_route_that_it_would_have_been_born_with() -> None:
    table = new_route_table(PLAIN, IDS)
    with_route = with_local_route(table, BLOCK)
    assert with_route.routes == new_route_table(DUAL, IDS).routes
    assert without_local_route(with_route, BLOCK) == table


def test_other_routes_keep_their_places() -> None:
    out = Route(destination="::/0", target="eigw-1")
    table = new_route_table(PLAIN, IDS)
    both = replace(table, routes=(*table.routes, out))
    after = with_local_route(both, BLOCK)
    assert [route.target for route in after.routes] == ["local", "local", "eigw-1"]
    assert without_local_route(after, BLOCK) == both


def test_the_default_list_becomes_what_it_would_have_been_born_as() -> None:
    acl = default_acl_of(PLAIN, IDS)
    after = with_ipv6_rules(acl)
    assert set(after.entries) == set(default_acl_of(DUAL, IDS).entries)
    assert with_ipv6_rules(after) == after


def test_a_changed_list_and_one_that_is_not_the_default_deny_ipv6() -> None:
    acl = default_acl_of(PLAIN, IDS)
    changed = replace(acl, entries=acl.entries[1:])
    for each in (changed, replace(acl, is_default=False)):
        new = [entry for entry in with_ipv6_rules(each).entries if entry not in each.entries]
        assert [(entry.number, entry.allows) for entry in new] == [(32768, False), (32768, False)]
        assert {entry.is_egress for entry in new} == {True, False}
