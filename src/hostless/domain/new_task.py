"""The record of a task that was just asked for.

Used by RunTask and by whatever else asks for tasks; the task controller takes it from there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from hostless.domain.arns import Realm, ServiceArn, SubnetId, VolumeId
from hostless.domain.clusters import Cluster
from hostless.domain.container_definitions import ContainerDefinition
from hostless.domain.fargate_sizes import cpu_units_of, memory_mib_of
from hostless.domain.managed_volumes import VolumeConfiguration, own_volume_tags
from hostless.domain.service_connect import PROXY_IMAGE, TaskConnect
from hostless.domain.tags import Tag
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.task_overrides import every_container_named, overridden
from hostless.domain.tasks import (
    Container,
    ContainerOverride,
    InterfaceAttachment,
    IsolationLevel,
    Placement,
    Task,
    TaskOverride,
    VolumeAttachment,
)
from hostless.kit.clock import Timestamp
from hostless.kit.ids import Ids

DEFAULT_STORAGE_GIB = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How a task is to run, beyond its definition. Everything in it has been checked.

    group: `family:<family>` unless the caller names one. first_subnet: one of the placement's,
    shown until the network interface is made. digests: of images, by container name, where they
    are settled already; the others' tags are resolved when the task pulls. connect: what its
    proxy does, where it gets one. volumes: those that are configured at launch, one at most;
    volume_tags: theirs, without those of ECS.
    """

    group: str
    placement: Placement
    first_subnet: SubnetId
    isolation: IsolationLevel
    cpu_architecture: str
    started_by: str | None = None
    service_arn: ServiceArn | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    capacity_provider_name: str | None = None
    platform_version: str = "1.4.0"
    is_execute_command_enabled: bool = False
    overrides: TaskOverride
    connect: TaskConnect | None = None
    volumes: tuple[VolumeConfiguration, ...] = ()
    volume_tags: tuple[Tag, ...] = ()
    tags: tuple[Tag, ...] = ()


def new_task(
    realm: Realm,
    cluster: Cluster,
    definition: TaskDefinition,
    launch: Launch,
    ids: Ids,
    now: Timestamp,
) -> Task:
    """A task in PROVISIONING with goal RUNNING. The definition is a Fargate one, with sizes."""
    task_id = ids.hex(32)
    runs = overridden(definition, launch.overrides)
    cpu, memory = cpu_units_of(runs.cpu or ""), memory_mib_of(runs.memory or "")
    assert cpu is not None
    assert memory is not None
    storage = runs.ephemeral_storage
    arn = realm.task_arn(cluster.name, task_id)
    return Task(
        arn=arn,
        cluster_arn=cluster.arn,
        definition_arn=definition.arn,
        group=launch.group,
        started_by=launch.started_by,
        service_arn=launch.service_arn,
        capacity_provider_name=launch.capacity_provider_name,
        platform_version=launch.platform_version,
        cpu=cpu,
        memory_mib=memory,
        ephemeral_storage_gib=DEFAULT_STORAGE_GIB if storage is None else storage.size_in_gib,
        cpu_architecture=launch.cpu_architecture,
        isolation=launch.isolation,
        is_execute_command_enabled=launch.is_execute_command_enabled,
        overrides=_named(every_container_named(definition, launch.overrides), launch.connect),
        containers=(
            *_proxies(realm, cluster.name, task_id, launch.connect, ids),
            *(
                _container(realm, cluster.name, task_id, container, ids, launch.digests)
                for container in runs.container_definitions
            ),
        ),
        placement=launch.placement,
        attachment=InterfaceAttachment(
            id=ids.uuid(), status="PRECREATED", subnet_id=launch.first_subnet
        ),
        volume=_volume(arn, launch, ids),
        connect=launch.connect,
        tags=launch.tags,
        created_at=now,
    )


def _volume(arn: str, launch: Launch, ids: Ids) -> VolumeAttachment | None:
    for given in launch.volumes:
        assert given.managed_ebs_volume is not None, "it has been checked"
        return VolumeAttachment(
            id=ids.uuid(),
            status="CREATED",
            volume_name=given.name,
            volume_id=VolumeId(f"vol-{ids.hex(17)}"),
            configuration=given.managed_ebs_volume,
            tags=(*launch.volume_tags, *own_volume_tags(arn)),
        )
    return None


def _named(overrides: TaskOverride, connect: TaskConnect | None) -> TaskOverride:
    """With the proxy, which ECS lists before the containers of the definition, as observed."""
    if connect is None:
        return overrides
    proxy = ContainerOverride(name=connect.container_name)
    return replace(overrides, container_overrides=(proxy, *overrides.container_overrides))


def _proxies(
    realm: Realm, cluster_name: str, task_id: str, connect: TaskConnect | None, ids: Ids
) -> Iterator[Container]:
    if connect is not None:
        yield Container(
            arn=realm.container_arn(cluster_name, task_id, ids.uuid()),
            name=connect.container_name,
            image=PROXY_IMAGE,
        )


def _container(
    realm: Realm,
    cluster_name: str,
    task_id: str,
    container: ContainerDefinition,
    ids: Ids,
    digests: Mapping[str, str],
) -> Container:
    assert container.name is not None
    assert container.image is not None
    return Container(
        arn=realm.container_arn(cluster_name, task_id, ids.uuid()),
        name=container.name,
        image=container.image,
        image_digest=digests.get(container.name),
        essential=container.essential is not False,
        cpu=str(container.cpu or 0),
        memory=None if container.memory is None else str(container.memory),
        memory_reservation=(
            None if container.memory_reservation is None else str(container.memory_reservation)
        ),
    )
