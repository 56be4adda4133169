"""A VPC on the real fabric whose routes, NAT gateways and network ACLs are what matters, and flows
of datagrams through it; what the records say of it is `ways`' business."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace

from tests.contract.network_suite import Range
from tests.support.attempts import Peers
from tests.support.networks import (
    in_namespace,
    new_engine_id,
    own_host,
    sh,
)
from tests.support.security_groups import Attempt, everything_passes
from tests.support.ways import (
    EVERYTHING,
    Packet,
    is_answered,
    nat_way,
    subnet_with,
    vpc_with,
    way,
)

from hostless.domain.arns import SubnetId
from hostless.domain.network import NetworkInterface
from hostless.domain.network_acls import NetworkAclEntry
from hostless.domain.network_layout import NetworkLayout, SubnetLayout, Way
from hostless.network.local.fabric import LocalFabric
from hostless.network.local.names import namespace_name_of, table_name_of

WORLD, WORLD_TOO = "198.51.100.1", "198.51.100.9"
POOL = "198.18.0.0/21"
NAT_1, NAT_2 = "198.18.0.9", "198.18.0.10"
PORTS = (80, 443, 8080)
RANGE = Range("10.20.0.0/22")
FIRST, SECOND = RANGE.subnets
THIRD, FOURTH = (
    replace(FIRST, id=SubnetId(f"subnet-{n:017x}"), cidr_block=f"10.20.{n}.0/24") for n in (2, 3)
)
SUBNETS = (FIRST, SECOND, THIRD, FOURTH)
SOURCE_PORT = 20_001
"""All that callers have are from 20,000 up, which is alike for every list here."""


@contextlib.contextmanager
def world_beside() -> Iterator[str]:
    """As in the other tests, but the world has another address and knows all the ways in."""
    with own_host() as namespace:
        sh(f"ip -n {namespace} address add {WORLD_TOO}/24 dev inside")
        for range_ in (POOL, RANGE.vpc.cidr_block):
            sh(f"ip -n {namespace} route add {range_} via 198.51.100.2")
        yield namespace


class Vpc:
    """Its security groups let everything pass; each interface has a public address."""

    def __init__(self, world: str) -> None:
        self.engine_id = new_engine_id()
        self.fabric = LocalFabric(self.engine_id, "us-east-1")
        self.interfaces: list[NetworkInterface] = []
        self.layout = vpc_with(RANGE)
        self.world = world
        self.outside = WORLD

    async def lay_out(self, *subnets: SubnetLayout) -> None:
        """The world sees callers under their public addresses, not under the host's."""
        self.layout = vpc_with(RANGE, *subnets)
        await self.fabric.lay_out(NetworkLayout(public_cidr=POOL, vpcs=(self.layout,)))
        sh(f"nft flush chain inet {table_name_of(self.engine_id)} postrouting")

    async def attach(self, subnet: int, *, is_public: bool = True) -> NetworkInterface:
        number = 20 + len(self.interfaces)
        base, where = SUBNETS[subnet].cidr_block.removesuffix("0/24"), SUBNETS[subnet]
        interface = replace(
            RANGE.interface(number),
            subnet_id=where.id,
            zone=where.zone,
            address=f"{base}{number}",
            gateway=f"{base}1",
            public_address=f"198.18.1.{number}" if is_public else None,
        )
        self.interfaces.append(interface)
        await self.fabric.enforce(everything_passes(RANGE), self.interfaces)
        await self.fabric.attach(interface)
        return interface

    def namespace_of(self, interface: NetworkInterface) -> str:
        return namespace_name_of(self.engine_id, interface.id)

    def peers(self) -> Peers:
        return Peers(
            {i.address: self.namespace_of(i) for i in self.interfaces}
            | {WORLD: self.world, WORLD_TOO: self.world},
            PORTS,
        )

    def attempts(self) -> dict[Attempt, bool]:
        """Everyone to everyone, the world to public addresses; and what the records say of it."""
        inside = [(i.address, i.address) for i in self.interfaces]
        outside = [(WORLD, WORLD), (WORLD_TOO, WORLD_TOO)]
        called = {own: [*(p for p in inside if p[0] != own), *outside] for own, _ in inside}
        called[WORLD] = [(str(i.public_address), i.address) for i in self.interfaces]
        ported = [(protocol, port) for protocol in ("tcp", "udp") for port in PORTS]
        return {
            Attempt(caller=caller, called=address, protocol=protocol, port=port): self._says(
                caller, private, protocol, port
            )
            for caller, ends in called.items()
            for address, private in ends
            for protocol, port in (*ported, ("icmp", 0))
        }

    def _says(self, caller: str, called: str, protocol: str, port: int) -> bool:
        echo = (8, 0) if protocol == "icmp" else (0, 0)
        asked = Packet(source=caller, target=called, protocol=protocol, port=port, icmp=echo)
        answer = Packet(source=called, target=caller, protocol=protocol, port=SOURCE_PORT)
        return is_answered(asked, answer, self.layout)

    async def agrees(self, peers: Peers) -> tuple[int, int]:
        """What the records say and what attempts give is the same; how many passed, and did not."""
        says = self.attempts()
        answered = await peers.answered(says, lambda attempt: says[attempt])
        wrong = {a: "passed" for a in answered if not says[a]}
        wrong |= {a: "did not pass" for a, passes in says.items() if passes and a not in answered}
        assert not wrong
        return len(answered), len(says) - len(answered)


