"""Whether a VPC's range is free on this host: pure."""

from collections.abc import Iterable
from ipaddress import IPv4Network

from hostless.network.local.messages import EVERYWHERE, RTN_UNICAST, Route
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


def find_overlap(cidr: str, routes: Iterable[Route], own_interface: int | None) -> Route | None:
    """The first route, other than default routes and the VPC's own, that shares an address."""
    network = IPv4Network(cidr)
    for route in routes:
        if route.target == EVERYWHERE or _is_own(route, own_interface):
            continue
        if IPv4Network(route.target).overlaps(network):
            return route
    return None


def _is_own(route: Route, own_interface: int | None) -> bool:
    return own_interface is not None and route.interface == own_interface


def default_interfaces_of(routes: Iterable[Route]) -> tuple[int, ...]:
    """The interfaces that lead to the world, the preferred one first."""
    ways = [r for r in routes if r.target == EVERYWHERE and r.kind == RTN_UNICAST]
    ways.sort(key=lambda route: route.metric)
    return tuple(dict.fromkeys(r.interface for r in ways if r.interface is not None))
