"""Registers the tasks of ECS services with Cloud Map, and takes them out when they end.

What a task is registered as is `registrations`' business. What is recorded is looked at each time,
so that a pass that was broken off is made good by the next one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hostless.controllers.following import follow_each
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.controllers.names.registrations import ECS_SERVICE_NAME, registrations_of
from hostless.domain.arns import name_of
from hostless.domain.service_discovery import (
    DiscoveryInstance,
    DiscoveryService,
    instance_key,
    with_next_revision,
)
from hostless.domain.services import ServiceRegistry
from hostless.domain.tasks import Task
from hostless.kit.clock import Clock, Timestamp
from hostless.store.kinds import (
    DEPLOYMENTS,
    DISCOVERY_INSTANCES,
    DISCOVERY_SERVICES,
    SERVICE_REVISIONS,
    TASKS,
)
from hostless.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changes:
    added: tuple[DiscoveryInstance, ...]
    changed: tuple[DiscoveryInstance, ...]
    removed: tuple[DiscoveryInstance, ...]

    def are_any(self) -> bool:
        return bool(self.added or self.changed or self.removed)


class RegistrationController:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        spec = LoopSpec(name="registration", one_pass=self._pass, is_news=self._has_changes)
        self._loop = KeyedLoop(spec, clock)

    async def run(self) -> None:
        """Work until cancelled."""
        await follow_each(self._loop, self._store, TASKS)

    def _has_changes(self, task_arn: str) -> bool:
        """Where there is no Cloud Map service there is nothing to be registered with."""
        has_services = len(self._store.table(DISCOVERY_SERVICES)) > 0
        return has_services and self._changes(task_arn).are_any()

    async def _pass(self, task_arn: str) -> Timestamp | None:
        changes = self._changes(task_arn)
        if not changes.are_any():
            return None
        transaction = self._store.transaction("what its task is")
        for instance in (*changes.added, *changes.changed):
            transaction.put(DISCOVERY_INSTANCES, instance)
        for instance in changes.removed:
            transaction.delete(DISCOVERY_INSTANCES, instance_key(instance.service_id, instance.id))
        for service_id in {each.service_id for each in (*changes.added, *changes.removed)}:
            service = transaction.get(DISCOVERY_SERVICES, service_id)
            if service is not None:
                transaction.put(DISCOVERY_SERVICES, with_next_revision(service))
        await transaction.commit()
        return None

    def _changes(self, task_arn: str) -> _Changes:
        """Between what is recorded and what there is to be; what callers registered stays."""
        task = self._store.get(TASKS, task_arn)
        registries = () if task is None else tuple(self._registries_of(task))
        wanted = () if task is None else registrations_of(task, registries, self._clock.now())
        there = {
            each.service_id: each
            for each in self._store.find(DISCOVERY_INSTANCES, "id", name_of(task_arn))
            if ECS_SERVICE_NAME in each.attributes
        }
        kept = {each.service_id for each in wanted}
        return _Changes(
            added=tuple(each for each in wanted if each.service_id not in there),
            changed=tuple(
                replace(there[each.service_id], custom_health=each.custom_health)
                for each in wanted
                if each.service_id in there
                and there[each.service_id].custom_health != each.custom_health
            ),
            removed=tuple(each for each in there.values() if each.service_id not in kept),
        )

    def _registries_of(self, task: Task) -> Iterator[tuple[ServiceRegistry, DiscoveryService]]:
        """Of the revision that the task is made from, as far as they are still there."""
        if task.service_arn is None or task.started_by is None:
            return
        deployment = self._store.get(DEPLOYMENTS, task.started_by)
        if deployment is None:
            return
        revision = self._store.get(SERVICE_REVISIONS, deployment.revision_arn)
        for registry in () if revision is None else revision.service_registries:
            service = self._store.get(DISCOVERY_SERVICES, name_of(registry.registry_arn))
            if service is not None:
                yield registry, service
