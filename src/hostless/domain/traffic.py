"""One packet of a connection, and which rules of groups and network ACLs it fits. Pure.

What is asked about is the first packet of a connection, and the answer to it: with ICMP an echo
request and its reply.
"""

import functools
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from hostless.domain.arns import SecurityGroupId
from hostless.domain.network_acls import NetworkAclEntry
from hostless.domain.security_groups import SecurityGroupRule

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
NUMBERS = {"icmp": ICMP, "tcp": TCP, "udp": UDP, "icmpv6": ICMPV6}
NAMES = {number: name for name, number in NUMBERS.items()}
WITH_PORTS = (TCP, UDP)
CALLERS_PORTS = range(32768, 61000)
"""Those that Linux gives to who calls (ip_local_port_range)."""
ECHO_REQUEST, ECHO_REPLY = 8, 0
_ECHO_REQUEST_V6, _ECHO_REPLY_V6 = 128, 129
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """protocol: a number. port: the destination's, with TCP and UDP only. is_answer: it goes the
    way back; then port is the caller's.
    """

    protocol: int
    port: int | None = None
    is_answer: bool = False

    @property
    def icmp_type(self) -> int:
        """Meant for ICMP and ICMPv6 only."""
        if self.protocol == ICMPV6:
            return _ECHO_REPLY_V6 if self.is_answer else _ECHO_REQUEST_V6
        return ECHO_REPLY if self.is_answer else ECHO_REQUEST

    def __str__(self) -> str:
        name = NAMES.get(self.protocol, f"protocol {self.protocol}")
        if self.protocol in (ICMP, ICMPV6):
            return f"{name} echo {'reply' if self.is_answer else 'request'}"
        return name if self.port is None else f"{name} port {self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Who is at the other end: an address, and the groups of whoever has it in this VPC."""

    address: str
    groups: tuple[SecurityGroupId, ...] = ()


def rule_fits(rule: SecurityGroupRule, traffic: Traffic, peer: Peer) -> bool:
    """Whether the rule of a security group lets the packet pass."""
    if rule.referenced_group_id is not None:
        is_meant = rule.referenced_group_id in peer.groups
    else:
        is_meant = contains(rule.cidr_ipv4 or rule.cidr_ipv6 or "", peer.address)
    if not is_meant:
        return False
    number = protocol_number(rule.protocol)
    if number is None:
        return True
    if number != traffic.protocol:
        return False
    if number in (ICMP, ICMPV6):
        return _fits_icmp(rule.from_port, rule.to_port, traffic)
    return _fits_ports(rule.from_port, rule.to_port, traffic)


def entry_fits(entry: NetworkAclEntry, traffic: Traffic, peer: str) -> bool:
    """Whether the entry decides about the packet; its direction is not looked at."""
    if not contains(entry.cidr_ipv4 or entry.cidr_ipv6 or "", peer):
        return False
    number = protocol_number(entry.protocol)
    if number is None:
        return True
    if number != traffic.protocol:
        return False
    if number in (ICMP, ICMPV6):
        return _fits_icmp(entry.icmp_type, entry.icmp_code, traffic)
    return _fits_ports(entry.from_port, entry.to_port, traffic)


def traffic_told(protocol: str, first: int | None, last: int | None) -> str:
    """What a rule or an entry is about: `tcp 80-90`, `icmp`, `everything`."""
    number = protocol_number(protocol)
    if number is None:
        return "everything"
    name = NAMES.get(number, f"protocol {number}")
    if number in (ICMP, ICMPV6):
        kinds = [str(each) for each in (first, last) if each not in (None, -1)]
        return f"{name} {'/'.join(kinds)}" if kinds else name
    low, high = port_range(first, last)
    if number not in WITH_PORTS or (low, high) == (0, _HIGHEST_PORT):
        return name
    return f"{name} {low}" if low == high else f"{name} {low}-{high}"


def port_range(first: int | None, last: int | None) -> tuple[int, int]:
    """The ports that a rule of TCP or UDP means; none given are all."""
    low = 0 if first is None or first == -1 else first
    high = _HIGHEST_PORT if last is None or last == -1 else last
    return low, high


def protocol_number(protocol: str) -> int | None:
    """Of a rule's or entry's protocol; None for every one."""
    return None if protocol == "-1" else NUMBERS.get(protocol) or int(protocol)


def contains(cidr: str, address: str) -> bool:
    """Whether the range holds the address; never when they are of different families."""
    return bool(cidr) and _address(address) in _network(cidr)


@functools.lru_cache(maxsize=4096)
def _address(text: str) -> IPv4Address | IPv6Address:
    """The same few are asked about again and again, and reading one takes longest."""
    return ip_address(text)


@functools.lru_cache(maxsize=1024)
def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text, strict=False)


def _fits_ports(first: int | None, last: int | None, traffic: Traffic) -> bool:
    if traffic.protocol not in WITH_PORTS or traffic.port is None:
        return True
    low, high = port_range(first, last)
    return low <= traffic.port <= high


def _fits_icmp(type_: int | None, code: int | None, traffic: Traffic) -> bool:
    """Echo requests and replies have the code 0."""
    if type_ in (None, -1):
        return True
    return type_ == traffic.icmp_type and code in (None, -1, 0)
