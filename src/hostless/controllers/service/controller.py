"""The service controller: keeps every service at what was asked of it, and rolls out changes.

Reading is in `reading`, deciding in `decide`, doing in `perform`. It knows nothing of what runs a
task: it writes task records, as RunTask does, and reads what becomes of them. It is woken by every
record that a decision goes by, at the pace of `pace`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import TypeVar

from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.controllers.service.decide import decide
from hostless.controllers.service.pace import Pace
from hostless.controllers.service.perform import performed
from hostless.controllers.service.reading import ServiceWorld, facts_of
from hostless.controllers.service.stages import watched_alarms
from hostless.controllers.turnstile import Turnstile
from hostless.domain.deployments import ENDED
from hostless.kit.clock import Timestamp
from hostless.kit.foreground import Foreground
from hostless.store.kinds import (
    ALARMS,
    DEPLOYMENTS,
    OUTAGES,
    SERVICE_DEPLOYMENTS,
    SERVICES,
    TARGETS,
    TASKS,
    Kind,
)

R = TypeVar("R")


class ServiceController:
    """foreground: what passes make room for."""

    def __init__(self, world: ServiceWorld, foreground: Foreground | None = None) -> None:
        self._world = world
        self._store = world.store
        spec = LoopSpec(name="service", one_pass=self._pass, story=self._story)
        self._loop = KeyedLoop(spec, world.clock, Turnstile(foreground or Foreground()))
        self._pace = Pace(self._loop.wake)
        self._short_of_room: set[str] = set()

    async def run(self) -> None:
        """Work until cancelled. Whatever an earlier engine began is gone on with."""
        watch = self._store.watch(SERVICES)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._loop.run(watch), name="services")
                for listener in self._listeners():
                    group.create_task(listener)
        finally:
            self._pace.close()
            self._store.unwatch(SERVICES, watch)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being decided about any service right now."""
        return self._loop.is_idle

    def _listeners(self) -> Iterator[Coroutine[None, None, None]]:
        """To what decisions go by; each knows which services a changed record concerns."""
        yield self._listen(DEPLOYMENTS, self._service_of_deployment)
        yield self._listen(SERVICE_DEPLOYMENTS, self._service_of_attempt)
        yield self._listen(TASKS, self._services_of_task)
        yield self._listen(TARGETS, self._service_of_target)
        yield self._listen(ALARMS, self._services_with_alarm)
        yield self._listen(OUTAGES, self._every_service)

    async def _listen(self, kind: Kind[R], concerned: Callable[[str], Iterable[str]]) -> None:
        watch = self._store.watch(kind)
        try:
            while True:
                for key in await watch.changed():
                    for service in concerned(key):
                        self._pace.wake(service)
        finally:
            self._store.unwatch(kind, watch)

    def _service_of_deployment(self, key: str) -> Iterable[str]:
        deployment = self._store.get(DEPLOYMENTS, key)
        return () if deployment is None else (deployment.service_arn,)

    def _service_of_attempt(self, key: str) -> Iterable[str]:
        attempt = self._store.get(SERVICE_DEPLOYMENTS, key)
        return () if attempt is None else (attempt.service_arn,)

    def _services_of_task(self, key: str) -> Iterable[str]:
        """Also those that wait for room, when the task leaves some."""
        task = self._store.get(TASKS, key)
        if task is None:
            return ()
        own = () if task.service_arn is None else (task.service_arn,)
        return (*own, *self._short_of_room) if task.status == "STOPPED" else own

    def _service_of_target(self, key: str) -> Iterable[str]:
        target = self._store.get(TARGETS, key)
        if target is None or target.task_arn is None:
            return ()
        return self._services_of_task(target.task_arn)

    def _services_with_alarm(self, key: str) -> Iterable[str]:
        return [
            attempt.service_arn
            for attempt in self._store.all(SERVICE_DEPLOYMENTS)
            if attempt.status not in ENDED and key in watched_alarms(attempt)
        ]

    def _every_service(self, key: str) -> Iterable[str]:
        return [service.arn for service in self._store.all(SERVICES)]

    async def _pass(self, key: str) -> Timestamp | None:
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        facts = facts_of(self._world, key)
        if facts is None:
            self._pace.forget(key)
            self._short_of_room.discard(key)
            return None
        plan = decide(facts)
        (self._short_of_room.add if plan.is_short_of_room else self._short_of_room.discard)(key)
        self._pace.passed(key, loop.time() - began_at)
        durable = performed(self._world, facts, plan)
        if durable is not None:
            await asyncio.shield(durable)
        if plan.recheck_at is None:
            return None
        earliest = self._world.clock.now() + max(0.0, self._pace.rest_seconds(key))
        return max(plan.recheck_at, earliest)

    def _story(self, key: str) -> str:
        entries = self._store.story(SERVICES, key)
        return "; ".join(f"{e.at:.3f} {e.before}->{e.after} ({e.because})" for e in entries)
