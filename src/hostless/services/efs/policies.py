"""What is said about a file system and shown again: policies for access, backup and storage class.

None of them changes how files are kept here; the coverage table says so. Sentences are EFS's own,
except where a comment says "our words".
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from hostless.domain.file_systems import FileSystem, LifecyclePolicy
from hostless.services.efs import requests
from hostless.services.efs.errors import (
    BadRequest,
    InvalidPolicy,
    PolicyNotFound,
    ReplicationNotFound,
)
from hostless.services.efs.references import need_available, need_file_system
from hostless.services.operation import Answer, Call
from hostless.store.kinds import FILE_SYSTEMS
from hostless.store.store import Store

_LONG_IDS = {
    "ResourceIdPreference": {
        "ResourceIdType": "LONG_ID",
        "Resources": ["FILE_SYSTEM", "MOUNT_TARGET"],
    }
}


class Policies:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def put_policy(self, request: requests.PutFileSystemPolicy, call: Call) -> Answer:
        _check_policy(request.policy)
        found = await self._change(
            request.file_system_id, lambda f: replace(f, policy=request.policy), call
        )
        return {"FileSystemId": found.id, "Policy": found.policy}

    async def describe_policy(self, request: requests.NamedFileSystem, call: Call) -> Answer:
        found = need_file_system(self._store, request.file_system_id, call.realm)
        if found.policy is None:
            # our words
            raise PolicyNotFound(f"The file system '{found.id}' has no file system policy.")
        return {"FileSystemId": found.id, "Policy": found.policy}

    async def delete_policy(self, request: requests.NamedFileSystem, call: Call) -> Answer:
        await self._change(request.file_system_id, lambda f: replace(f, policy=None), call)
        return None

    async def put_backup(self, request: requests.PutBackupPolicy, call: Call) -> Answer:
        wanted = request.backup_policy.status
        status: Literal["ENABLED", "DISABLED"] = (
            "ENABLED" if wanted.startswith("ENABL") else "DISABLED"
        )
        await self._change(request.file_system_id, lambda f: replace(f, backup=status), call)
        return {"BackupPolicy": {"Status": status}}

    async def describe_backup(self, request: requests.NamedFileSystem, call: Call) -> Answer:
        found = need_file_system(self._store, request.file_system_id, call.realm)
        if found.backup is None:
            # our words
            raise PolicyNotFound(f"The file system '{found.id}' has no backup policy.")
        return {"BackupPolicy": {"Status": found.backup}}

    async def put_lifecycle(
        self, request: requests.PutLifecycleConfiguration, call: Call
    ) -> Answer:
        policies = request.lifecycle_policies
        _check_lifecycle(policies)
        await self._change(
            request.file_system_id, lambda f: replace(f, lifecycle_policies=policies), call
        )
        return {"LifecyclePolicies": [_lifecycle_view(each) for each in policies]}

    async def describe_lifecycle(self, request: requests.NamedFileSystem, call: Call) -> Answer:
        found = need_file_system(self._store, request.file_system_id, call.realm)
        return {"LifecyclePolicies": [_lifecycle_view(each) for each in found.lifecycle_policies]}

    async def describe_replications(
        self, request: requests.DescribeReplicationConfigurations, call: Call
    ) -> Answer:
        """There are none here."""
        if request.file_system_id is not None:
            found = need_file_system(self._store, request.file_system_id, call.realm)
            raise _no_replication(found)
        return {"Replications": []}

    async def delete_replication(self, request: requests.NamedReplication, call: Call) -> Answer:
        found = need_file_system(self._store, request.source_file_system_id, call.realm)
        raise _no_replication(found)

    async def describe_preferences(
        self, request: requests.DescribeAccountPreferences, _: Call
    ) -> Answer:
        return _LONG_IDS

    async def put_preferences(self, request: requests.PutAccountPreferences, _: Call) -> Answer:
        """Accounts have had long ids only since October 2021 (API reference)."""
        if request.resource_id_type != "LONG_ID":
            # our words
            raise BadRequest("The resource ID type SHORT_ID is not supported any more.")
        return _LONG_IDS

    async def _change(
        self, given: str, change: Callable[[FileSystem], FileSystem], call: Call
    ) -> FileSystem:
        transaction = self._store.transaction("a policy of a file system")
        after = change(need_available(transaction, given, call.realm))
        transaction.put(FILE_SYSTEMS, after)
        await transaction.commit()
        return after


def _no_replication(file_system: FileSystem) -> ReplicationNotFound:
    # our words
    return ReplicationNotFound(f"The file system '{file_system.id}' has no replication.")


def _lifecycle_view(policy: LifecyclePolicy) -> dict[str, object]:
    return {
        "TransitionToIA": policy.transition_to_ia,
        "TransitionToPrimaryStorageClass": policy.transition_to_primary_storage_class,
        "TransitionToArchive": policy.transition_to_archive,
    }


def _check_policy(text: str) -> None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or "Statement" not in document:
        raise InvalidPolicy("The policy is not a valid JSON policy document.")  # our words


def _check_lifecycle(policies: tuple[LifecyclePolicy, ...]) -> None:
    """Each says one thing, and no two the same one (API reference, PutLifecycleConfiguration)."""
    said = []
    for policy in policies:
        given = [name for name, value in _lifecycle_view(policy).items() if value is not None]
        if len(given) != 1:
            # our words
            raise BadRequest("Each LifecyclePolicy object can have only a single transition.")
        said += given
    if len(set(said)) < len(said):
        # our words
        raise BadRequest("A transition may be given only once.")
