"""Connection attempts between network namespaces, many at once, and who of them got an answer.

Every attempt has a source port (or ICMP identifier) of its own: no connection tracking takes one
for a part of another.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable, Iterable, Iterator

from tests.support.security_groups import Attempt

from hostless.network.local import namespaces

LONGEST_SECONDS = 5.0
GRACE_SECONDS = 0.15
"""How long an answer that must not come is waited for after all others that must have come."""
FIRST_SOURCE_PORT = 20_000


class Peers:
    """Addresses with their namespaces; each answers on every one of the ports, TCP and UDP.

    used: the last source port of others between whom connections may be known yet.
    """

    def __init__(
        self,
        namespaces_by_address: dict[str, str],
        ports: Iterable[int],
        used: int = FIRST_SOURCE_PORT,
    ) -> None:
        self._namespaces = namespaces_by_address
        self._ports = tuple(ports)
        self._servers: list[socket.socket] = []
        self.used = used

    def __enter__(self) -> "Peers":
        loop = asyncio.get_running_loop()
        for address, namespace in self._namespaces.items():
            with namespaces.inside(namespace):
                for port in self._ports:
                    self._servers.append(socket.create_server((address, port), backlog=128))
                    echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    echo.bind((address, port))
                    echo.setblocking(False)
                    loop.add_reader(echo, _echo, echo)
                    self._servers.append(echo)
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            if server.type == socket.SOCK_DGRAM:
                asyncio.get_running_loop().remove_reader(server)
            server.close()

    async def answered(
        self, attempts: Iterable[Attempt], expected: Callable[[Attempt], bool]
    ) -> set[Attempt]:
        """Those that got an answer. expected: for whose answers a long time is waited."""
        attempts = tuple(attempts)
        found: set[Attempt] = set()
        all_there = asyncio.Event()
        missing = {attempt for attempt in attempts if expected(attempt)}

        def note(attempt: Attempt) -> None:
            found.add(attempt)
            missing.discard(attempt)
            if not missing:
                all_there.set()

        with contextlib.ExitStack() as stack:
            for attempt in attempts:
                stack.enter_context(self._begun(attempt, note))
            if missing:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(all_there.wait(), LONGEST_SECONDS)
            await asyncio.sleep(GRACE_SECONDS)
        return found

    @contextlib.contextmanager
    def _begun(self, attempt: Attempt, note: Callable[[Attempt], None]) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        self.used += 1
        number = self.used
        with namespaces.inside(self._namespaces[attempt.caller]):
            client = _client_of(attempt, number)

        def hear() -> None:
            is_answered = _is_answered(client, attempt, number)
            if is_answered:
                note(attempt)
            if is_answered or attempt.protocol == "tcp":  # it has failed, if it was not made
                loop.remove_reader(client)
                loop.remove_writer(client)

        with client:
            (loop.add_writer if attempt.protocol == "tcp" else loop.add_reader)(client, hear)
            try:
                yield
            finally:
                loop.remove_reader(client)
                loop.remove_writer(client)


def _client_of(attempt: Attempt, number: int) -> socket.socket:
    """A socket of the calling thread's namespace that has sent its first packet."""
    if attempt.protocol == "icmp":
        client = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    else:
        kind = socket.SOCK_STREAM if attempt.protocol == "tcp" else socket.SOCK_DGRAM
        client = socket.socket(socket.AF_INET, kind)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        client.bind((attempt.caller, number))
    client.setblocking(False)
    client.connect_ex((attempt.called, attempt.port))
    if attempt.protocol != "tcp":
        client.send(echo_request(number) if attempt.protocol == "icmp" else b"?")
    return client


def _is_answered(client: socket.socket, attempt: Attempt, number: int) -> bool:
    if attempt.protocol == "tcp":
        return client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
    try:
        answer = client.recv(2000)
    except OSError:
        return False
    return attempt.protocol == "udp" or (answer[20], answer[24:26]) == (
        0,
        number.to_bytes(2, "big"),
    )


def echo_request(identifier: int) -> bytes:
    """An ICMP message (RFC 792)."""
    total = 0x0800 + identifier + 1
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    return struct.pack("!BBHHH", 8, 0, checksum, identifier, 1)


def _echo(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        data, caller = server.recvfrom(2000)
        server.sendto(data, caller)
