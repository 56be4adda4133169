"""What a node with a real HAProxy counts: exactly what passed, over reloads and lost targets."""

import asyncio
import threading
from dataclasses import replace

import pytest
from tests.support.balancing import balancer, forward, group, listener, plan_of, rule, target
from tests.support.street import HEALTHY, TARGET, Server, Street, until_idle

from hostless.balancer.local.balancer import LocalBalancer
from hostless.balancer.seam import GroupCounters, NodeCounters, NodePlan
from hostless.domain.listeners import Action, Condition, FixedResponse
from hostless.domain.target_groups import Target
from hostless.kit.clock import SystemClock

pytestmark = pytest.mark.root
BLUE = group("blue")
HERE = listener(forward(BLUE))
FIXED = rule(
    HERE,
    5,
    Action(fixed_response=FixedResponse(status_code="410")),
    Condition(field="path-pattern", values=("/old/*",)),
)


def planned(street: Street, *targets: Target, is_ruled: bool = True) -> NodePlan:
    return plan_of(
        balancer(),
        [HERE],
        rules=[FIXED] if is_ruled else [],
        groups=[BLUE],
        targets={"blue": targets},
        place=street.place,
    )


def healthy(server: Server) -> Target:
    return target(BLUE, TARGET, server.server_port, health=HEALTHY)


async def counted(street: Street, plan: NodePlan) -> tuple[NodeCounters, ...]:
    return await street.balancer.counters(plan.node.interface_id)


async def the_group(
    street: Street, plan: NodePlan, answers: int, sent: int = 0
) -> tuple[NodeCounters, GroupCounters]:
    """As soon as so many answers, or bytes, are counted: a moment after the client has them."""
    async with asyncio.timeout(10):
        while True:
            (found,) = await counted(street, plan)
            if found.requests >= answers and found.bytes_out >= sent:
                return found, found.groups[BLUE.arn]
            await asyncio.sleep(0.01)


async def asked(street: Street, path: str, times: int) -> None:
    for _ in range(times):
        await street.get(path)


async def test_a_node_counts_what_targets_answered_apart_from_its_own_answers(
    street: Street,
) -> None:
    server = street.serve()
    plan = planned(street, healthy(server))
    await street.balancer.serve(plan)
    await asked(street, "/", 5)
    server.health = 404
    await asked(street, "/health", 2)
    server.health = 200
    await asked(street, "/old/page", 3)
    found, blue = await the_group(street, plan, 10)
    assert blue.requests == 7
    assert (blue.responses_by_class["2xx"], blue.responses_by_class["4xx"]) == (5, 2)
    assert (found.responses_by_class["2xx"], found.responses_by_class["4xx"]) == (5, 5)
    assert sum(blue.response_times.values()) == 7
    assert all(0 < each < 1 for each in blue.response_times)
    assert (found.connections, blue.healthy, blue.unhealthy) == (10, 1, 0)
    assert blue.connections >= 1
    assert found.bytes_out > 500


async def test_times_are_those_until_the_target_began_to_answer(street: Street) -> None:
    server = street.serve()
    plan = planned(street, healthy(server))
    await street.balancer.serve(plan)
    threading.Timer(0.3, server.gate.set).start()
    await asked(street, "/slow", 1)
    _, blue = await the_group(street, plan, 1)
    (took,) = blue.response_times
    assert 0.25 < took < 3


async def test_where_nobody_is_to_be_asked_no_request_was_sent(street: Street) -> None:
    plan = planned(street)
    await street.balancer.serve(plan)
    await asked(street, "/", 2)
    found, blue = await the_group(street, plan, 2)
    assert (blue.requests, found.responses_by_class["5xx"]) == (0, 2)
    assert found.target_responses_by_class["5xx"] == 0


async def test_what_is_sent_because_nobody_is_healthy_counts_too(street: Street) -> None:
    server = street.serve()
    server.health = 500
    plan = planned(street, target(BLUE, TARGET, server.server_port))
    await street.balancer.serve(plan)
    await asked(street, "/", 3)
    _, blue = await the_group(street, plan, 3)
    assert (blue.requests, blue.responses_by_class["2xx"], blue.healthy) == (3, 3, 0)


async def test_a_target_that_is_gone_takes_no_count_with_it(street: Street) -> None:
    first, second = street.serve(), street.serve()
    plan = planned(street, healthy(first), healthy(second))
    await street.balancer.serve(plan)
    await asked(street, "/", 6)
    leaving = replace(healthy(first), drains_since=1.0)
    await street.balancer.serve(planned(street, leaving, healthy(second)))
    await until_idle(street, plan, leaving.key)
    await street.balancer.serve(planned(street, healthy(second)))
    _, blue = await the_group(street, plan, 6)
    assert (blue.requests, blue.responses_by_class["2xx"]) == (6, 6)


async def test_a_reload_hands_in_what_the_old_process_counted(street: Street) -> None:
    server = street.serve()
    plan = planned(street, healthy(server))
    await street.balancer.serve(plan)
    await asked(street, "/", 4)
    await the_group(street, plan, 4)
    await street.balancer.serve(planned(street, healthy(server), is_ruled=False))
    await asked(street, "/", 3)
    old, new = await counted(street, plan)
    assert old.process != new.process
    assert [each.groups[BLUE.arn].requests for each in (old, new)] == [4, 3]
    assert len(await counted(street, plan)) == 1


async def test_a_new_process_is_not_told_of_before_the_one_that_it_replaces(
    street: Street,
) -> None:
    server = street.serve()
    plan = planned(street, healthy(server))
    await street.balancer.serve(plan)
    (before,) = await counted(street, plan)
    looks: list[tuple[str, ...]] = []

    async def look() -> None:
        looks.append(tuple(each.process for each in await counted(street, plan)))

    async with asyncio.TaskGroup() as group:
        changed = planned(street, healthy(server), is_ruled=False)
        serving = group.create_task(street.balancer.serve(changed))
        while not serving.done():
            await look()
            await asyncio.sleep(0)
    await look()
    old, new = next(each for each in looks if each not in ((), (before.process,)))
    assert old == before.process != new


async def test_an_engine_that_begins_anew_reads_the_same_process_on(street: Street) -> None:
    server = street.serve()
    plan = planned(street, healthy(server))
    await street.balancer.serve(plan)
    await asked(street, "/", 4)
    before, _ = await the_group(street, plan, 4)
    street.balancer = LocalBalancer(street.root / "balancers", street.groups, SystemClock())
    assert await counted(street, plan) == ()
    await street.balancer.serve(plan)
    await asked(street, "/", 1)
    after, blue = await the_group(street, plan, 5)
    assert (after.process, blue.requests) == (before.process, 5)


async def test_a_network_balancer_counts_connections(street: Street) -> None:
    server = street.serve()
    tcp = replace(BLUE, protocol="TCP", protocol_version=None)
    plan = plan_of(
        balancer("network"),
        [replace(HERE, protocol="TCP")],
        groups=[tcp],
        targets={"blue": [healthy(server)]},
        place=street.place,
    )
    await street.balancer.serve(plan)
    await asked(street, "/", 3)
    found, blue = await the_group(street, plan, 0, sent=300)
    assert (found.connections, blue.healthy) == (3, 1)
