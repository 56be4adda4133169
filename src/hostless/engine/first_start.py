"""What a new state folder gets: the default VPC that a new account has, and a pool of addresses.

An older one gets what engines did not always keep: rules, route tables, gateways, network ACLs.
Kept only when the network could be made of it, so that after a refused range the next start may
name another.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Network

from hostless.domain.default_vpc import default_vpc, furnished
from hostless.domain.gateways import AddressPool
from hostless.domain.network import Vpc
from hostless.domain.network_layout import NetworkLayout, layout_of
from hostless.domain.public_addresses import pools_of
from hostless.domain.security_group_rules import default_group_rules
from hostless.domain.settings import DEFAULT_VPC_RANGE, Settings
from hostless.kit.ids import Ids
from hostless.store.kinds import (
    ADDRESS_POOLS,
    ROUTE_TABLE_ASSOCIATIONS,
    SECURITY_GROUP_RULES,
    SECURITY_GROUPS,
    SUBNETS,
    VPCS,
)
from hostless.store.network_records import network_records
from hostless.store.new_networks import NewRecord, default_vpc_records, furniture_records
from hostless.store.store import Store

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    """layout: of every VPC there is or is to be. new: records that are not in the store yet."""

    layout: NetworkLayout
    new: tuple[NewRecord, ...] = ()


class NoFreePool(ValueError):
    """No range for public addresses is free on this host."""


def networks_of(
    store: Store, settings: Settings, ids: Ids, is_free: Callable[[str], bool] = lambda _: True
) -> Networks:
    """What the store has, and what is missing. is_free: whether this host uses no address of a
    range. Raises BadRange, NoFreePool.
    """
    new = tuple(_missing(store, settings, ids, is_free))
    return Networks(layout=layout_of(network_records(store, new)), new=new)


def _missing(
    store: Store, settings: Settings, ids: Ids, is_free: Callable[[str], bool]
) -> Iterator[NewRecord]:
    pools, vpcs = tuple(store.all(ADDRESS_POOLS)), tuple(store.all(VPCS))
    if not pools:
        yield ADDRESS_POOLS, AddressPool(cidr_block=_pool(settings, vpcs, is_free))
    elif settings.public_cidr not in (None, pools[0].cidr_block):
        _warn_of("--public-cidr", settings.public_cidr, pools[0].cidr_block)
    if not vpcs and not pools:
        yield from default_vpc_records(default_vpc(settings.realm, settings.default_vpc_cidr, ids))
        return
    asked = settings.default_vpc_cidr
    there = tuple(vpc.cidr_block for vpc in vpcs)
    if there and asked not in (DEFAULT_VPC_RANGE, *there):
        _warn_of("--vpc-cidr", asked, there[0])
    for vpc in vpcs:
        yield from _furniture_of(vpc, store, ids)
    with_ipv6 = {vpc.id for vpc in vpcs if vpc.ipv6 is not None}
    for group in store.all(SECURITY_GROUPS):
        if not group.has_recorded_rules:
            yield SECURITY_GROUPS, replace(group, has_recorded_rules=True)
            rules = default_group_rules(group, ids, has_ipv6=group.vpc_id in with_ipv6)
            yield from ((SECURITY_GROUP_RULES, rule) for rule in rules)


def _warn_of(flag: str, asked: str | None, kept: str) -> None:
    _log.warning("%s %s has no effect: %s is there already", flag, asked, kept)


def _pool(settings: Settings, vpcs: tuple[Vpc, ...], is_free: Callable[[str], bool]) -> str:
    """A default VPC has its route on the host, as the pool has."""
    routed = next((v.cidr_block for v in vpcs if v.is_default), settings.default_vpc_cidr)
    if settings.public_cidr is not None:
        if _overlap(settings.public_cidr, routed):
            raise NoFreePool(f"--public-cidr {settings.public_cidr} and the VPC's {routed} overlap")
        return settings.public_cidr
    for pool in pools_of(settings.engine_id):
        if is_free(pool) and not _overlap(pool, routed):
            return pool
    raise NoFreePool("every range for public addresses is in use here: name one by --public-cidr")


def _overlap(one: str, other: str) -> bool:
    return IPv4Network(one).overlaps(IPv4Network(other, strict=False))


def _furniture_of(vpc: Vpc, store: Store, ids: Ids) -> Iterator[NewRecord]:
    """Of a VPC of engines that kept neither routes nor network ACLs."""
    if not store.find(ROUTE_TABLE_ASSOCIATIONS, "vpc", vpc.id):
        yield VPCS, replace(vpc, has_dns_hostnames=vpc.is_default)
        yield from furniture_records(furnished(vpc, tuple(store.find(SUBNETS, "vpc", vpc.id)), ids))


async def keep(networks: Networks, store: Store) -> None:
    """Write down what is new."""
    if not networks.new:
        return
    transaction = store.transaction("the first start")
    for kind, record in networks.new:
        transaction.put(kind, record)
    await transaction.commit()
