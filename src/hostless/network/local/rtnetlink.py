"""A socket to the kernel's routing: sends requests, reads what it answers.

It speaks to the network namespace in which it was opened, whoever uses it later, and keeps that
namespace alive until it is closed. It knows nothing of what the requests mean.
"""

import os
import socket
import struct
import time
from collections.abc import Iterator, Sequence

from hostless.network.local.messages import (
    NLM_F_ACK,
    NLM_F_DUMP,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    RTN_LOCAL,
    Link,
    Request,
    Route,
    address_in,
    dump_addresses,
    dump_routes,
    get_link,
    link_in,
    look_up,
    route_in,
)

HEADER = struct.Struct("=IHHII")
RECEIVE_BYTES = 1 << 16
ANSWER_SECONDS = 10.0
CARRYING_PAUSE_SECONDS, CARRYING_ATTEMPTS = 0.001, 3000
OWN_PAUSE_SECONDS, OWN_ATTEMPTS = 0.0001, 30_000


class Rtnetlink:
    """Opened in the calling thread's network namespace. Not for several threads at once."""

    def __init__(self) -> None:
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
        self._socket = socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE)
        self._socket.settimeout(ANSWER_SECONDS)
        self._socket.bind((0, 0))
        self._sequence = 0

    def __enter__(self) -> "Rtnetlink":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def perform(self, *requests: Request) -> None:
        """All of them, in order, in one datagram. Raises OSError for the first that failed.

        The kernel goes on after a failure: requests must bear being repeated.
        """
        if not requests:
            return
        first = self._send(requests, NLM_F_ACK)
        refused: list[int] = []
        for sequence, kind, body in self._answers(len(requests)):
            number = -struct.unpack_from("=i", body)[0] if kind == NLMSG_ERROR else 0
            if number and number not in requests[sequence - first].tolerates:
                refused.append(number)
        if refused:
            raise OSError(refused[0], os.strerror(refused[0]))

    def find_link(self, name: str) -> Link | None:
        self._send((get_link(name),), 0)
        _, kind, body = next(self._received())
        return None if kind == NLMSG_ERROR else link_in(body)

    def need_link(self, name: str) -> Link:
        """Raises OSError when there is none."""
        found = self.find_link(name)
        if found is None:
            raise OSError(f"the link {name} is not there")
        return found

    def await_carrying(self, name: str) -> Link:
        """The link, as soon as packets pass through it. Raises OSError.

        The end of a pair that was switched on first begins to carry a moment after the second is
        on, by a worker of the kernel. What is sent before is lost and repeated a second later.
        Kernels from 6.8 on make up for that worker in answering; older ones are asked again.
        """
        for _ in range(CARRYING_ATTEMPTS):
            found = self.need_link(name)
            if found.is_carrying:
                return found
            time.sleep(CARRYING_PAUSE_SECONDS)
        raise OSError(f"the link {name} does not carry packets")

    def await_own(self, address: str) -> None:
        """Return as soon as packets to this address of IPv6, which was given here, end here.

        Raises OSError. A worker of the kernel's sees to that, a moment after the address is there
        and packets are sent from it.
        """
        for _ in range(OWN_ATTEMPTS):
            if self.way_of(address).kind == RTN_LOCAL:
                return
            time.sleep(OWN_PAUSE_SECONDS)
        raise OSError(f"packets to {address} do not get here")

    def routes(self, family: int = socket.AF_INET) -> list[Route]:
        """Every route of this namespace, of IPv4 unless AF_INET6 is asked for."""
        return [route_in(body) for body in self._dumped(dump_routes(family))]

    def addresses_of(self, index: int) -> set[str]:
        """Every IPv4 address of the link."""
        found = map(address_in, self._dumped(dump_addresses()))
        return {address for link, address in found if link == index}

    def _dumped(self, request: Request) -> list[bytes]:
        self._send((request,), NLM_F_DUMP)
        bodies: list[bytes] = []
        for _, kind, body in self._received():
            if kind == NLMSG_DONE:
                break
            bodies.append(body)
        return bodies

    def way_of(
        self, target: str, *, source: str = "", incoming: int | None = None, mark: int = 0
    ) -> Route:
        """What the kernel would do with such a packet. Raises OSError when it leads nowhere.

        incoming: index of the link by which it comes in; None: it starts here.
        """
        self._send((look_up(target, source, incoming, mark),), 0)
        _, kind, body = next(self._received())
        if kind == NLMSG_ERROR:
            number = -struct.unpack_from("=i", body)[0]
            raise OSError(number, os.strerror(number))
        return route_in(body)

    def _send(self, requests: Sequence[Request], flags: int) -> int:
        first = self._sequence + 1
        datagram = b""
        for request in requests:
            self._sequence += 1
            size, all_flags = HEADER.size + len(request.body), request.flags | flags | NLM_F_REQUEST
            datagram += HEADER.pack(size, request.kind, all_flags, self._sequence, 0) + request.body
        self._socket.send(datagram)
        return first

    def _answers(self, count: int) -> Iterator[tuple[int, int, bytes]]:
        received = self._received()
        for _ in range(count):
            yield next(received)

    def _received(self) -> Iterator[tuple[int, int, bytes]]:
        """Sequence number, kind and body of each message that comes in."""
        while True:
            data = self._socket.recv(RECEIVE_BYTES)
            while data:
                size, kind, _, sequence, _ = HEADER.unpack_from(data)
                yield sequence, kind, data[HEADER.size : size]
                data = data[(size + 3) & ~3 :]
