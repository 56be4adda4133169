"""Route tables, NAT gateways and network ACLs of one VPC, enforced in its router.

What they come to as text is `way_table`'s business. Until the first `apply` of a new engine packets
are judged as the engine before saw to it. Only for the network's own thread.
"""

from collections.abc import Mapping

from hostless.domain.network_layout import VpcLayout
from hostless.network.local.router_nftables import RouterNftables
from hostless.network.local.way_rules import chains_of
from hostless.network.local.way_table import chains_in, change_of


class WayEnforcement:
    """host_address: the host's in the VPC. tables: of the VPC's router, which is there.

    All methods raise NftablesFailed and OSError.
    """

    def __init__(self, host_address: str, tables: RouterNftables) -> None:
        self._host_address = host_address
        self._tables = tables
        self._chains: Mapping[str, tuple[str, ...] | None] | None = None

    def apply(self, layout: VpcLayout) -> None:
        """Have exactly these ways and lists decide, from the next packet on.

        layout: of this VPC. One transaction that changes what differs; connections are kept.
        """
        if self._chains is None:
            self._chains = chains_in(self._tables.listing("chains inet"))
        after = chains_of(self._host_address, layout)
        commands = change_of(self._chains, after)
        if commands:
            self._tables.run(commands)
        self._chains = after
