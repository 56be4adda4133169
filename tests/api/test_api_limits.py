"""Throttling and quotas as a real client meets them, also one that retries."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.support.api_world import World, fargate, network, refusal
from tests.support.client import TEST_KEY, LoopThread, make_client
from tests.support.express import everything, express_members

from hostless.domain.api_limits import AWS_LIMITS, NO_LIMITS, ApiLimits
from hostless.domain.quotas import Quotas
from hostless.domain.settings import Settings
from hostless.gateway.application import Application
from hostless.gateway.keys import Keys
from hostless.kit.token_buckets import Rate
from hostless.store.kinds import TASKS

VCPU_FAILURE = "You’ve reached the limit on the number of vCPUs you can run concurrently"
THROTTLED = ("ThrottlingException", "Rate exceeded")


class LimitedWorld:
    """A world with limits, whose gateway goes by the world's own clock."""

    def __init__(self, portal: LoopThread, limits: ApiLimits) -> None:
        self._portal = portal
        self.world = portal.run(self._make(limits))

    async def _make(self, limits: ApiLimits) -> World:
        settings = Settings(state_dir="/nowhere", accepts_any_key=True, api_limits=limits)
        world = await World(settings=settings).open()
        keys = Keys(TEST_KEY, world.realm)

        async def no_websocket(*_: Any) -> None:
            raise AssertionError("no websocket expected")

        apis = tuple(world.apis.values())
        self._application = Application(apis, keys, world.clock, world.ids, settings, no_websocket)
        return world

    def client(self, **config: Any) -> Any:
        return make_client(self._application, self._portal, "ecs", config=Config(**config))

    def ready(self) -> Any:
        """A client, with a cluster and `web:1`."""
        ecs = self.client()
        ecs.create_cluster(capacityProviders=["FARGATE", "FARGATE_SPOT"])
        ecs.register_task_definition(**fargate())
        return ecs

    def run(self, ecs: Any, count: int, provider: str = "FARGATE", **more: Any) -> Any:
        strategy = [{"capacityProvider": provider, "weight": 1}]
        return ecs.run_task(
            taskDefinition="web",
            count=count,
            capacityProviderStrategy=strategy,
            **network(self.world),
            **more,
        )


@pytest.fixture
def limited(portal: LoopThread) -> Callable[..., LimitedWorld]:
    def make(rates: dict[str, Rate] | None = None, **quotas: int) -> LimitedWorld:
        return LimitedWorld(portal, ApiLimits(rates=rates or {}, quotas=Quotas(**quotas)))

    return make


def test_calls_beyond_the_burst_are_throttled_until_it_refills(
    limited: Callable[..., LimitedWorld],
) -> None:
    limit = limited({"cluster-read": Rate(burst=3, refill=2)})
    ecs = limit.client()
    for _ in range(3):
        ecs.list_clusters()
    with pytest.raises(ClientError) as refused:
        ecs.describe_clusters()
    answer = refused.value.response
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == THROTTLED
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    ecs.list_task_definitions()
    limit.world.clock.time += 0.5
    ecs.list_clusters()
    assert refusal(ecs.list_clusters) == THROTTLED


def test_a_throttled_call_changes_nothing(limited: Callable[..., LimitedWorld]) -> None:
    limit = limited({"cluster-modify": Rate(burst=1, refill=1)})
    ecs = limit.client()
    ecs.create_cluster(clusterName="one")
    assert refusal(ecs.create_cluster, clusterName="two") == THROTTLED
    assert [arn.rsplit("/")[-1] for arn in ecs.list_clusters()["clusterArns"]] == ["one"]


@pytest.fixture
def slept(limited: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[float]]:
    """Makes a client's pauses pass on the world's clock at once, and tells them."""

    def watch(limit: LimitedWorld) -> list[float]:
        pauses: list[float] = []

        def sleep(seconds: float) -> None:
            pauses.append(seconds)
            limit.world.clock.time += seconds

        monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=sleep))
        return pauses

    return watch


@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_a_client_that_retries_gets_through(
    limited: Callable[..., LimitedWorld], slept: Callable[..., list[float]], mode: str
) -> None:
    limit = limited({"cluster-read": Rate(burst=2, refill=1)})
    pauses = slept(limit)
    ecs = limit.client(retries={"mode": mode, "max_attempts": 10})
    retries = [ecs.list_clusters()["ResponseMetadata"].get("RetryAttempts", 0) for _ in range(8)]
    assert retries[:2] == [0, 0]
    assert sum(retries) == len(pauses) >= 1
    assert sum(pauses) >= 5.0


