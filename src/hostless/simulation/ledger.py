"""What was written, by its own account: every commit is seen as it is made, before it is durable.

It reads what goes to the disk, not the store, so that whoever judges by it trusts neither the
store nor the controllers.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from hostless.domain.deployments import Deployment, ServiceDeployment, ServiceRevision
from hostless.domain.network import NetworkInterface
from hostless.domain.services import Service, ServiceEvent
from hostless.domain.signals import Outage
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Task
from hostless.store.kinds import (
    DEPLOYMENTS,
    NETWORK_INTERFACES,
    OUTAGES,
    SERVICE_DEPLOYMENTS,
    SERVICE_EVENTS,
    SERVICE_REVISIONS,
    SERVICES,
    TASK_DEFINITIONS,
    TASKS,
    Kind,
)
from hostless.store.storage import Batch, Row

_WATCHED: tuple[Kind[object], ...] = (  # type: ignore[assignment]
    SERVICES,
    TASKS,
    DEPLOYMENTS,
    SERVICE_DEPLOYMENTS,
    SERVICE_REVISIONS,
    SERVICE_EVENTS,
    TASK_DEFINITIONS,
    OUTAGES,
    NETWORK_INTERFACES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One record that a commit wrote. kind: its name on disk. before, after: None when absent."""

    kind: str
    key: str
    before: object | None
    after: object | None


def seats_of(interface: NetworkInterface) -> Iterator[str]:
    """The addresses that it alone may have."""
    yield f"{interface.vpc_id}/{interface.address}"
    if interface.public_address is not None:
        yield interface.public_address


class Ledger:
    """The records of services and what belongs to them, and who has which address."""

    def __init__(self) -> None:
        self._decoders = {kind.name: msgspec.json.Decoder(kind.record) for kind in _WATCHED}
        self.services: dict[str, Service] = {}
        self.tasks: dict[str, Task] = {}
        self.deployments: dict[str, Deployment] = {}
        self.attempts: dict[str, ServiceDeployment] = {}
        self.revisions: dict[str, ServiceRevision] = {}
        self.events: dict[str, ServiceEvent] = {}
        self.definitions: dict[str, TaskDefinition] = {}
        self.outages: dict[str, Outage] = {}
        self._tasks_by_service: dict[str, dict[str, Task]] = {}
        self._sitting: dict[str, set[str]] = {}
        self._books: Mapping[str, dict[str, object]] = {
            SERVICES.name: self.services,  # type: ignore[dict-item]
            TASKS.name: self.tasks,  # type: ignore[dict-item]
            DEPLOYMENTS.name: self.deployments,  # type: ignore[dict-item]
            SERVICE_DEPLOYMENTS.name: self.attempts,  # type: ignore[dict-item]
            SERVICE_REVISIONS.name: self.revisions,  # type: ignore[dict-item]
            SERVICE_EVENTS.name: self.events,  # type: ignore[dict-item]
            TASK_DEFINITIONS.name: self.definitions,  # type: ignore[dict-item]
            OUTAGES.name: self.outages,  # type: ignore[dict-item]
            NETWORK_INTERFACES.name: {},
        }

    def take(self, batch: Batch) -> tuple[Change, ...]:
        """Enter a commit; what of it was about services."""
        return tuple(self._enter(row) for row in batch.rows if row.kind in self._books)

    def start_over(self, rows: Iterable[Row]) -> None:
        """After a crash: what is durable is all there is."""
        self._tasks_by_service.clear()
        self._sitting.clear()
        for book in self._books.values():
            book.clear()
        for row in rows:
            if row.kind in self._books:
                self._enter(row)

    def tasks_of(self, service_arn: str) -> Iterable[Task]:
        """Every task of the service that has a record."""
        return self._tasks_by_service.get(service_arn, {}).values()

    def deployments_of(self, service_arn: str) -> list[Deployment]:
        """The oldest first."""
        found = [d for d in self.deployments.values() if d.service_arn == service_arn]
        return sorted(found, key=lambda deployment: deployment.created_at)

    def attempts_of(self, service_arn: str) -> list[ServiceDeployment]:
        """The oldest first."""
        found = [a for a in self.attempts.values() if a.service_arn == service_arn]
        return sorted(found, key=lambda attempt: attempt.created_at)

    def events_of(self, service_arn: str) -> list[ServiceEvent]:
        """The oldest first."""
        found = [e for e in self.events.values() if e.service_arn == service_arn]
        return sorted(found, key=lambda event: event.number)

    def sitting_at(self, seat: str) -> int:
        """How many interfaces have this address."""
        return len(self._sitting.get(seat, ()))

    def _enter(self, row: Row) -> Change:
        book = self._books[row.kind]
        before = book.get(row.key)
        after = None if row.body is None else self._decoders[row.kind].decode(row.body)
        if after is None:
            book.pop(row.key, None)
        else:
            book[row.key] = after
        self._index(row.key, before, after)
        return Change(kind=row.kind, key=row.key, before=before, after=after)

    def _index(self, key: str, before: object | None, after: object | None) -> None:
        if isinstance(before, Task) and before.service_arn is not None:
            self._tasks_by_service.get(before.service_arn, {}).pop(key, None)
        if isinstance(after, Task) and after.service_arn is not None:
            self._tasks_by_service.setdefault(after.service_arn, {})[key] = after
        if isinstance(before, NetworkInterface):
            for seat in seats_of(before):
                self._sitting[seat].discard(key)
        if isinstance(after, NetworkInterface):
            for seat in seats_of(after):
                self._sitting.setdefault(seat, set()).add(key)
