"""What ECS refuses of a task definition's volumes and of where its containers see them.

Sentences are AWS's own, except where a comment says "our words". Which kinds of volumes Fargate
takes is a rule of `fargate_rules`.
"""

from collections.abc import Iterator

from hostless.domain.container_definitions import ContainerDefinition, plain_path
from hostless.domain.container_rules import NAME
from hostless.domain.cycles import has_cycle
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.volumes import Volume

_NOT_OF_A_NEW_MOUNT = ("bind", "rbind", "remount")
"""The model lists them for a tmpfs; mount(2) would then make none."""


def check_volumes(definition: TaskDefinition) -> Iterator[str]:
    names = [volume.name or "" for volume in definition.volumes]
    for volume in definition.volumes:
        if not NAME.fullmatch(volume.name or ""):
            yield "Volume.name contains invalid characters."  # our words
        yield from _check_efs(volume)
    if len(set(names)) < len(names):
        yield "Volume names must be unique within a task definition"  # our words
    launched = [volume.name for volume in definition.volumes if volume.configured_at_launch]
    if len(launched) > 1:
        # our words
        yield "Only one volume can be configured at launch in a task definition"
    yield from _check_mounts(definition, frozenset(names))
    mounted = {m.source_volume for c in definition.container_definitions for m in c.mount_points}
    for name in launched:
        if name not in mounted:
            yield f"Volumes [{name}] are not referenced by any of the containers"


def _check_efs(volume: Volume) -> Iterator[str]:
    efs = volume.efs_volume_configuration
    if efs is None:
        return
    is_encrypted = efs.transit_encryption == "ENABLED"
    access = efs.authorization_config
    if efs.transit_encryption_port is not None and not is_encrypted:
        yield "TransitEncryptionPort requires that TransitEncryption is enabled"
    if access is None:
        return
    if access.iam == "ENABLED" and not is_encrypted:
        yield "EFS IAM authorization requires TransitEncryption to be enabled"
    if access.access_point_id and efs.root_directory not in (None, "", "/"):
        yield (
            "When using an EFS access point, the root directory must either be set to "
            '"/" or be omitted'
        )


def _check_mounts(definition: TaskDefinition, volumes: frozenset[str]) -> Iterator[str]:
    sources = {
        container.name or "": [each.source_container or "" for each in container.volumes_from]
        for container in definition.container_definitions
    }
    for container in definition.container_definitions:
        for mount in container.mount_points:
            if mount.source_volume not in volumes:
                yield f"Unknown volume '{mount.source_volume or ''}'."
        for source in container.volumes_from:
            if source.source_container not in sources:
                name = source.source_container
                yield f"Invalid 'volumesFrom' setting. Unknown container: '{name}'."
        yield from _check_memory(container)
        yield from _check_paths(container)
    if has_cycle(sources):
        yield "Container volumes should not have a cycle"  # our words, after those on links


def _check_memory(container: ContainerDefinition) -> Iterator[str]:
    for mount in container.linux_parameters.tmpfs if container.linux_parameters else ():
        if mount.size <= 0:
            yield (
                "The container has an invalid tmpfs size value specified. "
                "It must be a non-zero, non-negative integer."
            )
        for option in mount.mount_options:
            if option in _NOT_OF_A_NEW_MOUNT:
                # our words
                yield f"Invalid tmpfs mount option '{option}' for container '{container.name}'."


def _check_paths(container: ContainerDefinition) -> Iterator[str]:
    """Each place is one thing's. Windows has paths of its own."""
    linux = container.linux_parameters
    given = [mount.container_path or "" for mount in container.mount_points]
    given += [mount.container_path for mount in (linux.tmpfs if linux else ())]
    places = [plain_path(path) for path in given]
    for path, place in zip(given, places, strict=True):
        is_windows = path[1:2] == ":"
        if not (path.startswith("/") or is_windows) or place == "/":
            # our words
            yield f"Invalid container path '{path}' for container '{container.name}'."
        if places.count(place) > 1:
            # our words, after Docker's
            yield f"Duplicate mount point '{place}' for container '{container.name}'."
