"""rtnetlink requests and answers as bytes (linux/rtnetlink.h, if_link.h, neighbour.h).

Pure: what is asked of the kernel, not how it is sent. Addresses and ranges are of IPv4 or IPv6,
hardware addresses `02:00:…`, indexes the kernel's interface numbers.
"""

import errno
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 0x1, 0x4, 0x300
NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE = 0x100, 0x200, 0x400
NLMSG_ERROR, NLMSG_DONE = 2, 3
RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_SETLINK = 16, 17, 18, 19
RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 20, 21, 22
RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE, RTM_NEWNEIGH = 24, 25, 26, 28
RTM_SETNEIGHTBL = 67
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_LINK, IFLA_LINKINFO = 1, 3, 4, 5, 18
IFLA_OPERSTATE, IFLA_IFALIAS, IFLA_NET_NS_FD = 16, 20, 28
IF_OPER_UP = 6
IFLA_INFO_KIND, IFLA_INFO_DATA, VETH_INFO_PEER = 1, 2, 1
IFA_ADDRESS, IFA_LOCAL, IFA_F_NODAD = 1, 2, 0x02
RTA_DST, RTA_SRC, RTA_IIF, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY, RTA_PREFSRC = 1, 2, 3, 4, 5, 6, 7
RTA_MARK = 16
NDA_DST, NDA_LLADDR, NUD_PERMANENT = 1, 2, 0x80
NDTA_NAME, NDTA_PARMS, NDTPA_IFINDEX, NDTPA_PROXY_DELAY = 1, 6, 1, 13
RT_TABLE_MAIN, RTPROT_STATIC, RTPROT_RA = 254, 4, 9
RT_SCOPE_UNIVERSE, RT_SCOPE_LINK, RT_SCOPE_NOWHERE = 0, 253, 255
RTN_UNICAST, RTN_LOCAL, RTN_UNREACHABLE, RTNH_F_ONLINK = 1, 2, 7, 4
IFF_UP = 1
ETHERNET_MTU = 1500
EVERYWHERE, EVERYWHERE_IPV6 = "0.0.0.0/0", "::/0"
MAIN_LOOPBACK = 1
"""The index of `lo` in every namespace."""


@dataclass(frozen=True, slots=True)
class Request:
    """tolerates: error numbers that mean that there is nothing to do."""

    kind: int
    flags: int
    body: bytes
    tolerates: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """peer: the index of the other end in its own namespace. alias: free text.

    is_carrying: packets pass; until then the kernel drops what is sent through the link.
    """

    index: int
    name: str
    peer: int | None
    alias: str
    is_carrying: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """target: a range. interface: index, None for routes that lead nowhere.

    own_address: that packets are sent from which have none yet; None: any of the link's.
    is_learnt: from a router's advertisement.
    """

    target: str
    interface: int | None
    metric: int
    kind: int
    table: int
    own_address: str | None = None
    is_learnt: bool = False


def new_veth(name: str, mac: str, *, peer_name: str, peer_mac: str, peer_namespace: int) -> Request:
    """A pair of links: one here, down; its peer in the namespace of that file descriptor."""
    peer = _link() + _text(IFLA_IFNAME, peer_name) + _mac(peer_mac) + _mtu()
    peer += _u32(IFLA_NET_NS_FD, peer_namespace)
    data = _attribute(IFLA_INFO_DATA, _attribute(VETH_INFO_PEER, peer))
    info = _attribute(IFLA_LINKINFO, _text(IFLA_INFO_KIND, "veth") + data)
    body = _link() + _text(IFLA_IFNAME, name) + _mac(mac) + _mtu() + info
    return Request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, body)


def set_up(name: str) -> Request:
    """Switch the link on."""
    return Request(RTM_SETLINK, 0, _link(flags=IFF_UP) + _text(IFLA_IFNAME, name))


def set_alias(name: str, alias: str) -> Request:
    """alias: text to keep with the link; empty for none. `ip link` shows it."""
    return Request(
        RTM_SETLINK,
        0,
        _link() + _text(IFLA_IFNAME, name) + _attribute(IFLA_IFALIAS, alias.encode()),
    )


