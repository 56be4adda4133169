"""The network outlives the engine, and whatever was half done when it died can be mended."""

import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import pytest
from tests.contract.network_suite import Range
from tests.support.layouts import layout_with
from tests.support.networks import (
    can_connect,
    can_ping,
    in_namespace,
    namespaces_of,
    new_engine_id,
    own_host,
    sh,
    state_of_this_host,
)

from hostless.network.local import namespaces
from hostless.network.local.fabric import LocalFabric
from hostless.network.local.names import namespace_name_of

pytestmark = pytest.mark.root
T = TypeVar("T")
RANGE = Range("10.20.0.0/22")
ENGINE_THAT_HANGS = """
import asyncio, sys
from hostless.network.local import namespaces
from hostless.network.local.fabric import LocalFabric
from tests.contract.network_suite import Range
from tests.support.layouts import layout_with
from tests.support.security_groups import everything_passes

async def main():
    fabric, range_ = LocalFabric(sys.argv[1], "us-east-1"), Range(sys.argv[2])
    await fabric.lay_out(layout_with((range_.vpc,), range_.subnets))
    await fabric.enforce(everything_passes(range_), ())
    for subnet in (0, 1):
        await fabric.attach(range_.interface(1, subnet))
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def world() -> Iterator[str]:
    with own_host() as namespace:
        yield namespace


def cuts(what: str, lines_between: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.network_cuts", what, str(lines_between)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-300:] + done.stderr[-3000:]


@pytest.mark.parametrize(
    ("what", "lines_between"), [("open", 17), ("attach", 7), ("detach", 7), ("change", 41)]
)
def test_an_engine_killed_at_some_line_leaves_what_its_successor_mends(
    what: str, lines_between: int
) -> None:
    cuts(what, lines_between)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("what", "lines_between"), [("open", 1), ("attach", 1), ("detach", 1), ("change", 3)]
)
def test_an_engine_killed_at_any_line_leaves_what_its_successor_mends(
    what: str, lines_between: int
) -> None:
    cuts(what, lines_between)


async def test_connections_outlive_an_engine_that_was_killed() -> None:
    engine_id, (first, second) = new_engine_id(), (RANGE.interface(1), RANGE.interface(1, subnet=1))
    with subprocess.Popen(
        [sys.executable, "-c", ENGINE_THAT_HANGS, engine_id, RANGE.vpc.cidr_block],
        stdout=subprocess.PIPE,
    ) as engine:
        assert engine.stdout is not None
        assert await asyncio.to_thread(engine.stdout.readline) == b"ready\n"
        names = [namespace_name_of(engine_id, interface.id) for interface in (first, second)]
        listener = await in_namespace(names[0], socket.create_server, (first.address, 8080))
        near = socket.create_connection((first.address, 8080), 2)
        far = await in_namespace(names[1], socket.create_connection, (first.address, 8080), 2)
        os.kill(engine.pid, signal.SIGKILL)
    accepted = [listener.accept()[0] for _ in range(2)]
    for client, server in zip((near, far), accepted, strict=True):
        await asyncio.to_thread(client.sendall, b"still here")
        assert await asyncio.to_thread(server.recv, 100) == b"still here"

    successor = LocalFabric(engine_id, "us-east-1")
    await successor.lay_out(layout_with((RANGE.vpc,), RANGE.subnets))
    assert await successor.attached() == {first.id, second.id}
    for interface, name in zip((first, second), names, strict=True):
        assert (await successor.attach(interface)).namespace_path == f"/run/netns/{name}"
    for client, server in zip((near, far), accepted, strict=True):
        await asyncio.to_thread(server.sendall, b"and here")
        assert await asyncio.to_thread(client.recv, 100) == b"and here"
    for used in (listener, near, far, *accepted):
        used.close()
    await successor.purge()
    assert namespaces_of(engine_id) == []


async def test_an_address_is_free_again_at_once_though_a_process_keeps_the_old_namespace() -> None:
    """And though an engine was killed just after it had begun to make the interface again."""
    engine_id, interface = new_engine_id(), RANGE.interface(1)
    fabric = LocalFabric(engine_id, "us-east-1")
    await fabric.lay_out(layout_with((RANGE.vpc,), RANGE.subnets))
    try:
        await fabric.attach(interface)
        name = namespace_name_of(engine_id, interface.id)
        straggler = await in_namespace(name, socket.create_server, ("0.0.0.0", 7777))
        with straggler:
            await fabric.detach(interface.id)
            assert not await asyncio.to_thread(can_ping, interface.address, 0.3)
            await asyncio.to_thread(namespaces.make, name)
            await fabric.attach(interface)
            assert await asyncio.to_thread(can_ping, interface.address)
            assert not await asyncio.to_thread(can_connect, interface.address, 7777, 0.3)
    finally:
        await fabric.purge()


async def test_two_hundred_interfaces_come_and_go_quickly(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = state_of_this_host()
    engine = new_engine_id()
    fabric = LocalFabric(engine, "us-east-1")
    interfaces = [RANGE.interface(number, subnet) for subnet in (0, 1) for number in range(100)]
    try:
        await fabric.lay_out(layout_with((RANGE.vpc,), RANGE.subnets))
        attaching = [await timed(fabric.attach, interface) for interface in interfaces]
        assert await asyncio.to_thread(can_ping, interfaces[-1].address)
        detaching = [await timed(fabric.detach, interface.id) for interface in interfaces]
        (vpc,) = (name for name in namespaces_of(engine) if name.endswith(RANGE.vpc.id))
        started = time.perf_counter()
        async with asyncio.timeout(10):
            while "eni" in await asyncio.to_thread(sh, f"ip -n {vpc} -brief link"):
                await asyncio.sleep(0.02)
        gone = time.perf_counter() - started
    finally:
        await fabric.purge()
    with capsys.disabled():
        print(
            f"\nattach {told(attaching)}; detach {told(detaching)}; links gone after {gone:.2f} s"
        )
    assert state_of_this_host() == before
    assert statistics.median(attaching) < 0.05
    assert statistics.median(detaching) < 0.05


async def timed(call: Callable[[T], Awaitable[object]], argument: T) -> float:
    started = time.perf_counter()
    await call(argument)
    return time.perf_counter() - started


def told(seconds: list[float]) -> str:
    ranked = sorted(1000 * s for s in seconds)
    return f"median {ranked[len(ranked) // 2]:.2f} ms, p99 {ranked[int(len(ranked) * 0.99)]:.2f} ms"
