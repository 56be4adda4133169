"""File systems: made, shown, changed, deleted. Their folders are a controller's business.

Sources: the EFS model and API reference of each call. Sentences are EFS's own, except where a
comment says "our words".
"""

from dataclasses import replace
from typing import cast

from hostless.domain.arns import FileSystemId
from hostless.domain.file_systems import (
    FileSystem,
    OverwriteProtection,
    PerformanceMode,
    ThroughputMode,
)
from hostless.kit.ids import Ids
from hostless.services.efs import requests
from hostless.services.efs.errors import (
    BadRequest,
    FileSystemAlreadyExists,
    FileSystemInUse,
    UnsupportedAvailabilityZone,
)
from hostless.services.efs.references import (
    file_system_arn,
    need_available,
    need_file_system,
    page,
)
from hostless.services.efs.tags import check_tags
from hostless.services.efs.views import file_system_view
from hostless.services.operation import Answer, Call
from hostless.store.kinds import ACCESS_POINTS, FILE_SYSTEMS, MOUNT_TARGETS
from hostless.store.store import Store


class FileSystems:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    async def create(self, request: requests.CreateFileSystem, call: Call) -> Answer:
        check_tags(request.tags)
        _check_new(request, call)
        for other in self._store.find(FILE_SYSTEMS, "token", request.creation_token):
            raise FileSystemAlreadyExists(other.id, request.creation_token)
        id_ = FileSystemId(f"fs-{self._ids.hex(17)}")
        is_one_zone = request.availability_zone_name is not None
        has_backup = is_one_zone if request.backup is None else request.backup
        made = FileSystem(
            id=id_,
            arn=file_system_arn(call.realm, id_),
            creation_token=request.creation_token,
            state="creating",
            created_at=call.now,
            performance_mode=cast(PerformanceMode, request.performance_mode),
            throughput_mode=cast(ThroughputMode, request.throughput_mode),
            provisioned_mibps=request.provisioned_throughput_in_mibps,
            is_encrypted=bool(request.encrypted),
            kms_key_id=request.kms_key_id,
            zone=request.availability_zone_name,
            backup="ENABLED" if has_backup else None,
            tags=request.tags,
        )
        transaction = self._store.transaction("CreateFileSystem")
        transaction.put(FILE_SYSTEMS, made)
        await transaction.commit()
        return file_system_view(made, 0, call.realm)

    async def describe(self, request: requests.DescribeFileSystems, call: Call) -> Answer:
        token, given = request.creation_token, request.file_system_id
        if given is not None:
            found = [need_file_system(self._store, given, call.realm)]
            found = [each for each in found if token in (None, each.creation_token)]
        elif token is not None:
            found = list(self._store.find(FILE_SYSTEMS, "token", token))
        else:
            found = list(self._store.all(FILE_SYSTEMS))
        shown = page(found, lambda f: (f.id,), f"f{token}", request.max_items, request.marker)
        return {
            "Marker": request.marker,
            "FileSystems": [self._view(each, call) for each in shown.items],
            "NextMarker": shown.next_token,
        }

    async def update(self, request: requests.UpdateFileSystem, call: Call) -> Answer:
        transaction = self._store.transaction("UpdateFileSystem")
        before = need_available(transaction, request.file_system_id, call.realm)
        mode = request.throughput_mode or before.throughput_mode
        mibps = request.provisioned_throughput_in_mibps
        if mode == "provisioned":
            mibps = mibps or before.provisioned_mibps
        _check_throughput(mode, mibps, before.performance_mode)
        after = replace(before, throughput_mode=cast(ThroughputMode, mode), provisioned_mibps=mibps)
        transaction.put(FILE_SYSTEMS, after)
        await transaction.commit()
        return self._view(after, call)

    async def delete(self, request: requests.NamedFileSystem, call: Call) -> Answer:
        """Its access points go with it. The folder goes next, and then the record."""
        transaction = self._store.transaction("DeleteFileSystem")
        found = need_file_system(transaction, request.file_system_id, call.realm)
        if self._store.table(MOUNT_TARGETS).count("file_system", found.id):
            raise FileSystemInUse(found.id)
        for point in self._store.find(ACCESS_POINTS, "file_system", found.id):
            transaction.delete(ACCESS_POINTS, point.id)
        transaction.put(FILE_SYSTEMS, replace(found, state="deleting"))
        await transaction.commit()
        return None

    async def protect(self, request: requests.UpdateFileSystemProtection, call: Call) -> Answer:
        transaction = self._store.transaction("UpdateFileSystemProtection")
        before = need_available(transaction, request.file_system_id, call.realm)
        wanted = request.replication_overwrite_protection or before.overwrite_protection
        if wanted == "REPLICATING":
            # our words
            raise BadRequest("ReplicationOverwriteProtection can be set to ENABLED or DISABLED.")
        protection = cast(OverwriteProtection, wanted)
        transaction.put(FILE_SYSTEMS, replace(before, overwrite_protection=protection))
        await transaction.commit()
        return {"ReplicationOverwriteProtection": protection}

    def _view(self, file_system: FileSystem, call: Call) -> dict[str, object]:
        count = self._store.table(MOUNT_TARGETS).count("file_system", file_system.id)
        return file_system_view(file_system, count, call.realm)


def _check_new(request: requests.CreateFileSystem, call: Call) -> None:
    """Rules of the API reference's members; the sentences are ours."""
    _check_throughput(
        request.throughput_mode, request.provisioned_throughput_in_mibps, request.performance_mode
    )
    if request.kms_key_id is not None and not request.encrypted:
        raise BadRequest("If a KmsKeyId is specified, the Encrypted flag must also be set to true.")
    zone = request.availability_zone_name
    if zone is None:
        return
    if zone not in call.realm.zones():
        raise UnsupportedAvailabilityZone(f"The Availability Zone {zone} is not supported.")
    if request.performance_mode == "maxIO":
        raise BadRequest("The maxIO performance mode is not supported on One Zone file systems.")


def _check_throughput(mode: str, mibps: float | None, performance: str) -> None:
    if performance == "maxIO" and mode == "elastic":
        raise BadRequest("The maxIO performance mode is not supported with elastic throughput.")
    if mode == "provisioned" and mibps is None:
        raise BadRequest(
            "ProvisionedThroughputInMibps must be specified with the provisioned throughput mode."
        )
    if mode != "provisioned" and mibps is not None:
        raise BadRequest(
            "ProvisionedThroughputInMibps is valid with the provisioned throughput mode only."
        )
