"""A node of a load balancer with a real HAProxy: what it serves, and how it changes."""

import asyncio
from collections.abc import AsyncIterator
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

pytestmark = pytest.mark.root


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    made = Street(tmp_path)
    made.build()
    try:
        yield made
    finally:
        await made.tear_down()


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
    assert "'x-amzn-trace-id': 'Root=1-" in got.body


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


async def test_the_next_engine_goes_on_with_the_process_that_is_there(street: Street) -> None:
    server = street.serve()
    plan = plain(street, target(BLUE, TARGET, server.server_port, health=HEALTHY))
    await street.balancer.serve(plan)
    folder = street.root / "balancers" / plan.node.interface_id
    before = process.find(folder)
    assert before is not None
    await street.balancer.close()
    assert (await street.get()).status == 200
    successor = LocalBalancer(street.root / "balancers", SystemClock())
    assert await successor.nodes() == {plan.node.interface_id}
    await successor.serve(plan)
    assert process.find(folder) == before
    await process.end(before)
    assert process.find(folder) is None
    await successor.serve(plan)
    assert (await street.get()).status == 200
    await successor.purge()
    assert not folder.exists()
