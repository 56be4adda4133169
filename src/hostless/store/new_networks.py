"""The records that a new VPC is made of, for whoever writes them."""

from collections.abc import Iterator
from typing import Any

from hostless.domain.default_vpc import DefaultVpc
from hostless.domain.network import Vpc
from hostless.domain.new_vpc import PartsOfVpc
from hostless.store.kinds import (
    INTERNET_GATEWAYS,
    NETWORK_ACL_ASSOCIATIONS,
    NETWORK_ACLS,
    ROUTE_TABLE_ASSOCIATIONS,
    ROUTE_TABLES,
    SECURITY_GROUP_RULES,
    SECURITY_GROUPS,
    SUBNETS,
    VPCS,
    Kind,
)

NewRecord = tuple[Kind[Any], Any]


def vpc_records(vpc: Vpc, parts: PartsOfVpc) -> Iterator[NewRecord]:
    yield VPCS, vpc
    yield SECURITY_GROUPS, parts.security_group
    yield from ((SECURITY_GROUP_RULES, rule) for rule in parts.rules)
    yield from _routing_records(parts)


def default_vpc_records(made: DefaultVpc) -> Iterator[NewRecord]:
    yield from vpc_records(made.vpc, made.parts)
    yield from ((SUBNETS, subnet) for subnet in made.subnets)
    yield from _border_records(made)


def furniture_records(made: DefaultVpc) -> Iterator[NewRecord]:
    """What a VPC lacks that was made when neither routes nor network ACLs were kept."""
    yield from _routing_records(made.parts)
    yield from _border_records(made)


def _routing_records(parts: PartsOfVpc) -> Iterator[NewRecord]:
    yield ROUTE_TABLES, parts.route_table
    yield ROUTE_TABLE_ASSOCIATIONS, parts.main_association
    yield NETWORK_ACLS, parts.acl


def _border_records(made: DefaultVpc) -> Iterator[NewRecord]:
    yield from ((NETWORK_ACL_ASSOCIATIONS, each) for each in made.acl_associations)
    yield INTERNET_GATEWAYS, made.gateway
