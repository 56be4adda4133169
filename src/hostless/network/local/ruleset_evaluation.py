"""What the tables of one network namespace make of a packet. Pure.

Chains are asked by hook and priority, as the kernel does it; expressions are `ruleset_values`'
business, and who asks which hook when is `passage`'s.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from hostless.network.local.ruleset_values import (
    DNAT_DONE,
    SNAT_DONE,
    Expression,
    Flow,
    Packet,
    Unfit,
    UnknownExpression,
    Value,
    fits,
    found_in,
    value_of,
)

Hook = Literal["prerouting", "input", "forward", "output", "postrouting"]
Verdict = Literal["accept", "drop", "return"]
TRANSLATION_PRIORITY: Mapping[str, int] = {"prerouting": -100, "output": -100, "postrouting": 100}
"""When addresses of known connections are translated: with the chains of type nat."""
TRACKING_PRIORITY = -200
"""Chains before it know nothing of connections."""
MOST_JUMPS = 16
_IGNORED = ("counter", "log", "comment")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleMet:
    """A rule that decided about the packet or changed it. handle: None for a chain's policy.

    verb: `accept`, `drop`, `snat`, `dnat`, `set mark`, or `jump sg-1-in`.
    """

    table: str
    chain: str
    handle: int | None
    verb: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """What a hook made of a packet."""

    flow: Flow
    passes: bool
    met: tuple[RuleMet, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    family: str
    table: str
    name: str
    kind: str = ""
    hook: str = ""
    priority: int = 0
    policy: str = "accept"
    rules: list[Mapping[str, Any]] = field(default_factory=list)


class Tables:
    """The ruleset of a namespace, found by name. listing: as `Nftables.ruleset` has it."""

    def __init__(self, listing: Iterable[Mapping[str, Any]]) -> None:
        self._chains: dict[tuple[str, str, str], Chain] = {}
        self._sets: dict[tuple[str, str, str], Mapping[str, Any]] = {}
        for item in listing:
            for kind, found in item.items():
                self._take(kind, found)

    def _take(self, kind: str, found: Mapping[str, Any]) -> None:
        if kind == "chain":
            self._chains[found["family"], found["table"], found["name"]] = Chain(
                family=found["family"],
                table=found["table"],
                name=found["name"],
                kind=found.get("type", ""),
                hook=found.get("hook", ""),
                priority=found.get("prio", 0),
                policy=found.get("policy", "accept"),
            )
        elif kind == "rule":
            self._chains[found["family"], found["table"], found["chain"]].rules.append(found)
        elif kind in ("set", "map"):
            self._sets[found["family"], found["table"], found["name"]] = found

    def hooked(self, hook: Hook, version: int) -> list[Chain]:
        """Base chains, in the order in which the kernel asks them."""
        families = ("inet", "ip" if version == 4 else "ip6")
        found = [c for c in self._chains.values() if c.hook == hook and c.family in families]
        return sorted(found, key=lambda chain: chain.priority)

    def beside(self, chain: Chain, name: str) -> Chain:
        """Another chain of its table."""
        return self._chains[chain.family, chain.table, name]

    def elements(self, chain: Chain, name: str) -> Sequence[Any]:
        """Of a set or map of the chain's table."""
        elements: Sequence[Any] = self._sets[chain.family, chain.table, name].get("elem", ())
        return elements


def passing(
    tables: Tables, hook: Hook, flow: Flow, translated: Callable[[Packet], Packet] | None = None
) -> Passing:
    """translated: what the addresses of a packet of a known connection become here; None: it is a
    connection's first. Raises UnknownExpression.
    """
    evaluation = _Evaluation(tables, hook, flow)
    is_first = translated is None
    chains = [c for c in tables.hooked(hook, flow.packet.version) if is_first or c.kind != "nat"]
    turn = TRANSLATION_PRIORITY.get(hook, 0)
    passes = evaluation.all_pass(c for c in chains if c.priority < turn)
    if passes and translated is not None and hook in TRANSLATION_PRIORITY:
        evaluation.translate(translated)
    passes = passes and evaluation.all_pass(c for c in chains if c.priority >= turn)
    return Passing(flow=evaluation.flow, passes=passes, met=tuple(evaluation.met))


