"""What is refused of volumes that are configured at launch, and the tags that theirs get."""

from typing import Any

import pytest

from hostless.domain.arns import TaskDefinitionArn
from hostless.domain.managed_volume_rules import configurations_refusal
from hostless.domain.managed_volumes import (
    EbsTagSpecification,
    ManagedVolume,
    VolumeConfiguration,
    volume_tags,
)
from hostless.domain.tags import Tag
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.volumes import Volume

ROLE = "arn:aws:iam::000000000000:role/ecsInfrastructureRole"


def definition(*launched: str) -> TaskDefinition:
    return TaskDefinition(
        arn=TaskDefinitionArn("arn:aws:ecs:us-east-1:000000000000:task-definition/f:1"),
        family="f",
        revision=1,
        container_definitions=(),
        compatibilities=("FARGATE",),
        registered_at=0.0,
        registered_by="arn:aws:iam::000000000000:user/admin",
        volumes=tuple(Volume(name=name, configured_at_launch=True) for name in launched),
    )


def refusal(*, is_service: bool = False, **members: Any) -> str | None:
    members = {"role_arn": ROLE, "size_in_gib": 10, **members}
    given = VolumeConfiguration(name="v", managed_ebs_volume=ManagedVolume(**members))
    return configurations_refusal(definition("v"), (given,), is_service=is_service)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"size_in_gib": None, "snapshot_id": "snap-12345678"},
        {"volume_type": "gp3", "iops": 3000, "throughput": 1000, "size_in_gib": 1},
        {"volume_type": "io1", "iops": 500},
        {"volume_type": "io2", "iops": 10_000},
        {"volume_type": "st1", "size_in_gib": 125},
        {"snapshot_id": "snap-12345678", "volume_initialization_rate": 300},
        {"filesystem_type": "ext3"},
        {"size_in_gib": 16_384},
    ],
)
def test_what_ebs_has_is_taken(members: dict[str, Any]) -> None:
    assert refusal(**members) is None


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"size_in_gib": None}, "You must specify either a volume size or a snapshot ID."),
    ({"volume_type": "standard"}, "The magnetic volume type is not supported on Fargate."),
    ({"volume_type": "gp9"}, "Value ( gp9 ) for parameter volumeType is invalid."),
    ({"volume_type": "io1", "iops": 100, "size_in_gib": 3}, "minimum is 4GiB."),
    ({"size_in_gib": 16_385}, "maximum is 16384GiB."),
    ({"volume_type": "sc1"}, "minimum is 125GiB."),
    ({"volume_type": "io2"}, "The parameter iops must be specified for io2 volumes."),
    ({"iops": 100}, "The parameter iops is not supported for gp2 volumes."),
    ({"volume_type": "gp3", "iops": 2_999}, "minimum is 3000."),
    ({"volume_type": "gp3", "iops": 16_001}, "maximum is 16000."),
    ({"volume_type": "io1", "iops": 501}, "is too high; maximum is 50."),
    ({"volume_type": "gp3", "throughput": 124}, "minimum is 125."),
    ({"throughput": 125}, "The parameter throughput is not supported for gp2 volumes."),
    ({"volume_initialization_rate": 100}, "only with a snapshotId."),
    ({"kms_key_id": "key", "encrypted": False}, "requires the parameter Encrypted to be set."),
    ({"filesystem_type": "ntfs"}, "The file system type ntfs is not supported on Linux."),
    ({"role_arn": ""}, "roleArn of the managedEBSVolume can not be blank."),
]


@pytest.mark.parametrize(("members", "sentence"), REFUSED, ids=[s for _, s in REFUSED])
def test_what_ebs_has_not_is_refused(members: dict[str, Any], sentence: str) -> None:
    assert (refusal(**members) or "").endswith(sentence)


def test_each_volume_of_the_definition_is_configured_and_no_other() -> None:
    given = VolumeConfiguration(
        name="v", managed_ebs_volume=ManagedVolume(role_arn=ROLE, size_in_gib=1)
    )
    assert configurations_refusal(definition(), (), is_service=True) is None
    assert configurations_refusal(definition(), (given,), is_service=True) == (
        "Volume configuration provided but no matching configuredAtLaunch volume found in task "
        "definition."
    )
    missing = "Volume configuration is missing for the configuredAtLaunch volume 'v'."
    assert configurations_refusal(definition("v"), (), is_service=False) == missing
    bare = VolumeConfiguration(name="v")
    sentence = "managedEBSVolume of the volume 'v' is missing."
    assert configurations_refusal(definition("v"), (bare,), is_service=False) == sentence
    twice = configurations_refusal(definition("v"), (given, given), is_service=False)
    assert twice == "Only one volume can be configured at launch."


def test_reserved_tags_and_tags_of_no_service_are_refused() -> None:
    own = EbsTagSpecification(
        resource_type="volume", tags=(Tag(key="AmazonECSManaged", value="no"),)
    )
    assert (refusal(tag_specifications=(own,)) or "").endswith("that can't be used.")
    service = EbsTagSpecification(resource_type="volume", propagate_tags="SERVICE")
    assert refusal(tag_specifications=(service,)) is not None
    assert refusal(tag_specifications=(service,), is_service=True) is None


def test_tags_come_from_where_they_are_propagated_from_and_what_is_said_counts_more() -> None:
    said = EbsTagSpecification(
        resource_type="volume",
        tags=(Tag(key="a", value="said"),),
        propagate_tags="TASK_DEFINITION",
    )
    volume = ManagedVolume(role_arn=ROLE, tag_specifications=(said,))
    inherited = (Tag(key="a", value="old"), Tag(key="b", value="old"))
    tags = volume_tags(volume, inherited, (Tag(key="c", value="service"),))
    assert [(tag.key, tag.value) for tag in tags] == [("a", "said"), ("b", "old")]
