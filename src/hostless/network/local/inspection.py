"""What the machine's own tables and routes make of a packet, now: namespaces as sites of `passage`.

Routes are the kernel's answers, rules are read and evaluated; nothing is sent and nothing changed.
Of the host's rules the engine's own are looked at, not those of others. For a thread that may move
between namespaces, which need not be the network's own.
"""

import re
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass

from hostless.domain.arns import VpcId
from hostless.domain.probes import Encounter, Judgement, Probe
from hostless.domain.traffic import WITH_PORTS
from hostless.network.local import namespaces
from hostless.network.local.messages import RTN_LOCAL, RTN_UNICAST
from hostless.network.local.names import (
    ROUTER_END_OF_HOST_LINK,
    VpcPlan,
    router_link_of,
    table_name_of,
)
from hostless.network.local.nftables import nftables
from hostless.network.local.passage import Entrance, Found, Met, Trip, back, there
from hostless.network.local.rtnetlink import Rtnetlink
from hostless.network.local.ruleset_evaluation import Tables
from hostless.network.local.ruleset_values import Flow, Packet, UnknownExpression

THE_HOST, THE_WORLD = "the host", "the world"
_TABLE = re.compile(r"^table (\w+) (\S+) \{")
_RULE = re.compile(r"^\s*(.*[^{]) # handle (\d+)$")


def judgement_of(engine_id: str, plans: Iterable[VpcPlan], probe: Probe) -> Judgement:
    """plans: of every VPC. Raises OSError, NftablesFailed."""
    with _opened(engine_id, {plan.vpc_id: plan for plan in plans}) as machine:
        try:
            return machine.judge(probe)
        except UnknownExpression as unknown:
            why = f"a rule is not understood: {unknown}"
            return Judgement(is_real=True, passes=None, why=why)


@contextmanager
def _opened(engine_id: str, plans: Mapping[VpcId, VpcPlan]) -> Iterator["_Machine"]:
    with ExitStack() as stack:
        yield _Machine(engine_id, plans, stack)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Namespace:
    """Implements `passage.Site`. namespace: None for the host's. texts: rules as nftables prints
    them, by table and handle. exits: what is behind an interface; else end_of says.
    """

    name: str
    namespace: str | None
    tables: Tables
    texts: Mapping[tuple[str, int], str]
    netlink: Rtnetlink
    exits: Mapping[str, Callable[[], Entrance]]
    end_of: Callable[[str], str]

    def route(self, flow: Flow) -> Found:
        target, link = flow.packet.target, flow.iifname
        incoming = self.netlink.need_link(link).index if link else None
        try:
            way = self.netlink.way_of(
                target, source=flow.packet.source, incoming=incoming, mark=flow.mark
            )
            own = self.netlink.way_of(target, mark=flow.mark).own_address
        except OSError as error:
            return Found(kind="nowhere", why=error.strerror or f"{error}")
        if way.kind == RTN_LOCAL:
            return Found(kind="local")
        if way.kind != RTN_UNICAST or way.interface is None:
            return Found(kind="nowhere", why=f"a route of the kind {way.kind}")
        return Found(kind="forward", oifname=self.link_at(way.interface), own_address=own or "")

    def leads_to(self, address: str) -> str:
        try:
            way = self.netlink.way_of(address)
        except OSError:
            return ""
        return self.link_at(way.interface) if way.interface is not None else ""

    def beyond(self, oifname: str) -> Entrance | str:
        return self.exits[oifname]() if oifname in self.exits else self.end_of(oifname)

    def link_at(self, index: int) -> str:
        with namespaces.inside(self.namespace) if self.namespace else nullcontext():
            return socket.if_indextoname(index)


