"""Access logs are delivered each line once, wherever an engine dies."""

import gzip
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.api_world import HandClock

from hostless.balancer.seam import LoggedRequest
from hostless.balancer.simulated.balancer import SimulatedBalancer
from hostless.controllers.balancer.delivering import LogDeliveries, LogWorld
from hostless.domain.access_logs import LogDelivery, LogDestination
from hostless.domain.arns import LoadBalancerArn, NetworkInterfaceId
from hostless.domain.settings import Settings
from hostless.kit.ids import Ids
from hostless.store.kinds import LOG_DELIVERIES
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store, Transaction
from hostless.telemetry.buckets import Buckets, BucketUnusable

NODE = NetworkInterfaceId("eni-1")
START = 1_699_999_800.0


class Killed(BaseException):
    """What ends an engine; nothing catches it."""


class Site:
    """A node that logged, a bucket, and an engine that can die before any of its effects."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = HandClock()
        self.clock.time = START + 1000.0
        self.balancer = SimulatedBalancer()
        self.store = Store(MemoryStorage(), self.clock)
        self.bucket = root / "logs"
        self.bucket.mkdir()
        self.moments_left = 1_000_000
        self.size = 0

    def pass_away(self) -> None:
        self.moments_left -= 1
        if self.moments_left < 0:
            raise Killed

    def log(self, *ended: float) -> None:
        """Requests that ended so many seconds after the start, ten positions each."""
        there = self.balancer.logs.setdefault(NODE, [])
        first = self.size
        self.size += 10 * len(ended)
        for number, at in enumerate(ended, 1):
            made = LoggedRequest(ended_at=START + at, until=first + 10 * number, text=f"at {at}")
            there.append(made)

    def engine(self) -> LogDeliveries:
        world = LogWorld(
            store=self.store,
            balancer=self.balancer,
            buckets=Buckets(self.root),
            clock=self.clock,
            ids=Ids(random.Random(self.moments_left)),
            settings=Settings(state_dir=str(self.root)),
        )
        return LogDeliveries(world)

    async def know(self, bucket: str = "logs") -> None:
        transaction = self.store.transaction("test")
        transaction.put(
            LOG_DELIVERIES,
            LogDelivery(
                interface_id=NODE,
                load_balancer_arn=LoadBalancerArn("arn:x:loadbalancer/app/web/1"),
                address="192.0.2.1",
                destination=LogDestination(bucket=bucket, prefix=""),
            ),
        )
        await transaction.commit()

    def files(self) -> list[list[str]]:
        """Lines of each file, in the order of the intervals."""
        paths = sorted(self.bucket.rglob("*.log.gz"), key=lambda path: path.name)
        return [gzip.decompress(path.read_bytes()).decode().splitlines() for path in paths]


@pytest.fixture
async def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    await made.know()
    return made


async def test_each_interval_that_is_over_is_a_file(site: Site) -> None:
    site.log(1.0, 299.0, 301.0, 299.9, 950.0)
    deliveries = site.engine()
    await deliveries.deliver(NODE)
    assert site.files() == [["at 1.0", "at 299.0"], ["at 301.0", "at 299.9"]]
    assert len(site.balancer.logs[NODE]) == 1, "what was delivered is freed"
    site.clock.time = START + 1201.0
    await deliveries.deliver(NODE)
    await deliveries.deliver(NODE)
    assert site.files()[2:] == [["at 950.0"]]


async def test_the_rest_of_a_node_does_not_wait_and_the_node_is_forgotten(site: Site) -> None:
    site.log(1.0, 990.0)
    deliveries = site.engine()
    await deliveries.finish(NODE)
    assert site.files() == [["at 1.0"], ["at 990.0"]]
    assert site.store.get(LOG_DELIVERIES, NODE) is None


async def test_what_no_bucket_takes_stays_for_the_next_time(site: Site) -> None:
    site.log(1.0)
    site.bucket.rename(site.root / "away")
    deliveries = site.engine()
    for _ in range(2):
        with pytest.raises(BucketUnusable):
            await deliveries.deliver(NODE)
    (site.root / "away").rename(site.bucket)
    await deliveries.deliver(NODE)
    assert site.files() == [["at 1.0"]]
    site.log(2.0)
    site.bucket.rename(site.root / "away")
    await deliveries.finish(NODE)
    assert site.store.get(LOG_DELIVERIES, NODE) is None


def mortal(site: Site, effect: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The engine dies before the effect, or right after it, when its time has come."""

    async def performed(*words: Any, **named: Any) -> Any:
        site.pass_away()
        done = await effect(*words, **named)
        site.pass_away()
        return done

    return performed


@pytest.mark.parametrize("lives", range(17))
async def test_no_line_is_lost_or_doubled_wherever_the_engine_dies(
    site: Site, lives: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files, each with two notes, the file itself, and the hole: sixteen places to die at."""
    site.log(1.0, 2.0, 301.0)
    for owner, name in ((Buckets, "put"), (SimulatedBalancer, "free_log"), (Transaction, "commit")):
        monkeypatch.setattr(owner, name, mortal(site, getattr(owner, name)))
    site.moments_left = lives
    if lives < 16:
        with pytest.raises(Killed):
            await site.engine().deliver(NODE)
    else:
        await site.engine().deliver(NODE)
    site.moments_left = 1_000_000
    site.log(302.0)
    await site.engine().finish(NODE)
    lines = [line for file in site.files() for line in file]
    assert sorted(lines) == ["at 1.0", "at 2.0", "at 301.0", "at 302.0"]
    assert not list(site.bucket.rglob("*.part"))
