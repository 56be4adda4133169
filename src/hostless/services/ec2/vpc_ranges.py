"""Ranges as callers give them to VPCs and subnets: read, checked, and AWS's part drawn.

Rules are `vpc_rules`'; the errors are here.
"""

from hostless.domain import vpc_rules
from hostless.domain.network import Ipv6Range, Subnet, Vpc
from hostless.domain.security_group_rules import canonical_cidr
from hostless.kit.ids import Ids
from hostless.services.ec2.errors import BadParameter, MissingParameter
from hostless.services.ec2.errors_vpcs import (
    NoCidr,
    NoFreeBlock,
    NoSubnetIpv6Cidr,
    SubnetConflict,
    SubnetRangeInvalid,
    VpcRangeInvalid,
    VpcRangeRestricted,
)
from hostless.store.kinds import SUBNETS, VPCS
from hostless.store.network_records import pool_of
from hostless.store.store import Store

_POOL_DIGITS = 6


def read_cidr(given: str | None) -> str:
    """Without host bits, as EC2 keeps it. Raises MissingParameter, NoCidr."""
    if not given:
        raise MissingParameter("Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
    canonical = canonical_cidr(given, 4)
    if canonical is None:
        raise NoCidr(given, "cidrBlock")
    return canonical


def vpc_range(store: Store, given: str | None) -> str:
    """Raises VpcRangeInvalid, VpcRangeRestricted, and what read_cidr raises."""
    cidr = read_cidr(given)
    if not vpc_rules.has_allowed_size(cidr) or vpc_rules.is_reserved(cidr):
        raise VpcRangeInvalid(cidr)
    if vpc_rules.overlaps_any(cidr, [pool_of(store).cidr_block]):
        raise VpcRangeRestricted(cidr)
    return cidr


def subnet_range(store: Store, vpc: Vpc, given: str | None) -> str:
    """Raises SubnetRangeInvalid, SubnetConflict, and what read_cidr raises."""
    cidr = read_cidr(given)
    if not vpc_rules.has_allowed_size(cidr) or not vpc_rules.lies_in(cidr, vpc.cidr_block):
        raise SubnetRangeInvalid(cidr)
    if vpc_rules.overlaps_any(cidr, (s.cidr_block for s in subnets_of(store, vpc))):
        raise SubnetConflict(cidr)
    return cidr


def subnet_ipv6_range(store: Store, vpc: Vpc, given: str, ids: Ids) -> Ipv6Range:
    """Raises NoSubnetIpv6Cidr, SubnetRangeInvalid, SubnetConflict."""
    cidr = canonical_cidr(given, 6)
    if cidr is None or not cidr.endswith(f"/{vpc_rules.SUBNET_IPV6_PREFIX}"):
        raise NoSubnetIpv6Cidr(given)
    if vpc.ipv6 is None or not vpc_rules.lies_in(cidr, vpc.ipv6.cidr_block):
        raise SubnetRangeInvalid(cidr)
    there = (s.ipv6.cidr_block for s in subnets_of(store, vpc) if s.ipv6 is not None)
    if vpc_rules.overlaps_any(cidr, there):
        raise SubnetConflict(cidr)
    return Ipv6Range(association_id=f"subnet-cidr-assoc-{ids.hex(17)}", cidr_block=cidr)


def provided_ipv6_range(store: Store, ids: Ids) -> Ipv6Range:
    """One that AWS would choose. Raises NoFreeBlock."""
    taken = (vpc.ipv6.cidr_block for vpc in store.all(VPCS) if vpc.ipv6 is not None)
    cidr = vpc_rules.new_ipv6_range(int(ids.hex(_POOL_DIGITS), 16), taken)
    if cidr is None:
        raise NoFreeBlock("pool")
    return Ipv6Range(association_id=f"vpc-cidr-assoc-{ids.hex(17)}", cidr_block=cidr)


def check_border_group(given: str | None, region: str) -> None:
    """The region is its only group. Raises BadParameter."""
    if given not in (None, region):
        # our words
        raise BadParameter(f"The network border group '{given}' is not valid in {region}.")


def subnets_of(store: Store, vpc: Vpc) -> list[Subnet]:
    return store.find(SUBNETS, "vpc", vpc.id)
