"""What expressions of nftables say of a packet, and whether that fits a pattern. Pure.

Knows what this engine's compilers write, and a few more; whatever else it meets is refused, never
guessed. Reads nftables' JSON (libnftables-json(5)), printed with numbers for names.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any, TypeAlias

Value: TypeAlias = "int | str | tuple[Value, ...]"
Expression: TypeAlias = Any
"""A number, a name or address, or an object with one member that says its kind."""
ESTABLISHED, NEW = 2, 8
CONFIRMED, SNAT_DONE, DNAT_DONE = 1 << 3, 1 << 4, 1 << 5
"""Bits of `ct state` and of `ct status` (nf_conntrack_common.h)."""
TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58
ECHO_REPLY, ECHO_REPLY_V6 = 0, 129
_NFPROTO = {4: 2, 6: 10}
_WITH_PORTS = {"tcp": (TCP,), "udp": (UDP,), "th": (TCP, UDP)}
_IP = {"ip": 4, "ip6": 6}


class UnknownExpression(Exception):
    """A rule that the packet meets says something that is not understood here."""


class Unfit(Exception):
    """The packet has no such thing as the rule looks at: the rule does not match."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """source_port, target_port: 0 where there are none. icmp_type: of ICMP, its code is 0."""

    source: str
    target: str
    protocol: int
    source_port: int = 0
    target_port: int = 0
    icmp_type: int = 0

    @property
    def version(self) -> int:
        return ip_address(self.target).version


def _unknown_routes(address: str) -> str:
    raise UnknownExpression(f"the route to {address}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A packet and what the kernel knows about it where it is.

    original, reply: the connection's first packet as it came in, and the answer to what it became.
    is_reply: this packet is the answer. is_tracked: it is known of which connection it is.
    own_address: what `masquerade` sends it under. leads_to: the interface by which routes lead to
    an address; empty when none do.
    """

    packet: Packet
    original: Packet
    reply: Packet
    iifname: str = ""
    oifname: str = ""
    mark: int = 0
    ct_mark: int = 0
    ct_status: int = 0
    is_reply: bool = False
    is_tracked: bool = True
    own_address: str = ""
    leads_to: Callable[[str], str] = _unknown_routes


def value_of(expression: Expression, flow: Flow) -> Value:
    """Raises Unfit, UnknownExpression."""
    if isinstance(expression, int | str):
        return expression
    match expression:
        case {"meta": {"key": key}}:
            return _meta(key, flow)
        case {"payload": {"protocol": protocol, "field": field}}:
            return _payload(protocol, field, flow.packet)
        case {"ct": {"key": key, "dir": direction}}:
            return _tracked(key, direction, flow)
        case {"ct": {"key": key}}:
            return _tracked(key, None, flow)
        case {"fib": {"result": result, "flags": [end, *more]}}:
            return _by_routes(result, end, more, flow)
        case {"concat": parts}:
            return tuple(value_of(part, flow) for part in parts)
        case {"&": [left, right]}:
            return _number(value_of(left, flow)) & _number(value_of(right, flow))
        case {"|": [left, right]}:
            return _number(value_of(left, flow)) | _number(value_of(right, flow))
        case {"^": [left, right]}:
            return _number(value_of(left, flow)) ^ _number(value_of(right, flow))
    raise UnknownExpression(f"{expression}")


def _meta(key: str, flow: Flow) -> Value:
    found: Mapping[str, Value] = {
        "iifname": flow.iifname,
        "oifname": flow.oifname,
        "mark": flow.mark,
        "l4proto": flow.packet.protocol,
        "nfproto": _NFPROTO[flow.packet.version],
    }
    if key not in found:
        raise UnknownExpression(f"meta {key}")
    return found[key]


def _payload(protocol: str, field: str, packet: Packet) -> Value:
    if protocol in _IP:
        if packet.version != _IP[protocol]:
            raise Unfit
        return _header(protocol, field, packet)
    if protocol in _WITH_PORTS:
        if packet.protocol not in _WITH_PORTS[protocol]:
            raise Unfit
        if field in ("sport", "dport"):
            return packet.source_port if field == "sport" else packet.target_port
    if protocol in ("icmp", "icmpv6"):
        if packet.protocol != (ICMP if protocol == "icmp" else ICMPV6):
            raise Unfit
        if field in ("type", "code"):
            return packet.icmp_type if field == "type" else 0
    raise UnknownExpression(f"{protocol} {field}")


