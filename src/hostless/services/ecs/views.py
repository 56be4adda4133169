"""Tasks and task definitions as ECS shows them: the only place that spells its members.

Shapes: `Task`, `Container`, `Attachment` and `TaskDefinition` of the ECS model, filled the way
Fargate fills them. A view reads records and changes nothing.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from hostless.domain.container_definitions import ContainerDefinition
from hostless.domain.tags import Tag
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import (
    AttachmentStatus,
    Container,
    ContainerStatus,
    InterfaceAttachment,
    Task,
)
from hostless.services.ecs.lean import lean

View: TypeAlias = dict[str, object]
_ISOLATION_ATTRIBUTE = "hostless.isolation"
_ALWAYS_SHOWN = frozenset(
    {"environment", "mount_points", "volumes_from", "port_mappings", "system_controls"}
)


def tags_view(tags: tuple[Tag, ...]) -> list[View]:
    return [{"key": tag.key, "value": tag.value or ""} for tag in tags]


def task_view(task: Task, *, with_tags: bool = False) -> View:
    """with_tags: DescribeTasks shows tags only when asked to; otherwise the list is empty."""
    storage = {"sizeInGiB": task.ephemeral_storage_gib}
    stop = task.stop_request
    return {
        "attachments": [
            *_connect_attachments(task),
            _attachment_view(task.attachment),
            *_volume_attachments(task),
        ],
        "attributes": _attributes(task),
        "availabilityZone": task.zone,
        "capacityProviderName": task.capacity_provider_name,
        "clusterArn": task.cluster_arn,
        "connectivity": None if task.connectivity_at is None else "CONNECTED",
        "containers": [_container_view(task, container) for container in task.containers],
        "cpu": str(task.cpu),
        "desiredStatus": task.goal,
        "enableExecuteCommand": task.is_execute_command_enabled,
        "group": task.group,
        "healthStatus": task.health,
        "inferenceAccelerators": [],
        "lastStatus": task.status,
        "launchType": task.launch_type,
        "memory": str(task.memory_mib),
        "overrides": _overrides_view(task),
        "platformVersion": task.platform_version,
        "platformFamily": "Linux",
        "startedBy": task.started_by,
        "stopCode": None if stop is None else stop.code,
        "stoppedReason": None if stop is None else stop.reason,
        "tags": tags_view(task.tags) if with_tags else [],
        "taskArn": task.arn,
        "taskDefinitionArn": task.definition_arn,
        "version": task.version,
        "ephemeralStorage": storage,
        "fargateEphemeralStorage": storage,
        **_times(task),
    }


def _times(task: Task) -> View:
    return {
        "createdAt": task.created_at,
        "connectivityAt": task.connectivity_at,
        "pullStartedAt": task.pull_started_at,
        "pullStoppedAt": task.pull_stopped_at,
        "startedAt": task.started_at,
        "stoppingAt": task.stopping_at,
        "executionStoppedAt": task.execution_stopped_at,
        "stoppedAt": task.stopped_at,
    }


def _attributes(task: Task) -> list[View]:
    """AWS's attribute, and ours that says how the task is kept apart from others."""
    shown: list[View] = [{"name": "ecs.cpu-architecture", "value": task.cpu_architecture.lower()}]
    if task.isolation is not None:
        shown.append({"name": _ISOLATION_ATTRIBUTE, "value": task.isolation})
    return shown


def _attachment_view(attachment: InterfaceAttachment) -> View:
    details = {
        "subnetId": attachment.subnet_id,
        "networkInterfaceId": attachment.interface_id,
        "macAddress": attachment.mac_address,
        "privateDnsName": attachment.private_dns_name,
        "privateIPv4Address": attachment.address,
        "ipv6Address": attachment.ipv6_address,
    }
    return {
        "id": attachment.id,
        "type": "ElasticNetworkInterface",
        "status": attachment.status,
        "details": [{"name": n, "value": v} for n, v in details.items() if v is not None],
    }


_ATTACHMENT_OF: Mapping[ContainerStatus, AttachmentStatus] = {
    "PENDING": "PRECREATED",
    "RUNNING": "ATTACHED",
    "STOPPED": "DELETED",
}


