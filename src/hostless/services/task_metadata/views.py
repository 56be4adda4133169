"""A task and its containers as the metadata endpoint shows them. Pure: records in, JSON out.

Names and order are those of AWS's examples (ECS Developer Guide, "task metadata v4 examples for
tasks on Fargate") and of amazon-ecs-agent's `tmds`. Version 3 shows less of both. Absent members
are left out.
"""

from typing import Literal, TypeAlias

from hostless.compute.stats import StorageStats
from hostless.domain.arns import name_of
from hostless.domain.container_definitions import (
    ContainerDefinition,
    LogConfiguration,
    PortMapping,
)
from hostless.domain.container_identity import ecs_labels_of, log_stream_of, runtime_id_of
from hostless.domain.health import check_plan_of
from hostless.domain.tasks import Container
from hostless.kit.clock import Timestamp
from hostless.kit.clock_error import ClockError
from hostless.services.instants import iso_fraction, iso_seconds
from hostless.services.task_metadata.subject import Subject

Version: TypeAlias = Literal["v3", "v4"]
View: TypeAlias = dict[str, object]
LEAST_SHARES = 2
"""What Linux gives a container that asks for no CPU units, and Fargate shows then."""
_STEPS = ("NONE", "PULLED", "CREATED", "RUNNING", "STOPPED")
"""How far a container is, in the agent's words."""


def task_view(
    subject: Subject,
    version: Version,
    storage: StorageStats | None,
    clock: ClockError | None,
    now: Timestamp,
) -> View:
    """storage: None where it is not known. clock: None where the machine does not tell."""
    task = subject.task
    view: View = {
        "Cluster": task.cluster_arn,
        "TaskARN": task.arn,
        "Family": subject.definition.family,
        "Revision": str(subject.definition.revision),
        "DesiredStatus": task.goal,
        "KnownStatus": min((known_status_of(c) for c in task.containers), key=_STEPS.index),
        "Limits": {"CPU": task.cpu / 1024, "Memory": task.memory_mib},
        "PullStartedAt": _instant(task.pull_started_at),
        "PullStoppedAt": _instant(task.pull_stopped_at),
        "ExecutionStoppedAt": _instant(task.execution_stopped_at),
        "AvailabilityZone": task.zone,
        "Containers": [container_view(subject, each, version) for each in task.containers],
    }
    if version == "v4":
        view |= {
            "LaunchType": "FARGATE",
            "ServiceName": task.service_arn and name_of(task.service_arn),
            "ClockDrift": clock and _clock_view(clock, now),
            "EphemeralStorageMetrics": storage
            and {
                "Utilized": storage.used_bytes >> 20,
                "Reserved": task.ephemeral_storage_gib << 10,
            },
            "FaultInjectionEnabled": bool(subject.definition.enable_fault_injection),
        }
    return _present(view)


def tags_view(subject: Subject) -> View:
    """What `/taskWithTags` has besides."""
    tags = {tag.key: tag.value or "" for tag in subject.task.tags}
    return {"TaskTags": tags} if tags else {}


def container_view(subject: Subject, container: Container, version: Version) -> View:
    task, defined = subject.task, _definition_of(subject, container)
    checked = check_plan_of(defined.health_check) is not None
    policy = defined.restart_policy
    has_policy = policy is not None and policy.enabled
    view: View = {
        "DockerId": runtime_id_of(task.id, container.name),
        "Name": container.name,
        "DockerName": container.name,
        "Image": container.image,
        "ImageID": container.image_digest,
        "Ports": [_port_view(each) for each in defined.port_mappings] or None,
        "Labels": {
            **(defined.docker_labels or {}),
            **ecs_labels_of(task, subject.definition, container.name),
        },
        "DesiredStatus": task.goal,
        "KnownStatus": known_status_of(container),
        "ExitCode": container.exit_code,
        "Limits": _limits_view(container),
        "CreatedAt": _instant(container.started_at),
        "StartedAt": _instant(container.started_at),
        "FinishedAt": _instant(container.finished_at),
        "Type": "NORMAL",
        "Health": {"status": container.health} if checked else None,
        "Networks": [_network_view(subject, version)],
    }
    if version == "v4":
        logging = defined.log_configuration
        view |= {
            "ContainerARN": container.arn,
            "LogOptions": logging and _log_options(subject, container, logging),
            "LogDriver": logging and logging.log_driver,
            "RestartCount": container.restart_count if has_policy else None,
            "Snapshotter": "overlayfs",
        }
    return _present(view)


def known_status_of(container: Container) -> str:
    """One of the agent's steps: the API knows PENDING, RUNNING and STOPPED only."""
    if container.status != "PENDING":
        return container.status
    if container.runtime_id is not None:
        return "CREATED"
    return "NONE" if container.image_digest is None else "PULLED"


def _definition_of(subject: Subject, container: Container) -> ContainerDefinition:
    """Of a proxy, which nobody defined: what its service says of it."""
    for defined in subject.definition.container_definitions:
        if defined.name == container.name:
            return defined
    connect = subject.task.connect
    return ContainerDefinition(
        name=container.name, log_configuration=connect.log_configuration if connect else None
    )


def _limits_view(container: Container) -> View:
    limits: View = {"CPU": max(int(container.cpu), LEAST_SHARES)}
    if container.memory is not None:
        limits["Memory"] = int(container.memory)
    return limits


def _port_view(port: PortMapping) -> View:
    return _present({"ContainerPort": port.container_port, "Protocol": port.protocol or "tcp"})


def _log_options(subject: Subject, container: Container, logging: LogConfiguration) -> View:
    """With the stream in place of its prefix; secret options are nobody's business."""
    options: View = dict(logging.options or {})
    if logging.log_driver == "awslogs":
        options.pop("awslogs-stream-prefix", None)
        options["awslogs-stream"] = log_stream_of(subject.task.id, container.name, logging)
    return options


def _network_view(subject: Subject, version: Version) -> View:
    interface, subnet = subject.interface, subject.subnet
    view: View = {
        "NetworkMode": "awsvpc",
        "IPv4Addresses": [interface.address],
        "IPv6Addresses": interface.ipv6_address and [interface.ipv6_address],
    }
    if version == "v4":
        view |= {
            "AttachmentIndex": 0,
            "MACAddress": interface.mac_address,
            "IPv4SubnetCIDRBlock": subnet.cidr_block,
            "IPv6SubnetCIDRBlock": interface.ipv6_address
            and subnet.ipv6
            and subnet.ipv6.cidr_block,
            "DomainNameServers": list(subject.resolution.servers) or None,
            "DomainNameSearchList": list(subject.resolution.domains) or None,
            "PrivateDNSName": interface.private_dns_name,
            "SubnetGatewayIpv4Address": f"{interface.gateway}/{interface.prefix_length}",
        }
    return _present(view)


def _clock_view(clock: ClockError, now: Timestamp) -> View:
    """ClockErrorBound: milliseconds, as of ReferenceTimestamp."""
    synchronized = "SYNCHRONIZED" if clock.is_synchronized else "NOT_SYNCHRONIZED"
    return {
        "ClockErrorBound": clock.bound_milliseconds,
        "ReferenceTimestamp": iso_seconds(now),
        "ClockSynchronizationStatus": synchronized,
    }


def _instant(at: Timestamp | None) -> str | None:
    return None if at is None else iso_fraction(at)


def _present(view: View) -> View:
    return {name: value for name, value in view.items() if value is not None}
