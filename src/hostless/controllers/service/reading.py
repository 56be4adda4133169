"""Reads everything there is to know about one service from the store, without waiting in between.

What it means is decided elsewhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from hostless.compute.seam import Capabilities
from hostless.controllers.service.facts import (
    EventMemory,
    Former,
    LaunchLimit,
    RevisionFacts,
    ServiceFacts,
)
from hostless.domain.addresses import address_count
from hostless.domain.api_limits import ON_DEMAND_LAUNCH, SPOT_LAUNCH
from hostless.domain.arns import ServiceRevisionArn
from hostless.domain.capacity import Holding, Room, room_left
from hostless.domain.deployments import (
    ENDED,
    Deployment,
    ServiceDeployment,
    ServiceRevision,
)
from hostless.domain.quotas import vcpus_left
from hostless.domain.services import Service, ServiceEvent
from hostless.domain.settings import Settings
from hostless.domain.signals import Alarm, TargetState
from hostless.domain.target_groups import Target
from hostless.domain.tasks import Task
from hostless.kit.clock import Clock, Timestamp
from hostless.kit.ids import Ids
from hostless.kit.token_buckets import TokenBuckets
from hostless.store.holdings import holdings
from hostless.store.kinds import (
    ALARMS,
    DEPLOYMENTS,
    DISCOVERY_SERVICES,
    NETWORK_INTERFACES,
    OUTAGES,
    SERVICE_DEPLOYMENTS,
    SERVICE_EVENTS,
    SERVICE_REVISIONS,
    SERVICES,
    SUBNETS,
    TARGETS,
    TASK_DEFINITIONS,
    TASKS,
)
from hostless.store.store import Store

LAUNCHES_WORTH_A_PASS = 10
"""Where launches are limited, the next pass waits until so many are allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceWorld:
    """All that the service controller reads and writes with. capabilities: of the backend.

    launches: the buckets that tasks are launched by.
    """

    store: Store
    clock: Clock
    ids: Ids
    settings: Settings
    capabilities: Capabilities
    launches: TokenBuckets = field(default_factory=lambda: TokenBuckets({}))


def facts_of(world: ServiceWorld, key: str) -> ServiceFacts | None:
    """None when there is no such service."""
    store, now = world.store, world.clock.now()
    service = store.get(SERVICES, key)
    if service is None:
        return None
    deployments = store.find(DEPLOYMENTS, "service", key)
    attempts = store.find(SERVICE_DEPLOYMENTS, "service", key)
    own = tuple(d for d in deployments if d.created_at >= service.created_at)
    own_attempts = tuple(a for a in attempts if a.created_at >= service.created_at)
    revisions = {d.revision_arn: _revision(store, d.revision_arn) for d in own}
    events = sorted(store.find(SERVICE_EVENTS, "service", key), key=attrgetter("number"))
    own_events = [event for event in events if event.created_at >= service.created_at]
    tasks = store.find(TASKS, "service", key)
    held = holdings(store)
    outages = [outage for outage in store.all(OUTAGES) if outage.holds_at(now)]
    return ServiceFacts(
        now=now,
        service=service,
        deployments=own,
        attempts=tuple(sorted(own_attempts, key=lambda a: a.created_at)),
        former=_former(service, deployments, attempts, events),
        revision_keys=_revision_keys(store, key),
        revisions={arn: found for arn, found in revisions.items() if found is not None},
        tasks=tasks,
        discovery_services=tuple(s.id for s in store.find(DISCOVERY_SERVICES, "owner", key)),
        target_states=_target_states(store, tasks, revisions.values()),
        alarms=_alarms(store, own_attempts),
        zones_out=frozenset(outage.name for outage in outages if outage.kind == "zone"),
        is_spot_out=any(outage.kind == "spot" for outage in outages),
        room=_room(world, held),
        launch_limits=_launch_limits(world, now),
        vcpus=vcpus_left(world.settings.api_limits.quotas, held),
        events=_memory(own_events, events[-1].number if events else 0),
        healthy_after_seconds=world.settings.healthy_after_seconds,
        starts_per_minute=world.settings.api_limits.quotas.service_starts_per_minute,
    )


