"""A part of a file system that a task sees, and that outlives the task. What a backend needs of it.

Which records it follows from is the task controller's business.
"""

from dataclasses import dataclass

from hostless.domain.file_systems import CreationInfo, PosixUser


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedVolume:
    """volume: its name in the task. file_system: its id; of the folder's too.

    path: of the folder that is the volume, `/` for all of the file system. creation: what to make
    the folder with where there is none; None: it has to be there. posix_user: who does every file
    operation, whoever the container's processes are; None: they are who they are.
    server: as messages name it. is_access_point: whether one led here; then less is told.
    """

    volume: str
    file_system: str
    path: str = "/"
    creation: CreationInfo | None = None
    posix_user: PosixUser | None = None
    server: str
    is_access_point: bool = False
