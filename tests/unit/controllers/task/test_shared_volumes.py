"""Which EFS volumes a task's backend is to mount, read from records, and why it cannot."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.api_world import World, fargate_definition

from hostless.compute.shared_volumes import SharedVolume
from hostless.controllers.task.shared_volumes import SharedVolumes, shared_volumes_of
from hostless.domain.arns import NetworkInterfaceId
from hostless.domain.network import NetworkInterface
from hostless.domain.volumes import EFSAuthorizationConfig, EFSVolumeConfiguration, Volume
from hostless.store.kinds import FILE_SYSTEMS, NETWORK_INTERFACES, TASK_DEFINITIONS, TASKS


class Scene:
    """A file system with a mount target in the first zone, and a task that is to start there."""

    def __init__(self) -> None:
        self.world = World()

    async def open(self) -> "Scene":
        world = await self.world.open()
        self.id = (await self.ask("CreateFileSystem", creation_token="t"))["FileSystemId"]
        await self.set_state("available")
        subnet = world.network.subnets[0].id
        made = await self.ask("CreateMountTarget", file_system_id=self.id, subnet_id=subnet)
        self.target = made["MountTargetId"]
        await world.call("CreateCluster")
        await world.call("RegisterTaskDefinition", **fargate_definition())
        place = world.network_configuration()
        runs = {"task_definition": "web", "launch_type": "FARGATE"}
        await world.call("RunTask", network_configuration=place, **runs)
        return self

    async def ask(self, operation: str, **members: Any) -> Any:
        return await self.world.perform("efs", operation, members)

    async def set_state(self, state: str) -> None:
        store = self.world.store
        await store.update(FILE_SYSTEMS, self.id, lambda f: replace(f, state=state), "test")

    def interface(self, zone: int) -> NetworkInterface:
        """As the task is to have it; in the default group, as the mount target is."""
        (theirs,) = self.world.store.all(NETWORK_INTERFACES)
        subnet = self.world.network.subnets[zone]
        return replace(
            theirs,
            id=NetworkInterfaceId("eni-1"),
            kind="task",
            owner=None,
            address=subnet.cidr_block.rpartition(".")[0] + ".99",
            subnet_id=subnet.id,
            zone=subnet.zone,
        )

    def found(self, interface: NetworkInterface | None = None, **efs: Any) -> SharedVolumes:
        store = self.world.store
        (task,) = store.all(TASKS)
        definition = store.get(TASK_DEFINITIONS, task.definition_arn)
        assert definition is not None
        configuration = EFSVolumeConfiguration(file_system_id=self.id, **efs)
        volume = Volume(name="v", efs_volume_configuration=configuration)
        with_volume = replace(definition, volumes=(Volume(name="own"), volume))
        return shared_volumes_of(store, task, with_volume, interface or self.interface(0))


async def test_a_volume_is_a_folder_of_its_file_system() -> None:
    scene = await Scene().open()
    name = f"{scene.id}.efs.us-east-1.amazonaws.com"
    assert scene.found(root_directory="/a") == SharedVolumes(
        volumes=(SharedVolume(volume="v", file_system=scene.id, path="/a", server=name),)
    )


async def test_an_access_point_says_which_folder_and_who() -> None:
    scene = await Scene().open()
    creation = {"owner_uid": 1, "owner_gid": 2, "permissions": "0700"}
    made = await scene.ask(
        "CreateAccessPoint",
        client_token="p",
        file_system_id=scene.id,
        posix_user={"uid": 1, "gid": 2},
        root_directory={"path": "/app", "creation_info": creation},
    )
    access = EFSAuthorizationConfig(access_point_id=made["AccessPointId"])
    efs = {"transit_encryption": "ENABLED", "authorization_config": access}
    (shared,) = scene.found(**efs).volumes
    assert (shared.path, shared.server, shared.is_access_point) == ("/app", "127.0.0.1", True)
    assert shared.posix_user is not None
    assert shared.creation is not None
    assert (shared.posix_user.uid, shared.creation.permissions) == (1, "0700")
    await scene.ask("DeleteAccessPoint", access_point_id=made["AccessPointId"])
    assert "access denied by server" in (scene.found(**efs).refusal or "")


@pytest.mark.parametrize("state", ["creating", "deleting"])
async def test_a_file_system_that_is_not_available_is_not_found(state: str) -> None:
    scene = await Scene().open()
    await scene.set_state(state)
    assert "Failed to resolve" in (scene.found().refusal or "")


async def test_another_zone_has_a_mount_target_of_its_own() -> None:
    scene = await Scene().open()
    assert "Failed to resolve" in (scene.found(scene.interface(1)).refusal or "")


async def test_security_groups_are_asked_while_the_task_starts_and_not_later() -> None:
    scene = await Scene().open()
    world, before = scene.world, scene.interface(0)
    made = await world.call("CreateSecurityGroup", "ec2", group_name="g", description="d")
    closed = {"mount_target_id": scene.target, "security_groups": [made["GroupId"]]}
    await scene.ask("ModifyMountTargetSecurityGroups", **closed)
    assert "Connection timed out" in (scene.found(before).refusal or "")
    (task,) = world.store.all(TASKS)
    await world.set_task(task.arn, status="RUNNING")
    assert scene.found(before).volumes
