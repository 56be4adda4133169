"""Carries a plan out: one transaction, and nothing but the store. Nothing is decided here.

Events are numbered in the order in which they are told.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from hostless.controllers.service.digests import digests_of
from hostless.controllers.service.facts import ServiceFacts
from hostless.controllers.service.news import MOST_EVENTS, News, emitted, in_full, started, stopped
from hostless.controllers.service.plan import Forgotten, Plan, Starts, Stop
from hostless.controllers.service.reading import ServiceWorld
from hostless.domain.api_limits import launches_of
from hostless.domain.clusters import Cluster
from hostless.domain.isolation import isolation_asked, isolation_given
from hostless.domain.managed_volumes import volume_tags
from hostless.domain.new_task import Launch, new_task
from hostless.domain.resource_tags import tags_with
from hostless.domain.service_discovery import instance_key
from hostless.domain.services import Service, ServiceEvent
from hostless.domain.stop_requests import asked_to_stop
from hostless.domain.tags import Tag
from hostless.domain.task_overrides import NO_OVERRIDE
from hostless.domain.tasks import StopRequest, Task
from hostless.store.kinds import (
    CLUSTERS,
    DEPLOYMENTS,
    DISCOVERY_INSTANCES,
    DISCOVERY_SERVICES,
    SERVICE_DEPLOYMENTS,
    SERVICE_EVENTS,
    SERVICE_REVISIONS,
    SERVICES,
    TASKS,
)
from hostless.store.store import Transaction

MOST_REASONS = 3
"""That the journal gives for one transaction."""


def performed(
    world: ServiceWorld, facts: ServiceFacts, plan: Plan
) -> "asyncio.Future[None] | None":
    """Make it true; the future says when it is durable, None that nothing was to be done.

    Raises WriteConflict. The future fails with StorageFailed. Then nothing has changed.
    """
    if plan.changes_nothing:
        return None
    transaction = world.store.transaction(_because(plan))
    told = [*plan.news]
    for task in plan.counted:
        transaction.put(TASKS, replace(task, is_counted=True))
    told += stopped([_stop(transaction, facts, stop) for stop in plan.stops])
    for starts in plan.starts:
        told.append(_start(world, transaction, facts, starts))
    _put_records(transaction, plan)
    _forget(world, transaction, facts.service, plan.forgotten)
    if not plan.forgotten.has_service:
        _tell(world, transaction, facts, [*told, *plan.late_news])
    return transaction.submit()


def _because(plan: Plan) -> str:
    """For the journal: why tasks are stopped, and what else happens."""
    reasons = dict.fromkeys(stop.reason for stop in plan.stops)
    told = [news.message for news in plan.news if news.message is not None]
    return "; ".join([*reasons, *told][:MOST_REASONS]) or "the service scheduler"


def _put_records(transaction: Transaction, plan: Plan) -> None:
    if plan.service is not None:
        transaction.put(SERVICES, plan.service)
    for deployment in plan.deployments:
        transaction.put(DEPLOYMENTS, deployment)
    for attempt in plan.attempts:
        transaction.put(SERVICE_DEPLOYMENTS, attempt)
    for revision in plan.revisions:
        transaction.put(SERVICE_REVISIONS, revision)


def _stop(transaction: Transaction, facts: ServiceFacts, stop: Stop) -> Task:
    """Its end needs no note any more: whoever stops it has taken it."""
    request = StopRequest(code="ServiceSchedulerInitiated", reason=stop.reason, at=facts.now)
    task = replace(asked_to_stop(stop.task, request), is_counted=True)
    transaction.put(TASKS, task)
    return stop.task


def _start(
    world: ServiceWorld, transaction: Transaction, facts: ServiceFacts, starts: Starts
) -> News:
    cluster = world.store.get(CLUSTERS, facts.service.cluster_arn)
    assert cluster is not None, "a cluster with services cannot be deleted"
    launch = _launch(world, facts.service, cluster, starts)
    tasks = []
    world.launches.charge(launches_of(starts.providers), facts.now)
    for provider in starts.providers:
        task = new_task(
            world.settings.realm,
            cluster,
            starts.definition,
            launch if provider is None else replace(launch, capacity_provider_name=provider),
            world.ids,
            facts.now,
        )
        transaction.put(TASKS, task)
        tasks.append(task)
    return started(tasks, replaced=starts.replaced, zone=starts.rebalanced_zone)


def _launch(world: ServiceWorld, service: Service, cluster: Cluster, starts: Starts) -> Launch:
    revision = starts.revision
    tags = _tags(service, cluster, starts)
    nearest = (tags, service.tags, starts.definition.tags)
    asked = isolation_asked(nearest, cluster, world.settings.isolation)
    return Launch(
        group=f"service:{service.name}",
        placement=revision.placement,
        first_subnet=revision.placement.subnets[0],
        isolation=isolation_given(
            asked,
            world.capabilities.isolation_levels,
            starts.definition,
            has_proxy=starts.deployment.connect is not None,
        ),
        cpu_architecture=revision.cpu_architecture,
        started_by=starts.deployment.id,
        service_arn=service.arn,
        digests=digests_of(revision),
        platform_version=revision.platform_version,
        is_execute_command_enabled=service.enable_execute_command,
        overrides=NO_OVERRIDE,
        connect=starts.deployment.connect,
        volumes=revision.volume_configurations,
        volume_tags=_volume_tags(service, starts),
        tags=tags,
    )


def _volume_tags(service: Service, starts: Starts) -> tuple[Tag, ...]:
    for each in starts.revision.volume_configurations:
        if each.managed_ebs_volume is not None:
            return volume_tags(each.managed_ebs_volume, starts.definition.tags, service.tags)
    return ()


def _tags(service: Service, cluster: Cluster, starts: Starts) -> tuple[Tag, ...]:
    """Propagated ones, and those that ECS manages (ECS API, CreateService `propagateTags`)."""
    inherited = {
        "TASK_DEFINITION": starts.definition.tags,
        "SERVICE": service.tags,
        "NONE": (),
    }[service.propagate_tags]
    if not service.enable_ecs_managed_tags:
        return inherited
    managed = (
        Tag(key="aws:ecs:clusterName", value=cluster.name),
        Tag(key="aws:ecs:serviceName", value=service.name),
    )
    return tags_with(inherited, managed)


def _tell(
    world: ServiceWorld, transaction: Transaction, facts: ServiceFacts, news: Iterable[News]
) -> None:
    """Write the service's events; of all it has, the newest hundred stay."""
    told = list(news)
    for each in told:
        for event_for_the_bus in emitted(each, facts.service):
            transaction.emit(event_for_the_bus)
    messages = [each.message for each in told if each.message is not None]
    number = facts.events.last_number + max(0, len(messages) - MOST_EVENTS)
    for message in messages[-MOST_EVENTS:]:
        number += 1
        event = ServiceEvent(
            id=world.ids.uuid(),
            service_arn=facts.service.arn,
            number=number,
            created_at=facts.now,
            message=in_full(facts.service.name, message),
        )
        transaction.put(SERVICE_EVENTS, event)
    if not messages:
        return
    for old in world.store.find(SERVICE_EVENTS, "service", facts.service.arn):
        if old.number <= number - MOST_EVENTS:
            transaction.delete(SERVICE_EVENTS, old.id)


def _forget(
    world: ServiceWorld, transaction: Transaction, service: Service, forgotten: Forgotten
) -> None:
    for key in forgotten.deployments:
        transaction.delete(DEPLOYMENTS, key)
    for key in forgotten.attempts:
        transaction.delete(SERVICE_DEPLOYMENTS, key)
    for key in forgotten.revisions:
        transaction.delete(SERVICE_REVISIONS, key)
    for key in forgotten.events:
        transaction.delete(SERVICE_EVENTS, key)
    for id_ in forgotten.discovery_services:
        transaction.delete(DISCOVERY_SERVICES, id_)
        for instance in world.store.find(DISCOVERY_INSTANCES, "service", id_):
            transaction.delete(DISCOVERY_INSTANCES, instance_key(id_, instance.id))
    if forgotten.has_service:
        transaction.delete(SERVICES, service.arn)
        for event in world.store.find(SERVICE_EVENTS, "service", service.arn):
            transaction.delete(SERVICE_EVENTS, event.id)
