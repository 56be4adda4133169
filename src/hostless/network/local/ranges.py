"""Whether a VPC's range, or the pool of public addresses, is free on this host: pure."""

from collections.abc import Collection, Iterable
from ipaddress import IPv4Network

from hostless.network.local.messages import EVERYWHERE, RTN_UNICAST, RTN_UNREACHABLE, Route
from hostless.network.seam import NetworkFailed


class VpcRangeTaken(NetworkFailed):
    """The host already uses addresses of the VPC's range."""

    def __init__(self, cidr: str, route: Route, interface_name: str | None) -> None:
        through = f" through {interface_name}" if interface_name else ""
        super().__init__(
            f"The VPC's range {cidr} overlaps {route.target}, which this host already routes"
            f"{through}. Start the engine with a range that is free here, for example "
            f"--vpc-cidr 10.213.0.0/16; a state folder that has served before keeps its range."
        )
        self.cidr = cidr


class PublicRangeTaken(NetworkFailed):
    """The host already uses addresses of the pool of public ones."""

    def __init__(self, cidr: str, route: Route, interface_name: str | None) -> None:
        through = f" through {interface_name}" if interface_name else ""
        super().__init__(
            f"The range of public addresses {cidr} overlaps {route.target}, which this host "
            f"already routes{through}. Start the engine with a range that is free here, for "
            f"example --public-cidr 198.19.248.0/21; a state folder that has served before keeps "
            f"its range."
        )
        self.cidr = cidr


def find_overlap(cidr: str, routes: Iterable[Route], own_interface: int | None) -> Route | None:
    """The first route, other than default routes and the VPC's own, that shares an address."""
    others = [r for r in routes if own_interface is None or r.interface != own_interface]
    return _find_shared(cidr, others)


def find_pool_overlap(
    cidr: str, routes: Iterable[Route], metric: int, own_interfaces: Collection[int]
) -> Route | None:
    """The same for the pool. metric: of its mark. own_interfaces: links of the engine's VPCs, which
    lead to public addresses."""
    pool = IPv4Network(cidr)

    def is_own(route: Route) -> bool:
        leads = route.interface in own_interfaces and IPv4Network(route.target).subnet_of(pool)
        return leads or is_mark(route, metric)

    return _find_shared(cidr, [route for route in routes if not is_own(route)])


def is_mark(route: Route, metric: int) -> bool:
    """Whether this is what marks the pool of the engine with this metric."""
    return route.kind == RTN_UNREACHABLE and route.metric == metric


def _find_shared(cidr: str, routes: Iterable[Route]) -> Route | None:
    network = IPv4Network(cidr)
    for route in routes:
        if route.target != EVERYWHERE and IPv4Network(route.target).overlaps(network):
            return route
    return None


def default_interfaces_of(routes: Iterable[Route]) -> tuple[int, ...]:
    """The interfaces that lead to the world, the preferred one first."""
    ways = [r for r in routes if r.target == EVERYWHERE and r.kind == RTN_UNICAST]
    ways.sort(key=lambda route: route.metric)
    return tuple(dict.fromkeys(r.interface for r in ways if r.interface is not None))
