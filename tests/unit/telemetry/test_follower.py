"""Following log files: live, in order, once, whatever comes."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hostless.domain.arns import LogGroupName, TaskId
from hostless.domain.logs import stream_key
from hostless.kit.clock import SystemClock
from hostless.store.kinds import LOG_GROUPS, LOG_STREAMS
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store
from hostless.telemetry import follower as follower_module
from hostless.telemetry.events.reading import Query
from hostless.telemetry.events.records import NO_EVENTS
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.follow import followed_file, inotify
from hostless.telemetry.follow.followed_file import FollowedFile
from hostless.telemetry.follow.inotify import WatchRefused
from hostless.telemetry.follower import LogFollower
from hostless.telemetry.seam import LogSink, LogsUnavailable
from hostless.telemetry.streams import stream_id_of

TASK = TaskId("0" * 32)
LIMIT = 20


class Scene:
    """A follower at work in a folder, and what it needs to be restarted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SystemClock()
        self.store = Store(MemoryStorage(), self.clock)
        self.events = EventStore(folder / "logs", self.clock)
        self.follower = LogFollower(self.store, self.events, self.clock)
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._running = asyncio.get_running_loop().create_task(self.follower.run())

    async def stop(self) -> None:
        if self._running:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def restart(self) -> None:
        """As after a crash: all that was in memory is gone."""
        await self.stop()
        self.events.close()
        self.events = EventStore(self.folder / "logs", self.clock)
        self.follower = LogFollower(self.store, self.events, self.clock)
        self.start()

    def sink(self, name: str = "web", *, creates_group: bool = True) -> LogSink:
        return LogSink(
            task_id=TASK,
            container=name,
            path=self.folder / "tasks" / name / "log",
            group=LogGroupName("/ecs/app"),
            stream=f"ecs/{name}/{TASK}",
            creates_group=creates_group,
        )

    def write(self, name: str, *texts: str, tag: str = "F", stream: str = "stdout") -> None:
        path = self.folder / "tasks" / name / "log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            for text in texts:
                file.write(f"2026-01-02T03:04:05.678901234+00:00 {stream} {tag} {text}\n")

    def messages(self, name: str = "web") -> list[str]:
        record = self.store.get(LOG_STREAMS, stream_key("/ecs/app", f"ecs/{name}/{TASK}"))
        assert record is not None
        page = self.events.read([stream_id_of(record)], Query())
        return [event.message for event in page.events]

    async def until(self, is_true: Callable[[], bool]) -> None:
        """The store is not announced to anybody: look until it is so, with a limit."""
        async with asyncio.timeout(LIMIT):
            while not is_true():
                await asyncio.sleep(0.005)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    scene = Scene(tmp_path)
    scene.start()
    yield scene
    await scene.stop()
    scene.events.close()


async def test_lines_are_stored_while_the_container_runs(scene: Scene) -> None:
    scene.write("web", "one", "two")
    await scene.follower.open([scene.sink()])
    await scene.until(lambda: scene.messages() == ["one", "two"])
    scene.write("web", "three")
    await scene.until(lambda: scene.messages() == ["one", "two", "three"])


async def test_floods_take_turns_and_who_ends_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower_module, "TURN_SECONDS", 0.0)
    monkeypatch.setattr(followed_file, "READ_BYTES", 1000)
    scene, seen = Scene(tmp_path), list[str]()
    read_some = FollowedFile.read_some

    def noted(file: FollowedFile, *arguments: Any, **more: Any) -> bool:
        seen.append(file._path.parent.name)
        return read_some(file, *arguments, **more)

    monkeypatch.setattr(FollowedFile, "read_some", noted)
    for name in ("a", "b", "c", "ends"):
        scene.write(name, *(f"{number:0400}" for number in range(20)))
    others = TaskId("1" * 32)
    sinks = [replace(scene.sink(name), task_id=others) for name in ("a", "b", "c")]
    await scene.follower.open([*sinks, scene.sink("ends")])
    draining = asyncio.create_task(scene.follower.drain(TASK))
    await asyncio.sleep(0)
    scene.start()
    await draining
    assert len(scene.messages("ends")) == 20
    await scene.until(lambda: all(len(scene.messages(name)) == 20 for name in ("a", "b", "c")))
    first = seen.count("ends")
    assert seen[: first + 6] == ["ends"] * first + ["a", "b", "c", "a", "b", "c"]
    await scene.stop()
    scene.events.close()


async def test_a_file_whose_folder_is_not_there_yet_is_found_when_it_appears(scene: Scene) -> None:
    await scene.follower.open([scene.sink("a"), scene.sink("b")])
    await scene.until(lambda: len(scene.follower._watches._watch_of) == 2)
    scene.write("b", "here")
    await scene.until(lambda: scene.messages("b") == ["here"])
    scene.write("a", "too")
    await scene.until(lambda: scene.messages("a") == ["too"])


