"""Every record that says what the network is like, read from the store at once."""

from collections.abc import Sequence
from typing import Any, TypeVar

from hostless.domain.arns import SecurityGroupId, VpcId
from hostless.domain.gateways import AddressPool
from hostless.domain.network import Subnet
from hostless.domain.network_layout import NetworkRecords, layout_of
from hostless.domain.network_sight import NetworkSight
from hostless.domain.prefix_lists import PrefixList, rules_of_ranges
from hostless.domain.security_groups import GroupPolicy
from hostless.store.kinds import (
    ADDRESS_POOLS,
    DHCP_OPTIONS,
    EGRESS_ONLY_GATEWAYS,
    ELASTIC_ADDRESSES,
    INTERNET_GATEWAYS,
    NAT_GATEWAYS,
    NETWORK_ACL_ASSOCIATIONS,
    NETWORK_ACLS,
    NETWORK_INTERFACES,
    PREFIX_LISTS,
    ROUTE_TABLE_ASSOCIATIONS,
    ROUTE_TABLES,
    SECURITY_GROUP_RULES,
    SECURITY_GROUPS,
    SUBNETS,
    VPCS,
    Kind,
)
from hostless.store.store import Store

R = TypeVar("R")

LAYOUT_KINDS: tuple[Kind[object], ...] = (  # type: ignore[assignment]
    VPCS,
    SUBNETS,
    ROUTE_TABLES,
    ROUTE_TABLE_ASSOCIATIONS,
    INTERNET_GATEWAYS,
    EGRESS_ONLY_GATEWAYS,
    NAT_GATEWAYS,
    NETWORK_ACLS,
    NETWORK_ACL_ASSOCIATIONS,
    DHCP_OPTIONS,
    PREFIX_LISTS,
)


def pool_of(store: Store) -> AddressPool:
    """The engine's; written at its first start."""
    (pool,) = store.all(ADDRESS_POOLS)
    return pool


def is_address_taken(store: Store, vpc_id: VpcId, address: str) -> bool:
    """Whether an interface of the VPC has it. address: of IPv4 or IPv6."""
    return bool(store.table(NETWORK_INTERFACES).count("address", f"{vpc_id}/{address}"))


def is_public_address_taken(store: Store, address: str) -> bool:
    """Whether an interface has it, or it is somebody's to keep."""
    return bool(
        store.table(NETWORK_INTERFACES).count("public", address)
        or store.table(ELASTIC_ADDRESSES).count("address", address)
    )


def network_records(store: Store, new: Sequence[tuple[Kind[Any], Any]] = ()) -> NetworkRecords:
    """new: records that are to be written yet; they count as if they were."""

    def all_of(kind: Kind[R]) -> tuple[R, ...]:
        found = {kind.key(record): record for record in store.all(kind)}
        found.update((kind.key(record), record) for each, record in new if each is kind)
        return tuple(found.values())

    (pool,) = all_of(ADDRESS_POOLS)
    return NetworkRecords(
        pool=pool,
        vpcs=all_of(VPCS),
        subnets=all_of(SUBNETS),
        route_tables=all_of(ROUTE_TABLES),
        route_table_associations=all_of(ROUTE_TABLE_ASSOCIATIONS),
        internet_gateways=all_of(INTERNET_GATEWAYS),
        egress_only_gateways=all_of(EGRESS_ONLY_GATEWAYS),
        nat_gateways=all_of(NAT_GATEWAYS),
        acls=all_of(NETWORK_ACLS),
        acl_associations=all_of(NETWORK_ACL_ASSOCIATIONS),
        dhcp_options=all_of(DHCP_OPTIONS),
        prefix_lists=all_of(PREFIX_LISTS),
    )


def policies_of(store: Store) -> dict[SecurityGroupId, GroupPolicy]:
    """Every security group with its rules, as they are enforced.

    A rule that names a prefix list is rules about the ranges of its newest version.
    """
    lists: dict[str, PrefixList] = {each.id: each for each in store.all(PREFIX_LISTS)}
    return {
        group.id: GroupPolicy(
            group_id=group.id,
            vpc_id=group.vpc_id,
            rules=tuple(
                each
                for rule in store.find(SECURITY_GROUP_RULES, "group", group.id)
                for each in rules_of_ranges(rule, lists)
            ),
        )
        for group in store.all(SECURITY_GROUPS)
    }


def sight_of(store: Store) -> NetworkSight:
    """The network and who is in it, as it is recorded now."""
    layout = layout_of(network_records(store))
    return NetworkSight(layout, policies_of(store), store.all(NETWORK_INTERFACES))


def is_public_subnet(store: Store, subnet: Subnet) -> bool:
    """Whether a route of the subnet leads to an internet gateway (VPC user guide)."""
    own = store.find(ROUTE_TABLE_ASSOCIATIONS, "subnet", subnet.id)
    of_vpc = store.find(ROUTE_TABLE_ASSOCIATIONS, "vpc", subnet.vpc_id)
    association = next(iter(own or [each for each in of_vpc if each.subnet_id is None]), None)
    table = None if association is None else store.get(ROUTE_TABLES, association.route_table_id)
    gateways = {gateway.id for gateway in store.find(INTERNET_GATEWAYS, "vpc", subnet.vpc_id)}
    return table is not None and any(route.target in gateways for route in table.routes)
