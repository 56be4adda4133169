"""A node of a load balancer with a real HAProxy: what it serves, and how it changes."""

import asyncio
import contextlib
import http.client
import os
import re
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.balancing import balancer, forward, group, listener, plan_of, rule, target
from tests.support.street import HEALTHY, NODE, TARGET, Street, until_idle, until_seen

from hostless.balancer.local import process
from hostless.balancer.local.balancer import LocalBalancer
from hostless.balancer.seam import NodePlan
from hostless.domain.listeners import Action, Condition, FixedResponse, Redirect
from hostless.domain.target_groups import Target
from hostless.kit.clock import SystemClock
from hostless.network.local import namespaces

pytestmark = pytest.mark.root


BLUE = group("blue")


def plain(street: Street, *targets: Target) -> NodePlan:
    return plan_of(
        balancer(),
        [listener(forward(BLUE))],
        groups=[BLUE],
        targets={"blue": targets},
        place=street.place,
    )


async def test_a_target_is_tried_before_it_is_asked_and_then_asked(street: Street) -> None:
    server = street.serve()
    new = target(BLUE, TARGET, server.server_port)
    plan = plain(street, new)
    await street.balancer.serve(plain(street))
    assert (await street.get()).status == 503
    await street.balancer.serve(plan)
    await until_seen(street, plan, new.key, "healthy")
    await street.balancer.serve(plain(street, replace(new, health=HEALTHY)))
    got = await street.get()
    assert got.body.startswith(f"{server.server_port} ")
    assert f"'x-forwarded-for': '{NODE}'" in got.body
    assert "'x-forwarded-proto': 'http'" in got.body
    trace = re.search("'x-amzn-trace-id': 'Root=1-([0-9a-f]{8})-[0-9a-f]{24}'", got.body)
    assert trace is not None
    assert abs(int(trace[1], 16) - time.time()) < 60


async def test_what_no_target_is_asked_about_is_answered_by_the_balancer(street: Street) -> None:
    server = street.serve()
    healthy = target(BLUE, TARGET, server.server_port, health=HEALTHY)
    here = listener(forward(BLUE))
    gone = Action(fixed_response=FixedResponse(status_code="410", message_body="it's gone\n100%"))
    moved = Action(redirect=Redirect(protocol="HTTPS", port="443", status_code="HTTP_301"))
    old = Condition(field="path-pattern", values=("/old/*",))
    plan = plan_of(
        balancer(),
        [here, listener(moved, port=81)],
        rules=[rule(here, 5, gone, old)],
        groups=[BLUE],
        targets={"blue": [healthy]},
        place=street.place,
    )
    await street.balancer.serve(plan)
    got = await street.get("/old/page")
    assert (got.status, got.body) == (410, "it's gone\n100%")
    assert (await street.get("/older")).status == 200
    redirected = await street.get("/a/b?c=d", port=81)
    assert redirected.status == 301
    assert redirected.headers["Location"] == f"https://{NODE}:443/a/b?c=d"
    assert (await street.get("/a", port=81)).headers["Location"] == f"https://{NODE}:443/a"


async def test_a_target_that_fails_is_not_asked_and_all_are_when_none_is_healthy(
    street: Street,
) -> None:
    good, bad = street.serve(), street.serve()
    check = replace(BLUE.health_check, interval_seconds=1, timeout_seconds=1)
    blue = replace(BLUE, health_check=check)
    targets = [target(blue, TARGET, s.server_port, health=HEALTHY) for s in (good, bad)]
    plan = plan_of(
        balancer(),
        [listener(forward(blue))],
        groups=[blue],
        targets={"blue": targets},
        place=street.place,
    )
    await street.balancer.serve(plan)
    asked = {(await street.get()).body.split()[0] for _ in range(4)}
    assert asked == {str(good.server_port), str(bad.server_port)}
    bad.health = 500
    seen = await until_seen(street, plan, targets[1].key, "unhealthy")
    assert seen.reason == "Target.ResponseCodeMismatch"
    assert seen.description == "Health checks failed with these codes: [500]"
    asked = {(await street.get()).body.split()[0] for _ in range(4)}
    assert asked == {str(good.server_port)}
    good.health = 500
    await until_seen(street, plan, targets[0].key, "unhealthy")
    asked = {(await street.get()).body.split()[0] for _ in range(4)}
    assert asked == {str(good.server_port), str(bad.server_port)}


