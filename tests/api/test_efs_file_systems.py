"""File systems, their mount targets and access points through a real client."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.api_world import World
from tests.support.client import LoopThread

from hostless.store.kinds import ACCESS_POINTS, FILE_SYSTEMS, MOUNT_TARGETS, NETWORK_INTERFACES

ARN = "arn:aws:elasticfilesystem:us-east-1:000000000000:"
NOBODY_AT_ALL = (1 << 32) - 1


@pytest.fixture
def file_system(efs: Any, world: World, portal: LoopThread) -> str:
    """The id of one that is available."""
    return let_available(efs.create_file_system(CreationToken="one"), world, portal)


def let_available(made: Any, world: World, portal: LoopThread) -> str:
    id_ = str(made["FileSystemId"])

    async def change() -> None:
        await world.store.update(FILE_SYSTEMS, id_, lambda f: replace(f, state="available"), "test")

    portal.run(change())
    return id_


def refused(call: Any, **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**members)
    response = caught.value.response
    assert response["ErrorCode"] == response["Error"]["Code"]
    return response["Error"]["Code"], response["Error"]["Message"]


def test_a_new_file_system_is_creating_and_shown_as_it_was_asked_for(efs: Any) -> None:
    made = efs.create_file_system(
        CreationToken="t",
        PerformanceMode="generalPurpose",
        ThroughputMode="provisioned",
        ProvisionedThroughputInMibps=12.5,
        Encrypted=True,
        Backup=True,
        Tags=[{"Key": "Name", "Value": "data"}],
    )
    made.pop("ResponseMetadata")
    id_ = made["FileSystemId"]
    assert made == {
        "OwnerId": "000000000000",
        "CreationToken": "t",
        "FileSystemId": id_,
        "FileSystemArn": f"{ARN}file-system/{id_}",
        "CreationTime": made["CreationTime"],
        "LifeCycleState": "creating",
        "Name": "data",
        "NumberOfMountTargets": 0,
        "SizeInBytes": {"Value": 0, "ValueInIA": 0, "ValueInStandard": 0, "ValueInArchive": 0},
        "PerformanceMode": "generalPurpose",
        "Encrypted": True,
        "ThroughputMode": "provisioned",
        "ProvisionedThroughputInMibps": 12.5,
        "Tags": [{"Key": "Name", "Value": "data"}],
        "FileSystemProtection": {"ReplicationOverwriteProtection": "ENABLED"},
    }
    assert efs.describe_file_systems(FileSystemId=id_)["FileSystems"] == [made]
    assert efs.describe_file_systems(CreationToken="t")["FileSystems"] == [made]
    assert efs.describe_file_systems(CreationToken="other")["FileSystems"] == []
    assert efs.describe_backup_policy(FileSystemId=id_)["BackupPolicy"] == {"Status": "ENABLED"}


def test_a_creation_token_makes_one_file_system(efs: Any, file_system: str) -> None:
    with pytest.raises(efs.exceptions.FileSystemAlreadyExists) as caught:
        efs.create_file_system(CreationToken="one")
    assert caught.value.response["FileSystemId"] == file_system
    assert caught.value.response["Error"]["Message"] == (
        f"File system '{file_system}' already exists with creation token 'one'"
    )


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"ThroughputMode": "provisioned"}, "BadRequest"),
        ({"ProvisionedThroughputInMibps": 3.0}, "BadRequest"),
        ({"KmsKeyId": "alias/a"}, "BadRequest"),
        ({"PerformanceMode": "maxIO", "ThroughputMode": "elastic"}, "BadRequest"),
        ({"AvailabilityZoneName": "us-east-1z"}, "UnsupportedAvailabilityZone"),
        ({"AvailabilityZoneName": "us-east-1a", "PerformanceMode": "maxIO"}, "BadRequest"),
    ],
)
def test_what_no_file_system_can_be_is_refused(
    efs: Any, world: World, members: dict[str, Any], code: str
) -> None:
    assert refused(efs.create_file_system, CreationToken="t", **members)[0] == code
    assert not list(world.store.all(FILE_SYSTEMS))


def test_pages_of_file_systems_follow_each_other(efs: Any) -> None:
    made = {efs.create_file_system(CreationToken=f"t{n}")["FileSystemId"] for n in range(5)}
    pages = list(
        efs.get_paginator("describe_file_systems").paginate(PaginationConfig={"PageSize": 2})
    )
    assert [len(page["FileSystems"]) for page in pages] == [2, 2, 1]
    assert {each["FileSystemId"] for page in pages for each in page["FileSystems"]} == made
    assert refused(efs.describe_file_systems, Marker="x")[0] == "BadRequest"


def test_throughput_can_be_changed(efs: Any, file_system: str) -> None:
    changed = efs.update_file_system(FileSystemId=file_system, ThroughputMode="elastic")
    assert changed["ThroughputMode"] == "elastic"
    code, _ = refused(
        efs.update_file_system, FileSystemId=file_system, ProvisionedThroughputInMibps=3.0
    )
    assert code == "BadRequest"
    arn = f"{ARN}file-system/{file_system}"
    changed = efs.update_file_system(
        FileSystemId=arn, ThroughputMode="provisioned", ProvisionedThroughputInMibps=3.0
    )
    assert changed["ProvisionedThroughputInMibps"] == 3.0


def test_throughput_becomes_elastic_only_where_it_may_be_made_so(
    efs: Any, world: World, portal: LoopThread
) -> None:
    answer = efs.create_file_system(CreationToken="io", PerformanceMode="maxIO")
    made = let_available(answer, world, portal)
    code, _ = refused(efs.update_file_system, FileSystemId=made, ThroughputMode="elastic")
    assert code == "BadRequest"
    (kept,) = efs.describe_file_systems(FileSystemId=made)["FileSystems"]
    assert kept["ThroughputMode"] == "bursting"


def test_a_file_system_with_a_mount_target_is_not_deleted(
    efs: Any, ec2: Any, world: World, file_system: str
) -> None:
    subnet = world.network.subnets[0]
    target = efs.create_mount_target(FileSystemId=file_system, SubnetId=subnet.id)
    assert target["AvailabilityZoneName"] == subnet.zone
    assert target["LifeCycleState"] == "available"
    (interface,) = ec2.describe_network_interfaces(
        NetworkInterfaceIds=[target["NetworkInterfaceId"]]
    )["NetworkInterfaces"]
    assert interface["PrivateIpAddress"] == target["IpAddress"]
    assert interface["Description"] == (
        f"EFS mount target for {file_system} ({target['MountTargetId']})"
    )
    shown = efs.describe_file_systems(FileSystemId=file_system)["FileSystems"][0]
    assert shown["NumberOfMountTargets"] == 1
    assert refused(efs.delete_file_system, FileSystemId=file_system) == (
        "FileSystemInUse",
        f"The file system '{file_system}' cannot be deleted because it has mount targets. "
        "You must delete the mount targets, and then try again.",
    )
    efs.delete_mount_target(MountTargetId=target["MountTargetId"])
    assert not list(world.store.all(NETWORK_INTERFACES))
    point = efs.create_access_point(FileSystemId=file_system, ClientToken="p")
    efs.delete_file_system(FileSystemId=file_system)
    assert world.store.get(ACCESS_POINTS, point["AccessPointId"]) is None
    shown = efs.describe_file_systems(FileSystemId=file_system)["FileSystems"][0]
    assert shown["LifeCycleState"] == "deleting"


def test_a_zone_has_one_mount_target(efs: Any, world: World, file_system: str) -> None:
    first, second, _ = world.network.subnets
    efs.create_mount_target(FileSystemId=file_system, SubnetId=first.id)
    assert refused(efs.create_mount_target, FileSystemId=file_system, SubnetId=first.id) == (
        "MountTargetConflict",
        "mount target already exists in this AZ",
    )
    efs.create_mount_target(FileSystemId=file_system, SubnetId=second.id)
    found = efs.describe_mount_targets(FileSystemId=file_system)["MountTargets"]
    assert {each["SubnetId"] for each in found} == {first.id, second.id}


def test_all_mount_targets_are_in_one_vpc(
    efs: Any, ec2: Any, world: World, file_system: str
) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    other = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone="us-east-1c")[
        "Subnet"
    ]["SubnetId"]
    efs.create_mount_target(FileSystemId=file_system, SubnetId=world.network.subnets[0].id)
    code, message = refused(efs.create_mount_target, FileSystemId=file_system, SubnetId=other)
    assert code == "MountTargetConflict"
    assert message.startswith("requested subnet for new mount target is not in the same VPC")


def test_an_address_can_be_asked_for(efs: Any, world: World, file_system: str) -> None:
    first, second, _ = world.network.subnets
    members = {"FileSystemId": file_system, "SubnetId": first.id}
    assert refused(efs.create_mount_target, IpAddress="10.0.0.9", **members) == (
        "BadRequest",
        "Address does not fall within the subnet's address range",
    )
    wanted = first.cidr_block.replace(".0/20", ".77")
    assert efs.create_mount_target(IpAddress=wanted, **members)["IpAddress"] == wanted
    members = {"FileSystemId": file_system, "SubnetId": second.id}
    assert refused(efs.create_mount_target, IpAddressType="DUAL_STACK", **members)[0] == (
        "BadRequest"
    )


def test_security_groups_of_a_mount_target_are_its_interfaces(
    efs: Any, ec2: Any, world: World, file_system: str
) -> None:
    group = ec2.create_security_group(GroupName="nfs", Description="nfs")["GroupId"]
    subnet = world.network.subnets[0].id
    target = efs.create_mount_target(FileSystemId=file_system, SubnetId=subnet)
    named = {"MountTargetId": target["MountTargetId"]}
    (default,) = efs.describe_mount_target_security_groups(**named)["SecurityGroups"]
    efs.modify_mount_target_security_groups(SecurityGroups=[group], **named)
    assert efs.describe_mount_target_security_groups(**named)["SecurityGroups"] == [group]
    found = ec2.describe_network_interfaces(Filters=[{"Name": "group-id", "Values": [group]}])[
        "NetworkInterfaces"
    ]
    assert [each["NetworkInterfaceId"] for each in found] == [target["NetworkInterfaceId"]]
    missing = "sg-0123456789abcdef0"
    assert refused(efs.modify_mount_target_security_groups, SecurityGroups=[missing], **named) == (
        "SecurityGroupNotFound",
        f"The SecurityGroup ID '{missing}' does not exist",
    )
    efs.modify_mount_target_security_groups(**named)
    assert efs.describe_mount_target_security_groups(**named)["SecurityGroups"] == [default]


def test_a_one_zone_file_system_has_its_mount_target_there(
    efs: Any, world: World, portal: LoopThread
) -> None:
    made = efs.create_file_system(CreationToken="z", AvailabilityZoneName="us-east-1b")
    assert made["AvailabilityZoneId"] == "use1-az2"
    id_ = made["FileSystemId"]
    subnets = {subnet.zone: subnet.id for subnet in world.network.subnets}
    early = refused(efs.create_mount_target, FileSystemId=id_, SubnetId=subnets["us-east-1a"])
    assert early[0] == "IncorrectFileSystemLifeCycleState"

    async def let_available() -> None:
        await world.store.update(FILE_SYSTEMS, id_, lambda f: replace(f, state="available"), "test")

    portal.run(let_available())
    there = refused(efs.create_mount_target, FileSystemId=id_, SubnetId=subnets["us-east-1a"])
    assert there[0] == "AvailabilityZonesMismatch"
    efs.create_mount_target(FileSystemId=id_, SubnetId=subnets["us-east-1b"])


def test_an_access_point_is_shown_as_it_was_asked_for(efs: Any, file_system: str) -> None:
    user = {"Uid": 1000, "Gid": 1001, "SecondaryGids": [7, 8]}
    root = {
        "Path": "/app/data",
        "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 1001, "Permissions": "0750"},
    }
    members = {"FileSystemId": file_system, "PosixUser": user, "RootDirectory": root}
    made = efs.create_access_point(ClientToken="p", **members)
    id_ = made["AccessPointId"]
    assert made["AccessPointArn"] == f"{ARN}access-point/{id_}"
    assert (made["PosixUser"], made["RootDirectory"]) == (user, root)
    assert made["LifeCycleState"] == "available"
    found = efs.describe_access_points(FileSystemId=file_system)["AccessPoints"]
    assert [each["AccessPointId"] for each in found] == [id_]
    with pytest.raises(efs.exceptions.AccessPointAlreadyExists) as caught:
        efs.create_access_point(ClientToken="p", **members)
    assert caught.value.response["AccessPointId"] == id_
    plain = efs.create_access_point(ClientToken="q", FileSystemId=file_system)
    assert plain["RootDirectory"] == {"Path": "/"}
    assert "PosixUser" not in plain
    efs.delete_access_point(AccessPointId=made["AccessPointArn"])
    assert refused(efs.describe_access_points, AccessPointId=id_) == (
        "AccessPointNotFound",
        f"Access Point '{id_}' does not exist.",
    )


@pytest.mark.parametrize(
    "given",
    [
        {"PosixUser": {"Uid": NOBODY_AT_ALL, "Gid": 1}},
        {"PosixUser": {"Uid": 1, "Gid": NOBODY_AT_ALL}},
        {"PosixUser": {"Uid": 1, "Gid": 1, "SecondaryGids": [2, NOBODY_AT_ALL]}},
        {
            "RootDirectory": {
                "Path": "/a",
                "CreationInfo": {"OwnerUid": NOBODY_AT_ALL, "OwnerGid": 1, "Permissions": "755"},
            }
        },
    ],
)
def test_a_number_that_linux_has_no_user_for_is_refused(
    efs: Any, file_system: str, given: dict[str, Any]
) -> None:
    code, _ = refused(efs.create_access_point, ClientToken="p", FileSystemId=file_system, **given)
    assert code == "BadRequest"
    assert efs.describe_access_points(FileSystemId=file_system)["AccessPoints"] == []


def test_mount_targets_are_found_by_one_thing_at_a_time(efs: Any, file_system: str) -> None:
    point = efs.create_access_point(ClientToken="p", FileSystemId=file_system)["AccessPointId"]
    assert efs.describe_mount_targets(AccessPointId=point)["MountTargets"] == []
    assert refused(efs.describe_mount_targets)[0] == "BadRequest"
    assert refused(efs.describe_mount_targets, MountTargetId="fsmt-01234567")[0] == (
        "MountTargetNotFound"
    )


def test_what_is_not_there_is_told_by_its_name(efs: Any, world: World) -> None:
    gone = "fs-0123456789abcdef0"
    assert refused(efs.describe_file_systems, FileSystemId=gone) == (
        "FileSystemNotFound",
        f"File system '{gone}' does not exist.",
    )
    for call in (efs.delete_file_system, efs.update_file_system, efs.describe_backup_policy):
        assert refused(call, FileSystemId=gone)[0] == "FileSystemNotFound"
    assert refused(efs.create_access_point, ClientToken="t", FileSystemId=gone)[0] == (
        "FileSystemNotFound"
    )
    assert not list(world.store.all(MOUNT_TARGETS))


def test_tags_of_file_systems_and_access_points(efs: Any, file_system: str) -> None:
    point = efs.create_access_point(ClientToken="p", FileSystemId=file_system)["AccessPointId"]
    for id_ in (file_system, point):
        tags = [{"Key": "a", "Value": "1"}, {"Key": "Name", "Value": "n"}]
        efs.tag_resource(ResourceId=id_, Tags=tags)
        efs.untag_resource(ResourceId=id_, TagKeys=["a"])
        assert efs.list_tags_for_resource(ResourceId=id_)["Tags"] == tags[1:]
    assert efs.describe_access_points(AccessPointId=point)["AccessPoints"][0]["Name"] == "n"
    efs.create_tags(FileSystemId=file_system, Tags=[{"Key": "b", "Value": "2"}])
    efs.delete_tags(FileSystemId=file_system, TagKeys=["Name"])
    found = efs.describe_tags(FileSystemId=file_system)["Tags"]
    assert found == [{"Key": "b", "Value": "2"}]


def test_policies_are_kept_and_shown(efs: Any, file_system: str) -> None:
    named = {"FileSystemId": file_system}
    assert refused(efs.describe_file_system_policy, **named)[0] == "PolicyNotFound"
    assert refused(efs.put_file_system_policy, Policy="{", **named)[0] == "InvalidPolicyException"
    policy = '{"Version": "2012-10-17", "Statement": []}'
    efs.put_file_system_policy(Policy=policy, **named)
    assert efs.describe_file_system_policy(**named)["Policy"] == policy
    efs.delete_file_system_policy(**named)
    assert refused(efs.describe_file_system_policy, **named)[0] == "PolicyNotFound"
    assert refused(efs.describe_backup_policy, **named)[0] == "PolicyNotFound"
    efs.put_backup_policy(BackupPolicy={"Status": "DISABLED"}, **named)
    assert efs.describe_backup_policy(**named)["BackupPolicy"] == {"Status": "DISABLED"}
    policies = [{"TransitionToIA": "AFTER_30_DAYS"}, {"TransitionToArchive": "AFTER_90_DAYS"}]
    efs.put_lifecycle_configuration(LifecyclePolicies=policies, **named)
    assert efs.describe_lifecycle_configuration(**named)["LifecyclePolicies"] == policies
    code, _ = refused(
        efs.put_lifecycle_configuration, LifecyclePolicies=[policies[0] | policies[1]], **named
    )
    assert code == "BadRequest"


def test_there_is_no_replication(efs: Any, file_system: str) -> None:
    named = {"SourceFileSystemId": file_system}
    code, _ = refused(
        efs.create_replication_configuration, Destinations=[{"Region": "us-west-2"}], **named
    )
    assert code == "BadRequest"
    assert efs.describe_replication_configurations()["Replications"] == []
    assert refused(efs.delete_replication_configuration, **named)[0] == "ReplicationNotFound"
