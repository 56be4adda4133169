"""What Fargate refuses in a task definition that ECS as such would take.

Sources: the ECS Developer Guide's page "Task definition differences for Fargate" and the API
model; the sentences are AWS's own, except where a comment says "our words".
"""

import re
from collections.abc import Iterator

from hostless.domain.container_definitions import ContainerDefinition, LinuxParameters
from hostless.domain.fargate_sizes import (
    FargateSize,
    cpu_units_of,
    memory_mib_of,
    size_refusal,
)
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.volumes import Volume

LOG_DRIVERS = ("awslogs", "splunk", "awsfirelens")
TIMEOUT_SECONDS = range(2, 120 + 1)
_NETWORK_CONTROLS = ("net.",)
_IPC_CONTROLS = ("kernel.msg", "kernel.sem", "kernel.shm", "fs.mqueue.")
_CONTROL = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")
MOST_OPEN_FILES = 1_048_576
STORAGE_GIB = range(21, 200 + 1)
"""What may be asked for beyond the 20 GiB that every task has."""


def is_windows(definition: TaskDefinition) -> bool:
    platform = definition.runtime_platform
    family = platform.operating_system_family if platform is not None else None
    return (family or "LINUX").startswith("WINDOWS")


def _unsupported(what: str) -> str:
    return f"Fargate compatible task definitions do not support {what}"


def check_size(definition: TaskDefinition, sizes: tuple[FargateSize, ...]) -> Iterator[str]:
    cpu = None if definition.cpu is None else cpu_units_of(definition.cpu)
    memory = None if definition.memory is None else memory_mib_of(definition.memory)
    refusal = size_refusal(cpu, memory, sizes, is_windows=is_windows(definition))
    if refusal is not None:
        yield refusal


def check_modes(definition: TaskDefinition) -> Iterator[str]:
    if definition.network_mode != "awsvpc":
        yield "Fargate only supports network mode ‘awsvpc’."
    if definition.ipc_mode is not None:
        yield _unsupported("ipcMode")
    if definition.pid_mode not in (None, "task"):
        yield f"Tasks using the Fargate launch type do not support pidMode '{definition.pid_mode}'"
    if definition.placement_constraints:
        yield _unsupported("constraints")


def check_platform(definition: TaskDefinition) -> Iterator[str]:
    platform = definition.runtime_platform
    architecture = platform.cpu_architecture if platform is not None else None
    if architecture == "ARM64" and is_windows(definition):
        # our words
        yield "The ARM64 CPU architecture is not supported for Windows containers."
    if definition.pid_mode == "task" and is_windows(definition):
        yield _unsupported("pidMode with Windows containers")  # our words


def check_ephemeral_storage(definition: TaskDefinition) -> Iterator[str]:
    if definition.ephemeral_storage is not None:
        yield from storage_refusal(definition.ephemeral_storage.size_in_gib)


def storage_refusal(size_gib: int) -> Iterator[str]:
    """AWS's sentence about a size outside 21 to 200 GiB."""
    if size_gib < STORAGE_GIB.start:
        yield f"EphemeralStorage size should be at least {STORAGE_GIB.start}"
    elif size_gib >= STORAGE_GIB.stop:
        yield f"EphemeralStorage size should be at most {STORAGE_GIB.stop - 1}"


def _check_volume(volume: Volume) -> Iterator[str]:
    if volume.host is not None and volume.host.source_path:
        yield _unsupported("sourcePath")
    if volume.docker_volume_configuration is not None:
        yield _unsupported("dockerVolumeConfiguration")
    if volume.fsx_windows_file_server_volume_configuration is not None:
        yield _unsupported("fsxWindowsFileServerVolumeConfiguration")
    if volume.s3files_volume_configuration is not None:
        # our words: Fargate has them, this one not yet
        yield f"s3filesVolumeConfiguration of volume '{volume.name}' is not supported here"


def check_volumes(definition: TaskDefinition) -> Iterator[str]:
    for volume in definition.volumes:
        yield from _check_volume(volume)


def _check_linux(linux: LinuxParameters) -> Iterator[str]:
    if linux.capabilities is not None:
        for capability in linux.capabilities.add:
            if capability != "SYS_PTRACE":
                yield f"{capability} is not allowed on Fargate."
    if linux.devices:
        yield _unsupported("devices")
    if linux.shared_memory_size is not None:
        yield _unsupported("sharedMemorySize")
    if linux.max_swap is not None:
        yield _unsupported("maxSwap")
    if linux.swappiness is not None:
        yield _unsupported("swappiness")


