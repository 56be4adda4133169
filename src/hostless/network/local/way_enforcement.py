"""Route tables, NAT gateways and network ACLs of one VPC, enforced in its router.

What they come to as text is `way_table`'s business. A new engine replaces the table of the engine
before at its first `apply`, which changes no packet's fate when the records are the same. Only for
the network's own thread.
"""

from hostless.domain.network_layout import VpcLayout
from hostless.network.local.names import VpcPlan
from hostless.network.local.router_nftables import RouterNftables
from hostless.network.local.way_table import TABLE, table_of


class WayEnforcement:
    """plan: of the VPC, whose router is there. All methods raise NftablesFailed and OSError."""

    def __init__(self, plan: VpcPlan) -> None:
        self._host_address = plan.host_address
        self._tables = RouterNftables(plan.namespace)
        self._applied: str | None = None

    def apply(self, layout: VpcLayout) -> None:
        """Have exactly these ways and lists decide, from the next packet on.

        layout: of this VPC. One transaction, or none when nothing differs; connections are kept.
        """
        wanted = table_of(self._host_address, layout)
        if wanted != self._applied:
            self._tables.run(wanted)
            self._applied = wanted

    def text(self) -> str:
        """The table as nftables prints it."""
        return self._tables.run(f"list table inet {TABLE}")

    def close(self) -> None:
        """Leave everything as it is."""
        self._tables.close()
