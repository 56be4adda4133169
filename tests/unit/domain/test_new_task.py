"""The record of a task that was just asked for."""

import random
from dataclasses import replace

from hostless.domain.arns import NamespaceId, Realm, SubnetId, TaskDefinitionArn
from hostless.domain.clusters import Cluster
from hostless.domain.container_definitions import ContainerDefinition
from hostless.domain.new_task import Launch, new_task
from hostless.domain.service_connect import PROXY_IMAGE, TaskConnect
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import ContainerOverride, Placement, Task, TaskOverride
from hostless.domain.volumes import EphemeralStorage
from hostless.kit.ids import Ids

REALM = Realm()


CONNECT = TaskConnect(
    container_name="ecs-service-connect-abcde", namespace_id=NamespaceId("ns-1"), namespace="shop"
)


def make(
    overrides: TaskOverride = TaskOverride(),  # noqa: B008
    seed: int = 1,
    connect: TaskConnect | None = None,
) -> Task:
    definition = TaskDefinition(
        arn=TaskDefinitionArn("arn"),
        family="web",
        revision=1,
        container_definitions=(
            ContainerDefinition(name="app", image="busybox:1", cpu=10, memory=64),
            ContainerDefinition(name="side", image="busybox:2", essential=False),
        ),
        cpu="256",
        memory="512",
        ephemeral_storage=EphemeralStorage(size_in_gib=25),
        registered_at=0.0,
        registered_by="test",
    )
    launch = Launch(
        group="family:web",
        placement=Placement(subnets=(SubnetId("subnet-1"),), security_groups=()),
        first_subnet=SubnetId("subnet-1"),
        isolation="container",
        cpu_architecture="X86_64",
        overrides=overrides,
        connect=connect,
    )
    cluster = Cluster(arn=REALM.cluster_arn("default"), name="default", created_at=0.0)
    return new_task(REALM, cluster, definition, launch, Ids(random.Random(seed)), 5.0)


def test_it_waits_to_be_provisioned_with_the_definitions_sizes() -> None:
    task = make()
    assert (task.goal, task.status, task.created_at) == ("RUNNING", "PROVISIONING", 5.0)
    assert (task.cpu, task.memory_mib, task.ephemeral_storage_gib) == (256, 512, 25)
    assert [(c.name, c.essential, c.cpu, c.memory) for c in task.containers] == [
        ("app", True, "10", "64"),
        ("side", False, "0", None),
    ]
    assert task.attachment.status == "PRECREATED"
    assert task.zone is None


def test_overrides_change_sizes_and_name_every_container() -> None:
    task = make(
        TaskOverride(
            cpu="1 vCPU",
            memory="2 GB",
            ephemeral_storage=EphemeralStorage(size_in_gib=30),
            container_overrides=(ContainerOverride(name="side", cpu=7, memory=70),),
        )
    )
    assert (task.cpu, task.memory_mib, task.ephemeral_storage_gib) == (1024, 2048, 30)
    assert [item.name for item in task.overrides.container_overrides] == ["app", "side"]
    assert [(c.cpu, c.memory) for c in task.containers] == [("10", "64"), ("7", "70")]


def test_ids_come_from_outside() -> None:
    assert make(seed=1) == make(seed=1)
    assert make(seed=1).arn != make(seed=2).arn


def test_a_proxy_is_its_first_container_and_is_not_asked_how_healthy_it_is() -> None:
    task = make(connect=CONNECT)
    proxy, app, side = task.containers
    assert (proxy.name, proxy.image, proxy.essential) == (CONNECT.container_name, PROXY_IMAGE, True)
    assert [item.name for item in task.overrides.container_overrides] == [
        proxy.name,
        app.name,
        side.name,
    ]
    healthy = replace(task, containers=(proxy, replace(app, health="HEALTHY"), side))
    assert (task.health, healthy.health) == ("UNKNOWN", "HEALTHY")
    assert task.is_proxy(proxy)
    assert not task.is_proxy(app)
