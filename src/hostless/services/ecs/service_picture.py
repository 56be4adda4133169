"""What is known of a service at one moment, gathered from the store by indexes and counts.

It costs the same with ten tasks or ten thousand, and with one service stored or a thousand. How
the picture is shown is in service_views.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from hostless.domain.arns import ServiceRevisionArn
from hostless.domain.deployments import ENDED, Deployment, ServiceDeployment, ServiceRevision
from hostless.domain.lifecycle import TaskStatus
from hostless.domain.new_service import newest_of
from hostless.domain.services import Service, ServiceEvent
from hostless.store.kinds import (
    DEPLOYMENTS,
    SERVICE_DEPLOYMENTS,
    SERVICE_EVENTS,
    SERVICE_REVISIONS,
    TASKS,
)
from hostless.store.store import Store
from hostless.store.task_keys import deployment_key

MOST_EVENTS = 100
_PENDING: tuple[TaskStatus, ...] = ("PROVISIONING", "PENDING", "ACTIVATING")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCounts:
    """pending: not RUNNING yet. Tasks on their way out are in neither."""

    pending: int = 0
    running: int = 0

    def plus(self, other: "TaskCounts") -> "TaskCounts":
        return TaskCounts(
            pending=self.pending + other.pending, running=self.running + other.running
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentPicture:
    """desired_count: of the PRIMARY one the service's; another one is not to grow any more, so it
    is what it still has (AWS shows a falling number too)."""

    deployment: Deployment
    revision: ServiceRevision
    is_primary: bool
    desired_count: int
    counts: TaskCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionCounts:
    """requested: how many tasks of the revision there are to be."""

    requested: int = 0
    counts: TaskCounts = TaskCounts()

    def plus(self, shown: DeploymentPicture) -> "RevisionCounts":
        return RevisionCounts(
            requested=self.requested + shown.desired_count,
            counts=self.counts.plus(shown.counts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePicture:
    """revision: what the service is brought to. newest_attempt: None only for a service without
    history. deployments: the PRIMARY one first, then those that still have tasks or are of
    an attempt that is under way, the newest first. events: the newest first.
    """

    service: Service
    revision: ServiceRevision
    newest_attempt: ServiceDeployment | None
    deployments: tuple[DeploymentPicture, ...]
    events: tuple[ServiceEvent, ...]

    @property
    def counts(self) -> TaskCounts:
        total = TaskCounts()
        for deployment in self.deployments:
            total = total.plus(deployment.counts)
        return total

    @property
    def by_revision(self) -> dict[ServiceRevisionArn, RevisionCounts]:
        """Of the revisions that there are tasks of or are to be."""
        found: dict[ServiceRevisionArn, RevisionCounts] = {}
        for shown in self.deployments:
            arn = shown.revision.arn
            found[arn] = found.get(arn, RevisionCounts()).plus(shown)
        return found


def counts_of(store: Store, deployment: Deployment) -> TaskCounts:
    tasks = store.table(TASKS)

    def count(status: TaskStatus) -> int:
        return tasks.count("deployment", deployment_key(deployment.id, status))

    return TaskCounts(pending=sum(count(s) for s in _PENDING), running=count("RUNNING"))


def revisions_with_tasks(
    store: Store, deployments: Iterable[Deployment]
) -> tuple[ServiceRevisionArn, ...]:
    """Each once, of these deployments."""
    sources = []
    for deployment in deployments:
        counts = counts_of(store, deployment)
        if counts.pending + counts.running:
            sources.append(deployment.revision_arn)
    return tuple(dict.fromkeys(sources))


def need_revision(store: Store, arn: ServiceRevisionArn) -> ServiceRevision:
    """Revisions are kept as long as anything that names them."""
    revision = store.get(SERVICE_REVISIONS, arn)
    assert revision is not None, arn
    return revision


def present_revision(store: Store, service: Service) -> ServiceRevision:
    """What the service is being brought to; after a rollback that is not what was asked for."""
    newest = newest_of(store.find(DEPLOYMENTS, "service", service.arn))
    return need_revision(store, service.revision_arn if newest is None else newest.revision_arn)


def picture_of(store: Store, service: Service) -> ServicePicture:
    attempt = _newest_attempt(store, service)
    return ServicePicture(
        service=service,
        revision=present_revision(store, service),
        newest_attempt=attempt,
        deployments=_shown(store, service, attempt),
        events=_events(store, service),
    )


def _newest_attempt(store: Store, service: Service) -> ServiceDeployment | None:
    found = store.find(SERVICE_DEPLOYMENTS, "service", service.arn)
    return max(found, key=lambda attempt: attempt.created_at, default=None)


def _shown(
    store: Store, service: Service, attempt: ServiceDeployment | None
) -> tuple[DeploymentPicture, ...]:
    """Also a failed one without tasks until the rollback from it has ended."""
    if service.status == "INACTIVE":
        return ()
    found = store.find(DEPLOYMENTS, "service", service.arn)
    primary = newest_of(found)
    attempted = attempt.arn if attempt is not None and attempt.status not in ENDED else None
    shown = []
    for deployment in sorted(found, key=lambda d: d.primary_since, reverse=True):
        counts, is_primary = counts_of(store, deployment), deployment is primary
        left = counts.pending + counts.running
        if not (is_primary or left or deployment.service_deployment_arn == attempted):
            continue
        shown.append(
            DeploymentPicture(
                deployment=deployment,
                revision=need_revision(store, deployment.revision_arn),
                is_primary=is_primary,
                desired_count=service.desired_count if is_primary else left,
                counts=counts,
            )
        )
    return tuple(shown)


def _events(store: Store, service: Service) -> tuple[ServiceEvent, ...]:
    found = store.find(SERVICE_EVENTS, "service", service.arn)
    return tuple(sorted(found, key=lambda event: event.number, reverse=True)[:MOST_EVENTS])