async def test_requests_go_on_while_listeners_and_targets_change(street: Street) -> None:
    servers = [street.serve() for _ in range(3)]
    first, second, third = (target(BLUE, TARGET, s.server_port, health=HEALTHY) for s in servers)
    await street.balancer.serve(plain(street, first, second))
    answers: list[int] = []
    is_over = asyncio.Event()

    async def ask() -> None:
        while not is_over.is_set():
            answers.append((await street.get()).status)

    async with asyncio.TaskGroup() as group_:
        asking = [group_.create_task(ask()) for _ in range(3)]
        await street.balancer.serve(plain(street, first, second, third))
        drains = plain(street, replace(first, drains_since=1.0), second, third)
        await street.balancer.serve(drains)
        await until_idle(street, drains, first.key)
        await street.balancer.serve(plain(street, second, third))
        more = plan_of(
            balancer(idle_timeout__timeout_seconds="30"),
            [listener(forward(BLUE)), listener(forward(BLUE), port=82)],
            groups=[BLUE],
            targets={"blue": [second, third]},
            place=street.place,
        )
        await street.balancer.serve(more)
        assert (await street.get(port=82)).status == 200
        is_over.set()
        await asyncio.gather(*asking)
    assert set(answers) == {200}
    assert len(answers) > 20


def ask_once(connection: http.client.HTTPConnection) -> tuple[int, str | None]:
    connection.request("GET", "/")
    with connection.getresponse() as answer:
        answer.read()
        return answer.status, answer.getheader("Connection")


async def test_an_open_connection_gets_one_more_answer_after_a_reload(street: Street) -> None:
    """Closed at once, a request that is on its way would be lost."""
    server = street.serve()
    here = listener(forward(BLUE))
    plan = plain(street, target(BLUE, TARGET, server.server_port, health=HEALTHY))
    await street.balancer.serve(plan)
    with namespaces.inside(street.node):
        connection = http.client.HTTPConnection(NODE, 80, timeout=10)
        connection.connect()

    with contextlib.closing(connection):
        assert await asyncio.to_thread(ask_once, connection) == (200, None)
        gone = Action(fixed_response=FixedResponse(status_code="410"))
        old = Condition(field="path-pattern", values=("/old/*",))
        rules = {here.arn: (rule(here, 5, gone, old),)}
        await street.balancer.serve(replace(plan, rules=rules))
        assert (await street.get("/old/page")).status == 410
        assert await asyncio.to_thread(ask_once, connection) == (200, "close")


async def test_a_connection_lives_no_longer_than_it_may(street: Street) -> None:
    server = street.serve()
    plan = plan_of(
        balancer(client_keep_alive__seconds="2"),
        [listener(forward(BLUE))],
        groups=[BLUE],
        targets={"blue": [target(BLUE, TARGET, server.server_port, health=HEALTHY)]},
        place=street.place,
    )
    await street.balancer.serve(plan)
    with namespaces.inside(street.node):
        connection = http.client.HTTPConnection(NODE, 80, timeout=10)
        connection.connect()
    began, answers = time.monotonic(), 0
    with contextlib.closing(connection):
        while connection.sock is not None:
            await asyncio.to_thread(ask_once, connection)
            answers += 1
    assert answers > 1
    assert time.monotonic() - began > 1  # it counts whole seconds


async def test_the_next_engine_goes_on_with_the_process_that_is_there(street: Street) -> None:
    server = street.serve()
    plan = plain(street, target(BLUE, TARGET, server.server_port, health=HEALTHY))
    await street.balancer.serve(plan)
    folder = street.root / "balancers" / plan.node.interface_id
    before = process.find(folder)
    assert before is not None
    await street.balancer.close()
    assert (await street.get()).status == 200
    successor = LocalBalancer(street.root / "balancers", street.groups, SystemClock())
    assert await successor.nodes() == {plan.node.interface_id}
    await successor.serve(plan)
    assert process.find(folder) == before
    await process.end(before)
    assert process.find(folder) is None
    await successor.serve(plan)
    assert (await street.get()).status == 200
    await successor.purge()
    assert not folder.exists()


