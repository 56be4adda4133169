"""What ECS refuses of volumes that are configured at launch, on Fargate.

Sources: the members' notes in the ECS model and, for what these map to, EC2's CreateVolume.
Sentences are AWS's own, except where a comment says "our words".
"""

from collections.abc import Iterator, Mapping, Sequence

from hostless.domain.managed_volumes import (
    DEFAULT_VOLUME_TYPE,
    ManagedVolume,
    VolumeConfiguration,
)
from hostless.domain.task_definitions import TaskDefinition

_SIZES: Mapping[str, range] = {
    "gp2": range(1, 16_384 + 1),
    "gp3": range(1, 16_384 + 1),
    "io1": range(4, 16_384 + 1),
    "io2": range(4, 16_384 + 1),
    "st1": range(125, 16_384 + 1),
    "sc1": range(125, 16_384 + 1),
}
_IOPS: Mapping[str, range] = {
    "gp3": range(3_000, 16_000 + 1),
    "io1": range(100, 64_000 + 1),
    "io2": range(100, 256_000 + 1),
}
_MOST_IOPS_A_GIB: Mapping[str, int] = {"gp3": 500, "io1": 50, "io2": 1000}
_LEAST_IOPS_FOR_RATIO = 3_000
_THROUGHPUT = range(125, 1_000 + 1)
_INITIALIZATION_RATE = range(100, 300 + 1)
_FILE_SYSTEMS = ("ext3", "ext4", "xfs")
_RESERVED_TAGS = ("AmazonECSCreated", "AmazonECSManaged")


def configurations_refusal(
    definition: TaskDefinition, given: Sequence[VolumeConfiguration], *, is_service: bool
) -> str | None:
    """Why a launch of the definition's tasks with these is refused; None when it is not."""
    return next(_refusals(definition, given, is_service), None)


def _refusals(
    definition: TaskDefinition, given: Sequence[VolumeConfiguration], is_service: bool
) -> Iterator[str]:
    launched = [volume.name for volume in definition.volumes if volume.configured_at_launch]
    for configuration in given:
        if configuration.name not in launched:
            yield (
                "Volume configuration provided but no matching configuredAtLaunch volume found "
                "in task definition."
            )
        if configuration.managed_ebs_volume is None:
            # our words
            yield f"managedEBSVolume of the volume '{configuration.name}' is missing."
        else:
            yield from _check(configuration.managed_ebs_volume, is_service)
    if len(given) > 1:
        yield "Only one volume can be configured at launch."  # our words
    for name in launched:
        if name not in [configuration.name for configuration in given]:
            # our words
            yield f"Volume configuration is missing for the configuredAtLaunch volume '{name}'."


def _check(volume: ManagedVolume, is_service: bool) -> Iterator[str]:
    if not volume.role_arn:
        yield "roleArn of the managedEBSVolume can not be blank."  # our words
    if volume.size_in_gib is None and not volume.snapshot_id:
        yield "You must specify either a volume size or a snapshot ID."
    kind = volume.volume_type or DEFAULT_VOLUME_TYPE
    if kind == "standard":
        yield "The magnetic volume type is not supported on Fargate."
    elif kind not in _SIZES:
        yield f"Value ( {kind} ) for parameter volumeType is invalid."  # our words
    else:
        yield from _check_size(volume, kind)
        yield from _check_iops(volume, kind)
        yield from _check_throughput(volume, kind)
    if volume.volume_initialization_rate is not None:
        yield from _check_rate(volume, volume.volume_initialization_rate)
    if volume.kms_key_id and volume.encrypted is False:
        # EC2's, of CreateVolume
        yield "The parameter KmsKeyId requires the parameter Encrypted to be set."
    if volume.file_system not in _FILE_SYSTEMS:
        # our words
        yield f"The file system type {volume.file_system} is not supported on Linux."
    yield from _check_tags(volume, is_service)


def _check_size(volume: ManagedVolume, kind: str) -> Iterator[str]:
    size, sizes = volume.size_in_gib, _SIZES[kind]
    if size is None:
        return
    if size < sizes.start:
        yield (
            f"Volume of {size}GiB is too small for volume type {kind}; minimum is {sizes.start}GiB."
        )
    elif size >= sizes.stop:
        yield (
            f"Volume of {size}GiB is too large for volume type {kind}; "
            f"maximum is {sizes.stop - 1}GiB."
        )


def _check_iops(volume: ManagedVolume, kind: str) -> Iterator[str]:
    iops = volume.iops
    if iops is None:
        if kind in ("io1", "io2"):
            yield f"The parameter iops must be specified for {kind} volumes."
        return
    if kind not in _IOPS:
        yield f"The parameter iops is not supported for {kind} volumes."
        return
    allowed, most = _IOPS[kind], _MOST_IOPS_A_GIB[kind]
    if iops < allowed.start:
        yield f"Volume iops of {iops} is too low; minimum is {allowed.start}."
    if iops >= allowed.stop:
        yield f"Volume iops of {iops} is too high; maximum is {allowed.stop - 1}."
    size = volume.size_in_gib
    if size is not None and iops > max(most * size, _floor_of(kind)):
        yield f"Iops to volume size ratio of {iops / size:f} is too high; maximum is {most}."


def _floor_of(kind: str) -> int:
    """gp3 has that many whatever its size."""
    return _LEAST_IOPS_FOR_RATIO if kind == "gp3" else 0


def _check_throughput(volume: ManagedVolume, kind: str) -> Iterator[str]:
    throughput = volume.throughput
    if throughput is None:
        return
    if kind != "gp3":
        yield f"The parameter throughput is not supported for {kind} volumes."
    elif throughput < _THROUGHPUT.start:
        yield f"Volume throughput of {throughput} is too low; minimum is {_THROUGHPUT.start}."
    elif throughput >= _THROUGHPUT.stop:
        yield f"Volume throughput of {throughput} is too high; maximum is {_THROUGHPUT.stop - 1}."


def _check_rate(volume: ManagedVolume, rate: int) -> Iterator[str]:
    if not volume.snapshot_id:
        # our words, after the model's
        yield "volumeInitializationRate can be specified only with a snapshotId."
    if rate not in _INITIALIZATION_RATE:
        # our words, after the EBS user guide's
        yield "volumeInitializationRate must be between 100 and 300 MiB/s."


def _check_tags(volume: ManagedVolume, is_service: bool) -> Iterator[str]:
    for specification in volume.tag_specifications:
        if specification.propagate_tags == "SERVICE" and not is_service:
            # our words, after the model's
            yield "Tags can only propagate from a SERVICE to the volumes of its tasks."
        for tag in specification.tags:
            if tag.key in _RESERVED_TAGS:
                yield "AmazonECSCreated and AmazonECSManaged are reserved tags that can't be used."
