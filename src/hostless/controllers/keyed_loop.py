"""The loop that every controller of keyed objects runs in; what a pass does is not its business.

A pass takes nothing but a key, reads the whole truth, makes one idempotent step and says when it
wants to be asked again. The loop sees to it that a pass is made when the store announces a change
of the object, when somebody wakes its key, and when the pass asked to be asked; that a key never
has two passes at once; and that a key woken during its pass gets another one. A pass that fails is
logged with its object's story and made again later; so the crash path and the normal path are one.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from hostless.controllers.turnstile import Turnstile
from hostless.kit.clock import Clock, Timestamp
from hostless.kit.foreground import Foreground
from hostless.store.store import Watch, WriteConflict

BACKOFF_SECONDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0)
"""How long a key rests after its first, second, … failed pass in a row; the last one repeats."""
PASSES_AT_ONCE = 20_000
"""A pass may wait long (a pull, a stop's time-out) at no cost; work is limited where it is done."""

log = logging.getLogger(__name__)


def _never(key: str) -> bool:
    return False


def _always(key: str) -> bool:
    return True


def _no_story(key: str) -> str:
    return "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopSpec:
    """What a loop loops over.

    one_pass: given a key; returns when to be asked again, None for not before a change.
    is_news: asked when the store announces a key: whether a pass may see something new.
    interrupts: asked when a key is woken during its pass: whether that pass is to be broken off.
    story: of a key, for the log.
    """

    name: str
    one_pass: Callable[[str], Awaitable[Timestamp | None]]
    is_news: Callable[[str], bool] = _always
    interrupts: Callable[[str], bool] = _never
    story: Callable[[str], str] = _no_story
    passes_at_once: int = PASSES_AT_ONCE


class KeyedLoop:
    """Belongs to one event loop; all methods are called on it.

    turnstile: what passes enter by; loops that share one make room for each other.
    """

    def __init__(self, spec: LoopSpec, clock: Clock, turnstile: Turnstile | None = None) -> None:
        self._spec = spec
        self._clock = clock
        self._turnstile = turnstile or Turnstile(Foreground())
        self._group: asyncio.TaskGroup | None = None
        self._waiting: deque[str] = deque()
        self._workers: set[str] = set()
        self._passing: dict[str, asyncio.Task[None]] = {}
        self._woken: set[str] = set()
        self._interrupted: set[str] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._failures: dict[str, int] = {}

    async def run(self, watch: Watch) -> None:
        """Make passes for every key of `watch`, until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                try:
                    async for key in watch:
                        if self._spec.is_news(key):
                            self.wake(key)
                finally:
                    self._group = None
        finally:
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()

    def wake(self, key: str) -> None:
        """Have a pass made for `key` soon; without effect while the loop does not run."""
        if self._group is None:
            return
        if key not in self._workers:
            self._admit(key)
            return
        self._woken.add(key)
        passing = self._passing.get(key)
        if passing is not None and key not in self._interrupted and self._spec.interrupts(key):
            self._interrupted.add(key)
            passing.cancel()

    @property
    def is_idle(self) -> bool:
        """Whether no pass is being made or about to be."""
        return not self._workers

    def _admit(self, key: str) -> None:
        """A key is in `_workers` from here until its worker ends, also while it waits for one."""
        assert self._group is not None
        self._cancel_timer(key)
        if len(self._workers) - len(self._waiting) >= self._spec.passes_at_once:
            self._waiting.append(key)
        else:
            self._group.create_task(self._work(key), name=key)
        self._workers.add(key)

    async def _work(self, key: str) -> None:
        """Make passes until nobody woke the key during the last one."""
        try:
            again_at: Timestamp | None = self._clock.now()
            goes_on = False
            while again_at is not None and again_at <= self._clock.now():
                await self._turnstile.enter(goes_on=goes_on)
                goes_on = True
                self._woken.discard(key)
                again_at = await self._pass(key)
                if key in self._woken:
                    again_at = self._clock.now()
        finally:
            self._leave(key)
        if again_at is not None:
            self._ask_again(key, again_at)

    async def _pass(self, key: str) -> Timestamp | None:
        worker = asyncio.current_task()
        assert worker is not None
        self._passing[key] = worker
        try:
            again_at = await self._spec.one_pass(key)
        except asyncio.CancelledError:
            if not self._was_only_interrupted(key, worker):
                raise
            return self._clock.now()
        except WriteConflict:
            return self._clock.now()
        except Exception as failure:  # noqa: BLE001 - the top of the loop
            return self._clock.now() + self._note_failure(key, failure)
        finally:
            del self._passing[key]
            self._was_only_interrupted(key, worker)  # of a pass that ended in its own way even so
        self._failures.pop(key, None)
        return again_at

    def _was_only_interrupted(self, key: str, worker: "asyncio.Task[None]") -> bool:
        """Whether `wake` cancelled the pass, and nobody else did."""
        if key not in self._interrupted:
            return False
        self._interrupted.discard(key)
        return worker.uncancel() == 0

    def _note_failure(self, key: str, failure: Exception) -> float:
        count = self._failures[key] = self._failures.get(key, 0) + 1
        seconds = BACKOFF_SECONDS[min(count, len(BACKOFF_SECONDS)) - 1]
        log.error(
            "%s: pass %s failed (%d in a row), again in %g s; its story: %s",
            self._spec.name,
            key,
            count,
            seconds,
            self._spec.story(key),
            exc_info=failure,
        )
        return seconds

    def _leave(self, key: str) -> None:
        self._workers.discard(key)
        self._woken.discard(key)
        if self._waiting and self._group is not None:
            following = self._waiting.popleft()
            self._workers.discard(following)
            self._admit(following)

    def _ask_again(self, key: str, at: Timestamp) -> None:
        if self._group is None or key in self._workers:
            return
        delay = max(0.0, at - self._clock.now())
        self._cancel_timer(key)
        loop = asyncio.get_running_loop()
        self._timers[key] = loop.call_later(delay, self._ring, key)

    def _ring(self, key: str) -> None:
        self._timers.pop(key, None)
        self.wake(key)

    def _cancel_timer(self, key: str) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