async def test_drain_returns_when_all_is_stored_and_forgets_the_files(scene: Scene) -> None:
    await scene.follower.open([scene.sink(), scene.sink("side")])
    lines = [f"line {n}" for n in range(5000)]
    scene.write("web", *lines)
    scene.write("web", "no end", tag="P")
    await scene.follower.drain(TASK)
    assert scene.messages() == [*lines, "no end"]
    assert scene.messages("side") == []
    assert not scene.follower._followed
    assert not scene.follower._watches._watch_of


async def test_open_again_after_a_restart_goes_on_where_it_was(scene: Scene) -> None:
    await scene.follower.open([scene.sink()])
    scene.write("web", "one")
    await scene.until(lambda: scene.messages() == ["one"])
    await scene.restart()
    scene.write("web", "two")
    for _ in range(3):
        await scene.follower.open([scene.sink()])
    await scene.follower.drain(TASK)
    assert scene.messages() == ["one", "two"]
    await scene.follower.open([scene.sink()])
    await scene.follower.drain(TASK)
    assert scene.messages() == ["one", "two"]


async def test_a_line_begun_before_a_restart_is_joined_after_it(scene: Scene) -> None:
    await scene.follower.open([scene.sink()])
    scene.write("web", "begun ", tag="P")
    scene.write("web", "between", stream="stderr")
    await scene.until(lambda: scene.messages() == ["between"])
    await scene.restart()
    await scene.follower.open([scene.sink()])
    scene.write("web", "ended")
    await scene.follower.drain(TASK)
    assert scene.messages() == ["between", "begun ended"]


async def test_a_log_file_made_anew_is_read_from_its_front(scene: Scene) -> None:
    await scene.follower.open([scene.sink()])
    scene.write("web", "one")
    await scene.until(lambda: scene.messages() == ["one"])
    path = scene.folder / "tasks" / "web" / "log"
    path.unlink()
    line = b"2026-02-02T03:04:05.678901234+00:00 stdout F another life\n"
    path.write_bytes(line * 2)
    await scene.follower.drain(TASK)
    assert scene.messages() == ["one", "another life", "another life"]


