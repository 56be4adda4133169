"""Keeps the records of who serves behind each name of Service Connect, and Cloud Map's of them.

A pass is made over a whole name, since whether an unhealthy task is sent to depends on the others,
and since who comes is to be recorded with who goes: at no time does a name seem to have nobody.
What is under way to an endpoint that drains is `draining`'s business.
"""

import asyncio
from collections.abc import Iterable, Iterator

from hostless.controllers.connect.decide import (
    EndpointChanges,
    ServingTask,
    changes_of,
    checked_containers,
    standing_of,
)
from hostless.controllers.connect.instances import InstanceChanges, instance_changes
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.domain.arns import DiscoveryServiceId
from hostless.domain.service_connect import Endpoint
from hostless.domain.service_discovery import instance_key, with_next_revision
from hostless.domain.tasks import Task
from hostless.kit.clock import Clock, Timestamp
from hostless.store.kinds import (
    CONNECT_ENDPOINTS,
    DISCOVERY_INSTANCES,
    DISCOVERY_SERVICES,
    TASK_DEFINITIONS,
    TASKS,
)
from hostless.store.store import Store, Watch


class EndpointRegistrar:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._loop = KeyedLoop(LoopSpec(name="endpoints of name", one_pass=self._pass), clock)

    async def run(self) -> None:
        """Work until cancelled."""
        names = {each.discovery_service_id for each in self._store.all(CONNECT_ENDPOINTS)}
        async with asyncio.TaskGroup() as group:
            group.create_task(self._loop.run(Watch(names)))  # First: then it can be woken.
            group.create_task(self._follow_tasks())

    async def _follow_tasks(self) -> None:
        watch = self._store.watch(TASKS)
        try:
            while True:
                for name in self._names_of(await watch.changed()):
                    self._loop.wake(name)
        finally:
            self._store.unwatch(TASKS, watch)

    def _names_of(self, task_arns: Iterable[str]) -> set[str]:
        """Of the tasks' ingresses, and what is still recorded of those that are gone."""
        names: set[str] = set()
        for arn in task_arns:
            task = self._store.get(TASKS, arn)
            if task is not None and task.connect is not None:
                names |= {each.discovery_service_id for each in task.connect.ingresses}
            else:
                there = self._store.find(CONNECT_ENDPOINTS, "task", arn)
                names |= {each.discovery_service_id for each in there}
        return names

    async def _pass(self, key: str) -> Timestamp | None:
        name, now = DiscoveryServiceId(key), self._clock.now()
        tasks = tuple(self._tasks_of(name))
        there = self._store.find(CONNECT_ENDPOINTS, "service", name)
        changes = changes_of(name, tasks, there, now)
        instances = self._instance_changes(name, tasks, _after(there, changes), now)
        if changes.put or changes.deleted or instances.put or instances.deleted:
            await self._write(name, changes, instances)
        return None

    def _tasks_of(self, name: DiscoveryServiceId) -> Iterator[ServingTask]:
        checked: dict[str, frozenset[str]] = {}
        for task in self._store.find(TASKS, "serves", name):
            if task.definition_arn not in checked:
                definition = self._store.get(TASK_DEFINITIONS, task.definition_arn)
                checked[task.definition_arn] = checked_containers(definition)
            yield ServingTask(
                task=task,
                standing=standing_of(task, checked[task.definition_arn]),
                address=task.attachment.address,
                port=_called_port(task, name),
            )

    def _instance_changes(
        self,
        name: DiscoveryServiceId,
        tasks: Iterable[ServingTask],
        endpoints: Iterable[Endpoint],
        now: Timestamp,
    ) -> InstanceChanges:
        """None where Cloud Map has no such service: nothing can be registered with it."""
        known = self._store.get(DISCOVERY_SERVICES, name) is not None
        shown = endpoints if known else ()
        there = self._store.find(DISCOVERY_INSTANCES, "service", name)
        return instance_changes(shown, {each.task.arn: each.task for each in tasks}, there, now)

    async def _write(
        self, name: DiscoveryServiceId, changes: EndpointChanges, instances: InstanceChanges
    ) -> None:
        """Raises WriteConflict."""
        transaction = self._store.transaction("who serves")
        for endpoint in changes.put:
            transaction.put(CONNECT_ENDPOINTS, endpoint)
        for endpoint in changes.deleted:
            transaction.delete(CONNECT_ENDPOINTS, endpoint.key)
        for instance in instances.put:
            transaction.put(DISCOVERY_INSTANCES, instance)
        for instance in instances.deleted:
            transaction.delete(DISCOVERY_INSTANCES, instance_key(name, instance.id))
        service = transaction.get(DISCOVERY_SERVICES, name)
        if service is not None and (instances.put or instances.deleted):
            transaction.put(DISCOVERY_SERVICES, with_next_revision(service))
        await transaction.commit()


def _called_port(task: Task, name: DiscoveryServiceId) -> int:
    assert task.connect is not None, "the index `serves` has tasks with ingresses only"
    found = (i for i in task.connect.ingresses if i.discovery_service_id == name)
    return next(found).called_port


def _after(there: Iterable[Endpoint], changes: EndpointChanges) -> list[Endpoint]:
    kept = {each.key: each for each in there}
    kept.update({each.key: each for each in changes.put})
    return [each for key, each in kept.items() if key not in {e.key for e in changes.deleted}]
