"""File systems, mount targets and access points as EFS shows them."""

from hostless.domain.arns import Realm
from hostless.domain.file_systems import AccessPoint, FileSystem, MountTarget, name_in
from hostless.domain.tags import Tag
from hostless.domain.zones import zone_id


def file_system_view(
    file_system: FileSystem, mount_target_count: int, realm: Realm
) -> dict[str, object]:
    zone = file_system.zone
    return {
        "OwnerId": realm.account_id,
        "CreationToken": file_system.creation_token,
        "FileSystemId": file_system.id,
        "FileSystemArn": file_system.arn,
        "CreationTime": file_system.created_at,
        "LifeCycleState": file_system.state,
        "Name": name_in(file_system.tags),
        "NumberOfMountTargets": mount_target_count,
        "SizeInBytes": {
            "Value": file_system.size_bytes,
            "Timestamp": file_system.size_at,
            "ValueInIA": 0,
            "ValueInStandard": file_system.size_bytes,
            "ValueInArchive": 0,
        },
        "PerformanceMode": file_system.performance_mode,
        "Encrypted": file_system.is_encrypted,
        "KmsKeyId": file_system.kms_key_id,
        "ThroughputMode": file_system.throughput_mode,
        "ProvisionedThroughputInMibps": file_system.provisioned_mibps,
        "AvailabilityZoneName": zone,
        "AvailabilityZoneId": None if zone is None else zone_id(zone, realm),
        "Tags": tags_view(file_system.tags),
        "FileSystemProtection": {
            "ReplicationOverwriteProtection": file_system.overwrite_protection
        },
    }


def mount_target_view(target: MountTarget, realm: Realm) -> dict[str, object]:
    """There is nothing to be made of one: it is available as soon as it is there."""
    return {
        "OwnerId": realm.account_id,
        "MountTargetId": target.id,
        "FileSystemId": target.file_system_id,
        "SubnetId": target.subnet_id,
        "LifeCycleState": "available",
        "IpAddress": target.address,
        "NetworkInterfaceId": target.interface_id,
        "AvailabilityZoneId": zone_id(target.zone, realm),
        "AvailabilityZoneName": target.zone,
        "VpcId": target.vpc_id,
    }


def access_point_view(point: AccessPoint, realm: Realm) -> dict[str, object]:
    return {
        "ClientToken": point.client_token,
        "Name": name_in(point.tags),
        "Tags": tags_view(point.tags),
        "AccessPointId": point.id,
        "AccessPointArn": point.arn,
        "FileSystemId": point.file_system_id,
        "PosixUser": point.posix_user,
        "RootDirectory": {"Path": point.path, "CreationInfo": point.creation},
        "OwnerId": realm.account_id,
        "LifeCycleState": "available",
    }


def tags_view(tags: tuple[Tag, ...]) -> list[dict[str, object]]:
    return [{"Key": tag.key, "Value": tag.value} for tag in tags]
