"""The VPC that every new account has: one range, a subnet in each zone, a way to the world.

AWS's is 172.31.0.0/16 with /20 subnets; another range gives subnets sixteen to the range.
"""

import ipaddress
from dataclasses import dataclass, replace

from hostless.domain.arns import InternetGatewayId, Realm, SubnetId, VpcId
from hostless.domain.gateways import InternetGateway
from hostless.domain.network import Subnet, Vpc
from hostless.domain.network_acls import NetworkAclAssociation
from hostless.domain.new_vpc import EVERYWHERE, PartsOfVpc, acl_association_of, parts_of_new_vpc
from hostless.domain.routing import Route
from hostless.kit.ids import Ids

SUBNET_BITS = 4
"""How many bits a subnet's prefix is longer than the VPC's."""
SMALLEST_PREFIX = 24
"""A VPC's range must hold subnets of sixteen addresses, AWS's smallest."""


class BadRange(ValueError):
    """The range cannot hold a default VPC; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultVpc:
    """parts: what every VPC has; its main route table leads to the internet gateway."""

    vpc: Vpc
    subnets: tuple[Subnet, ...]
    parts: PartsOfVpc
    gateway: InternetGateway
    acl_associations: tuple[NetworkAclAssociation, ...]


def default_vpc(realm: Realm, cidr: str, ids: Ids) -> DefaultVpc:
    """The records of a default VPC. cidr: such as `172.31.0.0/16`. Raises BadRange."""
    network = _network(cidr)
    vpc = Vpc(
        id=VpcId(f"vpc-{ids.hex(17)}"),
        cidr_block=str(network),
        is_default=True,
        has_dns_hostnames=True,
    )
    blocks = network.subnets(prefixlen_diff=SUBNET_BITS)
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
    return furnished(vpc, subnets, ids)


def furnished(vpc: Vpc, subnets: tuple[Subnet, ...], ids: Ids) -> DefaultVpc:
    """A VPC with a way to the world for all its subnets."""
    gateway = InternetGateway(id=InternetGatewayId(f"igw-{ids.hex(17)}"), vpc_id=vpc.id)
    parts = parts_of_new_vpc(vpc, ids)
    to_world = Route(destination=EVERYWHERE, target=gateway.id)
    table = replace(parts.route_table, routes=(*parts.route_table.routes, to_world))
    return DefaultVpc(
        vpc=vpc,
        subnets=subnets,
        parts=replace(parts, route_table=table),
        gateway=gateway,
        acl_associations=tuple(acl_association_of(each, parts.acl, ids) for each in subnets),
    )


def _network(cidr: str) -> ipaddress.IPv4Network:
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        raise BadRange(f"{cidr} is no IPv4 range: {error}") from error
    if not 8 <= network.prefixlen <= SMALLEST_PREFIX:
        raise BadRange(f"{cidr} must be between a /8 and a /{SMALLEST_PREFIX}")
    return network
