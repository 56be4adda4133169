"""Unit tests of what a new state folder gets, and an old one keeps."""

import random
from dataclasses import replace
from typing import TypeVar

import pytest
from tests.support.api_world import HandClock

from hostless.domain.default_vpc import BadRange
from hostless.domain.security_group_rules import permission_of
from hostless.domain.settings import Settings
from hostless.engine.first_start import Networks, NoFreePool, keep, networks_of
from hostless.kit.ids import Ids
from hostless.store.kinds import (
    NETWORK_ACLS,
    ROUTE_TABLES,
    SECURITY_GROUP_RULES,
    SECURITY_GROUPS,
    SUBNETS,
    VPCS,
    Kind,
)
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store

SETTINGS = Settings(state_dir="/nowhere", default_vpc_cidr="10.9.0.0/16")
IDS = Ids(random.Random(1))
R = TypeVar("R")


@pytest.fixture
def store() -> Store:
    return Store(MemoryStorage(), HandClock())


def new_of(networks: Networks, kind: Kind[R]) -> list[R]:
    return [record for each, record in networks.new if each is kind]


async def test_an_empty_store_gets_a_default_vpc_once_it_is_kept(store: Store) -> None:
    networks = networks_of(store, SETTINGS, IDS)
    (laid_out,) = networks.layout.vpcs
    assert laid_out.vpc.cidr_block == "10.9.0.0/16"
    assert laid_out.is_routed_from_host
    assert not list(store.all(VPCS))
    await keep(networks, store)
    for kind in (VPCS, SUBNETS, SECURITY_GROUPS, SECURITY_GROUP_RULES, ROUTE_TABLES, NETWORK_ACLS):
        assert list(store.all(kind)) == new_of(networks, kind) != []
    assert [rule.is_egress for rule in store.all(SECURITY_GROUP_RULES)] == [False, True]
    again = networks_of(store, SETTINGS, IDS)
    assert again.new == ()
    assert again.layout == networks.layout


async def test_all_subnets_of_the_default_vpc_lead_to_the_world(store: Store) -> None:
    (vpc,) = networks_of(store, SETTINGS, IDS).layout.vpcs
    assert len(vpc.subnets) == 3
    for subnet in vpc.subnets:
        assert [(way.destination, way.through) for way in subnet.ways] == [
            ("0.0.0.0/0", "internet")
        ]
        assert [entry.allows for entry in subnet.acl] == [True, True, False, False]


async def test_the_pool_of_public_addresses_is_the_named_one_or_one_that_is_free(
    store: Store,
) -> None:
    named = replace(SETTINGS, public_cidr="203.0.113.0/24")
    assert networks_of(store, named, IDS).layout.public_cidr == "203.0.113.0/24"
    first = networks_of(store, SETTINGS, IDS).layout.public_cidr
    other = networks_of(store, SETTINGS, IDS, lambda cidr: cidr != first).layout.public_cidr
    assert other != first
    assert all(cidr.startswith("198.1") for cidr in (first, other))
    with pytest.raises(NoFreePool, match="--public-cidr"):
        networks_of(store, SETTINGS, IDS, lambda _: False)


async def test_the_pool_and_the_default_vpc_do_not_overlap(store: Store) -> None:
    overlapping = replace(SETTINGS, default_vpc_cidr="198.18.0.0/16")
    assert networks_of(store, overlapping, IDS).layout.public_cidr.startswith("198.19.")
    with pytest.raises(NoFreePool, match="--public-cidr"):
        networks_of(store, replace(overlapping, public_cidr="198.18.8.0/21"), IDS)


async def test_what_is_there_stays_and_another_range_is_warned_about(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await keep(networks_of(store, SETTINGS, IDS), store)
    found = networks_of(store, replace(SETTINGS, default_vpc_cidr="172.31.0.0/16"), IDS)
    assert [each.vpc for each in found.layout.vpcs] == list(store.all(VPCS))
    assert caplog.text == ""
    await keep(found, store)
    assert len(list(store.all(VPCS))) == 1
    networks_of(store, replace(SETTINGS, default_vpc_cidr="10.8.0.0/16"), IDS)
    assert "--vpc-cidr 10.8.0.0/16 has no effect: 10.9.0.0/16 is there already" in caplog.text
    networks_of(store, replace(SETTINGS, public_cidr="203.0.113.0/24"), IDS)
    assert "--public-cidr 203.0.113.0/24 has no effect: 198.1" in caplog.text


async def test_a_default_group_without_rules_gets_them_once(store: Store) -> None:
    made = networks_of(store, SETTINGS, IDS)
    await keep(made, store)
    (group,) = store.all(SECURITY_GROUPS)
    transaction = store.transaction("as an engine left it that kept no rules")
    transaction.put(SECURITY_GROUPS, replace(group, has_recorded_rules=False))
    for rule in store.all(SECURITY_GROUP_RULES):
        transaction.delete(SECURITY_GROUP_RULES, rule.id)
    await transaction.commit()
    await keep(networks_of(store, SETTINGS, IDS), store)
    rules = list(store.all(SECURITY_GROUP_RULES))
    made_rules = new_of(made, SECURITY_GROUP_RULES)
    assert [permission_of(rule) for rule in rules] == [permission_of(r) for r in made_rules]
    transaction = store.transaction("all revoked")
    for rule in rules:
        transaction.delete(SECURITY_GROUP_RULES, rule.id)
    await transaction.commit()
    await keep(networks_of(store, SETTINGS, IDS), store)
    assert not list(store.all(SECURITY_GROUP_RULES))


async def test_a_vpc_without_routes_gets_them_once(store: Store) -> None:
    made = networks_of(store, SETTINGS, IDS)
    old = (VPCS, SUBNETS, SECURITY_GROUPS, SECURITY_GROUP_RULES)
    await keep(replace(made, new=tuple(each for each in made.new if each[0] in old)), store)
    assert not list(store.all(ROUTE_TABLES))
    await keep(networks_of(store, SETTINGS, IDS), store)
    again = networks_of(store, SETTINGS, IDS)
    assert again.new == ()
    ways = [[(w.destination, w.through) for w in s.ways] for s in again.layout.vpcs[0].subnets]
    assert ways == [[("0.0.0.0/0", "internet")]] * 3


def test_a_range_that_holds_no_default_vpc_is_refused(store: Store) -> None:
    with pytest.raises(BadRange):
        networks_of(store, replace(SETTINGS, default_vpc_cidr="10.9.0.0/28"), IDS)


async def test_a_default_vpc_that_somebody_deleted_does_not_come_back(store: Store) -> None:
    await keep(networks_of(store, SETTINGS, IDS), store)
    transaction = store.transaction("DeleteVpc")
    for vpc in list(store.all(VPCS)):
        transaction.delete(VPCS, vpc.id)
    await transaction.commit()
    again = networks_of(store, SETTINGS, IDS)
    assert new_of(again, VPCS) == []
    assert again.layout.vpcs == ()
