"""Real clients before a load balancer's node: curl, openssl, websockets, gRPC."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.support.balancing import (
    CERTIFICATE,
    CHECK,
    balancer,
    forward,
    group,
    listener,
    rule,
    target,
)
from tests.support.clients import (
    BLUE,
    OTHER,
    certificate_path,
    curl,
    known,
    plan,
    run,
)
from tests.support.networks import in_namespace
from tests.support.street import NODE, TARGET, Street, until_seen
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as serve_websocket

from hostless.domain.listeners import Action, Condition, FixedResponse, QueryPair
from hostless.network.local import namespaces

pytestmark = pytest.mark.root
GRPC_SERVER = """
import sys, grpc
from concurrent import futures
class Echo(grpc.GenericRpcHandler):
    def service(self, call):
        if call.method == "/echo.Echo/Twice":
            return grpc.unary_stream_rpc_method_handler(lambda body, _: iter((body, body)))
server = grpc.server(futures.ThreadPoolExecutor(2), handlers=(Echo(),))
print(server.add_insecure_port(sys.argv[1]), flush=True)
server.start(); server.wait_for_termination()
"""
GRPC_CLIENT = """
import sys, grpc
name = (("grpc.ssl_target_name_override", "one.example"),)
trust = grpc.ssl_channel_credentials(open(sys.argv[2], "rb").read())
with grpc.secure_channel(sys.argv[1], trust, name) as channel:
    print([*channel.unary_stream("/echo.Echo/Twice")(b"hello", timeout=10)])
    try:
        channel.unary_unary("/echo.Echo/Never")(b"", timeout=10)
    except grpc.RpcError as refused:
        print(refused.code())
