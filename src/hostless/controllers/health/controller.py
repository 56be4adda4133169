"""The health controller: checks the health of containers and writes it into their tasks' records.

It writes nothing else. What is done about a task's health is not its business: a task of RunTask
goes on, a service's is replaced by the service's scheduler. An idle container costs one timer.
"""

import asyncio
import functools

from hostless.compute.seam import ComputeBackend
from hostless.controllers.health.decide import (
    Patient,
    checked_containers,
    decide,
    patient_of,
    with_health,
)
from hostless.controllers.health.probe import Prober
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.controllers.turnstile import Turnstile
from hostless.domain.health import Course, checked, postponed
from hostless.domain.tasks import Task
from hostless.kit.clock import Clock, Timestamp
from hostless.kit.foreground import Foreground
from hostless.store.kinds import TASK_DEFINITIONS, TASKS
from hostless.store.store import Store, Watch

CHECKS_AT_ONCE = 256
"""Most checks are over in an instant; one that hangs keeps its place until its time-out."""


class HealthController:
    """foreground: what passes make room for."""

    def __init__(
        self,
        store: Store,
        compute: ComputeBackend,
        clock: Clock,
        foreground: Foreground | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._prober = Prober(compute)
        self._courses: dict[str, Course] = {}
        spec = LoopSpec(name="health", one_pass=self._pass, passes_at_once=CHECKS_AT_ONCE)
        self._loop = KeyedLoop(spec, clock, Turnstile(foreground or Foreground()))

    async def run(self) -> None:
        """Check until cancelled; then no check is left running. The backend must be open."""
        tasks = self._store.watch(TASKS)
        containers = Watch(())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._loop.run(containers), name="health checks")
                async for arn in tasks:
                    for key in self._keys_of(self._store.get(TASKS, arn)):
                        containers.announce(key)
        finally:
            self._store.unwatch(TASKS, tasks)

    def _keys_of(self, task: Task | None) -> list[str]:
        """One for each container with a check, as long as it may have to be thought of."""
        if task is None:
            return []
        definition = self._store.get(TASK_DEFINITIONS, task.definition_arn)
        keys = [f"{task.arn} {name}" for name in checked_containers(definition)]
        return [key for key in keys if key in self._courses or self._find(key) is not None]

    def _find(self, key: str) -> Patient | None:
        arn, _, name = key.rpartition(" ")
        task = self._store.get(TASKS, arn)
        if task is None:
            return None
        definition = self._store.get(TASK_DEFINITIONS, task.definition_arn)
        return patient_of(task, definition, name)

    async def _pass(self, key: str) -> Timestamp | None:
        patient = self._find(key)
        if patient is None:
            self._courses.pop(key, None)
            return None
        plan = decide(patient, self._courses.get(key), self._clock.now())
        self._courses[key] = plan.course
        if plan.is_news:
            await self._record(patient, plan.course)
        elif plan.is_due:
            await self._check(key, patient, plan.course)
        else:
            return plan.course.due_at
        return self._clock.now()

    async def _record(self, patient: Patient, course: Course) -> None:
        change = functools.partial(with_health, patient=patient, status=course.status)
        because = f"health of container {patient.container} is {course.status}"
        await self._store.update(TASKS, patient.task_arn, change, because)

    async def _check(self, key: str, patient: Patient, course: Course) -> None:
        began_at = self._clock.now()
        passed = await self._prober.passes(patient)
        now = self._clock.now()
        if passed is None:
            self._courses[key] = postponed(patient.plan, course, now)
        else:
            self._courses[key] = checked(
                patient.plan, course, passed=passed, began_at=began_at, now=now
            )
