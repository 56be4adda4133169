"""Network interfaces of tasks: a namespace with one link to the VPC's router.

Made by raw netlink in some 2 ms; taken away by dropping the namespace, never link by link. What is
half made is finished by making it again. Only for the network's own thread.
"""

from collections.abc import Iterable

from hostless.domain.arns import NetworkInterfaceId
from hostless.domain.network import NetworkInterface
from hostless.network.local import namespaces, sysctl
from hostless.network.local.dual_stack import need_ipv6_on, task_end_of
from hostless.network.local.messages import (
    EVERYWHERE,
    answer_for_others_at_once,
    delete_route,
    new_address,
    new_neighbour,
    new_route,
    set_alias,
    set_up,
    single,
)
from hostless.network.local.names import (
    ROUTER_MAC_OF_INTERFACES,
    TASK_END_OF_INTERFACE,
    router_link_of,
)
from hostless.network.local.port_redirects import redirect
from hostless.network.local.router import Router
from hostless.network.local.rtnetlink import Rtnetlink
from hostless.network.local.veth import VethPair, belong_together, ensure_veth


def make_interface(router: Router, interface: NetworkInterface, namespace: str) -> None:
    """Have the interface in the namespace of this name, which is there. Idempotent. Raises OSError
    and NftablesFailed.

    A finished one is not touched: it may belong to a sandbox with a network stack of its own,
    which has taken the address away from the kernel.
    """
    with namespaces.inside(namespace):
        sysctl.write(_settings_of(interface))
        task = Rtnetlink()
    with task:
        if _is_finished(router.netlink, task, interface):
            return
        if interface.port_redirects:
            with namespaces.inside(namespace):
                redirect(interface.port_redirects)
        _join_to_router(router.netlink, task, interface, namespace)
        if interface.ipv6_address is not None:
            need_ipv6_on(router.plan, router_link_of(interface.id))
        router.netlink.perform(set_up(router_link_of(interface.id)))
        _set_up_task_end(task, interface)
        _set_up_router_end(router.netlink, interface)
        if interface.ipv6_address is not None:
            task.await_own(interface.ipv6_address)
        router.netlink.perform(set_alias(router_link_of(interface.id), _alias_of(interface)))


def remove_interface(
    routers: Iterable[Router], interface_id: NetworkInterfaceId, namespace: str
) -> None:
    """Cut the interface off and let go of its namespace. Idempotent. Raises OSError."""
    name = router_link_of(interface_id)
    for router in routers:
        link = router.netlink.find_link(name)
        owner, *addresses = link.alias.split(" ") if link else ("",)
        if link and owner == interface_id:
            routes = (delete_route(single(address), link.index) for address in addresses)
            router.netlink.perform(set_alias(name, ""), *routes)
    namespaces.drop(namespace)


def _settings_of(interface: NetworkInterface) -> dict[str, int]:
    """Of the task's namespace, for the link that it is to get."""
    if interface.ipv6_address is None:
        return {sysctl.no_ipv6_on("default"): 1}
    return sysctl.quiet_ipv6_on("default")


def _is_finished(router: Rtnetlink, task: Rtnetlink, interface: NetworkInterface) -> bool:
    link = router.find_link(router_link_of(interface.id))
    if link is None or link.alias != _alias_of(interface):
        return False
    peer = task.find_link(TASK_END_OF_INTERFACE)
    return peer is not None and belong_together(link, peer)


def _alias_of(interface: NetworkInterface) -> str:
    """Given to the router's end when all is done; says which routes go with it."""
    return " ".join((interface.id, *_addresses_of(interface)))


def _addresses_of(interface: NetworkInterface) -> tuple[str, ...]:
    six = interface.ipv6_address
    return (interface.address,) if six is None else (interface.address, six)


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
        *(task_end_of(index, interface.ipv6_address) if interface.ipv6_address else ()),
    )


def _set_up_router_end(router: Rtnetlink, interface: NetworkInterface) -> None:
    name = router_link_of(interface.id)
    index = router.await_carrying(name).index
    requests = [answer_for_others_at_once(index)]
    for address in _addresses_of(interface):
        requests.append(new_neighbour(index, address, interface.mac_address))
        requests.append(new_route(single(address), index))
    router.perform(*requests)
