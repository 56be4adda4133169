"""The HTTP server on a real port of the loopback address."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from tests.support.client import TEST_KEY
from tests.support.small_service import SmallService, small_application

from hostless.gateway.asgi import GREATEST_BODY_BYTES
from hostless.gateway.server import GatewayServer

LIMIT_SECONDS = 20


@pytest.fixture
async def server() -> AsyncIterator[GatewayServer]:
    server = GatewayServer(small_application(SmallService()), "127.0.0.1", 0)
    async with asyncio.timeout(LIMIT_SECONDS), asyncio.TaskGroup() as group:
        group.create_task(server.run())
        await server.serving.wait()
        yield server
        server.stop()


async def exchange(server: GatewayServer, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*server.address)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def head(method: str, path: str, *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "host: h", "connection: close", *more, "", ""]
    return "\r\n".join(lines).encode()


async def test_health_is_answered_and_head_has_no_body(server: GatewayServer) -> None:
    answer = await exchange(server, head("GET", "/health"))
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"}")
    assert (await exchange(server, head("HEAD", "/"))).endswith(b"\r\n\r\n")


async def test_a_plain_client_over_a_real_connection(server: GatewayServer) -> None:
    def call() -> Any:
        client = botocore.session.Session().create_client(
            "ecs",
            region_name="us-east-1",
            endpoint_url=server.url,
            aws_access_key_id=TEST_KEY.access_key_id,
            aws_secret_access_key=TEST_KEY.secret_access_key,
            config=Config(retries={"total_max_attempts": 1}),
        )
        answer = client.create_cluster(clusterName="web")
        client.close()
        return answer["cluster"]["clusterName"]

    assert await asyncio.to_thread(call) == "web"


async def test_a_body_that_is_too_large_is_refused_before_it_comes(server: GatewayServer) -> None:
    length = f"content-length: {GREATEST_BODY_BYTES + 1}"
    answer = await exchange(server, head("POST", "/", length))
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"RequestEntityTooLargeException" in answer


async def test_what_is_no_http_is_refused(server: GatewayServer) -> None:
    assert (await exchange(server, b"\x16\x03\x01 no http\r\n\r\n")).startswith(b"HTTP/1.1 400")


async def test_a_taken_port_is_said_at_once(server: GatewayServer) -> None:
    with pytest.raises(OSError, match="in use"):
        GatewayServer(small_application(SmallService()), *server.address)


async def test_a_cancelled_server_lets_go_of_its_port() -> None:
    server = GatewayServer(small_application(SmallService()), "127.0.0.1", 0)
    async with asyncio.timeout(LIMIT_SECONDS), asyncio.TaskGroup() as group:
        running = group.create_task(server.run())
        await server.serving.wait()
        address = server.address
        running.cancel()
    again = GatewayServer(small_application(SmallService()), *address)
    again.close()
