"""What keeps a VPC or a subnet from being deleted, and what goes with one that is.

Source: DeleteVpc and DeleteSubnet, EC2 API Reference. A private namespace of Cloud Map does not
keep its VPC: on AWS its hosted zone outlives it, associated with a VPC that is gone.
"""

from collections.abc import Iterator
from typing import Any

from hostless.domain.arns import SubnetId, VpcId
from hostless.services.ec2.placements import placements_in_use
from hostless.store.kinds import (
    EGRESS_ONLY_GATEWAYS,
    INTERNET_GATEWAYS,
    LOAD_BALANCERS,
    NAT_GATEWAYS,
    NETWORK_ACL_ASSOCIATIONS,
    NETWORK_ACLS,
    NETWORK_INTERFACES,
    ROUTE_TABLE_ASSOCIATIONS,
    ROUTE_TABLES,
    SECURITY_GROUP_RULES,
    SECURITY_GROUPS,
    SUBNETS,
    VPC_ENDPOINTS,
    VPCS,
    Kind,
)
from hostless.store.store import Store

_GONE = ("failed", "deleted")
"""States in which a NAT gateway or an endpoint is only shown."""
Key = tuple[Kind[Any], str]
_GATEWAYS_AND_SUBNETS: tuple[Kind[Any], ...] = (SUBNETS, INTERNET_GATEWAYS, EGRESS_ONLY_GATEWAYS)
_BORN_WITH_VPC: tuple[Kind[Any], ...] = (NETWORK_ACLS, ROUTE_TABLES, ROUTE_TABLE_ASSOCIATIONS)
_GO_WITH_SUBNET: tuple[Kind[Any], ...] = (ROUTE_TABLE_ASSOCIATIONS, NETWORK_ACL_ASSOCIATIONS)


def vpc_is_needed(store: Store, vpc_id: VpcId) -> bool:
    return any(_needs_of_vpc(store, vpc_id))


def _needs_of_vpc(store: Store, vpc_id: VpcId) -> Iterator[bool]:
    for kind in _GATEWAYS_AND_SUBNETS:
        yield store.table(kind).count("vpc", vpc_id) > 0
    yield from (each.state not in _GONE for each in store.find(VPC_ENDPOINTS, "vpc", vpc_id))
    yield from (each.name != "default" for each in store.find(SECURITY_GROUPS, "vpc", vpc_id))
    yield from (not each.is_default for each in store.find(NETWORK_ACLS, "vpc", vpc_id))
    main = {
        each.route_table_id
        for each in store.find(ROUTE_TABLE_ASSOCIATIONS, "vpc", vpc_id)
        if each.subnet_id is None
    }
    yield from (each.id not in main for each in store.find(ROUTE_TABLES, "vpc", vpc_id))


def parts_of_vpc(store: Store, vpc_id: VpcId) -> Iterator[Key]:
    """The VPC and what it was made with; nothing else is in one that is not needed."""
    yield VPCS, vpc_id
    for group in store.find(SECURITY_GROUPS, "vpc", vpc_id):
        yield SECURITY_GROUPS, group.id
        for rule in store.find(SECURITY_GROUP_RULES, "group", group.id):
            yield SECURITY_GROUP_RULES, rule.id
    for kind in _BORN_WITH_VPC:
        for record in store.find(kind, "vpc", vpc_id):
            yield kind, kind.key(record)


def subnet_is_needed(store: Store, subnet_id: SubnetId) -> bool:
    """Tasks and services that may be placed in it count too."""
    return any(_needs_of_subnet(store, subnet_id))


def _needs_of_subnet(store: Store, subnet_id: SubnetId) -> Iterator[bool]:
    yield store.table(NETWORK_INTERFACES).count("subnet", subnet_id) > 0
    yield store.table(LOAD_BALANCERS).count("subnet", subnet_id) > 0
    yield from (each.state not in _GONE for each in store.find(NAT_GATEWAYS, "subnet", subnet_id))
    yield from (
        subnet_id in each.subnet_ids and each.state not in _GONE
        for each in store.all(VPC_ENDPOINTS)
    )
    yield from (subnet_id in placement.subnets for placement in placements_in_use(store))


def parts_of_subnet(store: Store, subnet_id: SubnetId) -> Iterator[Key]:
    yield SUBNETS, subnet_id
    for kind in _GO_WITH_SUBNET:
        for record in store.find(kind, "subnet", subnet_id):
            yield kind, kind.key(record)
