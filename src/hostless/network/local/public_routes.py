"""Which VPC the host sends packets for a public address to; what it has of them is found again.

The pool is marked on the host by a dead end whose metric is the engine's own: other engines see
that the range is taken, and an address that nobody has leads nowhere, least of all to the world.
What an address leads to is a route to the link of a VPC, which goes with the link. What becomes of
packets there is not said here. Only for the network's own thread, in the host's namespace.
"""

import socket
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network

from hostless.network.local import namespaces
from hostless.network.local.conntrack import forget_connections
from hostless.network.local.messages import (
    RTN_UNICAST,
    delete_dead_end,
    delete_route,
    new_dead_end,
    new_route,
)
from hostless.network.local.names import VpcPlan, host_link_of, pool_metric_of
from hostless.network.local.ranges import PublicRangeTaken, find_pool_overlap, is_mark
from hostless.network.local.rtnetlink import Rtnetlink


class PublicRoutes:
    """All methods raise OSError. host: speaks to the host's namespace."""

    def __init__(self, engine_id: str) -> None:
        self._engine_id = engine_id
        self._metric = pool_metric_of(engine_id)
        self._pool: str | None = None
        self._links: dict[str, str] = {}
        self._left: set[str] = set()

    def need_pool(self, host: Rtnetlink, pool: str, vpc_ids: Iterable[str]) -> None:
        """Raises PublicRangeTaken unless the pool is free, or the engine's already.

        vpc_ids: whose links may be there.
        """
        if pool == self._pool:
            return
        links = (host.find_link(host_link_of(self._engine_id, vpc_id)) for vpc_id in vpc_ids)
        own = {link.index for link in links if link is not None}
        route = find_pool_overlap(pool, host.routes(), self._metric, own)
        if route is not None:
            name = socket.if_indextoname(route.interface) if route.interface else None
            raise PublicRangeTaken(pool, route, name)

    def open(self, host: Rtnetlink, pool: str, plans: Iterable[VpcPlan]) -> None:
        """Have the pool marked, and know what leads to its addresses. plans: of every VPC."""
        routes = host.routes()
        stale = [r.target for r in routes if is_mark(r, self._metric) and r.target != pool]
        host.perform(
            new_dead_end(pool, self._metric),
            *(delete_dead_end(target, self._metric) for target in stale),
        )
        names = {host.need_link(plan.host_link).index: plan.host_link for plan in plans}
        self._links = {
            address_of(route.target): names[route.interface]
            for route in routes
            if route.interface in names
            and route.kind == RTN_UNICAST
            and IPv4Network(route.target).subnet_of(IPv4Network(pool))
        }
        self._pool = pool

    def lead(
        self, host: Rtnetlink, wanted: Mapping[str, VpcPlan], plans: Iterable[VpcPlan]
    ) -> None:
        """Have these addresses, and no others, lead to these VPCs. plans: of every VPC."""
        links = {address: plan.host_link for address, plan in wanted.items()}
        self.release(host, *[a for a, link in self._links.items() if links.get(a) != link])
        coming = wanted.keys() - self._links.keys()
        if coming & self._left:
            self.forget_connections(plans)
        for address in coming:
            self.claim(host, address, wanted[address])

    def claim(self, host: Rtnetlink, address: str, plan: VpcPlan) -> None:
        link = host.need_link(plan.host_link)
        route = new_route(
            f"{address}/32",
            link.index,
            gateway=plan.router_address,
            source=plan.public_host_address,
        )
        host.perform(route)
        self._links[address] = plan.host_link

    def release(self, host: Rtnetlink, *addresses: str) -> None:
        """Unknown ones are no error."""
        for address in addresses:
            name = self._links.pop(address, None)
            link = host.find_link(name) if name else None
            if name is not None:
                self._left.add(address)
            if link is not None:
                host.perform(delete_route(f"{address}/32", link.index))

    def has_left(self, address: str) -> bool:
        """Whether its last owner's connections may still be known."""
        return address in self._left

    def forget_connections(self, plans: Iterable[VpcPlan]) -> None:
        """Those of addresses that nobody has: whoever gets one next must not inherit them, neither
        on the host nor with whom they led to. plans: of every VPC."""
        if self._pool is None:
            return
        pool = IPv4Network(self._pool)
        first, last = int(pool.network_address), int(pool.broadcast_address)

        def is_nobodys(address: str) -> bool:
            is_public = ":" not in address and first <= int(IPv4Address(address)) <= last
            return is_public and address not in self._links and address not in own

        plans = tuple(plans)
        own = {plan.public_host_address for plan in plans}
        forget_connections(is_nobodys)
        for plan in plans:
            with namespaces.inside(plan.namespace):
                forget_connections(is_nobodys)
        self._left.clear()

    def purge(self, host: Rtnetlink) -> None:
        """Works without `open`. The other routes go with their links."""
        marks = [route for route in host.routes() if is_mark(route, self._metric)]
        host.perform(*(delete_dead_end(mark.target, self._metric) for mark in marks))


def free_pools_here(engine_id: str) -> Callable[[str], bool]:
    """Whether nobody but the engine itself uses a range on this host, as of now."""
    with Rtnetlink() as host:
        routes = host.routes()
    metric = pool_metric_of(engine_id)
    return lambda pool: find_pool_overlap(pool, routes, metric, ()) is None


def address_of(target: str) -> str:
    return str(IPv4Network(target).network_address)
