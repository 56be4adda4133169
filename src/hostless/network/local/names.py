"""Names and addresses that the local fabric gives to what it makes on the machine.

Pure. Everything can be found again from these names alone, whatever became of the engine.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from hostless.domain.addresses import gateway_of
from hostless.domain.arns import NetworkInterfaceId, VpcId
from hostless.domain.network_layout import VpcLayout
from hostless.domain.public_addresses import host_address_of
from hostless.network.place import resolver_address_of

HOST_LINK_PREFIX = "hl-"
"""Of every link between the host and a VPC, whichever engine's."""
ROUTER_END_OF_HOST_LINK = "host0"
TASK_END_OF_INTERFACE = "eth0"
ROUTER_MAC_OF_INTERFACES = "02:00:00:00:00:01"
"""The hardware address that every task sees as its gateway's."""
LINK_LOCAL_RESOLVER = "169.254.169.253"
"""The VPC's resolver answers here too (Amazon VPC User Guide, "Amazon DNS server")."""
IPV6_RESOLVER = "fd00:ec2::253"
"""And here (the guide again)."""
GATEWAY_IPV6, HOST_IPV6 = "fe80::1", "fe80::2"
"""The router's address on every link, and the host's on its links: for routes to lead to."""
OWN_METRICS = 1 << 30
"""The lowest metric of a pool's mark: whoever else says something about the range goes first."""
ROUTER_OFFSET, HOST_OFFSET = 1, 3
"""AWS keeps base + 1 for the router and base + 3 for future use; here the host takes that one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcPlan:
    """What is made for one VPC.

    namespace: name under /run/netns. host_link: the host's end of the link to the router.
    host_address: the host's in the range of the VPC, on the host only when is_routed_from_host.
    public_cidr, public_host_address: the pool of public addresses and the host's own in it.
    nat_addresses: the public addresses of gateways. gateways: the first address of each subnet;
    the router answers at all of them. ipv6_cidr: None for a VPC without IPv6. ipv6_host_address:
    under which the host speaks to addresses of IPv6.
    """

    vpc_id: VpcId
    cidr: str
    namespace: str
    host_link: str
    host_mac: str
    router_mac: str
    host_address: str
    router_address: str
    resolver_address: str
    is_routed_from_host: bool
    public_cidr: str
    public_host_address: str
    nat_addresses: tuple[str, ...]
    gateways: tuple[str, ...]
    ipv6_cidr: str | None
    ipv6_host_address: str


def vpc_plan_of(engine_id: str, layout: VpcLayout, public_cidr: str) -> VpcPlan:
    vpc = layout.vpc
    range_ = IPv4Network(vpc.cidr_block)
    ways = [way for subnet in layout.subnets for way in subnet.ways]
    return VpcPlan(
        vpc_id=vpc.id,
        cidr=vpc.cidr_block,
        namespace=namespace_name_of(engine_id, vpc.id),
        host_link=host_link_of(engine_id, vpc.id),
        host_mac=_mac_of(engine_id, vpc.id, "host"),
        router_mac=_mac_of(engine_id, vpc.id, "router"),
        host_address=str(range_[HOST_OFFSET]),
        router_address=str(range_[ROUTER_OFFSET]),
        resolver_address=resolver_address_of(vpc.cidr_block),
        is_routed_from_host=layout.is_routed_from_host,
        public_cidr=public_cidr,
        public_host_address=host_address_of(public_cidr),
        nat_addresses=tuple(sorted({way.nat_address for way in ways if way.nat_address})),
        gateways=tuple(sorted(gateway_of(each.subnet.cidr_block) for each in layout.subnets)),
        ipv6_cidr=vpc.ipv6.cidr_block if vpc.ipv6 else None,
        ipv6_host_address=_ipv6_host_address_of(engine_id),
    )


def namespace_name_of(engine_id: str, resource_id: str) -> str:
    """resource_id: of a VPC or of a network interface."""
    return f"hostless-{engine_id}-{resource_id}"


def resources_named(engine_id: str, names: Iterable[str], kind: str) -> tuple[str, ...]:
    """The ids of the engine's resources of a kind (`vpc`, `eni`) that have a namespace."""
    prefix = namespace_name_of(engine_id, "")
    ids = (name.removeprefix(prefix) for name in names if name.startswith(prefix))
    return tuple(sorted(found for found in ids if found.startswith(f"{kind}-")))


def host_link_of(engine_id: str, vpc_id: str) -> str:
    """15 characters, the most that Linux takes."""
    return HOST_LINK_PREFIX + _digest_of(engine_id, vpc_id)[:12]


def router_link_of(interface_id: NetworkInterfaceId) -> str:
    """The router's end of a task's interface; unique within the router's namespace."""
    return "eni" + interface_id.removeprefix("eni-")[-12:]


def table_name_of(engine_id: str) -> str:
    """The engine's nftables table on the host."""
    return f"hostless_{engine_id}"


def pool_metric_of(engine_id: str) -> int:
    """Of the route that marks the engine's pool on the host: nobody else's has it."""
    return OWN_METRICS | int(_digest_of(engine_id)[:7], 16)


def _ipv6_host_address_of(engine_id: str) -> str:
    """From a range that is no network's (RFC 9637), and that VPCs have no part of."""
    return str(IPv6Network("3fff::/64")[int(_digest_of(engine_id)[:16], 16)])


def _mac_of(*parts: str) -> str:
    return ":".join(("02", *(_digest_of(*parts)[i : i + 2] for i in range(0, 10, 2))))


def _digest_of(*parts: str) -> str:
    return hashlib.sha256("/".join(parts).encode()).hexdigest()
