"""What AWS's rules say about packets, in nftables' words: which range, protocol and ports. Pure.

Security groups and network ACLs say it alike.
"""

from ipaddress import IPv4Network, IPv6Network
from typing import Literal

Family = Literal["ipv4", "ipv6"]
End = Literal["saddr", "daddr"]

EVERY_PROTOCOL = "-1"
NAMES_OF_NUMBERS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
HIGHEST_PORT = 65535


def in_range(end: End, cidr: str) -> str:
    """Packets of which this end's address is in the range, of IPv4 or IPv6."""
    if ":" in cidr:
        range6 = IPv6Network(cidr, strict=False)
        return f"ip6 {end} {range6}" if range6.prefixlen else "meta nfproto ipv6"
    range_ = IPv4Network(cidr, strict=False)
    return f"ip {end} {range_}" if range_.prefixlen else "meta nfproto ipv4"


def traffic_of(protocol: str, first: int | None, last: int | None, family: Family) -> str | None:
    """Packets of the protocol; None when no packet of this family can be one of them.

    protocol: a name, a number or `-1`. first, last: destination ports, or ICMP's type and code;
    None and -1 for all of them.
    """
    name = NAMES_OF_NUMBERS.get(protocol, protocol)
    match name:
        case "-1":
            return ""
        case "tcp" | "udp":
            return _ports_of(name, first, last)
        case "icmp" | "icmpv6":
            return _icmp_of(name, first, last) if (name == "icmp") == (family == "ipv4") else None
        case number:
            return f"meta l4proto {int(number)}"


def _ports_of(protocol: str, first: int | None, last: int | None) -> str | None:
    if first in (None, -1, 0) and last in (None, -1, HIGHEST_PORT):
        return f"meta l4proto {protocol}"
    lowest = 0 if first is None else first
    highest = HIGHEST_PORT if last is None else last
    if lowest > highest:
        return None
    ports = f"{lowest}" if lowest == highest else f"{lowest}-{highest}"
    return f"{protocol} dport {ports}"


def _icmp_of(protocol: str, type_: int | None, code: int | None) -> str:
    if type_ in (None, -1):
        return f"meta l4proto {protocol}"
    if code in (None, -1):
        return f"{protocol} type {type_}"
    return f"{protocol} type {type_} {protocol} code {code}"
