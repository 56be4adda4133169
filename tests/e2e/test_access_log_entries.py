"""What a load balancer's node logs of requests of every kind, told as AWS tells it."""

import asyncio
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.e2e.test_balancer_clients import GRPC_CLIENT, grpc_server, opened, websocket_server
from tests.support.access_logs import Entry, entry_of
from tests.support.balancing import CERTIFICATE, balancer, forward, group, listener, rule
from tests.support.clients import BLUE, GREEN, OTHER, TCP, certificate_path, curl, known, plan, run
from tests.support.networks import in_namespace
from tests.support.street import NODE, TARGET, Street
from websockets.asyncio.client import connect

from hostless.balancer.local import log_file, process
from hostless.balancer.local.balancer import LocalBalancer
from hostless.balancer.seam import NodePlan
from hostless.domain.listeners import Action, Condition, FixedResponse, Redirect
from hostless.kit.clock import SystemClock

pytestmark = pytest.mark.root
LOGGED = balancer(access_logs__s3__enabled="true", access_logs__s3__bucket="logs")
GONE = Action(fixed_response=FixedResponse(status_code="404", message_body="gone"))
MOVED = Action(
    redirect=Redirect(
        protocol="HTTPS",
        host="#{host}",
        port="443",
        path="/new/#{path}",
        query="#{query}",
        status_code="HTTP_301",
    )
)


async def logged(street: Street, made: NodePlan, count: int) -> list[Entry]:
    """All that was logged, when it is so much."""
    async with asyncio.timeout(10):
        while True:
            found = await street.balancer.logged(made.node.interface_id, 0)
            if len(found.requests) >= count:
                assert len(found.requests) == count
                return [entry_of(each.text) for each in found.requests]
            await asyncio.sleep(0.01)


async def test_a_request_that_a_target_answers(street: Street) -> None:
    port = street.serve().server_port
    made = plan(street, [listener(forward(BLUE))], {"blue": [known(BLUE, port)]}, of=LOGGED)
    await street.balancer.serve(made)
    await curl(street, f"-A 'me/1.0' -H 'X-Amzn-Trace-Id: Root=1-2-3' 'http://{NODE}/a/b?c=d'")
    (entry,) = await logged(street, made, 1)
    assert entry["client"].rpartition(":")[0] == NODE
    assert int(entry["received"]) > 0
    assert int(entry["sent"]) > 0
    assert entry["created"] <= entry["time"]
    assert entry["connection"].startswith("TID_")
    assert all(0 <= float(entry[f"{part}_seconds"]) < 5 for part in ("request", "target"))
    expected = {
        "type": "http",
        "elb": "app/web/0123456789abcdef",
        "target": f"{TARGET}:{port}",
        "response_seconds": "0.000",
        "elb_status": "200",
        "target_status": "200",
        "request": f"GET http://{NODE}:80/a/b?c=d HTTP/1.1",
        "user_agent": "me/1.0",
        "cipher": "-",
        "tls": "-",
        "group": BLUE.arn,
        "trace": "Root=1-2-3",
        "domain": "-",
        "certificate": "-",
        "priority": "0",
        "actions": "forward",
        "redirect": "-",
        "targets": f"{TARGET}:{port}",
        "target_statuses": "200",
    }
    assert expected.items() <= entry.items()


async def test_answers_that_no_target_gave(street: Street) -> None:
    here = listener(forward(BLUE))
    at = {word: Condition(field="path-pattern", values=(f"/{word}*",)) for word in "abc"}
    rules = [
        rule(here, 7, GONE, at["a"]),
        rule(here, 8, MOVED, at["b"]),
        rule(here, 9, forward(GREEN), at["c"]),
    ]
    closed = street.serve()
    port = closed.server_port
    made = plan(street, [here], {"green": [known(GREEN, port)]}, rules=rules, of=LOGGED)
    await street.balancer.serve(made)
    closed.shutdown()
    closed.server_close()
    for path in ("/a", "'/b?x=\"y'", "/c", "/none"):
        await curl(street, f"-H 'Host: shop.example' --globoff http://{NODE}{path}")
    gone, moved, refused, nobody = await logged(street, made, 4)
    none = {"target_status": "-", "request_seconds": "-1", "target_seconds": "-1"}
    for entry in (gone, moved, refused, nobody):
        assert none.items() <= entry.items()
    own = {"target": "-", "group": "-", "redirect": "-"}
    expected = {**own, "elb_status": "404", "priority": "7", "actions": "fixed-response"}
    assert expected.items() <= gone.items()
    assert gone["request"] == "GET http://shop.example:80/a HTTP/1.1"
    assert (moved["elb_status"], moved["priority"], moved["actions"]) == ("301", "8", "redirect")
    assert moved["redirect"] == 'https://shop.example:443/new/b?x="y'
    assert moved["request"] == 'GET http://shop.example:80/b?x="y HTTP/1.1'
    assert (refused["elb_status"], refused["target"]) == ("502", f"{TARGET}:{port}")
    assert (refused["group"], refused["priority"]) == (GREEN.arn, "9")
    expected = {"elb_status": "503", "target": "-", "group": BLUE.arn, "actions": "forward"}
    assert {**expected, "priority": "0"}.items() <= nobody.items()


