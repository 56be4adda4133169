"""Who is in the groups of one VPC, found by interface, address and public address.

A book only: what it says is in the table of the VPC's router, from where it is read again.
"""

from collections.abc import Iterable

from hostless.domain.arns import NetworkInterfaceId
from hostless.domain.network import NetworkInterface
from hostless.network.local.group_rules import bundle_of
from hostless.network.local.group_table import Member


class Members:
    """The mappings may be read by any thread."""

    def __init__(self, members: Iterable[Member] = ()) -> None:
        self.by_interface: dict[NetworkInterfaceId, Member] = {}
        self.by_address: dict[str, Member] = {}
        self.by_public_address: dict[str, Member] = {}
        self.change((), members)

    def change(self, leaving: Iterable[Member], coming: Iterable[Member]) -> None:
        for member in leaving:
            del self.by_interface[member.interface_id]
            for address in member.addresses:
                del self.by_address[address]
            if member.public_address is not None:
                del self.by_public_address[member.public_address]
        for member in coming:
            self.by_interface[member.interface_id] = member
            self.by_address.update(dict.fromkeys(member.addresses, member))
            if member.public_address is not None:
                self.by_public_address[member.public_address] = member

    def strangers(self, interfaces: Iterable[NetworkInterface]) -> list[Member]:
        """Those that are no members yet, or not as they should be."""
        wanted = map(_member_of, interfaces)
        return [member for member in wanted if self.by_interface.get(member.interface_id) != member]

    def predecessors(self, coming: Iterable[Member]) -> list[Member]:
        """Who has to leave so that these can come: their former selves, and at their addresses."""
        found = {
            before.interface_id: before
            for member in coming
            for before in (
                self.by_interface.get(member.interface_id),
                *map(self.by_address.get, member.addresses),
                self.by_public_address.get(member.public_address or ""),
            )
            if before is not None
        }
        return list(found.values())


def _member_of(interface: NetworkInterface) -> Member:
    return Member(
        interface_id=interface.id,
        address=interface.address,
        bundle=bundle_of(interface.security_groups),
        public_address=interface.public_address,
        ipv6_address=interface.ipv6_address,
    )
