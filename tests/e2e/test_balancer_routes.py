"""Where a load balancer's node sends what clients ask: weights, cookies, targets that fail."""

import collections
import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.support.balancing import (
    balancer,
    forward,
    listener,
)
from tests.support.clients import BLUE, GREEN, TCP, certificate_path, curl, known, plan, status
from tests.support.street import NODE, TARGET, Street

from hostless.domain.target_groups import Target, TargetGroup
from hostless.network.local import namespaces

pytestmark = pytest.mark.root


def names_of(street: Street, *of: TargetGroup) -> dict[str, list[Target]]:
    return {each.name: [known(each, street.serve().server_port)] for each in of}


async def test_weights_share_requests_and_a_cookie_keeps_a_client(street: Street) -> None:
    targets = names_of(street, BLUE, GREEN)
    port = str(targets["blue"][0].port)
    here = listener(forward(BLUE, GREEN, weights=(3, 1), stays=60))
    nobody = listener(forward(BLUE, GREEN, weights=(0, 0)), 81)
    await street.balancer.serve(plan(street, [here, nobody], targets))
    many = f"http://{NODE}/?[1-400]"
    got = (await curl(street, f"--write-out '\\n' '{many}'")).splitlines()
    count = collections.Counter(line.split()[0] for line in got)
    assert sum(count.values()) == 400
    assert 240 <= count[port] <= 360
    jar = street.root / "jar"
    first = (await curl(street, f"--cookie-jar {jar} http://{NODE}/")).split()[0]
    got = (await curl(street, f"--cookie {jar} --write-out '\\n' '{many}'")).splitlines()
    assert {line.split()[0] for line in got} == {first}
    assert await status(street, f"http://{NODE}:81/") == 503


async def test_cookies_keep_a_client_with_its_target_until_that_drains(street: Street) -> None:
    cookie = {"stickiness.enabled": "true"}
    by_app = {**cookie, "stickiness.type": "app_cookie", "stickiness.app_cookie.cookie_name": "me"}
    blue, green = replace(BLUE, attributes=cookie), replace(GREEN, attributes=by_app)
    ports = [street.serve().server_port for _ in range(3)]
    targets = {each.name: [known(each, port) for port in ports] for each in (blue, green)}
    listeners = [listener(forward(blue)), listener(forward(green), 81)]
    await street.balancer.serve(plan(street, listeners, targets, groups=[blue, green]))
    jar = street.root / "jar"
    page = f"--cookie {jar} --write-out '\\n' 'http://{NODE}/?[1-20]'"
    first = (await curl(street, f"--cookie-jar {jar} http://{NODE}/")).split()[0]
    told = await curl(street, f"--include http://{NODE}/")
    assert "; SameSite=None; Secure" in next(x for x in told.splitlines() if "AWSALBCORS" in x)
    got = {line.split()[0] for line in (await curl(street, page)).splitlines()}
    assert got == {first}
    headers = await curl(street, f"--head -X GET http://{NODE}:81/")
    assert "AWSALBAPP" not in headers, "the application said nothing"
    targets["blue"] = [
        replace(each, drains_since=1.0) if str(each.port) == first else each
        for each in targets["blue"]
    ]
    await street.balancer.serve(plan(street, listeners, targets, groups=[blue, green]))
    got = {line.split()[0] for line in (await curl(street, page)).splitlines()}
    assert got
    assert first not in got


