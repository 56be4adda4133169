"""Ports of a task that lead to another one of it, where its proxy listens.

Rules of the task's own network namespace: for what arrives by its link, and for what it sends to
addresses of its loopback that stand for others; what else it sends to itself goes where it is sent.
Routers and their security groups see the port that was asked for. The
rules go with the namespace, and the task's containers may not change them. A namespace without
redirects has no table, and so none of the kernel's tracking of connections.
"""

from collections.abc import Iterable, Iterator

from hostless.domain.network import PortRedirect
from hostless.network.local.names import TASK_END_OF_INTERFACE
from hostless.network.local.nftables import nftables

TABLE = "inet hostless"


def redirect(redirects: Iterable[PortRedirect]) -> None:
    """Have exactly these in the calling thread's network namespace. Raises NftablesFailed."""
    with nftables() as tables:
        tables.run("\n".join(_commands(redirects)))


def _commands(redirects: Iterable[PortRedirect]) -> Iterator[str]:
    yield f"add table {TABLE}"
    yield f"flush table {TABLE}"
    yield f"add chain {TABLE} arriving {{ type nat hook prerouting priority dstnat; }}"
    yield f"add chain {TABLE} leaving {{ type nat hook output priority -100; }}"
    link = f'iifname "{TASK_END_OF_INTERFACE}"'
    for each in redirects:
        port = f"tcp dport {each.from_port}"
        if each.address is None:
            yield f"add rule {TABLE} arriving {link} {port} redirect to :{each.to_port}"
        else:
            there = f"dnat ip to {each.address}:{each.to_port}"
            yield f"add rule {TABLE} leaving ip daddr {each.address} {port} {there}"
