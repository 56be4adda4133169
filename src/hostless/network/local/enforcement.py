"""Security groups of one VPC, enforced in its router: keeps the table and changes as little of it.

What the table holds is known here and found again on the machine by the next engine: who is in
which group from the table's elements, what the chains hold by the next `enforce`, which fills all
of them in one transaction. Until then packets are judged as the engine before saw to it. Only for
the network's own thread.
"""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from hostless.domain.arns import NetworkInterfaceId
from hostless.domain.network import NetworkInterface
from hostless.network.local import former_tables, namespaces
from hostless.network.local.conntrack import forget_connections
from hostless.network.local.forwarding_table import OF, forward_of, frame_of
from hostless.network.local.group_rules import (
    Policies,
    Ruleset,
    bundle_chain_of,
    ruleset_of,
)
from hostless.network.local.group_table import (
    Member,
    change_of,
    members_in,
    ruleset_in,
)
from hostless.network.local.members import Members
from hostless.network.local.names import VpcPlan
from hostless.network.local.nftables import NftablesFailed
from hostless.network.local.router_nftables import RouterNftables


class GroupEnforcement:
    """plan: of the VPC, as it is now; its router is there. tables: the router's. members: who is in
    its groups.

    All methods raise NftablesFailed and OSError.
    """

    def __init__(self, plan: VpcPlan, tables: RouterNftables) -> None:
        self.plan = plan
        self.members = Members()
        self._policies: Policies | None = None
        self._ruleset = Ruleset(chains={})
        self._left: set[str] = set()
        self._tables = tables
        self._awaits_policies = False

    def open(self, attached: frozenset[NetworkInterfaceId]) -> None:
        """Have the table, find what it holds, and let go of interfaces that are gone.

        What decides in the tables of an engine before does so until the next `enforce`.
        """
        chains = self._tables.listing("chains inet")
        self._awaits_policies = former_tables.decides(chains)
        if self._awaits_policies:
            self._take_over()
        else:
            self._decide()
            self._read()
            if former_tables.is_left(chains):
                self._remove_former()
        members = self.members.by_interface.values()
        gone = [member for member in members if member.interface_id not in attached]
        self._change(self._ruleset, leaving=gone)
        self._forget_connections()

    def _decide(self) -> None:
        operator = self.plan.host_address if self.plan.is_routed_from_host else None
        self._tables.run(frame_of() + forward_of(operator))

    def _take_over(self) -> None:
        """Have the members of an engine before's tables, in a table that does not decide yet."""
        sets, maps = (self._tables.listing(f"{kind} inet") for kind in ("sets", "maps"))
        self._tables.run(f"table {OF}\ndelete table {OF}\n{frame_of()}")
        members = members_in(sets, maps, former_tables.GROUPS)
        self._ruleset, self.members = Ruleset(chains={}), Members()
        self._change(ruleset_of({}, {member.bundle for member in members}), (), members)

    def _remove_former(self) -> None:
        self._tables.run(former_tables.silencing())
        self._tables.run(former_tables.removal())

    def enforce(self, policies: Policies, interfaces: Iterable[NetworkInterface]) -> None:
        """policies: of all VPCs; those of this one are taken. interfaces: of this VPC.

        Members that are not among the interfaces stay what they are.
        """
        vpc_id, before = self.plan.vpc_id, self._policies
        self._policies = {id_: p for id_, p in policies.items() if p.vpc_id == vpc_id}
        coming = self.members.strangers(interfaces)
        try:
            self._change(self._ruleset_with(coming), self.members.predecessors(coming), coming)
        except NftablesFailed:
            self._policies = before
            raise
        if self._awaits_policies:
            self._decide()
            self._remove_former()
            self._awaits_policies = False

    def admit(self, interface: NetworkInterface) -> None:
        """Have the interface carry its groups; whoever had its address before is let go."""
        coming = self.members.strangers((interface,))
        if not coming:
            return
        is_known = bundle_chain_of(coming[0].bundle, "in") in self._ruleset.chains
        after = self._ruleset if is_known else self._ruleset_with(coming)
        self._change(after, self.members.predecessors(coming), coming)

    def dismiss(self, interface_id: NetworkInterfaceId) -> None:
        """Unknown ones are no error."""
        member = self.members.by_interface.get(interface_id)
        if member is not None:
            self._change(self._ruleset, leaving=(member,))

    def _ruleset_with(self, coming: Iterable[Member]) -> Ruleset:
        """What is not known yet to be right or wrong stays as it is."""
        bundles = {member.bundle for member in (*self.members.by_interface.values(), *coming)}
        wanted = ruleset_of(self._policies or {}, bundles)
        if self._policies is not None:
            return wanted
        return Ruleset(
            groups=wanted.groups | self._ruleset.groups,
            chains={**wanted.chains, **self._ruleset.chains},
        )

    def _change(
        self, after: Ruleset, leaving: Iterable[Member] = (), coming: Iterable[Member] = ()
    ) -> None:
        leaving, coming = tuple(leaving), tuple(coming)
        commands = change_of(self._ruleset, after, leaving, coming)
        if not commands:
            return
        if any(address in self._left for member in coming for address in member.addresses):
            self._forget_connections()
        try:
            self._tables.run(commands)
        except NftablesFailed:
            self._read()
            raise
        self._ruleset = after
        self.members.change(leaving, coming)
        self._left.update(address for member in leaving for address in member.addresses)

    def _forget_connections(self) -> None:
        """Those of addresses that nobody has: whoever gets one next must not inherit them.

        They are looked for among all connections of the VPC, and so only when such an address is
        given again.
        """
        plan = self.plan
        ranges = {4: ip_network(plan.cidr)}
        if plan.ipv6_cidr is not None:
            ranges[6] = ip_network(plan.ipv6_cidr)
        own = {plan.host_address, plan.router_address, plan.resolver_address, *plan.gateways}

        def is_nobodys(address: str) -> bool:
            if address in self.members.by_address or address in own:
                return False
            wanted = ip_address(address)
            return wanted.version in ranges and wanted in ranges[wanted.version]

        with namespaces.inside(plan.namespace):
            forget_connections(is_nobodys)
        self._left.clear()

    def _read(self) -> None:
        kinds = ("sets", "maps", "chains")
        sets, maps, chains = (self._tables.listing(f"{kind} inet") for kind in kinds)
        self._ruleset = ruleset_in(sets, chains)
        self.members = Members(members_in(sets, maps))