def _header(protocol: str, field: str, packet: Packet) -> Value:
    match field:
        case "saddr":
            return packet.source
        case "daddr":
            return packet.target
        case "protocol" | "nexthdr":
            return packet.protocol
    raise UnknownExpression(f"{protocol} {field}")


def _tracked(key: str, direction: str | None, flow: Flow) -> Value:
    if not flow.is_tracked:
        raise UnknownExpression(f"ct {key} before connections are known")
    match key, direction:
        case "state", None:
            return ESTABLISHED if flow.is_reply else NEW
        case "direction", None:
            return int(flow.is_reply)
        case "mark", None:
            return flow.ct_mark
        case "status", None:
            return flow.ct_status
        case (("ip saddr" | "ip daddr" | "ip6 saddr" | "ip6 daddr"), ("original" | "reply")):
            protocol, field = key.split()
            return _payload(protocol, field, _first_of(flow, direction))
        case (("proto-src" | "proto-dst"), ("original" | "reply")):
            first = _first_of(flow, direction)
            return first.source_port if key == "proto-src" else first.target_port
    raise UnknownExpression(f"ct {direction or ''} {key}")


def _by_routes(result: str, end: str, more: list[str], flow: Flow) -> Value:
    """`oif` is asked whether there is any; with `iif`, whether it is the one the packet came by."""
    address = {"saddr": flow.packet.source, "daddr": flow.packet.target}.get(end)
    if address is None or more not in ([], ["iif"]) or result not in ("oif", "oifname"):
        raise UnknownExpression(f"fib {end} {more} {result}")
    name = flow.leads_to(address)
    if more and name != flow.iifname:
        name = ""
    return name if result == "oifname" else bool(name)


def _first_of(flow: Flow, direction: str | None) -> Packet:
    return flow.original if direction == "original" else flow.reply


def _number(value: Value) -> int:
    if not isinstance(value, int):
        raise UnknownExpression(f"arithmetic with {value}")
    return value


def fits(value: Value, pattern: Expression) -> bool:
    """pattern: a value, prefix, range, set or concatenation. Raises UnknownExpression."""
    match pattern:
        case int() | str():
            return _equal(value, pattern)
        case {"elem": {"val": inner}}:
            return fits(value, inner)
        case {"prefix": {"addr": address, "len": length}}:
            return ip_address(_text(value)) in ip_network(f"{address}/{length}", strict=False)
        case {"range": [low, high]}:
            return _order(low) <= _order(value) <= _order(high)
        case {"set": members}:
            return any(fits(value, member) for member in members)
        case {"concat": parts} if isinstance(value, tuple):
            return len(parts) == len(value) and all(map(fits, value, parts))
    raise UnknownExpression(f"{pattern}")


def found_in(value: Value, elements: Iterable[tuple[Expression, Expression]]) -> Expression | None:
    """What a map has for the value; None when it has nothing."""
    return next((held for key, held in elements if fits(value, key)), None)


def _equal(value: Value, pattern: int | str) -> bool:
    if isinstance(value, bool) is not isinstance(pattern, bool):
        raise UnknownExpression(f"{value} against {pattern}")
    if isinstance(pattern, str) and isinstance(value, str):
        if pattern.endswith("*"):
            return value.startswith(pattern[:-1])
        return value == pattern or (_is_address(pattern) and _order(value) == _order(pattern))
    return value == pattern


def _is_address(text: str) -> bool:
    return ":" in text


def _order(value: Value) -> int:
    """Numbers and addresses in one order."""
    if isinstance(value, int):
        return value
    try:
        return int(ip_address(_text(value)))
    except ValueError:
        raise UnknownExpression(f"the order of {value}") from None


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise UnknownExpression(f"{value} where an address is looked for")
    return value
