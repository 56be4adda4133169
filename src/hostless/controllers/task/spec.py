"""From a task and its definition to what the backend runs and the log streams it writes. Pure.

Overrides are merged here; defaults of the image are the backend's business.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from hostless.balancer.connect_seam import READY_FILE
from hostless.compute.seam import (
    ContainerSpec,
    FolderMount,
    MemoryMount,
    TaskSpec,
    UlimitSpec,
    VolumeMount,
    VolumesFrom,
)
from hostless.controllers.task.shared_volumes import NONE_SHARED, SharedVolumes
from hostless.domain.arns import LogGroupName, TaskId
from hostless.domain.container_definitions import (
    ContainerDefinition,
    LogConfiguration,
    plain_path,
)
from hostless.domain.container_identity import (
    ecs_labels_of,
    log_stream_of,
    metadata_environment_of,
)
from hostless.domain.service_connect import PROXY_IMAGE, TaskConnect
from hostless.domain.start_order import in_start_order
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.task_overrides import overridden
from hostless.domain.tasks import Task
from hostless.telemetry.seam import LogSink

STOP_TIMEOUT_SECONDS = 30
"""Without `stopTimeout` (ECS API, ContainerDefinition)."""
DEFAULT_MODE = "non-blocking"
"""Of awslogs since 25 June 2025 (ECS API reference, LogConfiguration)."""


class DefinitionMissing(Exception):
    """A bug: a task definition went away while a task of it was still alive."""


def task_spec_of(
    task: Task,
    definition: TaskDefinition | None,
    proxy_mount: FolderMount | None = None,
    shared: SharedVolumes = NONE_SHARED,
) -> TaskSpec:
    """The task whole, with its overrides, and its proxy if it has one. Raises DefinitionMissing.

    proxy_mount: what its proxy reads; None where it reads nothing. shared: its volumes of EFS and
    EBS.
    """
    if definition is None:
        raise DefinitionMissing(f"{task.arn}: no {task.definition_arn}")
    runs = overridden(definition, task.overrides)
    return TaskSpec(
        id=task.id,
        cpu_units=task.cpu,
        memory_mib=task.memory_mib,
        ephemeral_storage_gib=task.ephemeral_storage_gib,
        isolation=task.isolation or "container",
        containers=(
            *_proxies_of(task, definition, proxy_mount),
            *(
                _container_spec_of(task, definition, container)
                for container in in_start_order(runs.container_definitions)
            ),
        ),
        shared_volumes=shared.volumes,
        attached_volume=shared.attached,
        shares_processes=definition.pid_mode == "task",
        hosts=() if task.connect is None else _hosts_of(task.connect),
    )


def _proxies_of(
    task: Task, definition: TaskDefinition, mount: FolderMount | None
) -> Iterator[ContainerSpec]:
    """The container of Service Connect, where the task has one."""
    if task.connect is None:
        return
    name = task.connect.container_name
    yield ContainerSpec(
        name=name,
        image=PROXY_IMAGE,
        environment=metadata_environment_of(task.id, name),
        labels=tuple(ecs_labels_of(task, definition, name).items()),
        role="proxy",
        mounts=() if mount is None else (mount,),
        ready_file=None if mount is None else mount.source / READY_FILE,
    )


def _hosts_of(connect: TaskConnect) -> tuple[str, ...]:
    """A line for each name; several ports may share one."""
    return tuple(dict.fromkeys(f"{each.address} {each.dns_name}" for each in connect.upstreams))


def _container_spec_of(
    task: Task, definition: TaskDefinition, container: ContainerDefinition
) -> ContainerSpec:
    linux = container.linux_parameters
    capabilities = linux.capabilities if linux else None
    return ContainerSpec(
        name=container.name or "",
        image=_image_of(task, container),
        essential=container.essential is not False,
        entry_point=container.entry_point,
        command=container.command,
        environment=_environment_of(task, container),
        working_directory=container.working_directory,
        user=container.user,
        cpu_units=container.cpu or 0,
        memory_mib=container.memory,
        memory_reservation_mib=container.memory_reservation,
        is_root_read_only=bool(container.readonly_root_filesystem),
        has_init_process=bool(linux and linux.init_process_enabled),
        has_terminal=bool(container.pseudo_terminal),
        is_logged=_keeps_lines(container.log_configuration),
        may_restart=bool(container.restart_policy and container.restart_policy.enabled),
        capabilities_added=capabilities.add if capabilities else (),
        capabilities_dropped=capabilities.drop if capabilities else (),
        ulimits=tuple(
            UlimitSpec(name=u.name, soft=u.soft_limit, hard=u.hard_limit) for u in container.ulimits
        ),
        labels=_labels_of(task, definition, container),
        depends_on=tuple(each.container_name for each in container.depends_on),
        volumes=tuple(
            VolumeMount(
                volume=mount.source_volume or "",
                destination=plain_path(mount.container_path or ""),
                is_read_only=bool(mount.read_only),
            )
            for mount in container.mount_points
        ),
        volumes_from=tuple(
            VolumesFrom(container=each.source_container or "", is_read_only=bool(each.read_only))
            for each in container.volumes_from
        ),
        system_controls=tuple(
            (control.namespace or "", control.value or "") for control in container.system_controls
        ),
        memory_mounts=tuple(
            MemoryMount(
                destination=plain_path(each.container_path),
                size_mib=each.size,
                options=each.mount_options,
            )
            for each in (linux.tmpfs if linux else ())
        ),
        stop_timeout_seconds=(
            container.stop_timeout if container.stop_timeout is not None else STOP_TIMEOUT_SECONDS
        ),
    )


def _image_of(task: Task, container: ContainerDefinition) -> str:
    """With its digest where that is settled: a tag may have moved on meanwhile."""
    image = container.image or ""
    digest = next((c.image_digest for c in task.containers if c.name == container.name), None)
    return image if digest is None or "@" in image else f"{image}@{digest}"


def _environment_of(task: Task, container: ContainerDefinition) -> tuple[tuple[str, str], ...]:
    """What was given, after what Fargate adds; where metadata is to be had nobody else says."""
    own = {pair.name: pair.value or "" for pair in container.environment if pair.name}
    metadata = dict(metadata_environment_of(task.id, container.name or ""))
    return tuple({**dict(_injected(task, own)), **own, **metadata}.items())


def _injected(task: Task, own: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """AWS_EXECUTION_ENV always; the region unless the task sets either of its two variables.

    Source: amazon-ecs-agent 1.105, which leaves both alone when either is set.
    """
    region = task.arn.split(":")[3]
    added = [("AWS_EXECUTION_ENV", "AWS_ECS_FARGATE")]
    if not {"AWS_REGION", "AWS_DEFAULT_REGION"} & own.keys():
        added += [("AWS_REGION", region), ("AWS_DEFAULT_REGION", region)]
    return tuple((name, value) for name, value in added if name not in own)


def _labels_of(
    task: Task, definition: TaskDefinition, container: ContainerDefinition
) -> tuple[tuple[str, str], ...]:
    """The definition's own, and those that ECS puts on every container."""
    added = ecs_labels_of(task, definition, container.name or "")
    return tuple({**(container.docker_labels or {}), **added}.items())


