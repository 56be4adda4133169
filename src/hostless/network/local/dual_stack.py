"""How packets of IPv6 get to a VPC that has a range of it, and to its interfaces.

Addresses are the world's own: nothing is translated, and whoever may reach them is the business of
the routes and groups. Links are as those of IPv4: nobody asks who has an address, and nobody is
believed; so there is no router's advertisement, no search for duplicates and no link-local address,
and IPv6 stays off where nobody has an address of it. Only for the network's own thread.
"""

import errno
import os
import socket

from hostless.network.local import namespaces, sysctl
from hostless.network.local.messages import (
    EVERYWHERE_IPV6,
    Request,
    delete_dead_end,
    new_address,
    new_dead_end,
    new_neighbour,
    new_route,
)
from hostless.network.local.names import (
    GATEWAY_IPV6,
    HOST_IPV6,
    ROUTER_END_OF_HOST_LINK,
    ROUTER_MAC_OF_INTERFACES,
    VpcPlan,
)
from hostless.network.local.rtnetlink import Rtnetlink
from hostless.network.seam import NetworkFailed


class Ipv6RangeTaken(NetworkFailed):
    """The host already leads addresses of the VPC's range of IPv6 somewhere."""

    def __init__(self, cidr: str) -> None:
        super().__init__(
            f"The VPC's range {cidr} is one that this host already routes, maybe another engine's. "
            f"Disassociate it from the VPC and associate another one."
        )
        self.cidr = cidr


def join_to_host(host: Rtnetlink, router: Rtnetlink, plan: VpcPlan) -> None:
    """Have the way between the host and a VPC with a range; idempotent. Raises Ipv6RangeTaken,
    OSError.

    The link is there. The host speaks under an address that it has on its links to VPCs only.
    """
    if plan.ipv6_cidr is None:
        return
    near, far = host.need_link(plan.host_link).index, router.need_link(ROUTER_END_OF_HOST_LINK)
    routes = host.routes(socket.AF_INET6)
    if any(r.target == plan.ipv6_cidr and r.interface != near for r in routes):
        raise Ipv6RangeTaken(plan.ipv6_cidr)
    sysctl.write(sysctl.quiet_ipv6_on(plan.host_link))
    with namespaces.inside(plan.namespace):
        sysctl.write(sysctl.quiet_ipv6_on(ROUTER_END_OF_HOST_LINK))
    router.perform(
        new_dead_end(plan.ipv6_cidr),
        new_neighbour(far.index, HOST_IPV6, plan.host_mac),
        new_route(EVERYWHERE_IPV6, far.index, gateway=HOST_IPV6),
    )
    source = plan.ipv6_host_address
    host.perform(
        new_neighbour(near, GATEWAY_IPV6, plan.router_mac),
        new_address(near, source),
        new_route(plan.ipv6_cidr, near, gateway=GATEWAY_IPV6, source=source),
    )
    host.await_own(source)


def part_from_host(router: Rtnetlink, plan: VpcPlan) -> None:
    """Undo what `join_to_host` did. Addresses, neighbours and routes go with IPv6 on the link."""
    if plan.ipv6_cidr is None:
        return
    sysctl.write({sysctl.no_ipv6_on(plan.host_link): 1})
    with namespaces.inside(plan.namespace):
        sysctl.write({sysctl.no_ipv6_on(ROUTER_END_OF_HOST_LINK): 1})
    router.perform(delete_dead_end(plan.ipv6_cidr))


def need_ipv6_on(plan: VpcPlan, link: str) -> None:
    """Switch IPv6 on, on a link of the router's. Raises OSError where the kernel has none."""
    with namespaces.inside(plan.namespace):
        sysctl.write({sysctl.no_ipv6_on(link): 0})
        if sysctl.find(sysctl.no_ipv6_on(link)) is None:
            raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))


def task_end_of(index: int, address: str) -> tuple[Request, ...]:
    """What a task's end of its link is to have. index: the link's."""
    return (
        new_address(index, address),
        new_neighbour(index, GATEWAY_IPV6, ROUTER_MAC_OF_INTERFACES),
        new_route(EVERYWHERE_IPV6, index, gateway=GATEWAY_IPV6),
    )
