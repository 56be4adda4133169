"""The kinds of records about storage that outlives tasks; `kinds` lists them with all others."""

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
