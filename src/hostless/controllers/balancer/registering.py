"""Registers the tasks of services with their target groups, and takes them out when they end.

A task is registered as soon as its containers run and deregistered when it is to stop; it is told
to stop once it is drained ("Service load balancing", Amazon ECS Developer Guide). One whose
containers are gone is taken out at once: its address may be another's soon. What is recorded is
looked at each time, so that a pass that was broken off is made good by the next one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hostless.controllers.following import follow_each
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.domain.services import ServiceLoadBalancer
from hostless.domain.target_groups import Target, target_key
from hostless.domain.tasks import Task
from hostless.kit.clock import Clock, Timestamp
from hostless.store.kinds import (
    DEPLOYMENTS,
    NETWORK_INTERFACES,
    SERVICE_REVISIONS,
    TARGET_GROUPS,
    TARGETS,
    TASKS,
)
from hostless.store.store import Store

_SERVING = ("ACTIVATING", "RUNNING")
_ENDING = ("RUNNING", "ACTIVATING", "DEACTIVATING", "STOPPING")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changes:
    put: tuple[Target, ...]
    removed: tuple[Target, ...]

    def are_any(self) -> bool:
        return bool(self.put or self.removed)


class TargetRegistrar:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        spec = LoopSpec(name="targets of task", one_pass=self._pass, is_news=self._has_changes)
        self._loop = KeyedLoop(spec, clock)

    async def run(self) -> None:
        """Work until cancelled."""
        await follow_each(self._loop, self._store, TASKS)

    def _has_changes(self, task_arn: str) -> bool:
        """Where there is no target group there is nothing to be registered with."""
        count = len(self._store.table(TARGET_GROUPS)) + len(self._store.table(TARGETS))
        return count > 0 and self._changes(task_arn).are_any()

    async def _pass(self, task_arn: str) -> Timestamp | None:
        changes = self._changes(task_arn)
        if changes.are_any():
            transaction = self._store.transaction("what its task is")
            for target in changes.put:
                transaction.put(TARGETS, target)
            for target in changes.removed:
                transaction.delete(TARGETS, target.key)
            await transaction.commit()
        return None

    def _changes(self, task_arn: str) -> _Changes:
        """Between what is recorded and what there is to be; what callers registered stays."""
        task = self._store.get(TASKS, task_arn)
        there = self._store.find(TARGETS, "task", task_arn)
        if task is None or task.status not in _ENDING:
            return _Changes(put=(), removed=tuple(there))
        if task.goal == "STOPPED" or task.status not in _SERVING:
            now = self._clock.now()
            drained = (replace(t, drains_since=now) for t in there if t.drains_since is None)
            return _Changes(put=tuple(drained), removed=())
        known = {target.key for target in there}
        return _Changes(put=tuple(t for t in self._wanted(task) if t.key not in known), removed=())

    def _wanted(self, task: Task) -> Iterator[Target]:
        interface = next(iter(self._store.find(NETWORK_INTERFACES, "task", task.arn)), None)
        if interface is None:
            return
        for balancer in self._balancers_of(task):
            group = self._store.get(TARGET_GROUPS, balancer.target_group_arn)
            if group is None:
                continue
            key = target_key(group.arn, interface.address, balancer.container_port)
            if self._store.get(TARGETS, key) is None or self._is_of_nobody(key):
                yield Target(
                    target_group_arn=group.arn,
                    id=interface.address,
                    port=balancer.container_port,
                    zone=interface.zone,
                    task_arn=task.arn,
                    registered_at=self._clock.now(),
                )

    def _is_of_nobody(self, key: str) -> bool:
        """Left by a task that had the address before."""
        target = self._store.get(TARGETS, key)
        if target is None or target.task_arn is None:
            return False
        task = self._store.get(TASKS, target.task_arn)
        return task is None or task.status == "STOPPED"

    def _balancers_of(self, task: Task) -> tuple[ServiceLoadBalancer, ...]:
        """Of the revision that the task is made from."""
        deployment = None
        if task.service_arn is not None and task.started_by is not None:
            deployment = self._store.get(DEPLOYMENTS, task.started_by)
        if deployment is None:
            return ()
        revision = self._store.get(SERVICE_REVISIONS, deployment.revision_arn)
        return () if revision is None else revision.load_balancers
