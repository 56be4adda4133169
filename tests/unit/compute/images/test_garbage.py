"""Unit tests of when images are removed, and which may not be, under simulated time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest
from tests.support.tasks import definition_of, new_task

from hostless.compute.images.failures import cannot_normalize
from hostless.compute.images.garbage import (
    LOOK_SECONDS,
    MOST_PAUSES,
    PAUSE_SECONDS,
    PAUSES_WHEN_FULL,
    PERIOD_SECONDS,
    UNUSED_SECONDS,
    Disk,
    Watermarks,
    excess_of,
    keep_images,
    wanted_digests,
)
from hostless.compute.images.image import Image, ImageConfig
from hostless.compute.images.store import MINIMUM_AGE_SECONDS
from hostless.domain.container_definitions import ContainerDefinition
from hostless.domain.tasks import Task
from hostless.kit.ids import system_ids
from hostless.kit.simulated_time import LoopClock, run_simulated
from hostless.store.kinds import TASKS
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store


@dataclass
class Images:
    """Remembers what it was asked. names: digest by reference."""

    names: dict[str, str] = field(default_factory=dict)
    trouble: list[OSError] = field(default_factory=list)
    frees: list[int] = field(default_factory=list)
    collected: list[tuple[frozenset[str], float, int | None]] = field(default_factory=list)

    def named(self, reference: str) -> Image | None:
        if reference == "no reference":
            raise cannot_normalize(reference)
        digest = self.names.get(reference)
        return Image(digest=digest, config=ImageConfig(), layers=()) if digest else None

    async def collect_garbage(
        self, keep: frozenset[str], minimum_age_seconds: float, enough_bytes: int | None = None
    ) -> int:
        self.collected.append((keep, minimum_age_seconds, enough_bytes))
        if self.trouble:
            raise self.trouble.pop()
        return self.frees.pop(0) if self.frees else 0


def task_of(image: str, digest: str | None = None, **changes: object) -> Task:
    definition = definition_of(ContainerDefinition(name="main", image=image))
    task = new_task(definition, system_ids(), 0.0)
    containers = tuple(replace(each, image_digest=digest) for each in task.containers)
    return replace(task, containers=containers, **changes)  # type: ignore[arg-type]


async def put(store: Store, *tasks: Task) -> None:
    transaction = store.transaction("test")
    for task in tasks:
        transaction.put(TASKS, task)
    await transaction.commit()


EMPTY, FULL = Disk(used=100, size=1000), Disk(used=900, size=1000)


def with_keeper(
    images: Images, scene: Callable[[Store], Awaitable[None]], disk: Disk = EMPTY
) -> None:
    async def main() -> None:
        store = Store(MemoryStorage(), LoopClock())
        async with asyncio.TaskGroup() as group:
            running = group.create_task(keep_images(images, store, lambda: disk, Watermarks()))
            await scene(store)
            running.cancel()

    run_simulated(main())


async def test_images_of_tasks_that_have_not_stopped_are_wanted() -> None:
    store = Store(MemoryStorage(), LoopClock())
    await put(
        store,
        task_of("web:1", "sha256:running", status="RUNNING"),
        task_of("web:2", "sha256:stopping", status="DEPROVISIONING"),
        task_of("web:3", "sha256:over", status="STOPPED"),
        task_of("web:4"),
        task_of("never-pulled:1"),
        task_of("no reference"),
    )
    images = Images({"web:4": "sha256:pulled", "web:5": "sha256:nobody"})
    wanted = wanted_digests(images, store)
    assert wanted == {"sha256:running", "sha256:stopping", "sha256:pulled"}


def test_every_hour_what_nobody_used_for_a_day_goes() -> None:
    images = Images()

    async def scene(store: Store) -> None:
        await put(store, task_of("web:1", "sha256:running", status="RUNNING"))
        await asyncio.sleep(2 * PERIOD_SECONDS + 1)

    with_keeper(images, scene)
    assert images.collected == [(frozenset({"sha256:running"}), UNUSED_SECONDS, None)] * 2


@pytest.mark.parametrize(("used", "excess"), [(0, 0), (849, 0), (850, 0), (851, 51), (1000, 200)])
def test_nothing_goes_below_the_high_mark_and_above_it_so_much_that_the_low_one_is_reached(
    used: int, excess: int
) -> None:
    assert excess_of(Disk(used=used, size=1000), Watermarks()) == excess
    assert excess_of(Disk(used=used, size=1000), Watermarks(high=1.0, low=1.0)) == 0


def test_on_a_disk_that_fills_up_younger_ones_go_within_minutes_but_no_more_than_must() -> None:
    images = Images()
    with_keeper(images, lambda store: asyncio.sleep(LOOK_SECONDS + 1), FULL)
    assert images.collected == [(frozenset(), MINIMUM_AGE_SECONDS, 100)]


def test_a_disk_that_others_fill_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    images = Images(frees=[99, 0, 100, 0])
    with_keeper(images, lambda store: asyncio.sleep(2 * LOOK_SECONDS + 1), FULL)
    assert [each.message for each in caplog.records] == [
        "1 bytes too many are in use, and not by unused images"
    ]
    with_keeper(images, lambda store: asyncio.sleep(2 * LOOK_SECONDS + 1), FULL)
    assert len(caplog.records) == 2, "it was well meanwhile"


def test_a_full_disk_does_not_wait_long_for_a_quiet_moment() -> None:
    images = Images()

    async def scene(store: Store) -> None:
        await put(store, task_of("web:1", status="PENDING"))
        await asyncio.sleep(LOOK_SECONDS + PAUSES_WHEN_FULL * PAUSE_SECONDS + 1)

    with_keeper(images, scene, FULL)
    assert len(images.collected) == 1


def test_it_waits_while_a_task_starts_but_not_for_ever() -> None:
    images = Images()

    async def scene(store: Store) -> None:
        starting = task_of("web:1", status="PENDING")
        await put(store, starting)
        await asyncio.sleep(PERIOD_SECONDS + 2 * PAUSE_SECONDS)
        assert not images.collected
        await put(store, replace(starting, status="RUNNING"))
        await asyncio.sleep(2 * PAUSE_SECONDS)
        assert len(images.collected) == 1
        await put(store, starting)
        await asyncio.sleep(PERIOD_SECONDS + (MOST_PAUSES + 1) * PAUSE_SECONDS)
        assert len(images.collected) == 2

    with_keeper(images, scene)


def test_a_disk_that_refuses_is_asked_again_later(caplog: pytest.LogCaptureFixture) -> None:
    images = Images(trouble=[OSError(5, "Input/output error")])
    with_keeper(images, lambda store: asyncio.sleep(2 * PERIOD_SECONDS + 1))
    assert len(images.collected) == 2
    assert "Input/output error" in caplog.text
