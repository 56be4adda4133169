"""Access logs go where the attributes of a balancer say, and follow them."""

import asyncio
import gzip
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.api_world import HandClock
from tests.support.balancing import balancer

from hostless.balancer.seam import LoggedRequest
from hostless.balancer.simulated.balancer import SimulatedBalancer
from hostless.controllers.balancer.delivering import LogDeliveries, LogWorld
from hostless.controllers.balancer.logging import MANY_BYTES, LogController
from hostless.domain.arns import NetworkInterfaceId, SubnetId
from hostless.domain.load_balancers import LoadBalancer, LoadBalancerNode
from hostless.domain.settings import Settings
from hostless.kit.ids import Ids
from hostless.store.kinds import LOAD_BALANCERS, LOG_DELIVERIES
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store
from hostless.telemetry.buckets import Buckets

NODE = NetworkInterfaceId("eni-1")
SERVED = replace(
    balancer(),
    nodes=(
        LoadBalancerNode(
            subnet_id=SubnetId("subnet-1"), zone="a", interface_id=NODE, address="10.0.0.4"
        ),
    ),
)


class Scene:
    def __init__(self, root: Path, store: Store, nodes: SimulatedBalancer) -> None:
        self.root, self.store, self.nodes = root, store, nodes

    async def have(self, changed: LoadBalancer, **attributes: str) -> None:
        """The balancer with these attributes of its access log."""
        spoken = {f"access_logs.s3.{key}": value for key, value in attributes.items()}
        transaction = self.store.transaction("test")
        transaction.put(LOAD_BALANCERS, replace(changed, attributes=spoken))
        await transaction.commit()

    def log(self, until: int, text: str) -> None:
        made = LoggedRequest(ended_at=0.0, until=until, text=text)
        self.nodes.logs.setdefault(NODE, []).append(made)

    def bucket(self) -> str | None:
        """Where the log of the node goes."""
        delivery = self.store.get(LOG_DELIVERIES, NODE)
        return None if delivery is None else delivery.destination.bucket

    def lines(self, bucket: str) -> list[str]:
        paths = sorted((self.root / bucket).rglob("*.log.gz"))
        return sorted(
            line for p in paths for line in gzip.decompress(p.read_bytes()).decode().splitlines()
        )


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():
            await asyncio.sleep(0.01)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock, nodes = HandClock(), SimulatedBalancer()
    store = Store(MemoryStorage(), clock)
    for bucket in ("one", "other"):
        (tmp_path / bucket).mkdir()
    world = LogWorld(
        store=store,
        balancer=nodes,
        buckets=Buckets(tmp_path),
        clock=clock,
        ids=Ids(random.Random(1)),
        settings=Settings(state_dir=str(tmp_path)),
    )
    controller = LogController(store, nodes, LogDeliveries(world), clock, 300.0)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(controller.run())
        yield Scene(tmp_path, store, nodes)
        running.cancel()


async def test_a_balancer_that_is_to_log_does_and_one_that_is_not_has_no_record(
    scene: Scene,
) -> None:
    scene.log(10, "first")
    await scene.have(SERVED, enabled="false", bucket="one")
    await scene.have(replace(SERVED, arn=type(SERVED.arn)("arn:other")), enabled="true")
    assert scene.store.get(LOG_DELIVERIES, NODE) is None
    await scene.have(SERVED, enabled="true", bucket="one")
    await until(lambda: scene.lines("one") == ["first"])


async def test_what_was_logged_before_a_change_goes_where_it_was_to_go(scene: Scene) -> None:
    await scene.have(SERVED, enabled="true", bucket="one")
    await until(lambda: scene.bucket() == "one")
    scene.log(10, "first")
    await scene.have(SERVED, enabled="true", bucket="other", prefix="p")
    await until(lambda: scene.lines("one") == ["first"] and scene.bucket() == "other")
    scene.log(20, "second")
    await scene.have(SERVED, enabled="true", bucket="one")
    await until(lambda: scene.lines("other") == ["second"])
    await until(lambda: scene.bucket() == "one")
    assert (scene.root / "other" / "p" / "AWSLogs").is_dir()
    scene.log(30, "third")
    await scene.have(SERVED, enabled="false", bucket="one")
    scene.log(30 + 2 * MANY_BYTES, "many")
    await scene.have(SERVED, enabled="false")
    await until(lambda: scene.lines("one") == ["first", "many", "third"])


async def test_a_bucket_that_is_gone_keeps_nobody_from_another_one(scene: Scene) -> None:
    await scene.have(SERVED, enabled="true", bucket="one")
    await until(lambda: scene.bucket() == "one")
    (scene.root / "one").rmdir()
    scene.log(10 + 2 * MANY_BYTES, "kept")

    def is_under_way() -> bool:
        delivery = scene.store.get(LOG_DELIVERIES, NODE)
        return delivery is not None and delivery.under_way is not None

    await scene.have(SERVED, enabled="true", bucket="one", prefix="")
    await until(is_under_way)
    await scene.have(SERVED, enabled="true", bucket="other")
    await scene.have(SERVED, enabled="true", bucket="other", prefix="")
    scene.log(20 + 4 * MANY_BYTES, "later")
    await scene.have(SERVED, enabled="true", bucket="other", prefix="p")
    await until(lambda: scene.lines("other") == ["kept", "later"])
