"""The kinds of records about storage that outlives tasks; `kinds` lists them with all others."""

from hostless.domain.block_storage import BlockSnapshot, BlockVolume
from hostless.domain.file_systems import AccessPoint, FileSystem, MountTarget
from hostless.store.kind import Kind

FILE_SYSTEMS: Kind[FileSystem] = Kind(
    "file_system",
    FileSystem,
    lambda r: r.id,
    {"token": lambda r: (r.creation_token,)},
    state=lambda r: r.state,
)
MOUNT_TARGETS: Kind[MountTarget] = Kind(
    "mount_target", MountTarget, lambda r: r.id, {"file_system": lambda r: (r.file_system_id,)}
)
ACCESS_POINTS: Kind[AccessPoint] = Kind(
    "access_point",
    AccessPoint,
    lambda r: r.id,
    {
        "file_system": lambda r: (r.file_system_id,),
        "token": lambda r: (r.client_token,),
    },
)
BLOCK_VOLUMES: Kind[BlockVolume] = Kind(
    "block_volume",
    BlockVolume,
    lambda r: r.id,
    {"task": lambda r: () if r.task_arn is None else (r.task_arn,)},
    state=lambda r: r.state,
)
BLOCK_SNAPSHOTS: Kind[BlockSnapshot] = Kind(
    "block_snapshot",
    BlockSnapshot,
    lambda r: r.id,
    {"volume": lambda r: (r.volume_id,)},
    state=lambda r: r.state,
)
STORAGE_KINDS = (FILE_SYSTEMS, MOUNT_TARGETS, ACCESS_POINTS, BLOCK_VOLUMES, BLOCK_SNAPSHOTS)
