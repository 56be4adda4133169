"""A VPC's router: a network namespace that forwards between its tasks, the host and the world.

Every task hangs on a link of its own; the router answers ARP for all of them, so that tasks of one
subnet believe they share an Ethernet. Forged sources die at the strict reverse path filter (for
IPv6, a rule): the only route to an address leads to the link of its owner. What there is of IPv6
besides is `dual_stack`'s. Only for the network's own thread.
"""

import socket
from contextlib import ExitStack
from ipaddress import IPv4Network

from hostless.domain.container_identity import METADATA_ADDRESS
from hostless.network.local import namespaces, sysctl
from hostless.network.local.dual_stack import join_to_host, part_from_host
from hostless.network.local.enforcement import GroupEnforcement
from hostless.network.local.forwarding_table import TABLE
from hostless.network.local.messages import (
    EVERYWHERE,
    MAIN_LOOPBACK,
    delete_address,
    new_address,
    new_dead_end,
    new_neighbour,
    new_route,
    set_alias,
    set_up,
)
from hostless.network.local.names import (
    IPV6_RESOLVER,
    LINK_LOCAL_RESOLVER,
    ROUTER_END_OF_HOST_LINK,
    VpcPlan,
)
from hostless.network.local.nftables import nftables
from hostless.network.local.ranges import VpcRangeTaken, find_overlap
from hostless.network.local.router_nftables import RouterNftables
from hostless.network.local.rtnetlink import Rtnetlink
from hostless.network.local.rules import (
    FORGED_TABLE,
    ROUTER_TABLE,
    forged_ruleset,
    router_ruleset_of,
)
from hostless.network.local.veth import VethPair, ensure_veth
from hostless.network.local.way_enforcement import WayEnforcement

LOOPBACK_ADDRESS = "127.0.0.1"
LINK_LOCAL_RANGE = "169.254.0.0/16"
DNS_PORT = 53
TCP_BACKLOG = 64
SETTINGS = {
    "ipv4/ip_forward": 1,
    "ipv4/conf/default/forwarding": 1,
    "ipv4/conf/all/rp_filter": 1,
    "ipv4/conf/default/rp_filter": 1,
    "ipv4/conf/all/arp_ignore": 0,
    "ipv4/conf/default/arp_ignore": 0,
    "ipv4/conf/all/arp_filter": 0,
    "ipv4/conf/default/arp_filter": 0,
    "ipv4/conf/all/proxy_arp": 0,
    "ipv4/conf/default/proxy_arp": 1,
    "ipv4/conf/all/send_redirects": 0,
    "ipv4/conf/default/send_redirects": 0,
    "ipv4/conf/all/accept_source_route": 0,
    sysctl.IPV6_FORWARDING: 1,
    **sysctl.quiet_ipv6_on("default"),
    sysctl.no_ipv6_on("default"): 1,
    sysctl.no_ipv6_on("lo"): 0,
}
"""What the host's own settings, which a new namespace inherits, must not decide."""


class Router:
    """plan: of the VPC, as it is now. netlink: speaks to the router's namespace.

    groups: its security groups. ways: its route tables, NAT gateways and network ACLs.
    """

    def __init__(self, plan: VpcPlan, netlink: Rtnetlink) -> None:
        self.plan = plan
        self.netlink = netlink
        self._tables = RouterNftables(plan.namespace)
        self.groups = GroupEnforcement(plan, self._tables)
        self.ways = WayEnforcement(plan.host_address, self._tables)

    def become(self, host: Rtnetlink, plan: VpcPlan) -> None:
        """From now on as this plan of the same VPC says: subnets have come or gone, or IPv6."""
        if plan.ipv6_cidr != self.plan.ipv6_cidr:
            part_from_host(self.netlink, self.plan)
        join_to_host(host, self.netlink, plan)
        _take_addresses(self.netlink, plan)
        self.plan = self.groups.plan = plan

    def close(self) -> None:
        self.netlink.close()
        self._tables.close()

    def text(self) -> str:
        """Everything that filters packets, in nftables' own words."""
        tables = [f"inet {ROUTER_TABLE}", f"inet {TABLE}"]
        tables += [f"ip6 {FORGED_TABLE}"] if sysctl.has_ipv6() else []
        return "".join(self._tables.run(f"list table {table}") for table in tables)

    def find_private(self, public_address: str) -> str | None:
        """The address in this VPC that goes with the public one. May be called by any thread."""
        member = self.groups.members.by_public_address.get(public_address)
        return None if member is None else member.address

    def resolver_sockets(self) -> tuple[list[socket.socket], list[socket.socket]]:
        """Sockets for UDP and for TCP (listening) where the VPC's resolver answers."""
        with namespaces.inside(self.plan.namespace):
            addresses = [self.plan.resolver_address, LINK_LOCAL_RESOLVER]
            addresses += [IPV6_RESOLVER] if sysctl.has_ipv6() else []
            datagrams = [_bound(address, socket.SOCK_DGRAM) for address in addresses]
            streams = [_bound(address, socket.SOCK_STREAM) for address in addresses]
        for stream in streams:
            stream.listen(TCP_BACKLOG)
        return datagrams, streams


