"""Unit tests of when images are removed, and which may not be, under simulated time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.support.tasks import definition_of, new_task

from hostless.compute.images import garbage
from hostless.compute.images.failures import cannot_normalize
from hostless.compute.images.garbage import (
    MOST_PAUSES,
    PAUSE_SECONDS,
    PERIOD_SECONDS,
    UNUSED_SECONDS,
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
    collected: list[tuple[frozenset[str], float]] = field(default_factory=list)

    def named(self, reference: str) -> Image | None:
        if reference == "no reference":
            raise cannot_normalize(reference)
        digest = self.names.get(reference)
        return Image(digest=digest, config=ImageConfig(), layers=()) if digest else None

    async def collect_garbage(self, keep: frozenset[str], minimum_age_seconds: float) -> int:
        self.collected.append((keep, minimum_age_seconds))
        if self.trouble:
            raise self.trouble.pop()
        return 0


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


def with_keeper(images: Images, scene: Callable[[Store], Awaitable[None]]) -> None:
    async def main() -> None:
        store = Store(MemoryStorage(), LoopClock())
        async with asyncio.TaskGroup() as group:
            running = group.create_task(keep_images(images, store, Path("/")))
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


def test_every_hour_what_nobody_used_for_a_day_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "is_filling_up", lambda folder: False)
    images = Images()

    async def scene(store: Store) -> None:
        await put(store, task_of("web:1", "sha256:running", status="RUNNING"))
        await asyncio.sleep(2 * PERIOD_SECONDS + 1)

    with_keeper(images, scene)
    assert images.collected == [(frozenset({"sha256:running"}), UNUSED_SECONDS)] * 2


def test_on_a_disk_that_fills_up_younger_ones_go_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "is_filling_up", lambda folder: True)
    images = Images()
    with_keeper(images, lambda store: asyncio.sleep(PERIOD_SECONDS + 1))
    assert images.collected == [(frozenset(), MINIMUM_AGE_SECONDS)]


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