def get_link(name: str) -> Request:
    return Request(RTM_GETLINK, 0, _link() + _text(IFLA_IFNAME, name))


def delete_link(name: str) -> Request:
    """Costs the kernel a grace period of some 25 ms; dropping a namespace does not."""
    return Request(RTM_DELLINK, 0, _link() + _text(IFLA_IFNAME, name), frozenset({errno.ENODEV}))


def new_address(index: int, address: str, prefix_length: int | None = None) -> Request:
    """prefix_length: None for that of a single address. Nobody is asked who else has it."""
    body = _address(index, address, prefix_length)
    return Request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, body)


def delete_address(index: int, address: str) -> Request:
    """One that was given without a prefix length."""
    body = _address(index, address, None)
    return Request(RTM_DELADDR, 0, body, frozenset({errno.EADDRNOTAVAIL}))


def new_route(
    target: str,
    index: int,
    *,
    gateway: str | None = None,
    source: str | None = None,
    replaces: bool = True,
) -> Request:
    """gateway: reached through the link whatever its addresses, a link-local one of IPv6; None: the
    target is on the link.

    replaces: an equal route gives way; else the kernel answers EEXIST.
    """
    scope = RT_SCOPE_UNIVERSE if gateway else RT_SCOPE_LINK
    is_given = gateway is not None and ":" not in gateway
    body = _route(target, scope, RTN_UNICAST, RTNH_F_ONLINK if is_given else 0)
    body += _u32(RTA_OIF, index)
    if gateway:
        body += _attribute(RTA_GATEWAY, _packed(gateway))
    if source:
        body += _attribute(RTA_PREFSRC, _packed(source))
    return Request(RTM_NEWROUTE, NLM_F_CREATE | (NLM_F_REPLACE if replaces else NLM_F_EXCL), body)


def new_dead_end(target: str, metric: int = 0) -> Request:
    """What has no better route is answered `unreachable`. Others' metrics make other routes."""
    return Request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, _dead_end(target, metric))


def delete_dead_end(target: str, metric: int = 0) -> Request:
    return Request(RTM_DELROUTE, 0, _dead_end(target, metric), frozenset({errno.ESRCH}))


def delete_route(target: str, index: int) -> Request:
    """Whether it has a gateway or not."""
    body = _route(target, RT_SCOPE_NOWHERE, RTN_UNICAST) + _u32(RTA_OIF, index)
    return Request(RTM_DELROUTE, 0, body, frozenset({errno.ESRCH, errno.ENODEV}))


def new_neighbour(index: int, address: str, mac: str) -> Request:
    """Nobody has to ask who has the address, and nobody else can claim it."""
    body = struct.pack("=BBHiHBB", _family_of(address), 0, 0, index, NUD_PERMANENT, 0, 0)
    body += _attribute(NDA_DST, _packed(address)) + _attribute(NDA_LLADDR, _bytes_of(mac))
    return Request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, body)


def answer_for_others_at_once(index: int) -> Request:
    """Proxy ARP waits up to 0.8 s before it answers; not on this link."""
    parameters = _u32(NDTPA_IFINDEX, index)
    parameters += _attribute(NDTPA_PROXY_DELAY, struct.pack("=Q", 0))
    body = struct.pack("=BBH", socket.AF_INET, 0, 0) + _text(NDTA_NAME, "arp_cache")
    return Request(RTM_SETNEIGHTBL, 0, body + _attribute(NDTA_PARMS, parameters))


def dump_routes(family: int) -> Request:
    """Every route of every table."""
    body = struct.pack("=BBBBBBBBI", family, 0, 0, 0, 0, 0, 0, 0, 0)
    return Request(RTM_GETROUTE, NLM_F_DUMP, body)


def look_up(target: str, source: str, incoming: int | None, mark: int) -> Request:
    """The way of one packet. source, incoming: of a packet that comes in by that link."""
    bits = 8 * len(_packed(target))
    lengths = bits, bits if source else 0
    body = struct.pack("=BBBBBBBBI", _family_of(target), *lengths, 0, 0, 0, 0, 0, 0)
    body += _attribute(RTA_DST, _packed(target))
    if source:
        body += _attribute(RTA_SRC, _packed(source))
    if incoming is not None:
        body += _u32(RTA_IIF, incoming)
    return Request(RTM_GETROUTE, 0, body + _u32(RTA_MARK, mark))