def _connect_attachments(task: Task) -> Iterator[View]:
    """The proxy of Service Connect: its container, as observed, and what others reach through it,
    as the ECS model has it (Attachment `details`). One attachment, for as long as the proxy runs.
    """
    connect = task.connect
    if connect is None:
        return
    proxy = next(container for container in task.containers if task.is_proxy(container))
    details: list[View] = [{"name": "ContainerName", "value": connect.container_name}]
    for ingress in connect.ingresses:
        aliases = [
            {"port": each.port, "dnsName": each.dns_name}
            for each in connect.upstreams
            if each.discovery_service_id == ingress.discovery_service_id
        ]
        details += [
            {"name": "portName", "value": ingress.port_name},
            {"name": "discoveryName", "value": ingress.discovery_name},
            {"name": "clientAliases", "value": json.dumps(aliases)},
        ]
        if not ingress.is_redirected:
            details.append({"name": "ingressPortOverride", "value": str(ingress.listen_port)})
    yield {
        "id": proxy.arn.rsplit("/", 1)[-1],
        "type": "ServiceConnect",
        "status": _ATTACHMENT_OF[proxy.status],
        "details": details,
    }


def _volume_attachments(task: Task) -> Iterator[View]:
    """The volume of EBS, with the details that the ECS model lists (Attachment `details`)."""
    volume = task.volume
    if volume is None:
        return
    deletes = volume.configuration.deletes_on_termination
    details = {
        "roleArn": volume.configuration.role_arn,
        "volumeName": volume.volume_name,
        "deleteOnTermination": "true" if deletes else "false",
        "volumeId": None if volume.status == "CREATED" else volume.volume_id,
        "statusReason": volume.status_reason,
    }
    yield {
        "id": volume.id,
        "type": "AmazonElasticBlockStorage",
        "status": volume.status,
        "details": [{"name": n, "value": v} for n, v in details.items() if v is not None],
    }


def _proxy_view(view: View) -> View:
    """As observed: ECS says nothing of what it runs; it is healthy as long as it does."""
    hidden = ("image", "imageDigest", "runtimeId", "cpu", "managedAgents")
    health = "HEALTHY" if view["lastStatus"] == "RUNNING" else "UNKNOWN"
    return {**{n: v for n, v in view.items() if n not in hidden}, "healthStatus": health}


def _container_view(task: Task, container: Container) -> View:
    address = task.attachment.address
    interface = {"attachmentId": task.attachment.id, "privateIpv4Address": address}
    if task.attachment.ipv6_address is not None:
        interface["ipv6Address"] = task.attachment.ipv6_address
    view: View = {
        "containerArn": container.arn,
        "taskArn": task.arn,
        "name": container.name,
        "image": container.image,
        "imageDigest": container.image_digest,
        "runtimeId": container.runtime_id,
        "lastStatus": container.status,
        "exitCode": container.exit_code,
        "reason": container.reason,
        "networkBindings": [],
        "networkInterfaces": [] if address is None else [interface],
        "healthStatus": container.health,
        "cpu": container.cpu,
        "memory": container.memory,
        "memoryReservation": container.memory_reservation,
    }
    if task.is_execute_command_enabled:
        agent = {"name": "ExecuteCommandAgent", "lastStatus": container.status}
        view["managedAgents"] = [{**agent, "lastStartedAt": container.started_at}]
    return _proxy_view(view) if task.is_proxy(container) else view


def _overrides_view(task: Task) -> View:
    shown = {"container_overrides", "inference_accelerator_overrides"}
    return lean(task.overrides, shown)


def _container_definition_view(container: ContainerDefinition) -> View:
    logging = container.log_configuration
    view = lean(container, _ALWAYS_SHOWN)
    if logging is not None:
        view["logConfiguration"] = lean(logging, {"secret_options"})
    return view


def definition_view(definition: TaskDefinition) -> View:
    """The members ECS shows; tags are shown beside the definition, not in it."""
    containers = definition.container_definitions
    shown = {"volumes", "placement_constraints"}
    view = lean(replace(definition, tags=(), container_definitions=()), shown)
    view["taskDefinitionArn"] = view.pop("arn")
    view["containerDefinitions"] = [_container_definition_view(c) for c in containers]
    return view


def failure_view(arn: str | None, reason: str, detail: str | None = None) -> View:
    return {"arn": arn, "reason": reason, "detail": detail}