def _check_controls(container: ContainerDefinition) -> Iterator[str]:
    for control in container.system_controls:
        name = control.namespace or ""
        is_known = name.startswith(_NETWORK_CONTROLS + _IPC_CONTROLS)
        if not is_known or not _CONTROL.fullmatch(name):
            yield _unsupported(f"the system control '{name}'")  # our words


def _check_ulimits(container: ContainerDefinition) -> Iterator[str]:
    for ulimit in container.ulimits:
        if ulimit.name == "nofile" and max(ulimit.soft_limit, ulimit.hard_limit) > MOST_OPEN_FILES:
            # our words
            yield (
                f"the 'nofile' ulimit for container '{container.name}' "
                f"must be at most {MOST_OPEN_FILES}"
            )


def _check_timeouts(container: ContainerDefinition) -> Iterator[str]:
    for setting, given in (
        ("startTimeout", container.start_timeout),
        ("stopTimeout", container.stop_timeout),
    ):
        if given is not None and given not in TIMEOUT_SECONDS:
            yield (
                f"the '{setting}' setting for container '{container.name}' "
                "must be between 2 and 120"
            )


def _check_container(container: ContainerDefinition) -> Iterator[str]:
    if container.privileged:
        yield "Fargate requires that the 'privileged' setting be 'false'"
    if container.docker_security_options:
        yield _unsupported("dockerSecurityOptions")
    if any(need.type == "GPU" for need in container.resource_requirements):
        yield "Tasks using the Fargate launch type do not support GPU resource requirements"
    for need in container.resource_requirements:
        if need.type != "GPU":
            # our words, after those about GPUs
            yield (
                f"Tasks using the Fargate launch type do not support {need.type} "
                "resource requirements"
            )
    if len(container.credential_specs) > 1:
        yield "Only one credential spec can be specified for a container."  # our words
    if container.linux_parameters is not None:
        yield from _check_linux(container.linux_parameters)
    yield from _check_ulimits(container)
    yield from _check_timeouts(container)
    yield from _check_controls(container)


def check_containers(definition: TaskDefinition) -> Iterator[str]:
    for container in definition.container_definitions:
        yield from _check_container(container)


def _is_in_ecr(image: str | None) -> bool:
    registry = (image or "").split("/")[0]
    return ".dkr.ecr." in registry and ".amazonaws.com" in registry


def check_fargate_logging(
    container: ContainerDefinition, has_execution_role: bool
) -> Iterator[str]:
    logging = container.log_configuration
    if logging is None:
        return
    if logging.log_driver not in LOG_DRIVERS:
        yield (
            f"{logging.log_driver} is not a valid log driver. "
            f"Must be one of [{', '.join(LOG_DRIVERS)}]"
        )
    if logging.log_driver != "awslogs":
        return
    if not has_execution_role:
        yield (
            "Fargate requires task definition to have execution role ARN "
            "to support log driver awslogs."
        )
    if not (logging.options or {}).get("awslogs-stream-prefix"):
        yield (
            "Fargate requires log configuration options to include awslogs-stream-prefix "
            "to support log driver awslogs."
        )


def check_execution_role(definition: TaskDefinition) -> Iterator[str]:
    """Logging and images from ECR happen with the execution role on Fargate."""
    has_role = bool(definition.execution_role_arn)
    for container in definition.container_definitions:
        yield from check_fargate_logging(container, has_role)
        if not has_role and _is_in_ecr(container.image):
            yield (
                "Fargate requires task definition to have execution role ARN to support ECR images."
            )
        firelens = container.firelens_configuration
        if firelens is not None and (firelens.options or {}).get("config-file-type") == "s3":
            yield (
                "Fargate launch type does not support FirelensConfiguration config file from 's3'"
            )


def fargate_refusals(definition: TaskDefinition, sizes: tuple[FargateSize, ...]) -> Iterator[str]:
    """Everything Fargate has against the definition, the most basic first."""
    yield from check_modes(definition)
    yield from check_size(definition, sizes)
    yield from check_platform(definition)
    yield from check_ephemeral_storage(definition)
    yield from check_volumes(definition)
    yield from check_containers(definition)
    yield from check_execution_role(definition)
