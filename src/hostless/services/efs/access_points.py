"""Access points: a root folder and a user for whoever comes to a file system by them.

Sentences are EFS's own, except where a comment says "our words".
"""

from hostless.domain.arns import AccessPointId
from hostless.domain.file_systems import AccessPoint, CreationInfo, PosixUser
from hostless.kit.ids import Ids
from hostless.services.efs import requests
from hostless.services.efs.errors import AccessPointAlreadyExists, BadRequest
from hostless.services.efs.references import (
    access_point_arn,
    need_access_point,
    need_available,
    need_file_system,
    page,
)
from hostless.services.efs.tags import check_tags
from hostless.services.efs.views import access_point_view
from hostless.services.operation import Answer, Call
from hostless.store.kinds import ACCESS_POINTS
from hostless.store.store import Store

_NO_ID = (1 << 32) - 1


class AccessPoints:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    async def create(self, request: requests.CreateAccessPoint, call: Call) -> Answer:
        """The folder is made when a task comes by the access point."""
        check_tags(request.tags)
        _check_path(request.root_directory.path)
        _check_ids(request.posix_user, request.root_directory.creation_info)
        file_system = need_available(self._store, request.file_system_id, call.realm)
        for other in self._store.find(ACCESS_POINTS, "token", request.client_token):
            raise AccessPointAlreadyExists(other.id, request.client_token)
        id_ = AccessPointId(f"fsap-{self._ids.hex(17)}")
        made = AccessPoint(
            id=id_,
            arn=access_point_arn(call.realm, id_),
            client_token=request.client_token,
            file_system_id=file_system.id,
            created_at=call.now,
            path=request.root_directory.path,
            creation=request.root_directory.creation_info,
            posix_user=request.posix_user,
            tags=request.tags,
        )
        transaction = self._store.transaction("CreateAccessPoint")
        transaction.put(ACCESS_POINTS, made)
        await transaction.commit()
        return access_point_view(made, call.realm)

    async def describe(self, request: requests.DescribeAccessPoints, call: Call) -> Answer:
        id_, file_system_id = request.access_point_id, request.file_system_id
        if id_ is not None and file_system_id is not None:
            # our words
            raise BadRequest("AccessPointId and FileSystemId are mutually exclusive.")
        if id_ is not None:
            found = [need_access_point(self._store, id_, call.realm)]
        elif file_system_id is not None:
            owner = need_file_system(self._store, file_system_id, call.realm)
            found = list(self._store.find(ACCESS_POINTS, "file_system", owner.id))
        else:
            found = list(self._store.all(ACCESS_POINTS))
        shown = page(found, lambda p: (p.id,), "a", request.max_results, request.next_token)
        return {
            "AccessPoints": [access_point_view(each, call.realm) for each in shown.items],
            "NextToken": shown.next_token,
        }

    async def delete(self, request: requests.NamedAccessPoint, call: Call) -> Answer:
        """What lies in its folder stays."""
        transaction = self._store.transaction("DeleteAccessPoint")
        found = need_access_point(transaction, request.access_point_id, call.realm)
        transaction.delete(ACCESS_POINTS, found.id)
        await transaction.commit()
        return None


def _check_ids(user: PosixUser | None, creation: CreationInfo | None) -> None:
    """All of 32 bits set is no user to Linux but the word for none. AWS's model lets it through."""
    ids = [] if user is None else [user.uid, user.gid, *user.secondary_gids]
    ids += [] if creation is None else [creation.owner_uid, creation.owner_gid]
    if _NO_ID in ids:
        # our words
        raise BadRequest(f"{_NO_ID} is not the number of a user or group here.")


def _check_path(path: str) -> None:
    """What the model's pattern lets through and no folder can be called."""
    if any(part in ("", ".", "..") for part in path.strip("/").split("/")) and path != "/":
        raise BadRequest(f"Invalid root directory path: {path}")  # our words