@contextlib.asynccontextmanager
async def vpc(world: str) -> AsyncIterator[Vpc]:
    made = Vpc(world)
    try:
        yield made
    finally:
        await made.fabric.purge()


def by_nat(
    *ways: Way, of_gateway: Iterable[NetworkAclEntry] = EVERYTHING
) -> tuple[SubnetLayout, ...]:
    """The first two subnets are public and have a NAT gateway each; the ways are the third's."""
    return (
        subnet_with(FIRST, [way("internet")], of_gateway, list_=2),
        subnet_with(SECOND, [way("internet")]),
        subnet_with(THIRD, ways, table=3),
        subnet_with(FOURTH, [nat_way(2, NAT_2, SECOND)], table=4),
    )


BY_FIRST, BY_SECOND = nat_way(1, NAT_1, FIRST), nat_way(2, NAT_2, SECOND)
ALL_IN, ALL_OUT = EVERYTHING


class Flow:
    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._asked = 0

    async def caller_seen(self, seconds: float = 5.0) -> str | None:
        """The address under which the next question is seen; None when there is no answer."""
        self._asked += 1
        asked = b"%d" % self._asked
        self._client.send(asked)
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    number, _, sender = (await loop.sock_recv(self._client, 100)).partition(b" ")
                    if number == asked:
                        return sender.decode()
        return None

    async def is_cut(self) -> bool:
        return await self.caller_seen(0.3) is None


@contextlib.asynccontextmanager
async def flow(
    own: Vpc, caller: NetworkInterface, called: str, reached: str | None = None
) -> AsyncIterator[Flow]:
    """Datagrams from a port of the caller's to one that answers each with its sender's address.

    reached: another address that leads to the called one.
    """
    namespace = next((own.namespace_of(i) for i in own.interfaces if i.address == called), None)
    ends = (namespace or own.world, called), (own.namespace_of(caller), caller.address)
    sockets = [await in_namespace(name, bound_at, address) for name, address in ends]
    with sockets[0] as server, sockets[1] as client:
        client.connect((reached or called, server.getsockname()[1]))
        loop = asyncio.get_running_loop()
        loop.add_reader(server, answer_one, server)
        try:
            yield Flow(client)
        finally:
            loop.remove_reader(server)


def bound_at(address: str, port: int = 0, *, is_blocking: bool = False) -> socket.socket:
    """is_blocking: but not for more than a second."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, port))
    made.settimeout(1.0 if is_blocking else 0)
    return made


def answer_one(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        question, sender = server.recvfrom(100)
        server.sendto(question + b" " + sender[0].encode(), sender)