class _Machine:
    """The namespaces that packets of the engine's VPCs pass; each is opened when it is asked."""

    def __init__(self, engine_id: str, plans: Mapping[VpcId, VpcPlan], stack: ExitStack) -> None:
        self._engine_id = engine_id
        self._plans = plans
        self._stack = stack
        self._open: dict[VpcId | None, _Namespace] = {}

    def judge(self, probe: Probe) -> Judgement:
        """Raises UnknownExpression."""
        sender = probe.source.interface
        if sender is not None and not self._is_attached(sender.vpc_id, router_link_of(sender.id)):
            why = f"{sender.id} is not attached to anything"
            return Judgement(is_real=True, passes=None, why=why)
        trip = there(*self._start(probe))
        if trip.end is None:
            return self._judgement(False, trip)
        if not self._is_where_it_should(trip.end, probe):
            return self._judgement(False, trip, why=f"it gets to {trip.end}")
        answer = back(trip)
        why = "" if answer.end is not None else "the answer does not get back"
        return self._judgement(answer.end is not None, trip, answer, why=why)

    def _judgement(self, passes: bool, *trips: Trip, why: str = "") -> Judgement:
        met = [self._told(each) for trip in trips for each in trip.met]
        return Judgement(is_real=True, passes=passes, why=why, met=tuple(met))

    def _told(self, met: Met) -> Encounter:
        what = met.told
        if met.rule is not None:
            texts = self._named(met.site).texts
            text = texts.get((met.rule.table, met.rule.handle or 0), met.told)
            what = f"{met.rule.table} {met.rule.chain}: {text}"
        return Encounter(where=met.site, what=what, is_answer=met.is_answer)

    def _named(self, name: str) -> _Namespace:
        return next(each for each in self._open.values() if each.name == name)

    def _start(self, probe: Probe) -> tuple[Entrance, Packet]:
        sender, source = probe.source.interface, probe.source_address
        if sender is not None:
            entrance = Entrance(site=self._router(sender.vpc_id), iifname=router_link_of(sender.id))
        else:
            host = self._host()
            entrance = Entrance(site=host, iifname="")
            if probe.source.kind == "host":
                source = host.netlink.way_of(probe.target_address).own_address or source
            else:
                way = host.netlink.way_of(source)
                entrance = Entrance(site=host, iifname=host.link_at(way.interface or 0))
        traffic = probe.traffic
        has_ports = traffic.protocol in WITH_PORTS
        return entrance, Packet(
            source=source,
            target=probe.target_address,
            protocol=traffic.protocol,
            source_port=(probe.source_port or 0) if has_ports else 0,
            target_port=(traffic.port or 0) if has_ports else 0,
            icmp_type=traffic.icmp_type,
        )

    def _is_where_it_should(self, end: str, probe: Probe) -> bool:
        if probe.target.interface is not None:
            return end == router_link_of(probe.target.interface.id)
        return (end == THE_HOST) is (probe.target.kind == "host")

    def _is_attached(self, vpc_id: VpcId, link: str) -> bool:
        return vpc_id in self._plans and self._router(vpc_id).netlink.find_link(link) is not None

    def _router(self, vpc_id: VpcId) -> _Namespace:
        if vpc_id not in self._open:
            plan = self._plans[vpc_id]
            tables, texts = _rules_of("ruleset", plan.namespace)
            exits = {
                ROUTER_END_OF_HOST_LINK: lambda: Entrance(site=self._host(), iifname=plan.host_link)
            }
            self._open[vpc_id] = _Namespace(
                name=f"the router of {vpc_id}",
                namespace=plan.namespace,
                tables=tables,
                texts=texts,
                netlink=self._netlink(plan.namespace),
                exits=exits,
                end_of=lambda link: link,
            )
        return self._open[vpc_id]

    def _host(self) -> _Namespace:
        if None not in self._open:
            tables, texts = _rules_of(f"table inet {table_name_of(self._engine_id)}", None)
            self._open[None] = _Namespace(
                name=THE_HOST,
                namespace=None,
                tables=tables,
                texts=texts,
                netlink=self._netlink(None),
                exits={plan.host_link: self._entrance_of(plan) for plan in self._plans.values()},
                end_of=lambda link: f"{THE_WORLD}, by {link}",
            )
        return self._open[None]

    def _entrance_of(self, plan: VpcPlan) -> Callable[[], Entrance]:
        return lambda: Entrance(site=self._router(plan.vpc_id), iifname=ROUTER_END_OF_HOST_LINK)

    def _netlink(self, namespace: str | None) -> Rtnetlink:
        with namespaces.inside(namespace) if namespace else nullcontext():
            return self._stack.enter_context(Rtnetlink())


def _rules_of(what: str, namespace: str | None) -> tuple[Tables, dict[tuple[str, int], str]]:
    """What `list <what>` shows there, to be evaluated and to be read."""
    with namespaces.inside(namespace) if namespace else nullcontext(), nftables() as tables:
        return Tables(tables.listing(what, in_numbers=True)), texts_in(tables.with_handles(what))


def texts_in(printed: str) -> dict[tuple[str, int], str]:
    """The rules by table and handle, of what nftables prints with handles."""
    found: dict[tuple[str, int], str] = {}
    table = ""
    for line in printed.splitlines():
        if head := _TABLE.match(line):
            table = head[2]
        elif rule := _RULE.match(line):
            found[table, int(rule[2])] = rule[1]
    return found