def _former(
    service: Service,
    deployments: list[Deployment],
    attempts: list[ServiceDeployment],
    events: list[ServiceEvent],
) -> Former:
    return Former(
        deployments=tuple(d.id for d in deployments if d.created_at < service.created_at),
        attempts=tuple(a.arn for a in attempts if a.created_at < service.created_at),
        events=tuple(e.id for e in events if e.created_at < service.created_at),
    )


def _revision_keys(store: Store, key: str) -> tuple[ServiceRevisionArn, ...]:
    return tuple(revision.arn for revision in store.find(SERVICE_REVISIONS, "service", key))


def _revision(store: Store, arn: ServiceRevisionArn) -> RevisionFacts | None:
    revision = store.get(SERVICE_REVISIONS, arn)
    if revision is None:
        return None
    return RevisionFacts(
        revision=revision,
        definition=store.get(TASK_DEFINITIONS, revision.definition_arn),
        zones=_zones(store, revision),
    )


def _zones(store: Store, revision: ServiceRevision) -> tuple[str, ...]:
    """Of the subnets that have a free address."""
    interfaces = store.table(NETWORK_INTERFACES)
    subnets = (store.get(SUBNETS, id_) for id_ in revision.placement.subnets)
    zones = [
        subnet.zone
        for subnet in subnets
        if subnet is not None
        and interfaces.count("subnet", subnet.id) < address_count(subnet.cidr_block)
    ]
    return tuple(dict.fromkeys(zones))


def _target_states(
    store: Store, tasks: list[Task], revisions: Iterable[RevisionFacts | None]
) -> dict[str, TargetState]:
    """Of every task; read only for a service that has target groups."""
    if not any(r is not None and r.revision.load_balancers for r in revisions):
        return {}
    table = store.table(TARGETS)
    return {
        f"{found.task_arn} {found.target_group_arn}": _state_of(found)
        for task in tasks
        for found in table.find("task", task.arn)
    }


def _state_of(target: Target) -> TargetState:
    if target.drains_since is not None:
        return "draining"
    return "initial" if target.health is None else target.health.state


def _alarms(store: Store, attempts: Iterable[ServiceDeployment]) -> dict[str, Alarm]:
    names = (
        name
        for attempt in attempts
        if attempt.status not in ENDED and attempt.deployment_configuration.alarms is not None
        for name in attempt.deployment_configuration.alarms.alarm_names
    )
    found = (store.get(ALARMS, name) for name in names)
    return {alarm.name: alarm for alarm in found if alarm is not None}


def _room(world: ServiceWorld, held: list[Holding]) -> Room:
    offered = world.capabilities
    total = Room(cpu_units=offered.cpu_units, memory_mib=offered.memory_mib)
    return room_left(total, world.settings.over_commit, held)


def _launch_limits(world: ServiceWorld, now: Timestamp) -> dict[str, LaunchLimit]:
    limits = {}
    for bucket in (ON_DEMAND_LAUNCH, SPOT_LAUNCH):
        left = world.launches.left(bucket, now)
        if left is not None:
            again_at = world.launches.ready_at(bucket, LAUNCHES_WORTH_A_PASS, now)
            limits[bucket] = LaunchLimit(allowed=left, again_at=again_at)
    return limits


def _memory(events: Sequence[ServiceEvent], last_number: int) -> EventMemory:
    """Of this service's own events, oldest first."""
    steady_at, is_unbalanced = None, False
    told_at: dict[str, float] = {}
    for event in events:
        told_at[event.message] = event.created_at
        if event.message.endswith(" has reached a steady state."):
            steady_at = event.created_at
        if " AZ balanced with " in event.message:
            is_unbalanced = " is not AZ balanced with " in event.message
    return EventMemory(
        last_number=last_number,
        last_message=events[-1].message if events else None,
        steady_at=steady_at,
        told_at=told_at,
        is_unbalanced=is_unbalanced,
    )
