"""The records of the network, found by what a packet names: addresses, subnets, groups. Pure."""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, ip_address

from hostless.domain.arns import SecurityGroupId, SubnetId, VpcId
from hostless.domain.network import NetworkInterface
from hostless.domain.network_layout import NetworkLayout, SubnetLayout, VpcLayout, Way
from hostless.domain.public_addresses import host_address_of
from hostless.domain.security_groups import GroupPolicy
from hostless.domain.traffic import contains

HOST_OFFSET = 3
"""The host has the fourth address of a VPC's range, which AWS keeps for future use."""


class NetworkSight:
    """policies: as they are enforced. interfaces: every one that is recorded."""

    def __init__(
        self,
        layout: NetworkLayout,
        policies: Mapping[SecurityGroupId, GroupPolicy],
        interfaces: Iterable[NetworkInterface],
    ) -> None:
        self.layout = layout
        self.policies = policies
        self.interfaces = tuple(interfaces)
        self.vpcs: dict[VpcId, VpcLayout] = {each.vpc.id: each for each in layout.vpcs}
        self.subnets: dict[SubnetId, SubnetLayout] = {
            each.subnet.id: each for vpc in layout.vpcs for each in vpc.subnets
        }
        self._inside = {
            (each.vpc_id, address): each
            for each in self.interfaces
            for address in (each.address, each.ipv6_address)
            if address is not None
        }
        self._outside = {
            address: each
            for each in self.interfaces
            for address in (each.public_address, each.ipv6_address)
            if address is not None
        }

    @property
    def host_address(self) -> str:
        """Under which the host speaks to public addresses."""
        return host_address_of(self.layout.public_cidr)

    def host_address_in(self, vpc: VpcLayout) -> str:
        """Under which the host speaks to a VPC that is routed from it."""
        return str(IPv4Network(vpc.vpc.cidr_block)[HOST_OFFSET])

    def inside(self, vpc_id: VpcId, address: str) -> NetworkInterface | None:
        """Who has the private address (or the one of IPv6) in the VPC."""
        return self._inside.get((vpc_id, address))

    def outside(self, address: str) -> NetworkInterface | None:
        """Who has the public address, or the one of IPv6."""
        return self._outside.get(address)

    def is_public(self, address: str) -> bool:
        """Whether the address is from the pool of public ones."""
        return contains(self.layout.public_cidr, address)

    def routed(self, address: str) -> VpcLayout | None:
        """The VPC that the host reaches the private address in."""
        found = (each for each in self.holding(address) if each.is_routed_from_host)
        return next(found, None)

    def holding(self, address: str) -> list[VpcLayout]:
        """Every VPC whose range the address is in."""
        return [each for each in self.layout.vpcs if is_within(each, address)]


def is_within(vpc: VpcLayout, address: str) -> bool:
    six = vpc.vpc.ipv6.cidr_block if vpc.vpc.ipv6 else ""
    return contains(vpc.vpc.cidr_block, address) or contains(six, address)


def way_to(subnet: SubnetLayout, address: str) -> Way | None:
    """The way that a packet to an address outside of the VPC takes from the subnet."""
    return next((way for way in subnet.ways if contains(way.destination, address)), None)


def address_towards(interface: NetworkInterface, other: str) -> str | None:
    """The interface's own address of the family of the other one."""
    is_six = ip_address(other).version == 6
    return interface.ipv6_address if is_six else interface.address