def dump_addresses() -> Request:
    """Every IPv4 address of every link."""
    return Request(RTM_GETADDR, NLM_F_DUMP, struct.pack("=BBBBi", socket.AF_INET, 0, 0, 0, 0))


def link_in(body: bytes) -> Link:
    (index,) = struct.unpack_from("=i", body, 4)
    found = dict(_attributes_in(body[16:]))
    peer = found.get(IFLA_LINK)
    return Link(
        index=index,
        name=found[IFLA_IFNAME].rstrip(b"\0").decode(),
        peer=struct.unpack("=I", peer)[0] if peer else None,
        alias=found.get(IFLA_IFALIAS, b"").rstrip(b"\0").decode(errors="replace"),
        is_carrying=found.get(IFLA_OPERSTATE) == bytes([IF_OPER_UP]),
    )


def route_in(body: bytes) -> Route:
    family, length, _, _, table, protocol, _, kind, _ = struct.unpack_from("=BBBBBBBBI", body)
    found = dict(_attributes_in(body[12:]))
    nowhere = bytes(4 if family == socket.AF_INET else 16)
    return Route(
        target=str(ip_network((found.get(RTA_DST, nowhere), length))),
        interface=_number(found.get(RTA_OIF)),
        metric=_number(found.get(RTA_PRIORITY)) or 0,
        kind=kind,
        table=table,
        own_address=str(ip_address(found[RTA_PREFSRC])) if RTA_PREFSRC in found else None,
        is_learnt=protocol == RTPROT_RA,
    )


def address_in(body: bytes) -> tuple[int, str]:
    """The link's index and the address."""
    (index,) = struct.unpack_from("=i", body, 4)
    return index, socket.inet_ntoa(dict(_attributes_in(body[8:]))[IFA_LOCAL])


def _number(data: bytes | None) -> int | None:
    return int.from_bytes(data, "little" if _IS_LITTLE else "big") if data else None


_IS_LITTLE = struct.pack("=H", 1) == b"\1\0"


def _attributes_in(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:
            return
        yield kind & 0x3FFF, data[4:length]
        data = data[(length + 3) & ~3 :]


def _attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def _u32(kind: int, value: int) -> bytes:
    return _attribute(kind, struct.pack("=I", value))


def _text(kind: int, value: str) -> bytes:
    return _attribute(kind, value.encode() + b"\0")


def _mac(mac: str) -> bytes:
    return _attribute(IFLA_ADDRESS, _bytes_of(mac))


def _mtu() -> bytes:
    return _u32(IFLA_MTU, ETHERNET_MTU)


def _bytes_of(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def _link(flags: int = 0) -> bytes:
    return struct.pack("=BBHiII", socket.AF_UNSPEC, 0, 0, 0, flags, flags)


def single(address: str) -> str:
    """The range that is this address alone."""
    return f"{address}/{128 if ':' in address else 32}"


def _family_of(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _packed(address: str) -> bytes:
    return socket.inet_pton(_family_of(address), address)


def _address(index: int, address: str, prefix_length: int | None) -> bytes:
    local = _packed(address)
    length = 8 * len(local) if prefix_length is None else prefix_length
    flags = IFA_F_NODAD if ":" in address else 0
    body = struct.pack("=BBBBi", _family_of(address), length, flags, RT_SCOPE_UNIVERSE, index)
    return body + _attribute(IFA_LOCAL, local) + _attribute(IFA_ADDRESS, local)


def _dead_end(target: str, metric: int) -> bytes:
    body = _route(target, RT_SCOPE_UNIVERSE, RTN_UNREACHABLE)
    return body + _u32(RTA_PRIORITY, metric) if metric else body


def _route(target: str, scope: int, kind: int, flags: int = 0) -> bytes:
    address, _, length = target.partition("/")
    header = (_family_of(address), int(length), 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, scope, kind)
    return struct.pack("=BBBBBBBBI", *header, flags) + _attribute(RTA_DST, _packed(address))
