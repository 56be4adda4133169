"""The task controller: brings every task to what was asked of it, and shows what became of it.

Looking is here; deciding is in `decide`, doing in `perform`, clearing up after lost work in
`sweep`. It learns of changes from the store and, as hints, from the backend.
"""

import asyncio

from hostless.compute.seam import TaskObservation
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.controllers.task.decide import TaskView, decide
from hostless.controllers.task.perform import Performer, TaskWorld
from hostless.controllers.task.placing import NO_VACANCY
from hostless.controllers.task.records import TaskRecords
from hostless.controllers.task.shared_volumes import shared_volumes_of
from hostless.controllers.task.spec import log_sinks_of
from hostless.controllers.task.sweep import Sweep
from hostless.controllers.task.vacancies import Vacancies
from hostless.controllers.turnstile import Turnstile
from hostless.domain.arns import TaskId
from hostless.domain.lifecycle import TaskStatus
from hostless.domain.network import NetworkInterface
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp
from hostless.kit.foreground import Foreground
from hostless.store.kinds import (
    CONNECT_ENDPOINTS,
    NETWORK_INTERFACES,
    TARGETS,
    TASK_DEFINITIONS,
    TASKS,
)
from hostless.store.store import Store
from hostless.telemetry.seam import LogSink

_IN_BACKEND: frozenset[TaskStatus] = frozenset({"PENDING", "RUNNING", "DEACTIVATING", "STOPPING"})
"""The states in which it matters what the backend shows."""
_NOTHING_SEEN = TaskObservation(containers={})


def _is_in_backend(task: Task) -> bool:
    """A task may have been started before it was on disk that it is connected."""
    is_claimed = task.attachment.interface_id is not None
    return task.status in _IN_BACKEND or (task.status == "PROVISIONING" and is_claimed)


def _needs_room(task: Task) -> bool:
    return task.status == "PROVISIONING" and task.goal == "RUNNING"


class TaskController:
    """The backend must be open: what it can do is asked here.

    foreground: what passes make room for.
    """

    def __init__(
        self,
        world: TaskWorld,
        foreground: Foreground | None = None,
    ) -> None:
        self._world = world
        self._store: Store = world.store
        offered = world.compute.capabilities
        self._records = TaskRecords(world.store)
        self._performer = Performer(world, self._records, offered.starts_at_once)
        self._sweep = Sweep(world)
        self._vacancies = Vacancies(world.store, world.ids)
        self._arns: dict[TaskId, str] = {}
        self._decided: dict[str, Task] = {}
        spec = LoopSpec(
            name="task",
            one_pass=self._pass,
            is_news=self._is_news,
            interrupts=self._interrupts,
            story=self._records.story,
        )
        self._loop = KeyedLoop(spec, world.clock, Turnstile(foreground or Foreground()))

    async def run(self) -> None:
        """Sweep up what earlier engines left, then work until cancelled.

        Backend, fabric and logs must be open. A task that an earlier engine began is gone on with
        from wherever it was.
        """
        self._world.compute.on_change(self._hint)
        watch = self._store.watch(TASKS)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._sweep.run(), name="sweep")
                await self._sweep.first.wait()
                group.create_task(self._loop.run(watch), name="tasks")
        finally:
            self._store.unwatch(TASKS, watch)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being done about any task right now."""
        return self._loop.is_idle

    def _hint(self, task_id: TaskId) -> None:
        if task_id in self._arns:
            self._loop.wake(self._arns[task_id])

    def _is_news(self, key: str) -> bool:
        """What a pass itself wrote is announced when it is durable: the next pass knows it."""
        return self._store.get(TASKS, key) is not self._decided.get(key)

    def _interrupts(self, key: str) -> bool:
        """A task that has to stop need not wait for its images or its turn, nor one whose host is
        lost for its stop time-out.
        """
        task = self._store.get(TASKS, key)
        if task is not None and task.is_host_lost and self._performer.is_stopping(key):
            return True
        return self._performer.is_patient(key) and (task is None or task.goal == "STOPPED")

    async def _pass(self, key: str) -> Timestamp | None:
        seen = await self._observe(key)
        task = self._store.get(TASKS, key)
        if task is None:
            self._decided.pop(key, None)
            return None
        self._arns[task.id] = key
        self._decided[key] = task
        plan = decide(self._view(task, seen))
        await self._performer.perform(task.arn, plan.actions)
        if not plan.actions:
            await self._records.settled(task.arn)
        if task.status == "STOPPED":
            self._arns.pop(task.id, None)
        return plan.recheck_at

    async def _observe(self, key: str) -> TaskObservation:
        task = self._store.get(TASKS, key)
        if task is None or not _is_in_backend(task):
            return _NOTHING_SEEN
        return await self._world.compute.observe(task.id)

    def _view(self, task: Task, seen: TaskObservation) -> TaskView:
        """Read without waiting in between, so that what is decided is about one instant."""
        definition = self._store.get(TASK_DEFINITIONS, task.definition_arn)
        interface = self._interface_of(task)
        has_followed = self._performer.has_followed_logs(task.id)
        now = self._world.clock.now()
        needs_room = interface is None and _needs_room(task)
        vacancy = self._vacancies.of(task, now) if needs_room else NO_VACANCY
        return TaskView(
            task=task,
            now=now,
            definition=definition,
            interface=interface,
            vacancy=vacancy,
            seen=seen,
            sinks=() if has_followed else self._sinks_of(task, definition),
            has_followed_logs=has_followed,
            has_targets=self._store.table(TARGETS).count("task", task.arn) > 0,
            has_endpoints=self._store.table(CONNECT_ENDPOINTS).count("task", task.arn) > 0,
            shared=shared_volumes_of(self._store, task, definition, interface or vacancy.offer),
            proxy_mount=None if task.connect is None else self._world.proxies.mount(task.id),
        )

    def _interface_of(self, task: Task) -> NetworkInterface | None:
        found = task.attachment.interface_id
        return None if found is None else self._store.get(NETWORK_INTERFACES, found)

    def _sinks_of(self, task: Task, definition: TaskDefinition | None) -> tuple[LogSink, ...]:
        if definition is None or task.status == "STOPPED":
            return ()
        return log_sinks_of(task, definition, self._world.compute.log_file)
