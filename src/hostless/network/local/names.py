"""Names and addresses that the local fabric gives to what it makes on the machine.

Pure. Everything can be found again from these names alone, whatever became of the engine.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network

from hostless.domain.arns import NetworkInterfaceId, VpcId
from hostless.domain.network import Subnet, Vpc
from hostless.network.place import resolver_address_of

HOST_LINK_PREFIX = "hl-"
"""Of every link between the host and a VPC, whichever engine's."""
ROUTER_END_OF_HOST_LINK = "host0"
TASK_END_OF_INTERFACE = "eth0"
ROUTER_MAC_OF_INTERFACES = "02:00:00:00:00:01"
"""The hardware address that every task sees as its gateway's."""
LINK_LOCAL_RESOLVER = "169.254.169.253"
"""The VPC's resolver answers here too (Amazon VPC User Guide, "Amazon DNS server")."""
ROUTER_OFFSET, HOST_OFFSET = 1, 3
"""AWS keeps base + 1 for the router and base + 3 for future use; here the host takes that one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcPlan:
    """What is made for one VPC.

    namespace: name under /run/netns. host_link: the host's end of the link to the router.
    gateways: the first address of each subnet; the router answers at all of them.
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
    gateways: tuple[str, ...]


def vpc_plan_of(engine_id: str, vpc: Vpc, subnets: Iterable[Subnet]) -> VpcPlan:
    """subnets: of all VPCs; those of this one are taken."""
    own = [subnet for subnet in subnets if subnet.vpc_id == vpc.id]
    return VpcPlan(
        vpc_id=vpc.id,
        cidr=vpc.cidr_block,
        namespace=namespace_name_of(engine_id, vpc.id),
        host_link=host_link_of(engine_id, vpc.id),
        host_mac=_mac_of(engine_id, vpc.id, "host"),
        router_mac=_mac_of(engine_id, vpc.id, "router"),
        host_address=str(IPv4Network(vpc.cidr_block)[HOST_OFFSET]),
        router_address=str(IPv4Network(vpc.cidr_block)[ROUTER_OFFSET]),
        resolver_address=resolver_address_of(vpc.cidr_block),
        gateways=tuple(sorted(str(IPv4Network(subnet.cidr_block)[1]) for subnet in own)),
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


def _mac_of(*parts: str) -> str:
    return ":".join(("02", *(_digest_of(*parts)[i : i + 2] for i in range(0, 10, 2))))


def _digest_of(*parts: str) -> str:
    return hashlib.sha256("/".join(parts).encode()).hexdigest()
