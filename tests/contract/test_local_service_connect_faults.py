"""What a task's proxy makes of servers that come, go, fail, hang or are dead, on this machine."""

import asyncio
import contextlib
import os
import signal
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.local_compute import OneImage
from tests.support.mesh import App, Connected, Mesh, a_mesh, upstream
from tests.support.networks import in_namespace

from hostless.balancer.connect_seam import ProxyUnreachable, Server
from hostless.compute.seam import StartFailed
from hostless.network.local import namespaces

pytestmark = pytest.mark.root


@pytest.fixture
async def mesh(tmp_path: Path, images: OneImage) -> AsyncIterator[Mesh]:
    async with a_mesh(tmp_path, images) as found:
        yield found


async def two_shops(mesh: Mesh, **more: Any) -> tuple[Connected, App, App]:
    """A client, and two applications in one task, `one` and `other`, that it calls directly."""
    shops = await mesh.run(1)
    one, other = mesh.serve(shops, "one", 8081), mesh.serve(shops, "other", 8082)
    servers = frozenset({shops.server(8081), shops.server(8082)})
    client = await mesh.run(2, upstream(**more), servers=servers)
    return client, one, other


async def answers(mesh: Mesh, client: Connected, count: int, path: str = "/") -> list[str]:
    """Bodies of good answers, codes of others."""
    got = [await mesh.get(client, path) for _ in range(count)]
    return [each.body if each.status == 200 else str(each.status) for each in got]


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(15):
        while not await holds():
            await asyncio.sleep(0.02)


async def test_no_request_fails_while_servers_come_and_go(mesh: Mesh) -> None:
    client, one, other = await two_shops(mesh)
    servers = [Server(address=mesh.range.interface(1).address, port=p) for p in (8081, 8082)]
    done, got = asyncio.Event(), list[str]()

    async def call() -> None:
        while not done.is_set():
            got.extend(await answers(mesh, client, 1))

    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(call())
        for number in range(30):
            await mesh.tell(client, servers[number % 2])
            await mesh.tell(client, *servers)
        done.set()
    assert set(got) == {"one", "other"}
    assert len(got) > 30
    assert one.asked + other.asked == len(got)


async def test_a_server_that_is_taken_out_ends_what_it_began_and_is_counted_until_then(
    mesh: Mesh,
) -> None:
    client, one, _ = await two_shops(mesh)
    leaving = Server(address=mesh.range.interface(1).address, port=8081)
    staying = Server(address=leaving.address, port=8082)
    await mesh.tell(client, leaving)

    async def sent() -> dict[Server, int]:
        counted = await mesh.proxies.counters(client.id)
        assert counted is not None
        return dict(counted.sent_to["shop"])

    async def is_under_way() -> bool:
        return await sent() == {leaving: 1}

    slow = asyncio.ensure_future(mesh.get(client, "/slow"))
    await until(is_under_way)
    await mesh.tell(client, staying)
    assert await answers(mesh, client, 3) == ["other"] * 3
    assert await sent() == {leaving: 1}
    one.gate.set()
    assert (await slow).body == "one"
    await until(lambda: _is_empty(sent()))
    await mesh.tell(client, staying)
    folder = mesh.proxies.folder(client.id)
    assert folder is not None
    assert "8081" not in (folder / "haproxy.cfg").read_text()


async def _is_empty(found: Any) -> bool:
    return not await found


async def test_a_server_whose_answers_are_errors_is_left_out_and_comes_back(mesh: Mesh) -> None:
    client, one, _ = await two_shops(mesh)
    one.status = 500
    first = await answers(mesh, client, 12)
    assert first.count("500") == 5
    assert await answers(mesh, client, 4) == ["other"] * 4
    one.status = 200

    async def is_back() -> bool:
        return "one" in await answers(mesh, client, 2)

    await until(is_back)