async def test_a_line_written_at_any_instant_of_the_first_read_is_stored_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is empty when it is looked at and has a line when it is read."""
    read = os.pread

    def read_before_it_is_written(file: int, length: int, offset: int) -> bytes:
        monkeypatch.setattr(os, "pread", read)
        found = read(file, length, offset)
        assert found == b""
        scene.write("web", "one")
        return found

    scene.write("web")
    monkeypatch.setattr(os, "pread", read_before_it_is_written)
    await scene.follower.open([scene.sink()])
    await scene.until(lambda: scene.messages() == ["one"])
    await scene.restart()
    await scene.follower.open([scene.sink()])
    scene.write("web", "two")
    await scene.until(lambda: "two" in scene.messages())
    assert scene.messages() == ["one", "two"]


async def test_a_file_that_vanished_or_never_was_is_no_trouble(scene: Scene) -> None:
    no_file = LogSink(
        task_id=TASK, container="x", path=None, group=LogGroupName("/ecs/app"), stream="x"
    )
    await scene.follower.open([scene.sink(), no_file])
    scene.write("web", "one")
    await scene.until(lambda: scene.messages() == ["one"])
    os.unlink(scene.folder / "tasks" / "web" / "log")
    await scene.follower.drain(TASK)
    assert scene.messages() == ["one"]


async def test_a_missing_group_is_told_in_awss_words(scene: Scene) -> None:
    with pytest.raises(LogsUnavailable) as refusal:
        await scene.follower.open([scene.sink(creates_group=False)])
    assert refusal.value.reason == (
        "ResourceInitializationError: failed to validate logger args: create stream has been "
        "retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: "
        "The specified log group does not exist. : exit status 1"
    )
    assert not list(scene.store.all(LOG_STREAMS))


async def test_the_group_is_made_when_the_definition_says_so(scene: Scene) -> None:
    await scene.follower.open([scene.sink(creates_group=True)])
    assert [group.name for group in scene.store.all(LOG_GROUPS)] == ["/ecs/app"]
    await scene.follower.open([scene.sink(creates_group=False)])


async def test_a_running_container_goes_on_when_its_group_is_deleted(scene: Scene) -> None:
    await scene.follower.open([scene.sink()])
    scene.write("web", "one")
    await scene.until(lambda: scene.messages() == ["one"])
    transaction = scene.store.transaction("test")
    for stream in scene.store.all(LOG_STREAMS):
        transaction.delete(LOG_STREAMS, stream_key(stream.group, stream.name))
    transaction.delete(LOG_GROUPS, "/ecs/app")
    await transaction.commit()
    await scene.restart()
    await scene.follower.open([scene.sink(creates_group=False)])
    scene.write("web", "dropped")
    await scene.follower.drain(TASK)
    assert not list(scene.store.all(LOG_STREAMS))


async def test_an_idle_follower_does_nothing(scene: Scene) -> None:
    await scene.follower.open([scene.sink(f"c{n}") for n in range(50)])
    for n in range(50):
        scene.write(f"c{n}", "hello")
    await scene.until(lambda: all(scene.messages(f"c{n}") == ["hello"] for n in range(50)))
    await scene.until(lambda: not scene.follower._wake.is_set() and not scene.follower._ready)
    assert len(scene.follower._watches._growing) == 50
    loop = asyncio.get_running_loop()
    timers = [handle for handle in loop._scheduled if not handle.cancelled()]  # type: ignore[attr-defined]
    assert all("until" in repr(handle) or "timeout" in repr(handle).lower() for handle in timers)


async def test_a_kernel_without_watches_is_looked_at_by_the_clock(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower_module, "RETRY_SECONDS", 0.01)

    def refuse(*_: object) -> int:
        raise WatchRefused("no space")

    monkeypatch.setattr(inotify.Inotify, "_watch", refuse)
    await scene.follower.open([scene.sink()])
    scene.write("web", "one")
    await scene.until(lambda: scene.messages() == ["one"])
    scene.write("web", "two")
    await scene.until(lambda: scene.messages() == ["one", "two"])


async def test_lines_wait_while_the_disk_refuses_them(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower_module, "RETRY_SECONDS", 0.01)
    await scene.follower.open([scene.sink()])
    refusals = []

    def refuse(*_: object) -> None:
        refusals.append(1)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full_disk:
        full_disk.setattr(scene.events, "append", refuse)
        scene.write("web", "one")
        await scene.until(lambda: len(refusals) > 3)
    await scene.follower.drain(TASK)
    assert scene.messages() == ["one"]


async def test_a_task_ends_even_when_the_disk_takes_nothing_more(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(follower_module, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(follower_module, "DRAIN_PATIENCE_SECONDS", 0.05)
    await scene.follower.open([scene.sink()])

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(scene.events, "append", refuse)
    scene.write("web", "one")
    await scene.follower.drain(TASK)
    assert "the last lines" in caplog.text


async def test_what_is_stored_is_given_back_to_the_disk(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed_file, "HOLE_BYTES", 64 * 1024)
    await scene.follower.open([scene.sink()])
    lines = [f"{n:0100}" for n in range(8000)]
    scene.write("web", *lines)
    path = scene.folder / "tasks" / "web" / "log"
    await scene.until(lambda: path.stat().st_blocks * 512 < 64 * 1024)
    scene.write("web", "last")
    await scene.restart()
    await scene.follower.open([scene.sink()])
    await scene.follower.drain(TASK)
    assert scene.messages() == [*lines, "last"]


async def test_a_mark_that_nobody_understands_does_not_stop_the_engine(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    await scene.follower.open([scene.sink()])
    record = scene.store.get(LOG_STREAMS, stream_key("/ecs/app", f"ecs/web/{TASK}"))
    assert record is not None
    scene.events.append(stream_id_of(record), NO_EVENTS, b"of another version")
    scene.write("web", "one")
    await scene.restart()
    await scene.follower.open([scene.sink()])
    await scene.follower.drain(TASK)
    assert scene.messages() == ["one"]
    assert "another version" in caplog.text


async def test_a_container_that_outruns_reading_loses_lines_where_it_must_not_wait(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed_file, "KEPT_BYTES", 4096)
    lines = [f"line {number}" for number in range(1000)]
    scene.write("may", *lines)
    scene.write("must-not", *lines)
    await scene.follower.open([replace(scene.sink("may"), may_drop=True), scene.sink("must-not")])
    await scene.until(lambda: lines[-1:] == scene.messages("may")[-1:])
    kept = scene.messages("may")
    assert 0 < len(kept) < 100
    assert kept == lines[-len(kept) :]
    await scene.until(lambda: scene.messages("must-not") == lines)


async def test_a_container_that_may_lose_nothing_waits_while_reading_is_far_behind(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed_file, "KEPT_BYTES", 4096)
    monkeypatch.setattr(followed_file, "READ_BYTES", 2048)
    held: list[bool] = []

    def hold(task_id: TaskId, container: str, *, is_held: bool) -> None:
        assert (task_id, container) == (TASK, "web")
        held.append(is_held)

    await scene.stop()
    scene.follower = LogFollower(scene.store, scene.events, scene.clock, hold)
    scene.start()
    lines = [f"line {number}" for number in range(1000)]
    scene.write("web", *lines)
    await scene.follower.open([scene.sink()])
    await scene.until(lambda: scene.messages() == lines)
    assert held == [True, False]
