"""What every balancer must do; each balancer's test module subclasses the suite."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from tests.support.balancing import balancer, forward, group, listener, plan_of, target

from hostless.balancer.seam import Balancer, NodePlan
from hostless.domain.arns import NetworkInterfaceId
from hostless.domain.network import NetworkPlace
from hostless.domain.target_groups import RecordedHealth, Target

BLUE = group("blue")
HEALTHY = RecordedHealth(state="healthy", since=0.0)
NOBODY = NetworkInterfaceId("eni-nobody")


class Site:
    """place: of a node. good, bad: addresses of a target that answers checks and of one that does
    not, both at `port`."""

    def __init__(self, place: NetworkPlace, good: str, bad: str, port: int) -> None:
        self.place = place
        self.good, self.bad, self.port = good, bad, port

    def target(self, address: str, *, is_known: bool = True) -> Target:
        health = HEALTHY if is_known else None
        return target(BLUE, address, self.port, health=health)

    def plan(self, *targets: Target, interface: str = "eni-1") -> NodePlan:
        made = plan_of(
            balancer(),
            [listener(forward(BLUE))],
            groups=[BLUE],
            targets={"blue": targets},
            place=self.place,
        )
        return replace(made, node=replace(made.node, interface_id=NetworkInterfaceId(interface)))


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(15):
        while not await holds():
            await asyncio.sleep(0.02)


class BalancerSuite:
    @pytest.fixture
    def site(self) -> Site:
        raise NotImplementedError

    @pytest.fixture
    def balancer(self, site: Site) -> Balancer:
        raise NotImplementedError

    async def test_nothing_is_there_in_the_beginning(self, balancer: Balancer) -> None:
        assert await balancer.nodes() == frozenset()
        assert await balancer.seen(NOBODY) is None
        assert await balancer.counters(NOBODY) == ()

    async def test_to_serve_once_more_is_no_error(self, balancer: Balancer, site: Site) -> None:
        plan = site.plan(site.target(site.good))
        await balancer.serve(plan)
        await balancer.serve(plan)
        await balancer.serve(replace(plan))
        assert await balancer.nodes() == {plan.node.interface_id}

    async def test_targets_are_seen_by_their_keys(self, balancer: Balancer, site: Site) -> None:
        one, other = site.target(site.good), site.target(site.bad)
        plan = site.plan(one, other)
        await balancer.serve(plan)
        node = plan.node.interface_id
        assert set(await balancer.seen(node)) == {one.key, other.key}
        await balancer.serve(site.plan(one))
        assert set(await balancer.seen(node)) == {one.key}

    async def test_health_is_found_out(self, balancer: Balancer, site: Site) -> None:
        one = site.target(site.good, is_known=False)
        other = site.target(site.bad, is_known=False)
        plan = site.plan(one, other)
        await balancer.serve(plan)

        async def is_known() -> bool:
            seen = await balancer.seen(plan.node.interface_id)
            return seen[one.key].state == "healthy" and seen[other.key].state == "unhealthy"

        await until(is_known)
        seen = await balancer.seen(plan.node.interface_id)
        assert seen[one.key].reason is None
        assert seen[other.key].reason == "Target.FailedHealthChecks"
        assert seen[other.key].description == "Health checks failed"

    async def test_a_target_that_drains_with_nothing_under_way_is_not_active(
        self, balancer: Balancer, site: Site
    ) -> None:
        one = site.target(site.good)
        await balancer.serve(site.plan(one))
        plan = site.plan(replace(one, drains_since=1.0))
        await balancer.serve(plan)
        seen = await balancer.seen(plan.node.interface_id)
        assert seen[one.key].active == 0

    async def test_a_node_that_was_removed_is_gone_and_may_be_removed_again(
        self, balancer: Balancer, site: Site
    ) -> None:
        plan = site.plan(site.target(site.good))
        await balancer.serve(plan)
        for _ in range(2):
            await balancer.remove(plan.node.interface_id)
            assert await balancer.nodes() == frozenset()
            assert await balancer.seen(plan.node.interface_id) is None
        await balancer.remove(NOBODY)
        await balancer.serve(plan)
        assert await balancer.nodes() == {plan.node.interface_id}

    async def test_a_node_that_was_stopped_serves_no_more_and_keeps_its_log(
        self, balancer: Balancer, site: Site
    ) -> None:
        plan = site.plan(site.target(site.good))
        node = plan.node.interface_id
        await balancer.serve(plan)
        for _ in range(2):
            await balancer.stop(node)
            assert await balancer.seen(node) is None
            assert await balancer.log_size(node) == 0
        nothing = await balancer.logged(node, 0)
        assert (nothing.requests, nothing.until, nothing.is_full) == ((), 0, False)
        await balancer.free_log(node, 0)
        await balancer.stop(NOBODY)
        assert await balancer.log_size(NOBODY) == 0
        assert (await balancer.logged(NOBODY, 0)).requests == ()
        await balancer.serve(plan)
        assert await balancer.seen(node) is not None

    async def test_purge_leaves_nothing_and_close_leaves_all(
        self, balancer: Balancer, site: Site
    ) -> None:
        plan = site.plan(site.target(site.good))
        await balancer.serve(plan)
        await balancer.close()
        assert await balancer.nodes() == {plan.node.interface_id}
        await balancer.purge()
        assert await balancer.nodes() == frozenset()
        await balancer.purge()
