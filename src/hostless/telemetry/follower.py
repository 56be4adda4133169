"""The TaskLogs of real containers: follows their log files into the event store.

Woken by the kernel when a file grows; then it waits a moment for more to gather, and reads every
file that has something, a piece of each in turn, on a thread. The name of a container's stream is
the task controller's business.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hostless.domain.arns import TaskId
from hostless.domain.logs import LogStream, stream_key
from hostless.kit.clock import Clock
from hostless.store.kinds import LOG_STREAMS
from hostless.store.store import Store
from hostless.telemetry.events.records import StreamId
from hostless.telemetry.events.store import EventStore
from hostless.telemetry.follow import followed_file
from hostless.telemetry.follow.followed_file import FollowedFile
from hostless.telemetry.follow.pace import Pace
from hostless.telemetry.follow.watches import Watches, WatchRefused
from hostless.telemetry.provision import have_streams
from hostless.telemetry.seam import Hold, LogSink
from hostless.telemetry.streams import stream_id_of

GATHER_SECONDS = 0.05
"""How long after a first notice more is awaited, so that a busy container costs 20 rounds a second
and not one a line."""
TURN_SECONDS = 0.25
"""How long files are read before who waits is looked for anew: a task that ends waits for its turn
only, however many others write without pause."""
RETRY_SECONDS = 1.0
"""Between attempts when the disk refuses events, and between looks at a file that the kernel will
not watch."""
DRAIN_PATIENCE_SECONDS = 15.0
"""How long the end of a task waits for a disk that refuses its last lines."""
_log = logging.getLogger(__name__)


class _Followed:
    """One sink with its file. drained: set when nobody waits for it to grow any more."""

    def __init__(self, sink: LogSink, file: FollowedFile) -> None:
        self.sink = sink
        self.file = file
        self.drained: asyncio.Future[None] | None = None
        self.refused_since: float | None = None
        self.is_dropping = False
        self.is_held = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What came of reading a piece. refusal: of the disk."""

    has_more: bool = False
    refusal: OSError | None = None


