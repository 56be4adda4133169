"""Networks as fabrics are asked to lay them out, made from VPCs and subnets alone."""

from collections.abc import Iterable

from hostless.domain.network import Subnet, Vpc
from hostless.domain.network_acls import NetworkAclEntry
from hostless.domain.network_layout import NetworkLayout, SubnetLayout, VpcLayout, Way
from hostless.domain.new_vpc import EVERYWHERE

PUBLIC_CIDR = "198.19.248.0/21"
TO_WORLD = Way(destination=EVERYWHERE, through="internet", target="igw-00000000000000001")
EVERYTHING = tuple(
    NetworkAclEntry(number=100, is_egress=out, allows=True, cidr_ipv4=EVERYWHERE)
    for out in (True, False)
)


def layout_with(
    vpcs: Iterable[Vpc],
    subnets: Iterable[Subnet],
    *,
    ways: tuple[Way, ...] = (TO_WORLD,),
    acl: tuple[NetworkAclEntry, ...] = EVERYTHING,
    public_cidr: str = PUBLIC_CIDR,
    is_routed_from_host: bool = True,
) -> NetworkLayout:
    """All VPCs alike, and all subnets."""
    subnets = tuple(subnets)
    return NetworkLayout(
        public_cidr=public_cidr,
        vpcs=tuple(
            VpcLayout(
                vpc=vpc,
                subnets=tuple(
                    SubnetLayout(
                        subnet=subnet,
                        route_table_id="rtb-00000000000000001",
                        ways=ways,
                        acl_id="acl-00000000000000001",
                        acl=acl,
                    )
                    for subnet in subnets
                    if subnet.vpc_id == vpc.id
                ),
                is_routed_from_host=is_routed_from_host,
            )
            for vpc in vpcs
        ),
    )
