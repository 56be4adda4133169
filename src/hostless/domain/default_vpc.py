"""The VPC that every new account has: one range, a subnet in each zone, one security group.

AWS's is 172.31.0.0/16 with /20 subnets; another range gives subnets sixteen to the range.
"""

import ipaddress
from dataclasses import dataclass

from hostless.domain.arns import Realm, SecurityGroupId, SubnetId, VpcId
from hostless.domain.network import SecurityGroup, Subnet, Vpc
from hostless.domain.security_group_rules import default_group_rules
from hostless.domain.security_groups import SecurityGroupRule
from hostless.kit.ids import Ids

_SUBNET_BITS = 4
SMALLEST_PREFIX = 24
"""A VPC's range must hold subnets of sixteen addresses, AWS's smallest."""


class BadRange(ValueError):
    """The range cannot hold a default VPC; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultVpc:
    vpc: Vpc
    subnets: tuple[Subnet, ...]
    security_group: SecurityGroup
    rules: tuple[SecurityGroupRule, ...]


def default_vpc(realm: Realm, cidr: str, ids: Ids) -> DefaultVpc:
    """The records of a default VPC. cidr: such as `172.31.0.0/16`. Raises BadRange."""
    network = _network(cidr)
    vpc = Vpc(id=VpcId(f"vpc-{ids.hex(17)}"), cidr_block=str(network), is_default=True)
    blocks = network.subnets(prefixlen_diff=_SUBNET_BITS)
    subnets = tuple(
        Subnet(
            id=SubnetId(f"subnet-{ids.hex(17)}"),
            vpc_id=vpc.id,
            cidr_block=str(block),
            zone=zone,
            is_default_for_zone=True,
            maps_public_ip=True,
        )
        for zone, block in zip(realm.zones(), blocks, strict=False)
    )
    group = SecurityGroup(
        id=SecurityGroupId(f"sg-{ids.hex(17)}"),
        vpc_id=vpc.id,
        name="default",
        description="default VPC security group",
        has_recorded_rules=True,
    )
    rules = default_group_rules(group, ids)
    return DefaultVpc(vpc=vpc, subnets=subnets, security_group=group, rules=rules)


def _network(cidr: str) -> ipaddress.IPv4Network:
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        raise BadRange(f"{cidr} is no IPv4 range: {error}") from error
    if not 8 <= network.prefixlen <= SMALLEST_PREFIX:
        raise BadRange(f"{cidr} must be between a /8 and a /{SMALLEST_PREFIX}")
    return network
