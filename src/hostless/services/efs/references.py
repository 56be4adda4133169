"""How callers name what EFS has: by id, file systems and access points by ARN too."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from hostless.domain.arns import Realm
from hostless.domain.file_systems import AccessPoint, FileSystem, MountTarget
from hostless.services.efs.errors import (
    AccessPointNotFound,
    BadRequest,
    FileSystemNotFound,
    IncorrectFileSystemLifeCycleState,
    MountTargetNotFound,
)
from hostless.services.paging import BadToken, Page, page_of
from hostless.store.kinds import ACCESS_POINTS, FILE_SYSTEMS, MOUNT_TARGETS
from hostless.store.store import Store, Transaction

SERVICE = "elasticfilesystem"
T = TypeVar("T")


def file_system_arn(realm: Realm, file_system_id: str) -> str:
    return realm.arn(SERVICE, f"file-system/{file_system_id}")


def access_point_arn(realm: Realm, access_point_id: str) -> str:
    return realm.arn(SERVICE, f"access-point/{access_point_id}")


def need_file_system(reads: Store | Transaction, given: str, realm: Realm) -> FileSystem:
    """Raises FileSystemNotFound."""
    found = reads.get(FILE_SYSTEMS, given.removeprefix(file_system_arn(realm, "")))
    if found is None:
        raise FileSystemNotFound(given)
    return found


def need_available(reads: Store | Transaction, given: str, realm: Realm) -> FileSystem:
    """Raises FileSystemNotFound, IncorrectFileSystemLifeCycleState."""
    found = need_file_system(reads, given, realm)
    if found.state != "available":
        # our words
        raise IncorrectFileSystemLifeCycleState(
            f"The file system '{found.id}' is in the life cycle state '{found.state}'; it has to "
            "be 'available'."
        )
    return found


def need_access_point(reads: Store | Transaction, given: str, realm: Realm) -> AccessPoint:
    """Raises AccessPointNotFound."""
    found = reads.get(ACCESS_POINTS, given.removeprefix(access_point_arn(realm, "")))
    if found is None:
        raise AccessPointNotFound(given)
    return found


def need_mount_target(reads: Store | Transaction, given: str) -> MountTarget:
    """Raises MountTargetNotFound."""
    found = reads.get(MOUNT_TARGETS, given)
    if found is None:
        raise MountTargetNotFound(given)
    return found


def page(
    items: Sequence[T],
    key: Callable[[T], Sequence[str | int]],
    listing: str,
    size: int,
    token: str | None,
) -> Page[T]:
    """Raises BadRequest for a token of elsewhere. Tokens of EFS have 128 characters at most."""
    try:
        return page_of(items, key, listing, size=min(size, 100), token=token)
    except BadToken as error:
        raise BadRequest("Invalid Marker") from error  # our words
