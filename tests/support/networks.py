"""For tests of the real network: free ranges, a host of one's own, probes inside namespaces."""

import asyncio
import contextlib
import secrets
import socket
import subprocess
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

from tests.contract.network_suite import Range
from tests.support.ended_runs import new_name

from hostless.domain.public_addresses import pools_of
from hostless.network.local import namespaces, sysctl
from hostless.network.local.ranges import find_overlap
from hostless.network.local.rtnetlink import Rtnetlink

P = ParamSpec("P")
R = TypeVar("R")
PROBE_SECONDS = 1.0


def new_engine_id() -> str:
    return new_name()


def free_range() -> Range:
    """A range from 10.0.0.0/8, and a pool, that this host does not use."""
    with Rtnetlink() as host:
        routes = host.routes()
    pools = pools_of(new_engine_id())
    pool = next(pool for pool in pools if find_overlap(pool, routes, None) is None)
    while True:
        base = f"10.{secrets.randbelow(256)}.{4 * secrets.randbelow(64)}.0/22"
        if find_overlap(base, routes, None) is None:
            return Range(base, pool)


def sh(command: str) -> str:
    """Output of the command, run in the calling thread's network namespace."""
    return subprocess.run(
        command, shell=True, check=True, capture_output=True, text=True, timeout=20
    ).stdout


def state_of_this_host() -> dict[str, str]:
    """What purge has to leave as it was; `ip netns` of all hosts, hence only hostless's."""
    return {
        "links": sh("ip -brief link | sort"),
        "addresses": sh("ip -brief address | sort"),
        "routes": sh("ip route show table all | sort; ip -6 route show table all | sort"),
        "neighbours": sh("ip neighbour show nud permanent"),
        "rules": sh("nft list ruleset"),
        "settings": sh(
            "sysctl --all --pattern 'net.ipv(4.(conf|ip_forward|neigh)|6.conf)' 2>/dev/null"
        ),
    }


def namespaces_of(engine_id: str) -> list[str]:
    return sorted(name for name in namespaces.names() if engine_id in name)


@contextlib.contextmanager
def own_host() -> Iterator[str]:
    """The calling thread, and threads it starts, live on a host of their own until the end.

    It has one interface, `uplink`, with a default route to a world whose only machine, in the
    namespace that is yielded, has the address 198.51.100.1. Nothing of the real host is seen.
    """
    name = f"hostless-test-{new_name()}"
    host, world = f"{name}-host", f"{name}-world"
    namespaces.prepare_folder()
    for namespace in (host, world):
        namespaces.make(namespace)
    try:
        for namespace in (host, world):
            with namespaces.inside(namespace):
                sysctl.write({sysctl.no_ipv6_on("default"): 1})
        sh(f"ip -n {world} link add inside type veth peer name uplink netns {host}")
        sh(f"ip -n {world} link set lo up; ip -n {world} link set inside up")
        sh(f"ip -n {world} address add 198.51.100.1/24 dev inside")
        sh(f"ip -n {host} link set lo up; ip -n {host} link set uplink up")
        sh(f"ip -n {host} address add 198.51.100.2/24 dev uplink")
        sh(f"ip -n {host} route add default via 198.51.100.1")
        with namespaces.inside(host):
            yield world
    finally:
        for namespace in (host, world):
            namespaces.drop(namespace)


async def in_namespace(name: str, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The call's result; it runs in a thread of its own inside the namespace."""

    def there() -> R:
        with namespaces.inside(name):
            return call(*args, **kwargs)

    return await asyncio.to_thread(there)


def can_connect(address: str, port: int, seconds: float = PROBE_SECONDS) -> bool:
    try:
        with socket.create_connection((address, port), seconds):
            return True
    except OSError:
        return False


def caller_seen_by(address: str, port: int) -> str:
    """The address under which an `Echo` there sees the calling thread's namespace."""
    with socket.create_connection((address, port), 5) as connection:
        return connection.recv(100).decode()


def can_ping(address: str, seconds: float = PROBE_SECONDS) -> bool:
    """One ICMP echo."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as icmp:
        icmp.settimeout(seconds)
        icmp.connect((address, 0))
        number = secrets.randbelow(1 << 16)
        head = bytes([8, 0, 0, 0]) + number.to_bytes(2, "big") + b"\0\1"
        total = sum(int.from_bytes(head[i : i + 2], "big") for i in range(0, 8, 2))
        total = (total & 0xFFFF) + (total >> 16)
        checksum = (~total & 0xFFFF).to_bytes(2, "big")
        try:
            icmp.send(head[:2] + checksum + head[4:])
            while True:
                answer = icmp.recv(1500)
                if answer[20] == 0 and answer[24:26] == head[4:6]:
                    return True
        except OSError:
            return False


def send_forged(source: str, target: str, port: int, data: bytes) -> None:
    """A datagram with a source address of the sender's choice (needs a raw socket)."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        udp = port.to_bytes(2, "big") * 2 + (8 + len(data)).to_bytes(2, "big") + b"\0\0" + data
        head = b"\x45\0" + (20 + len(udp)).to_bytes(2, "big") + b"\0\0\0\0\x40\x11\0\0"
        raw.sendto(head + socket.inet_aton(source) + socket.inet_aton(target) + udp, (target, 0))


class Echo:
    """A TCP server in a namespace, or in the caller's; tells each caller its address."""

    def __init__(self, address: str, namespace: str | None = None) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with namespaces.inside(namespace) if namespace else contextlib.nullcontext():
            self.socket = socket.create_server((address, 0), family=family)
        self.socket.setblocking(False)
        self.address = address
        self.port: int = self.socket.getsockname()[1]
        asyncio.get_running_loop().add_reader(self.socket, self._answer)

    def _answer(self) -> None:
        with contextlib.suppress(BlockingIOError):
            connection, caller = self.socket.accept()
            with connection:
                connection.send(caller[0].encode())

    async def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.socket)
        self.socket.close()

    async def __aenter__(self) -> "Echo":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
