"""What links have carried: the kernel's table of a network namespace, read whole.

One text for all links of a router takes the kernel and us a few microseconds a link; asking for
each link, or in each task's namespace, would take ten times as much.
"""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from hostless.domain.arns import NetworkInterfaceId
from hostless.network.local import namespaces
from hostless.network.local.names import router_link_of
from hostless.network.seam import InterfaceCounters

_TABLE = Path("/proc/thread-self/net/dev")

log = logging.getLogger(__name__)


def counters_of(
    namespace: str, interfaces: Iterable[NetworkInterfaceId]
) -> dict[NetworkInterfaceId, InterfaceCounters]:
    """namespace: of the router that these interfaces are joined to. Raises OSError."""
    with namespaces.inside(namespace):
        table = _TABLE.read_text()
    return counters_in(table, {router_link_of(each): each for each in interfaces})


def counters_of_all(
    members: Mapping[str, Iterable[NetworkInterfaceId]],
) -> dict[NetworkInterfaceId, InterfaceCounters]:
    """members: interfaces by their routers' namespaces. Those of one that cannot be looked into are
    missing; raises OSError when none can be.
    """
    found: dict[NetworkInterfaceId, InterfaceCounters] = {}
    refusals = []
    for namespace, interfaces in members.items():
        try:
            found |= counters_of(namespace, interfaces)
        except OSError as error:
            log.warning("what links of %s carry cannot be told: %s", namespace, error)
            refusals.append(error)
    if refusals and len(refusals) == len(members):
        raise refusals[0]
    return found


def counters_in(
    table: str, wanted: Mapping[str, NetworkInterfaceId]
) -> dict[NetworkInterfaceId, InterfaceCounters]:
    """wanted: interfaces by the name of their router's end, which receives what they send."""
    found = {}
    for line in table.splitlines():
        name, _, numbers = line.partition(":")
        interface_id = wanted.get(name.strip())
        if interface_id is not None:
            of = [int(number) for number in numbers.split()]
            found[interface_id] = InterfaceCounters(
                sent_bytes=of[0],
                sent_packets=of[1],
                sent_errors=of[2],
                sent_dropped=of[3],
                received_bytes=of[8],
                received_packets=of[9],
                received_errors=of[10],
                received_dropped=of[11],
            )
    return found