def test_run_task_is_held_to_the_rate_of_launches(limited: Callable[..., LimitedWorld]) -> None:
    limit = limited(
        {"launch-on-demand": Rate(burst=10, refill=2), "launch-spot": Rate(burst=3, refill=1)}
    )
    ecs = limit.ready()
    assert len(limit.run(ecs, 6, clientToken="t")["tasks"]) == 6
    code, message = refusal(limit.run, ecs=ecs, count=6)
    assert (code, message) == THROTTLED
    assert len(list(limit.world.store.all(TASKS))) == 6
    assert len(limit.run(ecs, 6, clientToken="t")["tasks"]) == 6
    assert len(limit.run(ecs, 3, "FARGATE_SPOT")["tasks"]) == 3
    limit.world.clock.time += 1.0
    assert len(limit.run(ecs, 6)["tasks"]) == 6


def test_tasks_beyond_the_vcpu_quota_fail(
    limited: Callable[..., LimitedWorld], portal: LoopThread
) -> None:
    limit = limited(on_demand_vcpus=1, spot_vcpus=0)
    ecs = limit.ready()
    answer = limit.run(ecs, 6)
    assert len(answer["tasks"]) == 4
    assert [failure["reason"] for failure in answer["failures"]] == [VCPU_FAILURE] * 2
    spot = limit.run(ecs, 1, "FARGATE_SPOT")
    assert (spot["tasks"], len(spot["failures"])) == ([], 1)
    portal.run(limit.world.set_task(answer["tasks"][0]["taskArn"], status="STOPPED"))
    assert len(limit.run(ecs, 2)["tasks"]) == 1


def test_an_account_has_only_so_many_clusters(limited: Callable[..., LimitedWorld]) -> None:
    ecs = limited(clusters=2).client()
    ecs.create_cluster(clusterName="one")
    ecs.create_cluster(clusterName="two")
    assert refusal(ecs.create_cluster, clusterName="three") == (
        "ClientException",
        "An account can have at most 2 clusters.",
    )
    ecs.create_cluster(clusterName="two")
    ecs.delete_cluster(cluster="one")
    ecs.create_cluster(clusterName="three")


def test_a_cluster_has_only_so_many_services_and_a_service_tasks(
    limited: Callable[..., LimitedWorld],
) -> None:
    limit = limited(services_per_cluster=1, tasks_per_service=5)
    ecs = limit.ready()
    wanted = {"taskDefinition": "web", "launchType": "FARGATE", **network(limit.world)}
    create = ecs.create_service
    code, message = refusal(create, serviceName="a", desiredCount=6, **wanted)
    assert (code, message) == (
        "InvalidParameterException",
        "A service can have at most 5 tasks.",
    )
    create(serviceName="a", desiredCount=5, **wanted)
    code, _ = refusal(ecs.update_service, service="a", desiredCount=6)
    assert code == "InvalidParameterException"
    assert refusal(create, serviceName="b", desiredCount=1, **wanted) == (
        "ClientException",
        "A cluster can have at most 1 services.",
    )


def test_limits_are_off_unless_they_are_asked_for() -> None:
    assert Settings(state_dir="/").api_limits == NO_LIMITS


def test_aws_s_figures_let_a_usual_day_through(portal: LoopThread) -> None:
    limit = LimitedWorld(portal, AWS_LIMITS)
    ecs = limit.ready()
    for _ in range(5):
        limit.run(ecs, 4)
    assert len(list(limit.world.store.all(TASKS))) == 20
    for number in range(19):
        ecs.create_cluster(clusterName=f"c{number}")
    assert refusal(ecs.create_cluster, clusterName="one-more") == THROTTLED


@pytest.mark.parametrize(
    ("quota", "words"),
    [
        ("services_per_cluster", "A cluster can have at most 1 services."),
        ("target_groups", "You've reached the limit on the number of target groups for your "),
        ("application_load_balancers", "You've reached the limit on the number of load balancers"),
    ],
)
def test_an_express_service_beyond_a_quota_makes_nothing(
    limited: Callable[..., LimitedWorld], quota: str, words: str
) -> None:
    limit = limited(**{quota: 1})
    ecs = limit.client()
    ecs.create_express_gateway_service(**express_members(serviceName="one"))
    before = everything(limit.world)
    subnets = [subnet.id for subnet in limit.world.network.subnets][:2]
    other = express_members(networkConfiguration={"subnets": subnets})
    code, message = refusal(ecs.create_express_gateway_service, **other)
    assert (code, message[: len(words)]) == ("ClientException", words)
    assert everything(limit.world) == before
