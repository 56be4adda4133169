"""Unit tests of what a new state folder gets, and an old one keeps."""

import random
from dataclasses import replace

import pytest
from tests.support.api_world import HandClock

from hostless.domain.default_vpc import BadRange
from hostless.domain.security_group_rules import permission_of
from hostless.domain.settings import Settings
from hostless.engine.first_start import keep, networks_of
from hostless.kit.ids import Ids
from hostless.store.kinds import SECURITY_GROUP_RULES, SECURITY_GROUPS, SUBNETS, VPCS
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store

SETTINGS = Settings(state_dir="/nowhere", default_vpc_cidr="10.9.0.0/16")
IDS = Ids(random.Random(1))


@pytest.fixture
def store() -> Store:
    return Store(MemoryStorage(), HandClock())


async def test_an_empty_store_gets_a_default_vpc_once_it_is_kept(store: Store) -> None:
    networks = networks_of(store, SETTINGS, IDS)
    assert [vpc.cidr_block for vpc in networks.vpcs] == ["10.9.0.0/16"]
    assert not list(store.all(VPCS))
    await keep(networks, store)
    assert tuple(store.all(VPCS)) == networks.vpcs
    assert tuple(store.all(SUBNETS)) == networks.subnets
    assert tuple(store.all(SECURITY_GROUPS)) == networks.new_groups
    assert tuple(store.all(SECURITY_GROUP_RULES)) == networks.new_rules
    assert [rule.is_egress for rule in networks.new_rules] == [False, True]


async def test_what_is_there_stays_and_another_range_is_warned_about(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await keep(networks_of(store, SETTINGS, IDS), store)
    found = networks_of(store, replace(SETTINGS, default_vpc_cidr="172.31.0.0/16"), IDS)
    assert found.vpcs == tuple(store.all(VPCS))
    assert caplog.text == ""
    await keep(found, store)
    assert len(list(store.all(VPCS))) == 1
    networks_of(store, replace(SETTINGS, default_vpc_cidr="10.8.0.0/16"), IDS)
    assert "--vpc-cidr 10.8.0.0/16 has no effect: 10.9.0.0/16 is there already" in caplog.text


async def test_a_default_group_without_rules_gets_them_once(store: Store) -> None:
    made = networks_of(store, SETTINGS, IDS)
    old = replace(made.new_groups[0], has_recorded_rules=False)
    await keep(replace(made, new_groups=(old,), new_rules=()), store)
    await keep(networks_of(store, SETTINGS, IDS), store)
    rules = list(store.all(SECURITY_GROUP_RULES))
    assert [permission_of(rule) for rule in rules] == [permission_of(r) for r in made.new_rules]
    transaction = store.transaction("all revoked")
    for rule in rules:
        transaction.delete(SECURITY_GROUP_RULES, rule.id)
    await transaction.commit()
    await keep(networks_of(store, SETTINGS, IDS), store)
    assert not list(store.all(SECURITY_GROUP_RULES))


def test_a_range_that_holds_no_default_vpc_is_refused(store: Store) -> None:
    with pytest.raises(BadRange):
        networks_of(store, replace(SETTINGS, default_vpc_cidr="10.9.0.0/28"), IDS)
