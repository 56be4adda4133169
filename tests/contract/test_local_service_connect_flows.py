"""What passes a task's proxy on this machine: gRPC, TCP, access logs; and what goes round it."""

import asyncio
import json
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.local_compute import OneImage, wait_for_log
from tests.support.mesh import Connected, Mesh, a_mesh, ingress, upstream
from tests.support.networks import can_connect, in_namespace, sh
from tests.support.security_groups import policies, rule
from tests.support.street import get

from hostless.balancer.connect_seam import FlowCounters
from hostless.domain.service_connect import ConnectAccessLog
from hostless.network.local import namespaces

pytestmark = pytest.mark.root
GRPC = [sys.executable, str(Path(__file__).parents[1] / "support/grpc_program.py")]


@pytest.fixture
async def mesh(tmp_path: Path, images: OneImage) -> AsyncIterator[Mesh]:
    async with a_mesh(tmp_path, images) as found:
        yield found


def inside(mesh: Mesh, task: Connected, *command: str) -> list[str]:
    return ["nsenter", f"--net=/run/netns/{mesh.namespace_of(task)}", *command]


async def test_calls_and_streams_of_grpc_pass_both_proxies(mesh: Mesh) -> None:
    shop = await mesh.run(1, ingress("grpc"))
    client = await mesh.run(2, upstream(protocol="grpc"), servers=frozenset({shop.server()}))
    serving = inside(mesh, shop, *GRPC, "serve", "0.0.0.0:8080")
    server = await asyncio.create_subprocess_exec(*serving, stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        assert await server.stdout.readline() == b"ready\n"
        calling = inside(mesh, client, *GRPC, "call", "127.255.0.1:80")
        caller = await asyncio.create_subprocess_exec(*calling, stdout=subprocess.PIPE)
        said, _ = await caller.communicate()
    finally:
        server.kill()
        await server.communicate()
    assert said.decode().split() == ["HELLO", "0", "1", "2", "NOT_FOUND"]
    counted = await mesh.proxies.counters(shop.id)
    assert counted is not None
    assert counted.ingresses["shop"].requests == 3


async def test_bytes_of_tcp_pass_both_proxies(mesh: Mesh) -> None:
    shop = await mesh.run(1, ingress("tcp", container_port=7))
    client = await mesh.run(2, upstream(protocol="tcp"), servers=frozenset({shop.server()}))
    with socket_in(mesh, shop) as listening:
        seen = asyncio.ensure_future(asyncio.to_thread(_echo_once, listening))
        said = await in_namespace(mesh.namespace_of(client), _say, "127.255.0.1", 80, b"hello")
        assert said == b"hello"
        await seen
    async with asyncio.timeout(10):
        while (flow := await flow_of(mesh, client)).bytes_in == 0:
            await asyncio.sleep(0.01)
    assert (flow.requests, flow.bytes_in, flow.bytes_out) == (1, 5, 5)
    assert flow.responses_by_class == {}


async def flow_of(mesh: Mesh, client: Connected) -> FlowCounters:
    counted = await mesh.proxies.counters(client.id)
    assert counted is not None
    return counted.upstreams["shop"]


def socket_in(mesh: Mesh, task: Connected) -> socket.socket:
    with namespaces.inside(mesh.namespace_of(task)):
        return socket.create_server(("0.0.0.0", 7))


def _echo_once(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.settimeout(10)
        connection.sendall(connection.recv(100))


def _say(address: str, port: int, data: bytes) -> bytes:
    with socket.create_connection((address, port), 10) as connection:
        connection.sendall(data)
        return connection.recv(100)


async def test_what_arrives_for_the_containers_port_meets_the_proxy_and_loopback_goes_round_it(
    mesh: Mesh,
) -> None:
    shop, app = await mesh.shop(1)
    neighbour = await mesh.run(2)
    address = shop.interface.address

    async def passed() -> int:
        counted = await mesh.proxies.counters(shop.id)
        assert counted is not None
        return counted.ingresses["shop"].requests

    await _get_from(mesh, neighbour, f"http://{address}:8080/")
    assert (app.asked, await passed()) == (1, 1)
    for own in ("127.0.0.1", address):
        await _get_from(mesh, shop, f"http://{own}:8080/")
    assert (app.asked, await passed()) == (3, 1)
    rules = await in_namespace(mesh.namespace_of(shop), sh, "nft list ruleset")
    assert 'iifname "eth0" tcp dport 8080 redirect to :15001' in rules
    assert await in_namespace(mesh.namespace_of(neighbour), sh, "nft list ruleset") == ""


async def _get_from(mesh: Mesh, task: Connected, url: str) -> None:
    got = await in_namespace(mesh.namespace_of(task), get, url, {})
    assert got.status == 200


async def test_security_groups_are_about_the_containers_port(mesh: Mesh) -> None:
    shop, _ = await mesh.shop(1)
    neighbour = await mesh.run(2)
    rules = [
        rule(1, is_egress=True, cidr="0.0.0.0/0"),
        rule(1, protocol="tcp", ports=(8080, 8080), cidr="0.0.0.0/0"),
    ]
    await mesh.enforce(policies(mesh.range.vpc.id, rules), shop, neighbour)
    where, address = mesh.namespace_of(neighbour), shop.interface.address
    assert await in_namespace(where, can_connect, address, 8080)
    assert not await in_namespace(where, can_connect, address, 15001, 0.3)


async def test_a_name_leads_to_the_proxy_though_the_application_listens_on_its_port_itself(
    mesh: Mesh,
) -> None:
    shop, _ = await mesh.shop(1, "the shop")
    client = await mesh.run(2, upstream(), servers=frozenset({shop.server()}))
    mesh.serve(client, "the client itself", 80)
    assert (await mesh.get(client)).body == "the shop"


async def test_an_override_of_the_ingress_port_leaves_the_containers_port_alone(
    mesh: Mesh,
) -> None:
    shop, app = await mesh.shop(1, is_redirected=False, listen_port=9000)
    client = await mesh.run(2, upstream(), servers=frozenset({shop.server()}))
    assert shop.server().port == 9000
    assert (await mesh.get(client)).body == app.name
    await _get_from(mesh, client, f"http://{shop.interface.address}:8080/")
    counted = await mesh.proxies.counters(shop.id)
    assert counted is not None
    assert (app.asked, counted.ingresses["shop"].requests) == (2, 1)


async def test_only_the_proxy_sees_its_folder(mesh: Mesh) -> None:
    client = await mesh.run(2, upstream())
    assert await mesh.said(client, "main", "ls", "/run/service-connect") == (
        "ls: /run/service-connect: No such file or directory\n"
    )
    stats = await mesh.backend.stats({client.id: ["main", client.proxy]})
    assert stats[client.id].containers[client.proxy].processes >= 1


async def test_access_logs_of_text_are_envoys_default_lines(mesh: Mesh) -> None:
    log = ConnectAccessLog(format="TEXT")
    shop, _ = await mesh.shop(1)
    server = shop.server()
    client = await mesh.run(2, upstream(), servers=frozenset({server}), access_log=log)
    await mesh.get(client, "/a/b?secret=1")
    said = await wait_for_log(mesh.log_of(client, client.proxy), "/a/b")
    line = next(line for line in said.splitlines() if "/a/b" in line).split(" ", 3)[3]
    assert re.fullmatch(
        r'\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] "GET /a/b HTTP/1\.1" 200 -- \d+ \d+ \d+ \d+ '
        rf'"-" "Python-urllib/[\d.]+" "-" "shop\.test" "{server.address}:{server.port}"',
        line,
    )


async def test_access_logs_of_json_are_objects_and_have_queries_if_asked_for(mesh: Mesh) -> None:
    log = ConnectAccessLog(format="JSON", includes_query_parameters=True)
    shop, _ = await mesh.shop(1)
    parts = (
        upstream(),
        upstream(protocol="tcp", address="127.255.0.2", listen_port=15102, discovery_name="raw"),
    )
    client = await mesh.run(2, *parts, servers=frozenset({shop.server()}), access_log=log)
    await mesh.get(client, '/a"b?c=1')
    await in_namespace(mesh.namespace_of(client), get, "http://127.255.0.2/x", {})
    said = await wait_for_log(mesh.log_of(client, client.proxy), '"duration"')
    async with asyncio.timeout(10):
        while said.count('"duration"') < 2:
            await asyncio.sleep(0.01)
            said = mesh.log_of(client, client.proxy).read_text()
    lines = [line.split(" ", 3)[3] for line in said.splitlines() if '"duration"' in line]
    page, raw = (json.loads(line) for line in lines)
    assert page["path"] == '/a"b?c=1'
    assert (page["method"], page["response_code"]) == ("GET", 200)
    assert page["authority"] == "shop.test"
    assert "method" not in raw
    assert raw["bytes_sent"] > 0
    assert raw["upstream_host"] == f"{shop.server().address}:{shop.server().port}"
