"""Tasks of a service are in Cloud Map while they run, whenever the engine dies."""

import asyncio
from collections.abc import Callable
from typing import Any

from hostless.compute.simulated.behaviour import Simulation
from hostless.domain.service_discovery import DiscoveryInstance
from hostless.domain.settings import Settings
from hostless.kit.simulated_time import run_simulated
from hostless.simulation.control_plane import ControlPlane
from hostless.simulation.machine import Watching, machine_of
from hostless.store.kinds import DISCOVERY_INSTANCES, TASKS, VPCS

MAP = "servicediscovery"


class Nobody(Watching):
    def saw(self, *_: Any) -> None:
        return None

    def lost(self, *_: Any) -> None:
        return None


async def furnish(plane: ControlPlane) -> str:
    """A service with one registry; the id of what it is registered with."""
    vpc = next(iter(plane.store.all(VPCS))).id
    await plane.call("CreatePrivateDnsNamespace", {"name": "app.local", "vpc": vpc}, MAP)
    namespace = (await plane.call("ListNamespaces", {}, MAP))["Namespaces"][0]["Id"]
    members = {
        "name": "web",
        "namespace_id": namespace,
        "dns_config": {"dns_records": [{"type": "A", "ttl": 10}]},
        "health_check_custom_config": {},
    }
    registry = (await plane.call("CreateService", members, MAP))["Service"]
    await plane.call("CreateCluster", {})
    await plane.call(
        "RegisterTaskDefinition",
        {
            "family": "web",
            "requires_compatibilities": ["FARGATE"],
            "network_mode": "awsvpc",
            "cpu": "256",
            "memory": "512",
            "container_definitions": [{"name": "app", "image": "busybox:1"}],
        },
    )
    subnets = [subnet.id for subnet in plane.subnets]
    await plane.call(
        "CreateService",
        {
            "service_name": "web",
            "task_definition": "web",
            "desired_count": 3,
            "launch_type": "FARGATE",
            "network_configuration": {"awsvpc_configuration": {"subnets": subnets}},
            "service_registries": [{"registry_arn": registry["Arn"]}],
        },
    )
    return str(registry["Id"])


def registered(plane: ControlPlane) -> dict[str, DiscoveryInstance]:
    return {each.id: each for each in plane.store.all(DISCOVERY_INSTANCES)}


def running(plane: ControlPlane) -> set[str]:
    return {task.id for task in plane.store.all(TASKS) if task.status == "RUNNING"}


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(600):
        while not is_so():
            await asyncio.sleep(0.1)


def addresses(plane: ControlPlane) -> set[str]:
    zones = plane.machine.fabric.zones
    found = zones[0].names.get("web.app.local", ()) if zones else ()
    return set(found[0].values) if found else set()


async def played() -> None:
    settings = Settings(state_dir="/nowhere", backend="simulated", over_commit=1.0)
    machine = machine_of(Simulation(seed=3), Nobody())
    async with asyncio.TaskGroup() as group:
        plane = ControlPlane(machine, settings, group)
        await plane.start()
        await furnish(plane)
        await until(lambda: len(running(plane)) == 3)
        await until(lambda: registered(plane).keys() == running(plane))
        tasks = {task.id: task for task in plane.store.all(TASKS)}
        for id_, instance in registered(plane).items():
            assert instance.attributes == {
                "AWS_INSTANCE_IPV4": tasks[id_].attachment.address,
                "ECS_CLUSTER_NAME": "default",
                "ECS_SERVICE_NAME": "web",
                "ECS_TASK_DEFINITION_FAMILY": "web",
                "REGION": "us-east-1",
                "AVAILABILITY_ZONE": tasks[id_].zone,
                "AWS_INIT_HEALTH_STATUS": "HEALTHY",
            }
        await until(lambda: len(addresses(plane)) == 3)
        stopped = next(iter(running(plane)))
        await plane.call("StopTask", {"task": stopped})
        await plane.die()
        await plane.start()
        await until(lambda: stopped not in registered(plane))
        await until(lambda: len(running(plane)) == 3 and len(addresses(plane)) == 3)
        assert registered(plane).keys() == running(plane)
        await plane.call("UpdateService", {"service": "web", "desired_count": 0})
        await until(lambda: registered(plane) == {} and addresses(plane) == set())
        await plane.die()


def test_tasks_are_in_cloud_map_while_they_run_whenever_the_engine_dies() -> None:
    run_simulated(played())
