"""Records of Amazon EFS: file systems, their mount targets and access points.

Files are not here: they lie in folders that the compute side keeps. What a task sees of them is
`SharedVolume`'s business in the compute seam.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from hostless.domain.arns import (
    AccessPointId,
    FileSystemId,
    MountTargetId,
    NetworkInterfaceId,
    SubnetId,
    VpcId,
)
from hostless.domain.tags import Tag
from hostless.kit.clock import Timestamp

FileSystemState: TypeAlias = Literal["creating", "available", "deleting"]
PerformanceMode: TypeAlias = Literal["generalPurpose", "maxIO"]
ThroughputMode: TypeAlias = Literal["bursting", "provisioned", "elastic"]
OverwriteProtection: TypeAlias = Literal["ENABLED", "DISABLED"]
NFS_PORT = 2049


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecyclePolicy:
    """Named as the model names it; one of them is given."""

    transition_to_ia: str | None = None
    transition_to_primary_storage_class: str | None = None
    transition_to_archive: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSystem:
    """size_bytes: of the disk that its files took at `size_at`; None before the first look.

    zone: of a One Zone file system. backup: what the backup policy says; None when there is none.
    policy: its text, as given.
    """

    id: FileSystemId
    arn: str
    creation_token: str
    state: FileSystemState
    created_at: Timestamp
    performance_mode: PerformanceMode = "generalPurpose"
    throughput_mode: ThroughputMode = "bursting"
    provisioned_mibps: float | None = None
    is_encrypted: bool = False
    kms_key_id: str | None = None
    zone: str | None = None
    size_bytes: int = 0
    size_at: Timestamp | None = None
    backup: Literal["ENABLED", "DISABLED"] | None = None
    policy: str | None = None
    lifecycle_policies: tuple[LifecyclePolicy, ...] = ()
    overwrite_protection: OverwriteProtection = "ENABLED"
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MountTarget:
    """What a VPC reaches a file system by, one at most in a zone.

    Its address and its security groups are those of its network interface.
    """

    id: MountTargetId
    file_system_id: FileSystemId
    subnet_id: SubnetId
    vpc_id: VpcId
    zone: str
    address: str
    interface_id: NetworkInterfaceId
    created_at: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class PosixUser:
    """Who does every file operation through an access point."""

    uid: int
    gid: int
    secondary_gids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreationInfo:
    """What an access point's root folder is made with where there is none.

    permissions: three or four octal digits.
    """

    owner_uid: int
    owner_gid: int
    permissions: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPoint:
    """path: the folder that is the root for whoever comes this way.

    posix_user: None where everybody is who they are.
    """

    id: AccessPointId
    arn: str
    client_token: str
    file_system_id: FileSystemId
    created_at: Timestamp
    path: str = "/"
    creation: CreationInfo | None = None
    posix_user: PosixUser | None = None
    tags: tuple[Tag, ...] = ()


def name_in(tags: tuple[Tag, ...]) -> str | None:
    """What the tag `Name` says."""
    return next((tag.value for tag in tags if tag.key == "Name"), None)