def log_sinks_of(
    task: Task, definition: TaskDefinition, log_file: Callable[[TaskId, str], Path | None]
) -> tuple[LogSink, ...]:
    """One for each container with the awslogs driver; stream `prefix/container/task-id`.

    The proxy's is the one that the service asked for.

    log_file: where the backend writes a container's output.
    """
    sinks = []
    for name, logging in _logged(task, definition):
        if logging is None or not _keeps_lines(logging):
            continue
        options = logging.options or {}
        sink = LogSink(
            task_id=task.id,
            container=name,
            path=log_file(task.id, name),
            group=LogGroupName(options.get("awslogs-group", "")),
            stream=log_stream_of(task.id, name, logging),
            creates_group=options.get("awslogs-create-group", "").lower() == "true",
            may_drop=options.get("mode", DEFAULT_MODE) == "non-blocking",
        )
        sinks.append(sink)
    return tuple(sinks)


def _keeps_lines(logging: LogConfiguration | None) -> bool:
    return logging is not None and logging.log_driver == "awslogs"


def _logged(
    task: Task, definition: TaskDefinition
) -> Iterator[tuple[str, LogConfiguration | None]]:
    """Every container's name, and how it is logged."""
    for container in definition.container_definitions:
        yield container.name or "", container.log_configuration
    if task.connect is not None:
        yield task.connect.container_name, task.connect.log_configuration