def speak(said: bytes, port: int = 80) -> bytes:
    with socket.create_connection((NODE, port), timeout=5) as client:
        client.sendall(said)
        return client.recv(4096)


async def test_odd_letters_are_escaped_and_what_is_no_request_is_told(street: Street) -> None:
    here = listener(GONE)
    await street.balancer.serve(plan(street, [here], {}, of=LOGGED))
    made = plan(street, [here], {}, of=LOGGED)
    odd = b'GET /"[\\] HTTP/1.1\r\nHost: x\r\nUser-Agent: a"b\\c]\x01\td\xe9#%20\r\n\r\n'
    await in_namespace(street.node, speak, odd)
    await in_namespace(street.node, speak, b"GET / NOTHING\r\n\r\n")
    await in_namespace(street.node, speak, b"GET /p HTTP/1.0\r\n\r\n")
    await in_namespace(street.node, speak, b"GET /q HTTP/1.0\r\nHost: a.example:99\r\n\r\n")
    found = await street.balancer.logged(made.node.interface_id, 0)
    texts = [each.text for each in found.requests]
    assert '"GET http://x:80/\\"[\\\\] HTTP/1.1" "a\\"b\\\\c]\\x01\\x09d\\xE9#%20"' in texts[0]
    first, second, third, last = await logged(street, made, 4)
    assert first["elb_status"] == "404"
    assert second["request"] == f"- http://{NODE}:80- -"
    assert (second["elb_status"], second["priority"], second["actions"]) == ("400", "-", "-")
    assert third["request"] == f"GET http://{NODE}:80/p HTTP/1.0"
    assert last["request"] == "GET http://a.example:99/q HTTP/1.0"
    assert third["user_agent"] == "-"


async def test_https_tells_names_certificates_and_versions(street: Street) -> None:
    port = street.serve().server_port
    here = listener(forward(BLUE), 443, "HTTPS", certificates=(OTHER,))
    made = plan(street, [here], {"blue": [known(BLUE, port)]}, of=LOGGED)
    await street.balancer.serve(made)
    for arn, name in ((CERTIFICATE, "one.example"), (OTHER, "two.example")):
        trusted = f"--cacert {certificate_path(street, arn)} --resolve {name}:443:{NODE}"
        for version in ("1.1", "2"):
            await curl(street, f"--http{version} {trusted} https://{name}/")
    entries = await logged(street, made, 4)
    assert [e["type"] for e in entries] == ["https", "h2", "https", "h2"]
    assert [e["domain"] for e in entries] == ["one.example"] * 2 + ["two.example"] * 2
    assert [e["certificate"] for e in entries] == [CERTIFICATE] * 2 + [OTHER] * 2
    assert {e["tls"] for e in entries} <= {"TLSv1.2", "TLSv1.3"}
    assert all("_" in e["cipher"] or "-" in e["cipher"][1:] for e in entries)
    assert entries[1]["request"] == "GET https://one.example:443/ HTTP/2.0"


async def test_a_websocket_is_one_request_and_a_call_of_grpc_is_one(street: Street) -> None:
    rpc = group("rpc", protocol_version="GRPC")
    with websocket_server(street) as port, grpc_server(street) as rpc_port:
        listeners = [listener(forward(BLUE)), listener(forward(rpc), 443, "HTTPS")]
        targets = {"blue": [known(BLUE, port)], "rpc": [known(rpc, rpc_port)]}
        made = plan(street, listeners, targets, groups=[BLUE, rpc], of=LOGGED)
        await street.balancer.serve(made)
        sock = await in_namespace(street.node, opened, 80)
        async with connect(f"ws://{NODE}/", sock=sock, ping_interval=None) as client:
            await client.send("hello")
            assert await client.recv() == "hello"
        (entry,) = await logged(street, made, 1)
        assert (entry["type"], entry["elb_status"], entry["target_status"]) == ("ws", "101", "101")
        script = street.root / "client.py"
        script.write_text(GRPC_CLIENT)
        await run(
            street,
            f"{sys.executable} {script} {NODE}:443 {certificate_path(street)} 2>/dev/null",
        )
        entries = await logged(street, made, 3)
    assert [e["type"] for e in entries[1:]] == ["grpcs", "grpcs"]
    assert entries[1]["request"] == "POST https://one.example:443/echo.Echo/Twice HTTP/2.0"


