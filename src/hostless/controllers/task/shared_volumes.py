"""The volumes of a task that outlive it, as a backend mounts them, or why AWS would not.

Read from records alone: whether a folder is there is the backend's to see.
"""

from dataclasses import dataclass

from hostless.compute.block_volumes import AttachedVolume
from hostless.compute.shared_volumes import SharedVolume
from hostless.controllers.task.block_volumes import VolumeRefused, attached_volume_of
from hostless.domain.file_systems import NFS_PORT, AccessPoint, MountTarget
from hostless.domain.mount_refusals import (
    THROUGH_TUNNEL,
    denied,
    server_of,
    unreachable,
    unresolved,
)
from hostless.domain.network import NetworkInterface
from hostless.domain.network_layout import layout_of
from hostless.domain.network_sight import NetworkSight
from hostless.domain.probes import End
from hostless.domain.reachability import explanation_of
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Task
from hostless.domain.traffic import TCP, Traffic
from hostless.domain.volumes import EFSVolumeConfiguration, Volume
from hostless.store.kinds import (
    ACCESS_POINTS,
    FILE_SYSTEMS,
    MOUNT_TARGETS,
    NETWORK_INTERFACES,
)
from hostless.store.network_records import network_records, policies_of
from hostless.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedVolumes:
    """volumes: of EFS. attached: of EBS. refusal: why the task cannot start; then none is there."""

    volumes: tuple[SharedVolume, ...] = ()
    attached: AttachedVolume | None = None
    refusal: str | None = None


NONE_SHARED = SharedVolumes()


class _Refused(Exception):
    """The message is AWS's."""


def shared_volumes_of(
    store: Store,
    task: Task,
    definition: TaskDefinition | None,
    interface: NetworkInterface | None,
) -> SharedVolumes:
    """interface: the task's, or the one that it is to have; without one nothing is known yet."""
    if definition is None or interface is None or task.goal != "RUNNING":
        return NONE_SHARED
    asked = [volume for volume in definition.volumes if volume.efs_volume_configuration]
    is_starting = task.status in ("PROVISIONING", "PENDING")
    try:
        for volume in asked if is_starting else ():
            _check_reachable(store, volume, interface)
        return SharedVolumes(
            volumes=tuple(_shared(store, volume, interface) for volume in asked),
            attached=attached_volume_of(store, task),
        )
    except (_Refused, VolumeRefused) as error:
        return SharedVolumes(refusal=str(error))


def _shared(store: Store, volume: Volume, interface: NetworkInterface) -> SharedVolume:
    efs = volume.efs_volume_configuration
    assert efs is not None
    name = server_of(efs.file_system_id, interface.zone[:-1])
    is_encrypted = efs.transit_encryption == "ENABLED"
    server = THROUGH_TUNNEL if is_encrypted else name
    point = _access_point(store, efs)
    if point is None:
        return SharedVolume(
            volume=volume.name or "",
            file_system=efs.file_system_id,
            path=efs.root_directory or "/",
            server=server,
        )
    return SharedVolume(
        volume=volume.name or "",
        file_system=efs.file_system_id,
        path=point.path,
        creation=point.creation,
        posix_user=point.posix_user,
        server=server,
        is_access_point=True,
    )


def _check_reachable(store: Store, volume: Volume, interface: NetworkInterface) -> None:
    """The name leads to the mount target of the task's own zone (EFS user guide, "Mounting EFS
    file systems"). Raises _Refused."""
    efs = volume.efs_volume_configuration
    assert efs is not None
    name = server_of(efs.file_system_id, interface.zone[:-1])
    file_system = store.get(FILE_SYSTEMS, efs.file_system_id)
    if file_system is None or file_system.state != "available":
        raise _Refused(unresolved(name))
    for target in store.find(MOUNT_TARGETS, "file_system", file_system.id):
        if (target.vpc_id, target.zone) == (interface.vpc_id, interface.zone):
            if _is_let_through(store, interface, target):
                return
            raise _Refused(unreachable())
    raise _Refused(unresolved(name))


def _is_let_through(store: Store, interface: NetworkInterface, target: MountTarget) -> bool:
    """By security groups and network ACLs, as for any packet."""
    to = store.get(NETWORK_INTERFACES, target.interface_id)
    if to is None:
        return False
    known = {each.id: each for each in store.all(NETWORK_INTERFACES)}
    everybody = {**known, interface.id: interface}.values()
    sight = NetworkSight(layout_of(network_records(store)), policies_of(store), everybody)
    source, goal = End(kind="interface", interface=interface), End(kind="interface", interface=to)
    return explanation_of(sight, source, goal, Traffic(protocol=TCP, port=NFS_PORT)).passes


def _access_point(store: Store, efs: EFSVolumeConfiguration) -> AccessPoint | None:
    """Raises _Refused."""
    given = efs.authorization_config.access_point_id if efs.authorization_config else None
    if not given:
        return None
    found = store.get(ACCESS_POINTS, given)
    if found is None or found.file_system_id != efs.file_system_id:
        raise _Refused(denied())
    return found
