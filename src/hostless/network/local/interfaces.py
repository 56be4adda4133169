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
    answer_for_others_at_once,
    delete_route,
    new_address,
    new_neighbour,
    new_route,
    set_alias,
    set_up,
)
from hostless.network.local.names import (
    ROUTER_MAC_OF_INTERFACES,
    TASK_END_OF_INTERFACE,
    router_link_of,
)
from hostless.network.local.router import Router
from hostless.network.local.rtnetlink import Rtnetlink
from hostless.network.local.veth import VethPair, belong_together, ensure_veth


def make_interface(router: Router, interface: NetworkInterface, namespace: str) -> None:
    """Have the interface in the namespace of this name, which is there. Idempotent. Raises OSError.

    A finished one is not touched: it may belong to a sandbox with a network stack of its own,
    which has taken the address away from the kernel.
    """
    with namespaces.inside(namespace):
        sysctl.write({sysctl.no_ipv6_on("default"): 1})
        task = Rtnetlink()
    with task:
        if _is_finished(router.netlink, task, interface):
            return
        _join_to_router(router.netlink, task, interface, namespace)
        router.netlink.perform(set_up(router_link_of(interface.id)))
        _set_up_task_end(task, interface)
    _set_up_router_end(router.netlink, interface)


def remove_interface(
    routers: Iterable[Router], interface_id: NetworkInterfaceId, namespace: str
) -> None:
    """Cut the interface off and let go of its namespace. Idempotent. Raises OSError."""
    name = router_link_of(interface_id)
    for router in routers:
        link = router.netlink.find_link(name)
        owner, _, address = link.alias.partition(" ") if link else ("", "", "")
        if link and owner == interface_id:
            route = delete_route(f"{address}/32", link.index)
            router.netlink.perform(set_alias(name, ""), route)
    namespaces.drop(namespace)


def _is_finished(router: Rtnetlink, task: Rtnetlink, interface: NetworkInterface) -> bool:
    link = router.find_link(router_link_of(interface.id))
    if link is None or link.alias != _alias_of(interface):
        return False
    peer = task.find_link(TASK_END_OF_INTERFACE)
    return peer is not None and belong_together(link, peer)


def _alias_of(interface: NetworkInterface) -> str:
    """Given to the router's end when all is done; says which route goes with it."""
    return f"{interface.id} {interface.address}"


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
    """The gateway's hardware address is given: neighbours that are learnt are few per machine."""
    index = task.need_link(TASK_END_OF_INTERFACE).index
    task.perform(
        set_up("lo"),
        set_up(TASK_END_OF_INTERFACE),
        new_address(index, interface.address, interface.prefix_length),
        new_neighbour(index, interface.gateway, ROUTER_MAC_OF_INTERFACES),
        new_route(EVERYWHERE, index, gateway=interface.gateway),
    )


def _set_up_router_end(router: Rtnetlink, interface: NetworkInterface) -> None:
    name = router_link_of(interface.id)
    index = router.await_carrying(name).index
    router.perform(
        answer_for_others_at_once(index),
        new_neighbour(index, interface.address, interface.mac_address),
        new_route(f"{interface.address}/32", index),
    )
    router.perform(set_alias(name, _alias_of(interface)))
