"""A pair of links between two namespaces, made, or found and mended."""

from dataclasses import dataclass

from hostless.network.local.messages import Link, delete_link, new_veth
from hostless.network.local.rtnetlink import Rtnetlink


@dataclass(frozen=True, slots=True, kw_only=True)
class VethPair:
    """One end here (`name`, `mac`), the other (`peer_…`) in another namespace."""

    name: str
    mac: str
    peer_name: str
    peer_mac: str


def ensure_veth(here: Rtnetlink, there: Rtnetlink, there_namespace: int, pair: VethPair) -> None:
    """Have the pair; there_namespace: file descriptor of the peer's namespace.

    An end without its other end is a leftover of something that was interrupted or that the kernel
    is still taking down: it goes first, which takes some 25 ms.
    """
    link, peer = here.find_link(pair.name), there.find_link(pair.peer_name)
    if link and peer and belong_together(link, peer):
        return
    if link:
        here.perform(delete_link(pair.name))
    if peer:
        there.perform(delete_link(pair.peer_name))
    here.perform(
        new_veth(
            pair.name,
            pair.mac,
            peer_name=pair.peer_name,
            peer_mac=pair.peer_mac,
            peer_namespace=there_namespace,
        )
    )


def belong_together(link: Link, peer: Link) -> bool:
    return link.peer == peer.index and peer.peer == link.index