async def test_a_node_lives_in_control_groups_of_its_own_until_it_is_removed(
    street: Street,
) -> None:
    server = street.serve()
    plan = plain(street, target(BLUE, TARGET, server.server_port, health=HEALTHY))
    node = plan.node.interface_id
    await street.balancer.serve(plan)
    master = process.find(street.root / "balancers" / node)
    assert master is not None
    groups = [entrance.parent for entrance in street.groups.entrances(node)]
    assert all(group.name == node and group.parent.name == "balancers" for group in groups)
    everybody = {master, *process.children_of(master)}
    assert len(everybody) == 2
    for each in groups:
        assert set(map(int, (each / "cgroup.procs").read_text().split())) == everybody
    await street.balancer.remove(node)
    assert not any(group.exists() for group in groups)


async def until_gone(pid: int) -> None:
    async with asyncio.timeout(10):
        while process.is_alive(pid):
            await asyncio.sleep(0.01)


async def test_a_process_that_is_killed_is_begun_anew_and_no_worker_keeps_the_port(
    street: Street,
) -> None:
    server = street.serve()
    plan = plain(street, target(BLUE, TARGET, server.server_port, health=HEALTHY))
    folder = street.root / "balancers" / plan.node.interface_id
    for kills_master in (True, False):
        await street.balancer.serve(plan)
        assert (await street.get()).status == 200
        master = process.find(folder)
        assert master is not None
        (worker,) = process.children_of(master)
        os.kill(master if kills_master else worker, signal.SIGKILL)
        await until_gone(master)
        assert process.find(folder) is None
    await street.balancer.serve(plan)
    assert (await street.get()).status == 200


async def test_a_reload_keeps_who_is_down_and_who_drains(street: Street) -> None:
    servers = [street.serve() for _ in range(3)]
    check = replace(BLUE.health_check, interval_seconds=2, timeout_seconds=1)
    blue = replace(BLUE, health_check=check)
    good, bad, gone = (target(blue, TARGET, s.server_port, health=HEALTHY) for s in servers)
    servers[1].health = 500

    def with_idle(seconds: int, *targets: Target) -> NodePlan:
        return plan_of(
            balancer(idle_timeout__timeout_seconds=str(seconds)),
            [listener(forward(blue))],
            groups=[blue],
            targets={"blue": targets},
            place=street.place,
        )

    await street.balancer.serve(with_idle(60, good, bad, gone))
    draining = replace(gone, drains_since=1.0)
    plan = with_idle(60, good, bad, draining)
    await street.balancer.serve(plan)
    await until_seen(street, plan, bad.key, "unhealthy")
    for seconds in range(61, 66):
        await street.balancer.serve(with_idle(seconds, good, bad, draining))
        asked = {(await street.get()).body.split()[0] for _ in range(6)}
        assert asked == {str(good.port)}
    seen = await street.balancer.seen(plan.node.interface_id)
    assert seen[bad.key].state == "unhealthy"
    assert seen[bad.key].reason == "Target.ResponseCodeMismatch"


async def test_a_target_is_busy_with_what_came_before_a_reload(street: Street) -> None:
    server = street.serve()
    one = target(BLUE, TARGET, server.server_port, health=HEALTHY)
    await street.balancer.serve(plain(street, one))
    async with asyncio.TaskGroup() as asking:
        slow = asking.create_task(street.get("/slow"))
        async with asyncio.timeout(10):
            while not (await street.balancer.seen(plain(street).node.interface_id))[one.key].active:
                await asyncio.sleep(0.01)
        drains = plan_of(
            balancer(idle_timeout__timeout_seconds="30"),
            [listener(forward(BLUE))],
            groups=[BLUE],
            targets={"blue": [replace(one, drains_since=1.0)]},
            place=street.place,
        )
        await street.balancer.serve(drains)
        seen = await street.balancer.seen(drains.node.interface_id)
        assert seen[one.key].active == 1
        server.gate.set()
    assert slow.result().status == 200
    await until_idle(street, drains, one.key)


async def test_two_nodes_serve_side_by_side_in_folders_with_long_names(tmp_path: Path) -> None:
    streets = [Street(tmp_path / ("long" * 30) / name) for name in ("one", "other")]
    try:
        for street in streets:
            street.build()
            server = street.serve()
            known = target(BLUE, TARGET, server.server_port, health=HEALTHY)
            await street.balancer.serve(plain(street, known))
        await streets[0].balancer.purge()
        assert (await streets[1].get()).status == 200
    finally:
        for street in streets:
            await street.tear_down()
