"""Network interfaces of tasks: a namespace with one link to the VPC's router.

Made by raw netlink in some 2 ms; taken away by dropping the namespace, never link by link. What is
half made is finished by making it again. Only for the network's own thread.
"""

from collections.abc import Iterable

from hostless.domain.arns import NetworkInterfaceId
from hostless.domain.network import NetworkInterface
from hostless.network.local import namespaces, sysctl
from hostless.network.local.messages import (
    EVERYWHERE,
    Request,
    answer_for_others_at_once,
    delete_route,
    new_address,
    new_neighbour,
    new_route,
    set_up,
)
from hostless.network.local.names import (
    ROUTER_MAC_OF_INTERFACES,
    TASK_END_OF_INTERFACE,
    router_link_of,
)
from hostless.network.local.router import Router
from hostless.network.local.rtnetlink import Rtnetlink
from hostless.network.local.veth import VethPair, ensure_veth


def make_interface(router: Router, interface: NetworkInterface, namespace: str) -> None:
    """Have the interface in the namespace of this name. Idempotent. Raises OSError."""
    if not namespaces.exists(namespace):
        namespaces.make(namespace)
    with namespaces.inside(namespace):
        sysctl.write({sysctl.no_ipv6_on("default"): 1})
        task = Rtnetlink()
    with task:
        _join_to_router(router.netlink, task, interface, namespace)
        router.netlink.perform(_named_set_up(interface))
        _set_up_task_end(task, interface)
    _set_up_router_end(router.netlink, interface)


def remove_interface(
    routers: Iterable[Router], interface_id: NetworkInterfaceId, namespace: str
) -> None:
    """Cut the interface off and let go of its namespace. Idempotent. Raises OSError."""
    for router in routers:
        link = router.netlink.find_link(router_link_of(interface_id))
        owner, _, address = link.alias.partition(" ") if link else ("", "", "")
        if link and owner == interface_id:
            router.netlink.perform(delete_route(f"{address}/32", link.index))
    namespaces.drop(namespace)


def _join_to_router(
    router: Rtnetlink, task: Rtnetlink, interface: NetworkInterface, namespace: str
) -> None:
    pair = VethPair(
        name=router_link_of(interface.id),
        mac=ROUTER_MAC_OF_INTERFACES,
        peer_name=TASK_END_OF_INTERFACE,
        peer_mac=interface.mac_address,
    )
    with namespaces.opened(namespace) as descriptor:
        ensure_veth(router, task, descriptor, pair)


def _set_up_task_end(task: Rtnetlink, interface: NetworkInterface) -> None:
    index = task.need_link(TASK_END_OF_INTERFACE).index
    task.perform(
        set_up("lo"),
        set_up(TASK_END_OF_INTERFACE),
        new_address(index, interface.address, interface.prefix_length),
        new_route(EVERYWHERE, index, gateway=interface.gateway),
    )


def _named_set_up(interface: NetworkInterface) -> Request:
    """The alias says whose link it is and which route goes with it, to whoever comes later."""
    return set_up(router_link_of(interface.id), f"{interface.id} {interface.address}")


def _set_up_router_end(router: Rtnetlink, interface: NetworkInterface) -> None:
    index = router.await_carrying(router_link_of(interface.id)).index
    router.perform(
        answer_for_others_at_once(index),
        new_neighbour(index, interface.address, interface.mac_address),
        new_route(f"{interface.address}/32", index),
    )