def open_router(host: Rtnetlink, plan: VpcPlan) -> Router:
    """Have the VPC's router and the host's way to it; what is there already is left alone.

    Raises VpcRangeTaken before anything is made, and OSError.
    """
    if plan.is_routed_from_host:
        _need_free_range(host, plan)
    if not namespaces.exists(plan.namespace):
        namespaces.make(plan.namespace)
    with namespaces.inside(plan.namespace):
        sysctl.write(SETTINGS)
        with nftables() as tables:
            if sysctl.has_ipv6():
                tables.run(forged_ruleset())
            tables.run(router_ruleset_of(plan))
        netlink = Rtnetlink()
    with ExitStack() as undoing:
        undoing.callback(netlink.close)
        _join_to_host(host, netlink, plan)
        join_to_host(host, netlink, plan)
        _take_addresses(netlink, plan)
        undoing.pop_all()
    return Router(plan, netlink)


def _need_free_range(host: Rtnetlink, plan: VpcPlan) -> None:
    own = host.find_link(plan.host_link)
    route = find_overlap(plan.cidr, host.routes(), own.index if own else None)
    if route is not None:
        name = socket.if_indextoname(route.interface) if route.interface else None
        raise VpcRangeTaken(plan.cidr, route, name)


def _join_to_host(host: Rtnetlink, router: Rtnetlink, plan: VpcPlan) -> None:
    """The neighbours' addresses mean something on this link only, whatever else has them."""
    pair = VethPair(
        name=plan.host_link,
        mac=plan.host_mac,
        peer_name=ROUTER_END_OF_HOST_LINK,
        peer_mac=plan.router_mac,
    )
    with namespaces.opened(plan.namespace) as namespace:
        ensure_veth(host, router, namespace, pair)
    sysctl.write({sysctl.forwarding_of(pair.name): 1, sysctl.no_ipv6_on(pair.name): 1})
    host.perform(set_up(pair.name), set_alias(pair.name, f"hostless {plan.vpc_id} {plan.cidr}"))
    router.perform(set_up("lo"), set_up(pair.peer_name))
    near, far = host.await_carrying(pair.name).index, router.need_link(pair.peer_name).index
    router.perform(
        new_neighbour(far, plan.host_address, plan.host_mac),
        new_route(f"{plan.host_address}/32", far),
        new_route(EVERYWHERE, far, gateway=plan.host_address),
    )
    host.perform(
        new_neighbour(near, plan.router_address, plan.router_mac),
        new_address(near, plan.public_host_address),
    )
    if plan.is_routed_from_host:
        _route_from_host(host, near, plan)


def _route_from_host(host: Rtnetlink, link: int, plan: VpcPlan) -> None:
    range_, host_address = str(IPv4Network(plan.cidr)), plan.host_address
    host.perform(
        new_address(link, host_address),
        new_route(range_, link, gateway=plan.router_address, source=host_address),
    )


def _take_addresses(router: Rtnetlink, plan: VpcPlan) -> None:
    """The router answers at all gateways' addresses; nobody's address is a dead end, no circle."""
    fixed = {LINK_LOCAL_RESOLVER, METADATA_ADDRESS}
    own = {plan.router_address, plan.resolver_address, *fixed, *plan.gateways}
    found = router.addresses_of(MAIN_LOOPBACK) - {LOOPBACK_ADDRESS}
    router.perform(
        *(new_address(MAIN_LOOPBACK, address) for address in sorted(own - found)),
        *(delete_address(MAIN_LOOPBACK, address) for address in sorted(found - own)),
        new_dead_end(str(IPv4Network(plan.cidr))),
        new_dead_end(LINK_LOCAL_RANGE),
        *((new_address(MAIN_LOOPBACK, IPV6_RESOLVER),) if sysctl.has_ipv6() else ()),
    )


def _bound(address: str, kind: socket.SocketKind) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, kind | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    if kind == socket.SOCK_STREAM:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, DNS_PORT))
    return made
