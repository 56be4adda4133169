"""Tasks in Service Connect reach each other through their proxies, on this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.local_compute import OneImage, ShellPrograms, wait_for_log
from tests.support.mesh import Mesh, a_mesh, ingress, upstream
from tests.support.networks import in_namespace

from hostless.network.local import namespaces

pytestmark = pytest.mark.root
SHELL = ShellPrograms()


@pytest.fixture
async def mesh(tmp_path: Path, images: OneImage) -> AsyncIterator[Mesh]:
    async with a_mesh(tmp_path, images) as found:
        yield found


async def test_a_request_by_an_alias_reaches_the_other_task_through_both_proxies(
    mesh: Mesh,
) -> None:
    shop, app = await mesh.shop(1, "the shop")
    client = await mesh.run(2, upstream(), servers=frozenset({shop.server()}))
    page = await mesh.said(client, "main", "wget", "-q", "-O-", "http://shop.test/")
    assert page == "the shop"
    assert app.asked == 1
    asked, served = await mesh.proxies.counters(client.id), await mesh.proxies.counters(shop.id)
    assert asked is not None
    assert served is not None
    for flow in (asked.upstreams["shop"], served.ingresses["shop"]):
        assert (flow.connections, flow.requests, flow.under_way) == (1, 1, 0)
        assert flow.responses_by_class["2xx"] == 1
        assert flow.bytes_out > len("the shop")


async def test_an_applications_first_call_at_its_very_start_succeeds(mesh: Mesh) -> None:
    shop, _ = await mesh.shop(1)
    caller = SHELL.shell("wget -q -O- http://shop.test/ && echo; echo $?")
    client = await mesh.run(2, upstream(), container=caller, servers=frozenset({shop.server()}))
    said = await wait_for_log(mesh.log_of(client, "main"), "F 0")
    assert "shop-1" in said


async def test_an_application_may_call_out_while_it_ends_and_the_proxy_ends_after_it(
    mesh: Mesh,
) -> None:
    shop, _ = await mesh.shop(1, "goodbye")
    ending = SHELL.shell(
        "trap 'wget -q -O- http://shop.test/; echo; exit 0' TERM; echo ready; "
        "while :; do sleep 3600 & wait; done"
    )
    client = await mesh.run(2, upstream(), container=ending, servers=frozenset({shop.server()}))
    await wait_for_log(mesh.log_of(client, "main"), "ready")
    async with asyncio.timeout(10):
        await mesh.backend.stop(client.spec, mesh.clock.now())
    assert "goodbye" in mesh.log_of(client, "main").read_text()
    seen = (await mesh.backend.observe(client.id)).containers
    ended, after = seen["main"].finished_at, seen[client.proxy].finished_at
    assert ended is not None
    assert after is not None
    assert ended <= after


async def test_connections_that_nobody_ends_keep_a_proxy_a_second_and_not_its_time_out(
    mesh: Mesh,
) -> None:
    shop = await mesh.run(1, ingress("tcp"))
    client = await mesh.run(2)
    with namespaces.inside(mesh.namespace_of(shop)):
        application = socket.create_server(("0.0.0.0", 8080))
    address = (shop.interface.address, 8080)
    where = mesh.namespace_of(client)
    with application, await in_namespace(where, socket.create_connection, address, 10) as caller:
        accepted, _ = await asyncio.to_thread(application.accept)
        async with asyncio.timeout(15):  # of 30 that a container has
            await mesh.backend.stop(shop.spec, mesh.clock.now())
        accepted.close()
        assert await asyncio.to_thread(caller.recv, 1) == b""
    assert (await mesh.backend.observe(shop.id)).containers[shop.proxy].exit_code == 0