class LogFollower:
    """Implements `hostless.telemetry.seam.TaskLogs`; `run` must run for lines to be stored."""

    def __init__(
        self, store: Store, events: EventStore, clock: Clock, hold: Hold | None = None
    ) -> None:
        """hold: keeps a container from writing on, or lets it; None where that cannot be had."""
        self._hold = hold
        self._store = store
        self._events = events
        self._clock = clock
        self._followed: dict[Path, _Followed] = {}
        self._ready: dict[Path, None] = {}
        self._wake = asyncio.Event()
        self._urgent = asyncio.Event()
        self._watches = Watches(self._mark_ready)
        self._pace = Pace()
        self._due_rest = 0.0

    async def open(self, sinks: Sequence[LogSink]) -> None:
        await have_streams(self._store, self._clock, sinks)
        for sink in sinks:
            if sink.path is not None and sink.path not in self._followed:
                file = FollowedFile(sink.path, self._events, may_drop=sink.may_drop)
                self._followed[sink.path] = _Followed(sink, file)
                self._mark_ready(sink.path)

    async def drain(self, task_id: TaskId) -> None:
        waiting = []
        for path, followed in self._followed.items():
            if followed.sink.task_id == task_id:
                if followed.drained is None:
                    followed.drained = asyncio.get_running_loop().create_future()
                waiting.append(followed.drained)
                self._mark_ready(path)
                self._urgent.set()
        for drained in waiting:
            await asyncio.shield(drained)

    async def run(self) -> None:
        """Follow until cancelled; the next start goes on where this one ended."""
        try:
            while True:
                await self._wake.wait()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._urgent.wait(), GATHER_SECONDS)
                while await self._read_ready():
                    await self._rest()
                await self._rest()
        finally:
            for followed in self._followed.values():
                self._set_hold(followed, is_held=False)
            self._watches.close()

    async def _rest(self) -> None:
        """A task that ends is not kept waiting, but for one piece of each file at a time."""
        if self._due_rest:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), self._due_rest)

    def _mark_ready(self, path: Path) -> None:
        if path in self._followed:
            self._ready[path] = None
            self._wake.set()

    async def _read_ready(self) -> bool:
        """A piece of each file that has something, as many as a turn has time for. Whether there
        is more to read already.

        First come those of tasks that end, then who has waited; who has more after it is last.
        """
        paths, self._ready = sorted(self._ready, key=self._goes_on), {}
        self._wake.clear()
        self._urgent.clear()
        turn = []
        for path in paths:
            followed = self._followed[path]
            self._watch(path)
            turn.append((followed, self._stream_of(followed), followed.drained is not None))
        read_ms = int(self._clock.now() * 1000)
        begun = asyncio.get_running_loop().time()
        results = await asyncio.to_thread(_read_pieces, turn, read_ms)
        ended = asyncio.get_running_loop().time()
        self._due_rest = self._pace.pause_after(ended - begun, ended)
        left = paths[len(results) :]
        self._ready = {**dict.fromkeys(left), **self._ready}
        for path, (followed, _, was_last), result in zip(paths, turn, results, strict=False):
            self._judge(path, followed, result, was_last=was_last)
        return bool(left) or any(result.has_more for result in results)

    def _goes_on(self, path: Path) -> bool:
        return self._followed[path].drained is None

    def _judge(self, path: Path, followed: _Followed, result: _Read, *, was_last: bool) -> None:
        if result.refusal:
            self._put_off(path, followed, result.refusal)
            return
        followed.refused_since = None
        self._press(followed)
        if result.has_more:
            self._mark_ready(path)
        elif was_last:
            self._let_go(path, followed)

    def _press(self, followed: _Followed) -> None:
        """awslogs' mode `blocking`: who writes faster than it can be stored has to wait."""
        behind = followed.file.behind
        if not followed.sink.may_drop and behind > followed_file.KEPT_BYTES:
            self._set_hold(followed, is_held=True)
        elif behind < followed_file.KEPT_BYTES // 2:
            self._set_hold(followed, is_held=False)

    def _set_hold(self, followed: _Followed, *, is_held: bool) -> None:
        if self._hold is not None and followed.is_held != is_held:
            self._hold(followed.sink.task_id, followed.sink.container, is_held=is_held)
            followed.is_held = is_held

    def _put_off(self, path: Path, followed: _Followed, refusal: OSError) -> None:
        """Try again later; a task that ended does not wait for ever."""
        loop = asyncio.get_running_loop()
        self._set_hold(followed, is_held=False)  # its end is told by who was held
        if followed.refused_since is None:
            followed.refused_since = loop.time()
            _log.warning("lines of %s wait: %s", path, refusal)
        waited = loop.time() - followed.refused_since
        if followed.drained and waited > DRAIN_PATIENCE_SECONDS:
            _log.error("the last lines of %s are lost: %s", path, refusal)
            self._let_go(path, followed)
        else:
            loop.call_later(RETRY_SECONDS, self._mark_ready, path)

    def _let_go(self, path: Path, followed: _Followed) -> None:
        self._watches.forget(path)
        self._set_hold(followed, is_held=False)
        self._followed.pop(path, None)
        self._ready.pop(path, None)
        if followed.drained and not followed.drained.done():
            followed.drained.set_result(None)

    def _watch(self, path: Path) -> None:
        try:
            self._watches.request(path)
        except (WatchRefused, OSError) as refusal:
            _log.debug("%s is looked at by the clock: %s", path, refusal)
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self._mark_ready, path)

    def _stream_of(self, followed: _Followed) -> StreamId | None:
        """None when group or stream have been deleted under the container: its lines are dropped,
        as AWS drops them."""
        sink = followed.sink
        record: LogStream | None = self._store.get(LOG_STREAMS, stream_key(sink.group, sink.stream))
        if record is None and not followed.is_dropping:
            _log.warning("stream %s of %s is gone; its lines are dropped", sink.stream, sink.group)
        followed.is_dropping = record is None
        return stream_id_of(record) if record else None


def _read_pieces(
    turn: Sequence[tuple[_Followed, StreamId | None, bool]], read_ms: int
) -> list[_Read]:
    """Of the first of them at least, and of no more once the turn's time is over."""
    results: list[_Read] = []
    until = time.monotonic() + TURN_SECONDS
    for followed, stream, is_last in turn:
        if results and time.monotonic() >= until:
            break
        try:
            has_more = followed.file.read_some(stream, read_ms, is_last=is_last)
            results.append(_Read(has_more=has_more))
        except OSError as refusal:
            results.append(_Read(refusal=refusal))
    return results