async def test_when_more_than_half_would_be_left_out_all_are_asked(mesh: Mesh) -> None:
    client, one, other = await two_shops(mesh)
    one.status = other.status = 503
    assert set(await answers(mesh, client, 14)) == {"503"}
    before = one.asked, other.asked
    assert set(await answers(mesh, client, 4)) == {"503"}
    assert (one.asked, other.asked) == (before[0] + 2, before[1] + 2)


async def test_a_dead_server_is_passed_over_by_a_second_attempt(mesh: Mesh) -> None:
    client, one, _ = await two_shops(mesh)
    one.close()
    mesh.apps.remove(one)
    assert await answers(mesh, client, 6) == ["other"] * 6


class Mute:
    """Hears requests and hangs up."""

    def __init__(self, namespace: str, port: int) -> None:
        self.asked = 0
        with namespaces.inside(namespace):
            self.socket = socket.create_server(("0.0.0.0", port))
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                with self.socket.accept()[0] as connection:
                    self.asked += bool(connection.recv(1 << 16))

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def post(url: str) -> int:
    """The status of the answer."""
    try:
        with urllib.request.urlopen(url, b"order", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


async def test_a_request_without_an_answer_is_repeated_only_if_it_may_be(mesh: Mesh) -> None:
    client, one, _ = await two_shops(mesh)
    one.close()
    mesh.apps.remove(one)
    mute = Mute(mesh.namespace_of(await mesh.run(3)), 8081)
    address = mesh.range.interface(3).address
    await mesh.tell(client, Server(address=address, port=8081), *others_of(mesh))
    try:
        assert await answers(mesh, client, 4) == ["other"] * 4
        before = mute.asked
        assert before > 0
        where = mesh.namespace_of(client)
        codes = [await in_namespace(where, post, "http://127.255.0.1/") for _ in range(4)]
        assert set(codes) == {501, 502}
        assert mute.asked == before + codes.count(502)
    finally:
        mute.close()


def others_of(mesh: Mesh) -> tuple[Server]:
    return (Server(address=mesh.range.interface(1).address, port=8082),)


async def test_a_request_that_takes_too_long_is_a_504(mesh: Mesh) -> None:
    client, one, other = await two_shops(mesh, request_timeout_seconds=1)
    assert await answers(mesh, client, 1, "/slow") == ["504"]
    one.gate.set()
    other.gate.set()
    assert set(await answers(mesh, client, 2, "/slow")) == {"one", "other"}


async def test_nobody_behind_a_name_is_a_503(mesh: Mesh) -> None:
    client = await mesh.run(2, upstream())
    assert await answers(mesh, client, 1) == ["503"]


async def test_a_proxy_that_is_killed_is_seen_and_unreachable_and_leaves_the_task_to_others(
    mesh: Mesh,
) -> None:
    shop, _ = await mesh.shop(1)
    client = await mesh.run(2, upstream(), servers=frozenset({shop.server()}))
    os.kill(mesh.proxy_pid(client), signal.SIGKILL)

    async def has_ended() -> bool:
        seen = (await mesh.backend.observe(client.id)).containers
        return seen[client.proxy].state == "exited"

    await until(has_ended)
    seen = (await mesh.backend.observe(client.id)).containers
    assert seen[client.proxy].exit_code == 137
    assert seen["main"].state == "running"
    assert await mesh.proxies.counters(client.id) is None
    with pytest.raises(ProxyUnreachable):
        await mesh.tell(client, shop.server())
    folder = mesh.proxies.folder(client.id)
    assert folder is not None
    assert f"{shop.server().address}:{shop.server().port}" in (folder / "haproxy.cfg").read_text()


async def test_a_proxy_that_cannot_serve_keeps_the_task_from_starting_and_says_why(
    mesh: Mesh,
) -> None:
    broken = await mesh.task(2, upstream(idle_timeout_seconds=-5))
    with pytest.raises(StartFailed, match="timeout") as refused:
        await mesh.start(broken)
    assert refused.value.container == broken.proxy
    assert refused.value.reason.startswith("CannotStartContainerError: ")
    assert (await mesh.backend.observe(broken.id)).containers["main"].state == "created"
