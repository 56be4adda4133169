"""What is registered through the API is what the fabric's zones answer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from tests.support.api_world import World

from hostless.controllers.names.controller import NameController, Zones
from hostless.domain.private_names import AnswerZone
from hostless.network.simulated.fabric import SimulatedFabric


@contextlib.asynccontextmanager
async def following(world: World, fabric: SimulatedFabric) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        working = group.create_task(NameController(world.store, fabric).run())
        yield
        working.cancel()


async def until(fabric: SimulatedFabric, is_so: Callable[[tuple[AnswerZone, ...]], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_so(fabric.zones):
            await asyncio.sleep(0)


async def ask(world: World, operation: str, /, **members: Any) -> Any:
    return await world.perform("servicediscovery", operation, members)


async def a_web_service(world: World) -> str:
    """Its id; in the namespace `app.local`."""
    vpc = world.network.vpc.id
    await ask(world, "CreatePrivateDnsNamespace", name="app.local", vpc=vpc)
    namespace = (await ask(world, "ListNamespaces"))["Namespaces"][0]["Id"]
    dns = {"dns_records": [{"type": "A", "ttl": 60}]}
    made = await ask(
        world,
        "CreateService",
        name="web",
        namespace_id=namespace,
        dns_config=dns,
        health_check_custom_config={},
    )
    return str(made["Service"]["Id"])


def addresses(zones: tuple[AnswerZone, ...]) -> tuple[str, ...]:
    found = zones[0].names.get("web.app.local", ()) if zones else ()
    return found[0].values if found else ()


async def test_the_fabric_answers_what_is_registered_and_healthy() -> None:
    world, fabric = await World().open(), SimulatedFabric()
    async with following(world, fabric):
        service = await a_web_service(world)
        await until(fabric, lambda zones: len(zones) == 1)
        for number in (1, 2):
            attributes = {"AWS_INSTANCE_IPV4": f"10.0.0.{number}"}
            members = {"service_id": service, "instance_id": f"i{number}"}
            await ask(world, "RegisterInstance", **members, attributes=attributes)
        await until(fabric, lambda zones: addresses(zones) == ("10.0.0.1", "10.0.0.2"))
        members = {"service_id": service, "instance_id": "i1"}
        await ask(world, "UpdateInstanceCustomHealthStatus", **members, status="UNHEALTHY")
        await until(fabric, lambda zones: addresses(zones) == ("10.0.0.2",))
        for number in (1, 2):
            members = {"service_id": service, "instance_id": f"i{number}"}
            await ask(world, "DeregisterInstance", **members)
        await until(fabric, lambda zones: addresses(zones) == ())
        await ask(world, "DeleteService", id=service)
        namespace = fabric.zones[0].name
        assert namespace == "app.local"
        found = (await ask(world, "ListNamespaces"))["Namespaces"][0]["Id"]
        await ask(world, "DeleteNamespace", id=found)
        await until(fabric, lambda zones: zones == ())


async def test_names_go_and_come_with_the_dns_attribute_of_their_vpc() -> None:
    world, fabric = await World().open(), SimulatedFabric()
    async with following(world, fabric):
        await a_web_service(world)
        await until(fabric, lambda zones: len(zones) == 1)
        for value in (False, True):
            members = {"vpc_id": world.network.vpc.id, "enable_dns_hostnames": {"value": value}}
            await world.perform("ec2", "ModifyVpcAttribute", members)
            await until(fabric, lambda zones, value=value: len(zones) == value)


async def test_a_zone_of_which_nothing_changed_is_not_compiled_again() -> None:
    world = await World().open()
    service = await a_web_service(world)
    await ask(world, "CreatePrivateDnsNamespace", name="other", vpc=world.network.vpc.id)
    zones = Zones(world.store)
    before = {zone.name: zone for zone in zones.current()}
    attributes = {"AWS_INSTANCE_IPV4": "10.0.0.1"}
    members = {"service_id": service, "instance_id": "i"}
    await ask(world, "RegisterInstance", **members, attributes=attributes)
    after = {zone.name: zone for zone in zones.current()}
    assert after["other"] is before["other"]
    assert after["app.local"] is not before["app.local"]
