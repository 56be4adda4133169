"""Several VPCs of one fabric, for tests with real packets, and connections that go on."""

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

from tests.contract.network_suite import Range
from tests.support.layouts import PUBLIC_CIDR
from tests.support.networks import (
    in_namespace,
    namespaces_of,
    new_engine_id,
    own_host,
    sh,
)
from tests.support.security_groups import Policies, carrying, policies, rule

from hostless.domain.network import NetworkInterface
from hostless.domain.network_layout import NetworkLayout, VpcLayout
from hostless.domain.public_addresses import host_address_of
from hostless.domain.security_groups import SecurityGroupRule
from hostless.network.local.fabric import LocalFabric
from hostless.network.local.names import namespace_name_of
from hostless.network.local.nameservers import HostNameservers

WORLD, HOST_UPLINK = "198.51.100.1", "198.51.100.2"
HOST = host_address_of(PUBLIC_CIDR)
FIRST = Range("10.20.0.0/22")
TWIN = Range("10.20.0.0/22", digit="f")
OTHER = Range("10.24.0.0/22")
GROUPS = {FIRST.vpc.id: 1, TWIN.vpc.id: 2, OTHER.vpc.id: 3}
"""The group that the interfaces of each VPC carry."""


def layout_of(*ranges: Range | VpcLayout) -> NetworkLayout:
    """The first VPC is the default one."""
    vpcs = [each if isinstance(each, VpcLayout) else each.layout().vpcs[0] for each in ranges]
    return NetworkLayout(
        public_cidr=PUBLIC_CIDR,
        vpcs=tuple(replace(each, is_routed_from_host=each is vpcs[0]) for each in vpcs),
    )


def letting_in(*ingress: SecurityGroupRule) -> Policies:
    """Everything leaves every group; what may come in to which is said."""
    return {
        id_: policy
        for vpc_id, group in GROUPS.items()
        for id_, policy in policies(
            vpc_id,
            [
                rule(group, is_egress=True, cidr="0.0.0.0/0"),
                *(each for each in ingress if each.group_id.endswith(str(group))),
            ],
        ).items()
    }


EVERYTHING = letting_in(*(rule(group, cidr="0.0.0.0/0") for group in GROUPS.values()))


class Network:
    """A fabric that has laid out some VPCs."""

    def __init__(self) -> None:
        self.engine_id = new_engine_id()
        self.fabric = LocalFabric(self.engine_id, "us-east-1", HostNameservers(os.devnull))

    async def attach(
        self, range_: Range, number: int, public: int | None = None
    ) -> tuple[NetworkInterface, str]:
        """The interface and the name of its namespace."""
        interface = interface_of(range_, number, public)
        await self.fabric.attach(interface)
        return interface, namespace_name_of(self.engine_id, interface.id)

    async def succeed(self, *ranges: Range | VpcLayout) -> None:
        """Another engine takes over."""
        await self.fabric.close()
        self.fabric = LocalFabric(self.engine_id, "us-east-1", HostNameservers(os.devnull))
        await self.fabric.lay_out(layout_of(*ranges))


def interface_of(range_: Range, number: int, public: int | None = None) -> NetworkInterface:
    return carrying(range_.interface(number, public=public), GROUPS[range_.vpc.id])


@contextlib.contextmanager
def knowing_public_addresses() -> Iterator[str]:
    """A host of one's own (`own_host`), the world's namespace is yielded.

    It knows the way to public addresses, and would send to private ones the same way.
    """
    with own_host() as namespace:
        for range_ in (PUBLIC_CIDR, FIRST.vpc.cidr_block, OTHER.vpc.cidr_block):
            sh(f"ip -n {namespace} route add {range_} via {HOST_UPLINK}")
        yield namespace


@contextlib.asynccontextmanager
async def network(*ranges: Range, enforced: Policies = EVERYTHING) -> AsyncIterator[Network]:
    made = Network()
    try:
        await made.fabric.lay_out(layout_of(*ranges))
        await made.fabric.enforce(enforced, ())
        yield made
    finally:
        await made.fabric.purge()
        assert namespaces_of(made.engine_id) == []


@contextlib.asynccontextmanager
async def connected(
    callers_place: str, calleds_place: str, called: NetworkInterface
) -> AsyncIterator["Carries"]:
    """Two connections, to the private and to the public address."""
    listener = await in_namespace(calleds_place, socket.create_server, (called.address, 8080))
    with contextlib.ExitStack() as stack:
        stack.enter_context(listener)
        pairs = []
        for address in (called.address, called.public_address):
            client = await in_namespace(callers_place, socket.create_connection, (address, 8080), 2)
            pairs.append((stack.enter_context(client), stack.enter_context(listener.accept()[0])))
        yield Carries(pairs)


class Carries:
    """Whether all of the connections still do."""

    def __init__(self, pairs: list[tuple[socket.socket, socket.socket]]) -> None:
        self._pairs = pairs

    async def __call__(self) -> bool:
        for client, server in self._pairs:
            for near, far in ((client, server), (server, client)):
                far.settimeout(2)
                near.sendall(b"?")
                if await asyncio.to_thread(far.recv, 1) != b"?":
                    return False
        return True


class Stream:
    """Datagrams from one place to an address, one every half millisecond, until the end.

    lost: how many were sent and did not arrive, once it is over.
    """

    def __init__(self, sender: socket.socket, receiver: socket.socket) -> None:
        self._sender, self._receiver = sender, receiver
        self._is_over = threading.Event()
        self._arrived: set[bytes] = set()
        self.sent = 0

    def send(self) -> None:
        while not self._is_over.wait(0.0005):
            self._sender.send(self.sent.to_bytes(4, "big"))
            self.sent += 1
        self._sender.send(b"the end")

    def receive(self) -> None:
        while (data := self._receiver.recv(100)) != b"the end":
            self._arrived.add(data)

    @property
    def lost(self) -> int:
        return self.sent - len(self._arrived)

    @contextlib.asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            for part in (self.receive, self.send):
                group.create_task(asyncio.to_thread(part))
            try:
                yield
            finally:
                self._is_over.set()