class _Evaluation:
    """flow: the packet as it is now. met: what it met that mattered."""

    def __init__(self, tables: Tables, hook: Hook, flow: Flow) -> None:
        self.flow = flow
        self.met: list[RuleMet] = []
        self._tables = tables
        self._hook = hook

    def all_pass(self, chains: Iterable[Chain]) -> bool:
        return all(self._passes(chain) for chain in chains)

    def translate(self, translated: Callable[[Packet], Packet]) -> None:
        self.flow = replace(self.flow, packet=translated(self.flow.packet))

    def _passes(self, chain: Chain) -> bool:
        is_early = self._hook in ("prerouting", "output") and chain.priority <= TRACKING_PRIORITY
        self.flow = replace(self.flow, is_tracked=not is_early)
        verdict = self._walk(chain, 0)
        if verdict in (None, "return"):
            verdict = "drop" if chain.policy == "drop" else "accept"
            if verdict == "drop":
                self._note(chain, None, "policy drop")
        return verdict == "accept"

    def _walk(self, chain: Chain, depth: int) -> Verdict | None:
        """None: no rule of the chain had a last word."""
        if depth > MOST_JUMPS:
            raise UnknownExpression(f"more than {MOST_JUMPS} jumps")
        for rule in chain.rules:
            try:
                verdict = self._obey(chain, rule, depth)
            except Unfit:
                continue
            if verdict == "return":
                return None
            if verdict is not None:
                return verdict
        return None

    def _obey(self, chain: Chain, rule: Mapping[str, Any], depth: int) -> Verdict | None:
        for statement in rule["expr"]:
            ((kind, said),) = statement.items()
            if kind == "match":
                self._need_match(chain, said)
                continue
            if kind in _IGNORED:
                continue
            if kind == "vmap":
                ((kind, said),) = self._looked_up(chain, said).items()
            verdict = self._perform(chain, rule["handle"], (kind, said), depth)
            if verdict is not None:
                return verdict
        return None

    def _perform(
        self, chain: Chain, handle: int, statement: tuple[str, Any], depth: int
    ) -> Verdict | None:
        match statement:
            case (("accept" | "drop" | "reject" as verb), _):
                self._note(chain, handle, verb)
                return "accept" if verb == "accept" else "drop"
            case "return", _:
                return "return"
            case "continue", _:
                return None
            case (("jump" | "goto" as verb), {"target": target}):
                self._note(chain, handle, f"{verb} {target}")
                verdict = self._walk(self._tables.beside(chain, target), depth + 1)
                return verdict or ("return" if verb == "goto" else None)
            case "mangle", {"key": key, "value": value}:
                self._set(chain, handle, key, value)
                return None
            case (("snat" | "dnat" | "masquerade" as verb), said):
                self._translate(chain, handle, verb, said or {})
                return "accept"
        raise UnknownExpression(f"{statement[0]} in the chain {chain.table} {chain.name}")

    def _need_match(self, chain: Chain, said: Mapping[str, Any]) -> None:
        """Raises Unfit."""
        value = self._value(chain, said["left"])
        if not self._matches(chain, said["op"], value, said["right"]):
            raise Unfit

    def _matches(self, chain: Chain, op: str, value: Value, right: Expression) -> bool:
        if isinstance(right, str) and right.startswith("@"):
            within = any(fits(value, each) for each in self._tables.elements(chain, right[1:]))
            return within is (op != "!=")
        if op == "in" and isinstance(value, int):
            bits = right if isinstance(right, list) else [right]
            return any(value & bit for bit in bits)
        if op in ("==", "!="):
            return fits(value, right) is (op == "==")
        if op in ("<", ">", "<=", ">=") and isinstance(value, int) and isinstance(right, int):
            order = {"<": value < right, ">": value > right, "<=": value <= right}
            return order.get(op, value >= right)
        raise UnknownExpression(f"{op} {right}")

    def _value(self, chain: Chain, expression: Expression) -> Value:
        if isinstance(expression, dict) and "map" in expression:
            found: Value = value_of(self._looked_up(chain, expression["map"]), self.flow)
            return found
        return value_of(expression, self.flow)

    def _looked_up(self, chain: Chain, said: Mapping[str, Any]) -> Expression:
        """What a map has for the packet. Raises Unfit when it has nothing."""
        data = said["data"]
        held = self._tables.elements(chain, data[1:]) if isinstance(data, str) else data["set"]
        found = found_in(self._value(chain, said["key"]), held)
        if found is None:
            raise Unfit
        return found

    def _set(self, chain: Chain, handle: int, key: Expression, value: Expression) -> None:
        number, before = self._value(chain, value), self.flow
        match key, number:
            case {"meta": {"key": "mark"}}, int():
                self.flow = replace(before, mark=number)
            case {"ct": {"key": "mark"}}, int():
                self.flow = replace(before, ct_mark=number)
            case _:
                raise UnknownExpression(f"setting {key}")
        if self.flow != before:
            self._note(chain, handle, "set mark")

    def _translate(self, chain: Chain, handle: int, verb: str, said: Mapping[str, Any]) -> None:
        if verb == "masquerade":
            address: Value = self.flow.own_address
        elif "addr" in said and not said.keys() - {"addr", "family", "port"}:
            address = self._value(chain, said["addr"])
        else:
            raise UnknownExpression(f"{verb} {said}")
        self._need_port_within(verb, said.get("port"))
        if not isinstance(address, str):
            raise UnknownExpression(f"{verb} to {address}")
        now = self.flow.packet
        if verb == "dnat":
            done, packet = DNAT_DONE, replace(now, target=address)
            reply = replace(self.flow.reply, source=address)
        else:
            done, packet = SNAT_DONE, replace(now, source=address)
            reply = replace(self.flow.reply, target=address)
        status = self.flow.ct_status | done
        self.flow = replace(self.flow, packet=packet, reply=reply, ct_status=status)
        self._note(chain, handle, f"{verb} to {address}")

    def _need_port_within(self, verb: str, ports: Expression) -> None:
        """A source keeps its port where it may (nf_nat_core.c); others cannot be foretold."""
        if ports is not None and (verb == "dnat" or not fits(self.flow.packet.source_port, ports)):
            raise UnknownExpression(f"{verb} to port {ports}")

    def _note(self, chain: Chain, handle: int | None, verb: str) -> None:
        self.met.append(RuleMet(table=chain.table, chain=chain.name, handle=handle, verb=verb))
