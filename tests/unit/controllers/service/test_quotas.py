"""A service that wants more than the account may have keeps what it may, and says so."""

import asyncio

from tests.support.services import ServiceScene, definition_for, play

from hostless.compute.simulated.behaviour import Behaviour
from hostless.domain.api_limits import ApiLimits
from hostless.domain.quotas import Quotas
from hostless.domain.settings import Settings
from hostless.kit.token_buckets import Rate, TokenBuckets

QUICK = Behaviour(image="*", pull_seconds=0.1, start_seconds=0.1, stop_seconds=0.1)
GOOD = definition_for("good:1")
EVENT = (
    "(service web) was unable to place a task. "
    "Reason: You’ve reached the limit on the number of vCPUs you can run concurrently."
)


def limited_to(**quotas: int) -> Settings:
    return Settings(state_dir="/nowhere", api_limits=ApiLimits(quotas=Quotas(**quotas)))


def test_tasks_beyond_the_vcpu_quota_wait_and_an_event_says_why() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 6)
        await s.until(lambda: len(s.api.tasks(arn, "RUNNING")) == 4, 60)
        await asyncio.sleep(120)
        assert len(s.api.tasks(arn)) == 4
        assert s.api.events(arn).count(EVENT) == 1

    play(scene, QUICK, settings=limited_to(on_demand_vcpus=1))


def test_quotas_of_spot_are_not_in_the_way_of_tasks_on_demand() -> None:
    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 2)
        await s.until(lambda: len(s.api.tasks(arn, "RUNNING")) == 2, 60)
        assert EVENT not in s.api.events(arn)

    play(scene, QUICK, settings=limited_to(spot_vcpus=0))


def test_services_are_held_to_the_account_s_rate_of_launches() -> None:
    launches = TokenBuckets({"launch-on-demand": Rate(burst=10, refill=2)})

    async def scene(s: ServiceScene) -> None:
        arn = await s.api.create(GOOD, 30)
        await s.until(lambda: len(s.api.tasks(arn)) == 30, 60)
        created = sorted(task.created_at for task in s.api.tasks(arn))
        begun = created[0]
        assert all(n <= 10 + 2 * (at - begun) + 0.001 for n, at in enumerate(created, 1))
        assert created[-1] - begun <= 15.0
        await s.until(lambda: len(s.api.tasks(arn, "RUNNING")) == 30, 60)
        assert not any("unable to place" in message for message in s.api.events(arn))

    play(scene, QUICK, launches=launches)
