"""Events of ECS as the event bus shows them: the envelope, and the detail of each kind.

A view: reads what the store kept and changes nothing. Shapes: Amazon ECS Developer Guide, "Amazon
ECS events" (task state change, service action, service deployment state change).
"""

import hashlib

from hostless.domain.arns import Realm
from hostless.domain.ecs_events import DeploymentStateChange, ServiceAction
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp
from hostless.services.ecs.views import View, task_view
from hostless.services.instants import iso_milliseconds, iso_seconds
from hostless.store.event_log import Event

_NOT_IN_EVENTS = frozenset(
    {
        "tags",
        "inferenceAccelerators",
        "healthStatus",
        "platformFamily",
        "fargateEphemeralStorage",
        "networkBindings",
    }
)
"""Members of DescribeTasks that Task State Change events lack, as observed (containers-roadmap,
issue 1515, for the health)."""


_TYPES_IN_EVENTS = {"ElasticNetworkInterface": "eni"}


def event_view(event: Event, realm: Realm) -> View:
    """The event as EventBridge delivers it; the same event has the same id whenever it is read."""
    detail_type, resource, detail = _told(event)
    return {
        "version": "0",
        "id": _id_of(event, realm),
        "detail-type": detail_type,
        "source": "aws.ecs",
        "account": realm.account_id,
        "time": iso_seconds(event.at),
        "region": realm.region,
        "resources": [resource],
        "detail": _written(detail),
    }


def _told(event: Event) -> tuple[str, str, View]:
    """Detail type, resource and detail; instants are still numbers, absent members None."""
    match event.record:
        case Task() as task:
            return "ECS Task State Change", task.arn, _task_detail(task, event.at)
        case ServiceAction() as action:
            return "ECS Service Action", action.service_arn, _action_detail(action, event.at)
        case DeploymentStateChange() as change:
            detail = _deployment_detail(change, event.at)
            return "ECS Deployment State Change", change.service_arn, detail


def _task_detail(task: Task, at: Timestamp) -> View:
    """As DescribeTasks shows it, but for what real events lack and what they spell differently."""
    view = task_view(task)
    attachments, containers = view["attachments"], view["containers"]
    assert isinstance(attachments, list)
    assert isinstance(containers, list)
    view["attachments"] = [
        {**each, "type": _TYPES_IN_EVENTS.get(each["type"], each["type"])} for each in attachments
    ]
    view["containers"] = [_container_detail(container) for container in containers]
    return {**{n: v for n, v in view.items() if n not in _NOT_IN_EVENTS}, "updatedAt": at}


def _container_detail(container: View) -> View:
    detail = {n: v for n, v in container.items() if n not in _NOT_IN_EVENTS}
    agents = container.get("managedAgents")
    if isinstance(agents, list):
        detail["managedAgents"] = [{"name": a["name"], "status": a["lastStatus"]} for a in agents]
    return detail


def _action_detail(action: ServiceAction, at: Timestamp) -> View:
    return {
        "eventType": action.event_type,
        "eventName": action.event_name,
        "clusterArn": action.cluster_arn,
        "capacityProviderArns": list(action.capacity_provider_arns) or None,
        "reason": action.reason,
        "createdAt": at,
    }


def _deployment_detail(change: DeploymentStateChange, at: Timestamp) -> View:
    return {
        "eventType": change.event_type,
        "eventName": change.event_name,
        "deploymentId": change.deployment_id,
        "updatedAt": at,
        "reason": change.reason,
    }


def _id_of(event: Event, realm: Realm) -> str:
    """In the form of a version 4 UUID."""
    source = f"{realm.account_id} {realm.region} {event.sequence} {event.at!r}"
    a = hashlib.sha256(source.encode()).hexdigest()
    return f"{a[:8]}-{a[8:12]}-4{a[13:16]}-{'89ab'[int(a[16], 16) & 3]}{a[17:20]}-{a[20:32]}"


def _written(value: object) -> object:
    """What JSON says of it: absent members left out, instants (every float is one) in ISO 8601."""
    if isinstance(value, dict):
        return {name: _written(each) for name, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [_written(each) for each in value]
    if isinstance(value, float):
        return iso_milliseconds(value)
    return value
