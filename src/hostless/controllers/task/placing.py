"""Which subnet and address a task gets. Pure, over what the store has counted.

Fargate spreads a group's tasks over the zones of the given subnets (Amazon ECS Developer Guide,
"Fargate task networking"); among subnets of one zone the emptiest comes first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hostless.domain.addresses import address_count, free_address, free_ipv6_address
from hostless.domain.network import NetworkInterface, PortRedirect, Subnet
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp
from hostless.network.new_interface import new_interface


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetRoom:
    """A subnet a task may go to. group_tasks: of the task's group, in the subnet's zone, alive.

    interfaces: how many the subnet has. is_taken: whether somebody has this address. gives_ipv6:
    whether a task gets an address of IPv6 where the subnet has a range of it.
    """

    subnet: Subnet
    group_tasks: int
    interfaces: int
    is_taken: Callable[[str], bool]
    gives_ipv6: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """What chance decides: the interface's digits (17 hexadecimal ones) and where to look first."""

    digits: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacancy:
    """offer: an interface that the task could have; None when an address is missing.

    are_zones_out: every zone that it may go to is out. is_pool_empty: no public address is free.
    """

    offer: NetworkInterface | None = None
    are_zones_out: bool = False
    is_pool_empty: bool = False


NO_VACANCY = Vacancy()


def offer_of(
    task: Task,
    rooms: Sequence[SubnetRoom],
    draw: Draw,
    now: Timestamp,
    public_address: str | None = None,
) -> NetworkInterface | None:
    """An interface in the best subnet that has a free address; None when none has.

    rooms: in the order in which the subnets were asked for, which breaks ties. public_address:
    a free one, for a task that wants one; it gets no interface without.
    """
    if task.placement.assigns_public_ip and public_address is None:
        return None
    for room in sorted(rooms, key=lambda r: (r.group_tasks, r.interfaces)):
        if room.interfaces >= address_count(room.subnet.cidr_block):
            continue
        address = free_address(room.subnet.cidr_block, draw.start, room.is_taken)
        if address is not None:
            interface = _interface_of(task, room.subnet, address, draw, now)
            return replace(
                interface,
                public_address=public_address,
                ipv6_address=_ipv6_address(room, draw),
            )
    return None


def _ipv6_address(room: SubnetRoom, draw: Draw) -> str | None:
    """Whatever the subnet assigns to instances: that setting is not about tasks of Fargate."""
    if room.subnet.ipv6 is None or not room.gives_ipv6:
        return None
    start = int(draw.digits, 16)
    return free_ipv6_address(room.subnet.ipv6.cidr_block, start, room.is_taken)


def _interface_of(
    task: Task, subnet: Subnet, address: str, draw: Draw, now: Timestamp
) -> NetworkInterface:
    region = task.arn.split(":")[3]
    return replace(
        new_interface(subnet, address, draw.digits, region, now),
        attachment_id=task.attachment.id,
        task_arn=task.arn,
        security_groups=task.placement.security_groups,
        port_redirects=_port_redirects(task),
    )


def _port_redirects(task: Task) -> tuple[PortRedirect, ...]:
    """To the task's proxy: what arrives for its ports, what its containers send to its names."""
    if task.connect is None:
        return ()
    arriving = (
        PortRedirect(from_port=each.container_port, to_port=each.listen_port)
        for each in task.connect.ingresses
        if each.is_redirected
    )
    sent = (
        PortRedirect(from_port=each.port, to_port=each.listen_port, address=each.address)
        for each in task.connect.upstreams
    )
    return (*arriving, *sent)


def no_address_reason(task: Task, *, is_pool_empty: bool) -> str:
    """AWS's sentence when there is no address (ECS Developer Guide, "Stopped task error messages").

    is_pool_empty: it is a public one that is missing; else the subnets are full.
    """
    word = "enabled" if task.placement.assigns_public_ip else "disabled"
    subnet = task.placement.subnets[0] if task.placement.subnets else ""
    code = "InsufficientAddressCapacity" if is_pool_empty else "InsufficientFreeAddressesInSubnet"
    return (
        "Unexpected EC2 error while attempting to Create Network Interface with public IP "
        f"assignment {word} in subnet '{subnet}': {code}"
    )
