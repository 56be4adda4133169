"""Making the kernel forget tracked connections (ctnetlink, linux/netfilter/nfnetlink_conntrack.h).

Which ones is the caller's to say. Of the calling thread's network namespace.
"""

import errno
import os
import socket
import struct
from collections.abc import Callable, Iterator
from ipaddress import ip_address

NETLINK_NETFILTER = 12
GET, DELETE = 0x101, 0x102
"""IPCTNL_MSG_CT_GET and _DELETE, of the subsystem of connection tracking."""
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 0x1, 0x4, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
CTA_TUPLE_ORIG, CTA_TUPLE_REPLY, CTA_ID = 1, 2, 12
CTA_TUPLE_IP, CTA_IP_ENDS = 1, (1, 2, 3, 4)
"""Source and destination of IPv4, and those of IPv6."""
NLA_TYPE_MASK, NLA_NESTED = 0x3FFF, 0x8000
HEADER = struct.Struct("=IHHII")
GENERIC = struct.Struct("=BBH")
RECEIVE_BYTES, ANSWER_SECONDS = 1 << 16, 10.0


def forget_connections(is_forgotten: Callable[[str], bool]) -> int:
    """Those of which an address of either end is one of these; how many. Raises OSError.

    An end whose address is translated has two.
    """
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
    with socket.socket(socket.AF_NETLINK, kind, NETLINK_NETFILTER) as kernel:
        kernel.settimeout(ANSWER_SECONDS)
        kernel.bind((0, 0))
        _send(kernel, GET, NLM_F_DUMP, socket.AF_UNSPEC, b"")
        found = [each for each in _answers(kernel) if any(map(is_forgotten, _ends_of(each[1])))]
        for family, body in found:
            attributes = dict(_attributes_in(body))
            what = _attribute(CTA_TUPLE_ORIG | NLA_NESTED, attributes[CTA_TUPLE_ORIG])
            what += _attribute(CTA_ID, attributes[CTA_ID])
            _send(kernel, DELETE, NLM_F_ACK, family, what)
            for _ in _answers(kernel):
                pass
    return len(found)


def _send(kernel: socket.socket, kind: int, flags: int, family: int, attributes: bytes) -> None:
    body = GENERIC.pack(family, 0, 0) + attributes
    header = HEADER.pack(HEADER.size + len(body), kind, flags | NLM_F_REQUEST, 1, 0)
    kernel.send(header + body)


def _answers(kernel: socket.socket) -> Iterator[tuple[int, bytes]]:
    """The family and the attributes of each message until the end or the acknowledgement."""
    while True:
        data = kernel.recv(RECEIVE_BYTES)
        while data:
            size, kind, _, _, _ = HEADER.unpack_from(data)
            body = data[HEADER.size : size]
            if kind == NLMSG_ERROR:
                number = -struct.unpack_from("=i", body)[0]
                if number not in (0, errno.ENOENT):
                    raise OSError(number, os.strerror(number))
            if kind in (NLMSG_ERROR, NLMSG_DONE):
                return
            yield body[0], body[GENERIC.size :]
            data = data[(size + 3) & ~3 :]


def _ends_of(body: bytes) -> Iterator[str]:
    """Source and destination of the connection's first packet, and of the answers to it."""
    found = dict(_attributes_in(body))
    for way in (CTA_TUPLE_ORIG, CTA_TUPLE_REPLY):
        tuple_ = dict(_attributes_in(found.get(way, b"")))
        addresses = dict(_attributes_in(tuple_.get(CTA_TUPLE_IP, b"")))
        for end in CTA_IP_ENDS:
            if end in addresses:
                yield str(ip_address(addresses[end]))


def _attributes_in(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        yield kind & NLA_TYPE_MASK, data[4:size]
        data = data[(size + 3) & ~3 :]


def _attribute(kind: int, payload: bytes) -> bytes:
    made = struct.pack("=HH", 4 + len(payload), kind) + payload
    return made + bytes(-len(made) % 4)