async def test_connections_to_a_tls_listener_of_a_network_balancer(street: Street) -> None:
    """Those to its other listeners are not logged."""
    port = street.serve().server_port
    of = replace(LOGGED, type="network")
    secure = listener(forward(TCP), 443, "TLS", certificates=(OTHER,), alpn_policy="HTTP1Only")
    listeners = [secure, listener(forward(TCP), 80, "TCP")]
    made = plan(street, listeners, {"tcp": [known(TCP, port)]}, of=of, groups=[TCP])
    await street.balancer.serve(made)
    await curl(street, f"http://{NODE}/")
    name = "two.example"
    trusted = f"--cacert {certificate_path(street, OTHER)} --resolve {name}:443:{NODE}"
    await curl(street, f"{trusted} https://{name}/")
    (entry,) = await logged(street, made, 1)
    expected = {
        "version": "2.0",
        "elb": "app/web/0123456789abcdef",
        "listener": secure.arn.rsplit("/", 1)[-1],
        "destination": f"{NODE}:443",
        "certificate": OTHER,
        "domain": name,
        "alpn_front": "http/1.1",
        "alert": "-",
    }
    assert expected.items() <= entry.items()
    assert entry["client"].startswith(f"{NODE}:")
    assert entry["created"] <= entry["time"]
    assert int(entry["connection_time"]) >= int(entry["handshake_time"]) >= 0
    assert int(entry["received"]) > 0
    assert int(entry["sent"]) > 0
    assert (entry["tls"], entry["cipher"].split("-")[0]) == ("TLSv1.2", "ECDHE")
    await in_namespace(street.node, speak, b"no handshake", 443)
    *_, failed = await logged(street, made, 2)
    assert (failed["tls"], failed["cipher"], failed["certificate"]) == ("-", "-", "-")


async def until_one_worker(folder: Path) -> None:
    """The one before a reload answers until it has been told to stop."""
    async with asyncio.timeout(10):
        while len(process.children_of(process.find(folder) or 0)) != 1:
            await asyncio.sleep(0.01)


async def test_nothing_is_lost_when_processes_change_or_die_or_an_engine_does(
    street: Street,
) -> None:
    """The log is switched on while the node serves, which is one process until it dies."""
    port = street.serve().server_port
    targets = {"blue": [known(BLUE, port)]}
    quiet = plan(street, [listener(forward(BLUE))], targets)
    made = replace(quiet, load_balancer=LOGGED)
    folder = street.root / "balancers" / made.node.interface_id
    await street.balancer.serve(quiet)
    await curl(street, f"http://{NODE}/untold")
    await street.balancer.serve(made)
    await until_one_worker(folder)
    await curl(street, f"http://{NODE}/1")
    other = plan(street, [listener(forward(BLUE)), listener(GONE, 81)], targets, of=LOGGED)
    await street.balancer.serve(other)
    await curl(street, f"http://{NODE}/2")
    await street.balancer.close()
    await curl(street, f"http://{NODE}:81/3")
    successor = LocalBalancer(street.root / "balancers", street.groups, SystemClock())
    await successor.serve(other)
    master = process.find(folder)
    assert master is not None
    await process.end(master)
    await successor.serve(other)
    await curl(street, f"http://{NODE}/4")
    await successor.stop(made.node.interface_id)
    paths = [e["request"].split("/", 3)[3] for e in await logged(street, made, 4)]
    assert paths == [f"{n} HTTP/1.1" for n in range(1, 5)]
    await successor.remove(made.node.interface_id)
    assert await successor.log_size(made.node.interface_id) == 0
    assert not folder.exists()


async def test_a_log_that_nobody_reads_ends_and_goes_on_when_it_is_freed(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "MOST_BYTES", 20_000)
    made = plan(street, [listener(GONE)], {}, of=LOGGED)
    await street.balancer.serve(made)
    node = made.node.interface_id
    await curl(street, f"'http://{NODE}/?[1-200]'")
    assert await street.balancer.log_size(node) == 20_000
    first = await street.balancer.logged(node, 0)
    assert 0 < len(first.requests) < 200
    assert [f"/?{n} " in r.text for n, r in enumerate(first.requests, 1)].count(False) == 0
    await street.balancer.free_log(node, first.until)
    await curl(street, f"http://{NODE}/later")
    later = await street.balancer.logged(node, first.until)
    assert ["/later " in each.text for each in later.requests] == [True]
    assert await street.balancer.logged(node, first.until) == later
    before = (street.root / "balancers" / node / process.LOG_FILE).stat()
    await street.balancer.free_log(node, later.until)
    assert (street.root / "balancers" / node / process.LOG_FILE).stat().st_size == before.st_size
