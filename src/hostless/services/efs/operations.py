"""The table of EFS's operations."""

from typing import Any

from hostless.kit.ids import Ids
from hostless.services.efs import requests
from hostless.services.efs.access_points import AccessPoints
from hostless.services.efs.errors import BadRequest
from hostless.services.efs.file_systems import FileSystems
from hostless.services.efs.mount_targets import MountTargets
from hostless.services.efs.policies import Policies
from hostless.services.efs.tags import Tags
from hostless.services.operation import Operation, ServiceApi
from hostless.services.refusing import refusing
from hostless.store.store import Store

_ONE_DISK = "kept and shown; files lie on the disk of the state folder, as fast as that is"
_NO_KMS = "kept and shown; files are encrypted as the disk of the state folder is"
_NO_BACKUP = "kept and shown; no backups are made"
_NO_POLICY = "kept and shown; no request of a task is checked against it"
_NO_CLASSES = "kept and shown; there is one storage class here"
_NO_REPLICATION = "there is one region here"
_NO_IPV6 = "mount targets have addresses of IPv4 only here"


def efs_api(store: Store, ids: Ids) -> ServiceApi:
    return ServiceApi(
        name="efs",
        validation_style="ValidationException",
        operations=(
            *_file_system_operations(FileSystems(store, ids)),
            *_mount_target_operations(MountTargets(store, ids)),
            *_access_point_operations(AccessPoints(store, ids)),
            *_policy_operations(Policies(store)),
            *_tag_operations(Tags(store)),
        ),
    )


def _file_system_operations(noun: FileSystems) -> tuple[Operation[Any], ...]:
    return (
        Operation(
            name="CreateFileSystem",
            request=requests.CreateFileSystem,
            perform=noun.create,
            not_acted_on={
                "PerformanceMode": _ONE_DISK,
                "ThroughputMode": _ONE_DISK,
                "ProvisionedThroughputInMibps": _ONE_DISK,
                "Encrypted": _NO_KMS,
                "KmsKeyId": _NO_KMS,
                "Backup": _NO_BACKUP,
            },
        ),
        Operation(
            name="DescribeFileSystems", request=requests.DescribeFileSystems, perform=noun.describe
        ),
        Operation(
            name="UpdateFileSystem",
            request=requests.UpdateFileSystem,
            perform=noun.update,
            not_acted_on={
                "ThroughputMode": _ONE_DISK,
                "ProvisionedThroughputInMibps": _ONE_DISK,
            },
        ),
        Operation(name="DeleteFileSystem", request=requests.NamedFileSystem, perform=noun.delete),
        Operation(
            name="UpdateFileSystemProtection",
            request=requests.UpdateFileSystemProtection,
            perform=noun.protect,
            not_acted_on={
                "ReplicationOverwriteProtection": "kept and shown; there is no replication here"
            },
        ),
    )


def _mount_target_operations(noun: MountTargets) -> tuple[Operation[Any], ...]:
    return (
        Operation(
            name="CreateMountTarget",
            request=requests.CreateMountTarget,
            perform=noun.create,
            refused={"Ipv6Address": _NO_IPV6},
            refused_by_rule={"IpAddressType": "another one than IPV4_ONLY is refused"},
        ),
        Operation(
            name="DescribeMountTargets",
            request=requests.DescribeMountTargets,
            perform=noun.describe,
        ),
        Operation(name="DeleteMountTarget", request=requests.NamedMountTarget, perform=noun.delete),
        Operation(
            name="DescribeMountTargetSecurityGroups",
            request=requests.NamedMountTarget,
            perform=noun.groups,
        ),
        Operation(
            name="ModifyMountTargetSecurityGroups",
            request=requests.ModifyMountTargetSecurityGroups,
            perform=noun.set_groups,
        ),
    )


def _access_point_operations(noun: AccessPoints) -> tuple[Operation[Any], ...]:
    return (
        Operation(
            name="CreateAccessPoint", request=requests.CreateAccessPoint, perform=noun.create
        ),
        Operation(
            name="DescribeAccessPoints",
            request=requests.DescribeAccessPoints,
            perform=noun.describe,
        ),
        Operation(name="DeleteAccessPoint", request=requests.NamedAccessPoint, perform=noun.delete),
    )


def _policy_operations(noun: Policies) -> tuple[Operation[Any], ...]:
    named = requests.NamedFileSystem
    return (
        Operation(
            name="PutFileSystemPolicy",
            request=requests.PutFileSystemPolicy,
            perform=noun.put_policy,
            not_acted_on={
                "Policy": _NO_POLICY,
                "BypassPolicyLockoutSafetyCheck": "no policy locks anybody out here",
            },
        ),
        Operation(name="DescribeFileSystemPolicy", request=named, perform=noun.describe_policy),
        Operation(name="DeleteFileSystemPolicy", request=named, perform=noun.delete_policy),
        Operation(
            name="PutBackupPolicy",
            request=requests.PutBackupPolicy,
            perform=noun.put_backup,
            not_acted_on={"BackupPolicy.Status": _NO_BACKUP},
        ),
        Operation(name="DescribeBackupPolicy", request=named, perform=noun.describe_backup),
        Operation(
            name="PutLifecycleConfiguration",
            request=requests.PutLifecycleConfiguration,
            perform=noun.put_lifecycle,
            not_acted_on={"LifecyclePolicies": _NO_CLASSES},
        ),
        Operation(
            name="DescribeLifecycleConfiguration", request=named, perform=noun.describe_lifecycle
        ),
        refusing(
            "CreateReplicationConfiguration",
            lambda: BadRequest("Replication is not supported here."),
            _NO_REPLICATION,
        ),
        Operation(
            name="DescribeReplicationConfigurations",
            request=requests.DescribeReplicationConfigurations,
            perform=noun.describe_replications,
        ),
        Operation(
            name="DeleteReplicationConfiguration",
            request=requests.NamedReplication,
            perform=noun.delete_replication,
        ),
        Operation(
            name="DescribeAccountPreferences",
            request=requests.DescribeAccountPreferences,
            perform=noun.describe_preferences,
        ),
        Operation(
            name="PutAccountPreferences",
            request=requests.PutAccountPreferences,
            perform=noun.put_preferences,
        ),
    )


def _tag_operations(noun: Tags) -> tuple[Operation[Any], ...]:
    return (
        Operation(name="TagResource", request=requests.TagResource, perform=noun.tag),
        Operation(name="UntagResource", request=requests.UntagResource, perform=noun.untag),
        Operation(
            name="ListTagsForResource",
            request=requests.ListTagsForResource,
            perform=noun.list_tags,
        ),
        Operation(name="CreateTags", request=requests.CreateTags, perform=noun.create),
        Operation(name="DeleteTags", request=requests.DeleteTags, perform=noun.delete),
        Operation(name="DescribeTags", request=requests.DescribeTags, perform=noun.describe),
    )