@contextlib.contextmanager
def listening(street: Street, answer: bytes | None) -> Iterator[int]:
    """A server that reads once, and then answers and closes; None: never says anything."""
    with namespaces.inside(street.targets):
        server = socket.create_server((TARGET, 0))

    def speak(client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(5)
            read = client.recv(4096)
            while read and b"GET " not in read:
                more = client.recv(4096)
                if not more:
                    return
                read += more
            if answer is None:
                client.recv(4096)
                return
            client.sendall(answer.replace(b"READ", read.hex().encode()))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = server.accept()
                threading.Thread(target=speak, args=(client,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        server.close()


async def test_errors_of_targets_have_awss_codes_and_pages(street: Street) -> None:
    of = balancer(idle_timeout__timeout_seconds="1")
    with listening(street, b"") as closing, listening(street, None) as silent:
        for port, code, words in (
            (closing, 502, "Bad Gateway"),
            (silent, 504, "Gateway Time-out"),
            (1, 502, "Bad Gateway"),
            (None, 503, "Service Temporarily Unavailable"),
        ):
            targets = [] if port is None else [known(BLUE, port)]
            made = plan(street, [listener(forward(BLUE))], {"blue": targets}, of=of)
            await street.balancer.serve(made)
            got = await street.get()
            assert got.status == code
            assert got.headers["Server"] == "awselb/2.0"
            assert f"<center><h1>{code} {words}</h1></center>" in got.body


async def test_a_connection_is_kept_for_the_next_request(street: Street) -> None:
    targets = {"blue": [known(BLUE, street.serve().server_port)]}
    await street.balancer.serve(plan(street, [listener(forward(BLUE))], targets))
    said = await curl(
        street, f"--output /dev/null --write-out '%{{num_connects}} ' 'http://{NODE}/?[1-5]'"
    )
    assert said.split() == ["1", "0", "0", "0", "0"]


async def test_a_network_balancer_hands_connections_on(street: Street) -> None:
    server = street.serve()
    of = balancer("network")
    tls = listener(forward(TCP), 443, "TLS", alpn_policy="HTTP1Only")
    made = plan(
        street,
        [listener(forward(TCP), 80, "TCP"), tls],
        {"tcp": [known(TCP, server.server_port)]},
        groups=[TCP],
        of=of,
    )
    await street.balancer.serve(made)
    assert "x-forwarded" not in await curl(street, f"http://{NODE}/")
    trusted = f"--cacert {certificate_path(street)} --resolve one.example:443:{NODE}"
    said = await curl(street, f"{trusted} https://one.example/")
    assert said.startswith(f"{server.server_port} ")


async def test_a_network_balancer_keeps_a_client_by_its_address(street: Street) -> None:
    sticky = replace(TCP, attributes={"stickiness.enabled": "true"})
    targets = {"tcp": [known(sticky, street.serve().server_port) for _ in range(3)]}
    here = listener(forward(sticky), 80, "TCP")
    made = plan(street, [here], targets, groups=[sticky], of=balancer("network"))
    await street.balancer.serve(made)
    got = {(await street.get()).body.split()[0] for _ in range(6)}
    assert len(got) == 1


async def test_a_target_may_be_told_the_client_by_the_proxy_protocol(street: Street) -> None:
    told = replace(TCP, attributes={"proxy_protocol_v2.enabled": "true"})
    answer = b"HTTP/1.0 200 OK\r\n\r\nREAD"
    with listening(street, answer) as port:
        here = listener(forward(told), 80, "TCP")
        one = {"tcp": [known(told, port)]}
        made = plan(street, [here], one, groups=[told], of=balancer("network"))
        await street.balancer.serve(made)
        read = bytes.fromhex((await street.get()).body)
    assert read.startswith(b"\r\n\r\n\x00\r\nQUIT\n\x21\x11")
    assert socket.inet_aton(NODE) in read[16:24]


async def test_a_target_that_starts_slowly_gets_less_in_the_beginning(street: Street) -> None:
    blue = replace(BLUE, attributes={"slow_start.duration_seconds": "30"})
    ports = [street.serve().server_port for _ in range(2)]
    old = known(blue, ports[0])
    here = [listener(forward(blue))]
    await street.balancer.serve(plan(street, here, {"blue": [old]}, groups=[blue]))
    made = plan(street, here, {"blue": [old, known(blue, ports[1])]}, groups=[blue])
    await street.balancer.serve(made)
    got = await curl(street, f"--write-out '\\n' 'http://{NODE}/?[1-100]'")
    count = collections.Counter(line.split()[0] for line in got.splitlines())
    assert count[str(ports[1])] < 30
