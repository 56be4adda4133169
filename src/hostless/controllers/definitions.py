"""Drops task definitions whose deletion was asked for, once nothing refers to them any more.

Asking for the deletion is the API's business; how long a definition is kept, the domain's.
"""

from hostless.controllers.following import follow_each
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.domain.definition_deletion import kept_until
from hostless.domain.deployments import ServiceRevision
from hostless.kit.clock import Clock, Timestamp
from hostless.store.kinds import (
    DEPLOYMENTS,
    SERVICE_REVISIONS,
    SERVICES,
    TASK_DEFINITIONS,
    TASKS,
)
from hostless.store.store import Store

LOOK_AGAIN_SECONDS = 60.0
"""After a look that found something that still refers to the definition."""


class DefinitionController:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._loop = KeyedLoop(LoopSpec(name="task definition", one_pass=self._pass), clock)

    async def run(self) -> None:
        """Work until cancelled."""
        await follow_each(self._loop, self._store, TASK_DEFINITIONS)

    async def _pass(self, key: str) -> Timestamp | None:
        transaction = self._store.transaction("its deletion was asked for and nothing refers to it")
        definition = transaction.get(TASK_DEFINITIONS, key)
        until = None if definition is None else kept_until(definition)
        if until is None or self._clock.now() < until:
            return until
        if self._is_referred_to(key):
            return self._clock.now() + LOOK_AGAIN_SECONDS
        transaction.delete(TASK_DEFINITIONS, key)
        await transaction.commit()
        return None

    def _is_referred_to(self, key: str) -> bool:
        """By a task, or by a revision that a service may still start tasks of."""
        if self._store.table(TASKS).count("definition", key):
            return True
        revisions = self._store.find(SERVICE_REVISIONS, "definition", key)
        return any(self._is_deployed(revision) for revision in revisions)

    def _is_deployed(self, revision: ServiceRevision) -> bool:
        service = self._store.get(SERVICES, revision.service_arn)
        if service is None or service.status == "INACTIVE":
            return False
        deployments = self._store.find(DEPLOYMENTS, "service", service.arn)
        deployed = {deployment.revision_arn for deployment in deployments}
        return revision.arn in deployed | {service.revision_arn}