"""


async def test_each_name_gets_its_certificate_and_http_2(street: Street) -> None:
    server = street.serve()
    here = listener(forward(BLUE), 443, "HTTPS", certificates=(OTHER,))
    await street.balancer.serve(plan(street, [here], {"blue": [known(BLUE, server.server_port)]}))
    for arn, name in ((CERTIFICATE, "one.example"), (OTHER, "two.example")):
        trusted = f"--cacert {certificate_path(street, arn)} --resolve {name}:443:{NODE}"
        for version in ("1.1", "2"):
            said = await curl(
                street,
                f"--http{version} --write-out '%{{http_version}}' {trusted} https://{name}/",
            )
            assert said.endswith(version)
            assert "'x-forwarded-proto': 'https'" in said
            assert "'x-forwarded-port': '443'" in said
    for name, got in (("two.example", "two"), ("unknown.example", "one")):
        shown = await run(
            street, f"openssl s_client -connect {NODE}:443 -servername {name} </dev/null 2>&1"
        )
        assert f"subject=CN = {got}.example" in shown


@pytest.mark.parametrize(
    ("policy", "spoken"),
    [
        ("ELBSecurityPolicy-TLS13-1-2-2021-06", {"tls1_2", "tls1_3"}),
        ("ELBSecurityPolicy-TLS13-1-3-2021-06", {"tls1_3"}),
        ("ELBSecurityPolicy-2016-08", {"tls1", "tls1_1", "tls1_2"}),
    ],
)
async def test_a_policy_says_which_versions_are_spoken(
    street: Street, policy: str, spoken: set[str]
) -> None:
    here = listener(forward(BLUE), 443, "HTTPS", ssl_policy=policy)
    await street.balancer.serve(plan(street, [here], {}))
    found = set()
    for version in ("tls1", "tls1_1", "tls1_2", "tls1_3"):
        shown = await run(
            street,
            f"openssl s_client -connect {NODE}:443 -{version} -cipher ALL@SECLEVEL=0 "
            "</dev/null 2>&1 || true",
        )
        if "Cipher is (NONE)" not in shown:
            found.add(version)
    assert found == spoken


@contextlib.contextmanager
def grpc_server(street: Street) -> Iterator[int]:
    with namespaces.inside(street.targets):
        process = subprocess.Popen(
            [sys.executable, "-c", GRPC_SERVER, f"{TARGET}:0"], stdout=subprocess.PIPE, text=True
        )
    with process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


async def test_grpc_goes_through_and_its_health_is_its_own(street: Street) -> None:
    check = replace(CHECK, path="/AWS.ALB/healthcheck", codes="12", interval_seconds=1)
    rpc = group("rpc", protocol_version="GRPC", health_check=check)
    picky = group("picky", protocol_version="GRPC", health_check=replace(check, codes="5"))
    here = listener(forward(rpc), 443, "HTTPS")
    other = listener(forward(picky), 444, "HTTPS")
    with grpc_server(street) as port:
        new, bad = target(rpc, TARGET, port), target(picky, TARGET, port)
        groups = [rpc, picky]
        made = plan(street, [here, other], {"rpc": [new], "picky": [bad]}, groups=groups)
        await street.balancer.serve(made)
        await until_seen(street, made, new.key, "healthy")
        await until_seen(street, made, bad.key, "unhealthy")
        script = street.root / "client.py"
        script.write_text(GRPC_CLIENT)
        command = f"{sys.executable} {script} {NODE}:443 {certificate_path(street)} 2>/dev/null"
        said = (await run(street, command)).splitlines()
    assert said == ["[b'hello', b'hello']", "StatusCode.UNIMPLEMENTED"]


def echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


@contextlib.contextmanager
def websocket_server(street: Street) -> Iterator[int]:
    with namespaces.inside(street.targets):
        server = serve_websocket(echo, TARGET, 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.socket.getsockname()[1]
    finally:
        server.shutdown()
        thread.join()


def opened(port: int) -> socket.socket:
    return socket.create_connection((NODE, port), timeout=5)


async def test_a_websocket_lives_until_it_is_idle_for_too_long(street: Street) -> None:
    of = balancer(idle_timeout__timeout_seconds="1")
    with websocket_server(street) as port:
        made = plan(street, [listener(forward(BLUE))], {"blue": [known(BLUE, port)]}, of=of)
        await street.balancer.serve(made)
        sock = await in_namespace(street.node, opened, 80)
        async with connect(f"ws://{NODE}/", sock=sock, ping_interval=None) as client:
            for number in range(8):
                await asyncio.sleep(0.2)
                await client.send(f"{number}")
                assert await client.recv() == f"{number}"
            async with asyncio.timeout(5):
                with pytest.raises(ConnectionClosed):
                    await client.recv()


def says(word: str) -> Action:
    return Action(fixed_response=FixedResponse(status_code="200", message_body=word))


async def test_rules_look_at_every_part_of_a_request(street: Street) -> None:
    here = listener(says("default"))
    conditions = {
        "method": Condition(field="http-request-method", values=("PUT",)),
        "header": Condition(field="http-header", header_name="X'Odd#1", values=("a b*",)),
        "host": Condition(field="host-header", values=("*.example.com",)),
        "query": Condition(field="query-string", pairs=(QueryPair(key="v", value="1?"),)),
        "elsewhere": Condition(field="source-ip", values=("192.0.2.0/24",)),
        "path": Condition(field="path-pattern", values=("/it's*/\"%",)),
    }
    rules = [
        rule(here, number, says(word), each)
        for number, (word, each) in enumerate(conditions.items(), 1)
    ]
    near = Condition(field="source-ip", values=(f"{NODE}/32",))
    only = Condition(field="path-pattern", values=("/near",))
    rules.append(rule(here, 9, says("near"), near, only))
    await street.balancer.serve(plan(street, [here], {}, rules=rules))
    at = f"http://{NODE}"
    for words, answer in (
        (f"-X PUT {at}/", "method"),
        (f'-H "X\'Odd#1: A Bc" {at}/', "header"),
        (f"-H 'Host: A.Example.com:80' {at}/", "host"),
        (f"-H 'Host: example.com' {at}/", "default"),
        (f"'{at}/?a=b&v=12'", "query"),
        (f"'{at}/?v=1'", "default"),
        (f"--request-target '/it'\\''s/me/\"%' {at}", "path"),
        (f"{at}/near", "near"),
        (f"{at}/Near", "default"),
    ):
        assert await curl(street, words) == answer, words


async def test_forwarded_addresses_are_joined_kept_or_removed(street: Street) -> None:
    targets = {"blue": [known(BLUE, street.serve().server_port)]}
    for mode, told in (
        ("append", f"'x-forwarded-for': '192.0.2.1, {NODE}'"),
        ("preserve", "'X-Forwarded-For': '192.0.2.1'"),
        ("remove", None),
    ):
        of = balancer(routing__http__xff_header_processing__mode=mode)
        await street.balancer.serve(plan(street, [listener(forward(BLUE), 8080)], targets, of=of))
        said = await curl(street, f"-H 'X-Forwarded-For: 192.0.2.1' http://{NODE}:8080/")
        assert f"'{NODE}:8080'" in said, "the host, with its port"
        assert ("forwarded-for" in said.lower()) == (told is not None)
        if told is not None:
            assert told.lower() in said.lower()
    for port_too, told in (("false", f"'{NODE}'"), ("true", f"'{NODE}:")):
        of = balancer(routing__http__xff_client_port__enabled=port_too)
        await street.balancer.serve(plan(street, [listener(forward(BLUE), 8080)], targets, of=of))
        said = await curl(street, f"http://{NODE}:8080/")
        assert said.lower().count(f"'x-forwarded-for': {told}") == 1, said
