"""The way of a packet, and of the answer to it, through network namespaces. Pure.

Each namespace is asked as the kernel asks: prerouting, its routes, input or forward, postrouting.
What is found out about a connection on the way there (translated addresses, its mark) holds on the
way back. Sites are given; what they are made from is `inspection`'s business.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from hostless.network.local.ruleset_evaluation import Hook, RuleMet, Tables, passing
from hostless.network.local.ruleset_values import (
    CONFIRMED,
    ECHO_REPLY,
    ECHO_REPLY_V6,
    ICMP,
    ICMPV6,
    Flow,
    Packet,
)

MOST_SITES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a namespace's routes lead: to itself, out of an interface, or nowhere.

    why: when nowhere, in the kernel's words. own_address: the namespace's own on that interface.
    """

    kind: Literal["local", "forward", "nowhere"]
    oifname: str = ""
    own_address: str = ""
    why: str = ""


class Site(Protocol):
    """A network namespace that packets pass."""

    @property
    def name(self) -> str:
        """For the reader."""

    @property
    def tables(self) -> Tables:
        """Its ruleset."""

    def route(self, flow: Flow) -> Found:
        """What its routes make of the packet; without iifname: of one that starts here."""

    def leads_to(self, address: str) -> str:
        """The interface by which its routes lead there; empty when none do."""

    def beyond(self, oifname: str) -> "Entrance | str":
        """The next namespace; or the name of what is there, which is no namespace of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """iifname: the interface by which packets come in; empty for packets that start here."""

    site: Site
    iifname: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """Something that a packet met. site: where. rule: None for routes; told: in words."""

    site: str
    told: str
    rule: RuleMet | None = None
    is_answer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A namespace that was passed: what its connection tracking knows from now on.

    there: the packet as it came in. left: as it went on. back: by which the answer leaves it.
    """

    entrance: Entrance
    there: Packet
    left: Packet
    ct_mark: int
    ct_status: int
    oifname: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """end: what the packet got to, such as a link's name; None when it was dropped."""

    end: str | None
    met: tuple[Met, ...]
    crossings: tuple[Crossing, ...] = ()


def there(entrance: Entrance, packet: Packet) -> Trip:
    """The first packet of a connection. Raises UnknownExpression."""
    met: list[Met] = []
    crossings: list[Crossing] = []
    for _ in range(MOST_SITES):
        stay = _Stay(entrance, packet, met)
        end = stay.pass_through()
        if end is None:
            return Trip(end=None, met=tuple(met))
        crossings.append(stay.crossing(packet))
        if isinstance(end, str):
            return Trip(end=end, met=tuple(met), crossings=tuple(crossings))
        entrance, packet = end, stay.flow.packet
    told = f"it has passed {MOST_SITES} namespaces and gets nowhere"
    return Trip(end=None, met=(*met, Met(site=entrance.site.name, told=told)))


def back(trip: Trip) -> Trip:
    """The answer to a packet that arrived, the same way back. Raises UnknownExpression."""
    met: list[Met] = []
    end: str | None = None
    packet = _answer_to(trip.crossings[-1].left)
    for crossing in reversed(trip.crossings):
        came_by = Entrance(site=crossing.entrance.site, iifname=crossing.oifname)
        stay = _Stay(came_by, packet, met, crossing)
        found = stay.pass_through()
        if found is None:
            return Trip(end=None, met=tuple(met))
        packet = stay.flow.packet
        end = stay.flow.oifname
        if end != crossing.entrance.iifname:
            told = f"the answer leaves by {end or 'no interface'}, not by the caller's"
            met.append(Met(site=came_by.site.name, told=told, is_answer=True))
            return Trip(end=None, met=tuple(met))
    return Trip(end=end, met=tuple(met))


class _Stay:
    """A packet in one namespace. flow: as it is now. known: of the connection that it answers."""

    def __init__(
        self, entrance: Entrance, packet: Packet, met: list[Met], known: Crossing | None = None
    ) -> None:
        self._entrance = entrance
        self._met = met
        self._known = known
        self.flow = Flow(
            packet=packet,
            original=known.there if known else packet,
            reply=_answer_to(known.left) if known else _answer_to(packet),
            iifname=entrance.iifname,
            leads_to=entrance.site.leads_to,
            ct_mark=known.ct_mark if known else 0,
            ct_status=known.ct_status | CONFIRMED if known else 0,
            is_reply=known is not None,
        )

    def crossing(self, there: Packet) -> Crossing:
        return Crossing(
            entrance=self._entrance,
            there=there,
            left=self.flow.packet,
            ct_mark=self.flow.ct_mark,
            ct_status=self.flow.ct_status,
            oifname=self.flow.oifname,
        )

    def pass_through(self) -> Entrance | str | None:
        """What comes next; None when the packet is dropped here."""
        starts_here = not self._entrance.iifname
        if not starts_here and not self._asks("prerouting", self._with_its_target):
            return None
        found = self._entrance.site.route(self.flow)
        if found.kind == "nowhere":
            self._note(f"no route: {found.why}")
            return None
        ends_here = found.kind == "local"
        oifname = "" if ends_here else found.oifname
        self.flow = replace(self.flow, oifname=oifname, own_address=found.own_address)
        hook: Hook = "input" if ends_here else "output" if starts_here else "forward"
        if not self._asks(hook, self._with_its_target if starts_here else None):
            return None
        if ends_here:
            return self._entrance.site.name
        if not self._asks("postrouting", self._with_its_source):
            return None
        return self._entrance.site.beyond(self.flow.oifname)

    def _asks(self, hook: Hook, translated: Callable[[Packet], Packet] | None) -> bool:
        known = None if self._known is None else translated or _as_it_is
        found = passing(self._entrance.site.tables, hook, self.flow, known)
        self.flow = found.flow
        for rule in found.met:
            self._note(rule.verb, rule)
        return found.passes

    def _note(self, told: str, rule: RuleMet | None = None) -> None:
        site, is_answer = self._entrance.site.name, self._known is not None
        self._met.append(Met(site=site, told=told, rule=rule, is_answer=is_answer))

    def _with_its_target(self, packet: Packet) -> Packet:
        """The answer is for who sent the packet, before its source was translated."""
        assert self._known is not None
        return replace(packet, target=self._known.there.source)

    def _with_its_source(self, packet: Packet) -> Packet:
        """The answer is from whom the packet was for, before its target was translated."""
        assert self._known is not None
        return replace(packet, source=self._known.there.target)


def _as_it_is(packet: Packet) -> Packet:
    return packet


def _answer_to(packet: Packet) -> Packet:
    kinds = {ICMP: ECHO_REPLY, ICMPV6: ECHO_REPLY_V6}
    return replace(
        packet,
        source=packet.target,
        target=packet.source,
        source_port=packet.target_port,
        target_port=packet.source_port,
        icmp_type=kinds.get(packet.protocol, packet.icmp_type),
    )
