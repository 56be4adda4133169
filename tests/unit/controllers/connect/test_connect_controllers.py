"""Records, proxies and draining together, under simulated time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from tests.support.connect import (
    API,
    CHECKED,
    PORT,
    WEB,
    ConnectWorld,
    connected_task,
    until,
)

from hostless.balancer.connect_seam import Server
from hostless.domain.service_discovery import IPV4
from hostless.kit.simulated_time import run_simulated
from hostless.store.kinds import CONNECT_ENDPOINTS, DISCOVERY_SERVICES, TASKS


def played(play: Callable[[ConnectWorld], Awaitable[None]]) -> None:
    async def main() -> None:
        await play(ConnectWorld())

    run_simulated(main())


def test_callers_are_told_who_serves_and_who_no_longer_does() -> None:
    async def play(world: ConnectWorld) -> None:
        one = connected_task("10.0.0.1", serves=[API])
        two = connected_task("10.0.0.2", serves=[API])
        caller = connected_task("10.0.0.9", calls=[API])
        await world.put(one, caller)
        async with world.engine():
            await world.prepare(caller)
            await until(lambda: world.told(caller) == ["10.0.0.1"])
            await world.put(two)
            await until(lambda: world.told(caller) == ["10.0.0.1", "10.0.0.2"])
            await world.change(one, goal="STOPPED", status="DEACTIVATING")
            await until(lambda: world.told(caller) == ["10.0.0.2"])
            await until(lambda: world.endpoints() != [] and world.draining() == [])
            assert world.serving() == ["10.0.0.2"]

    played(play)


def test_a_proxy_is_told_nothing_of_names_that_it_does_not_know() -> None:
    async def play(world: ConnectWorld) -> None:
        caller = connected_task("10.0.0.9", calls=[WEB])
        await world.put(connected_task("10.0.0.1", serves=[API]), caller)
        async with world.engine():
            await world.prepare(caller)
            await until(lambda: world.serving() == ["10.0.0.1"])
            assert world.told(caller, WEB) == []
            assert API not in world.real.proxies[caller.id].servers

    played(play)


def test_an_endpoint_stays_until_a_silent_caller_was_told() -> None:
    async def play(world: ConnectWorld) -> None:
        one = connected_task("10.0.0.1", serves=[API])
        caller = connected_task("10.0.0.9", calls=[API])
        await world.put(one, caller)
        async with world.engine():
            await world.prepare(caller)
            await until(lambda: world.told(caller) == ["10.0.0.1"])
            world.real.silent.add(caller.id)
            await world.change(one, goal="STOPPED")
            await asyncio.sleep(10)
            assert world.draining() == ["10.0.0.1"]
            world.real.silent.clear()
            await until(lambda: world.endpoints() == [])
            assert world.told(caller) == []

    played(play)


def test_a_proxy_that_did_not_take_it_is_told_again() -> None:
    async def play(world: ConnectWorld) -> None:
        caller = connected_task("10.0.0.9", calls=[API])
        await world.put(caller)
        async with world.engine():
            await world.prepare(caller)
            await world.put(connected_task("10.0.0.1", serves=[API]))
            await until(lambda: world.told(caller) == ["10.0.0.1"])
            world.real.silent.add(caller.id)
            await world.put(connected_task("10.0.0.2", serves=[API]))
            await asyncio.sleep(5)
            assert world.told(caller) == ["10.0.0.1"]
            world.real.silent.clear()
            await until(lambda: world.told(caller) == ["10.0.0.1", "10.0.0.2"])

    played(play)


def test_an_endpoint_stays_while_a_request_is_under_way_and_no_longer_than_it_may_take() -> None:
    async def play(world: ConnectWorld) -> None:
        one = connected_task("10.0.0.1", serves=[API])
        two = connected_task("10.0.0.2", serves=[API])
        caller = connected_task("10.0.0.9", calls=[API])
        await world.put(one, two, caller)
        async with world.engine():
            await world.prepare(caller)
            await until(lambda: len(world.told(caller)) == 2)
            world.real.busy = {Server(address=each, port=PORT) for each in ("10.0.0.1", "10.0.0.2")}
            begun = world.clock.now()
            for each in (one, two):
                await world.change(each, goal="STOPPED")
            await asyncio.sleep(10)
            assert world.draining() == ["10.0.0.1", "10.0.0.2"]
            world.real.busy.discard(Server(address="10.0.0.1", port=PORT))
            await asyncio.sleep(1)
            assert world.draining() == ["10.0.0.2"]
            await until(lambda: world.endpoints() == [])
            assert 30 <= world.clock.now() - begun < 31

    played(play)


def test_who_ended_is_taken_out_at_once_and_callers_that_ended_are_not_waited_for() -> None:
    async def play(world: ConnectWorld) -> None:
        one = connected_task("10.0.0.1", serves=[API])
        two = connected_task("10.0.0.2", serves=[API])
        caller = connected_task("10.0.0.9", calls=[API])
        await world.put(one, two, caller)
        async with world.engine():
            await world.prepare(caller)
            await until(lambda: len(world.told(caller)) == 2)
            world.real.silent.add(caller.id)
            await world.change(one, is_host_lost=True)
            await until(lambda: world.serving() == ["10.0.0.2"] and not world.draining(), 0.1)
            await world.change(two, goal="STOPPED")
            await world.change(caller, goal="STOPPED", status="DEPROVISIONING")
            await until(lambda: world.endpoints() == [], 1.0)

    played(play)


def test_a_new_engine_waits_until_it_has_told_everybody_itself() -> None:
    async def play(world: ConnectWorld) -> None:
        one = connected_task("10.0.0.1", serves=[API])
        caller = connected_task("10.0.0.9", calls=[API])
        await world.put(one, caller)
        async with world.engine():
            await world.prepare(caller)
            await until(lambda: world.told(caller) == ["10.0.0.1"])
        world.real.silent.add(caller.id)
        await world.change(one, goal="STOPPED")
        async with world.engine():
            await asyncio.sleep(5)
            assert world.draining() == ["10.0.0.1"]
            world.real.silent.clear()
            await until(lambda: world.endpoints() == [])
            assert world.told(caller) == []

    played(play)


def test_a_new_engine_tells_everybody_once() -> None:
    async def play(world: ConnectWorld) -> None:
        caller = connected_task("10.0.0.9", calls=[API])
        await world.put(connected_task("10.0.0.1", serves=[API]), caller)
        await world.prepare(caller)
        transaction = world.store.transaction("test")
        async with world.engine():
            await until(lambda: world.told(caller) == ["10.0.0.1"])
        for endpoint in world.endpoints():
            transaction.put(CONNECT_ENDPOINTS, replace(endpoint, address="10.0.0.2"))
        await transaction.commit()
        async with world.engine():
            await until(lambda: world.told(caller) == ["10.0.0.2"])

    played(play)


def test_an_endpoint_of_a_task_that_is_forgotten_goes_with_the_next_engine() -> None:
    async def play(world: ConnectWorld) -> None:
        one = connected_task("10.0.0.1", serves=[API])
        await world.put(one)
        async with world.engine():
            await until(lambda: world.serving() == ["10.0.0.1"])
        transaction = world.store.transaction("test")
        transaction.delete(TASKS, one.arn)
        await transaction.commit()
        async with world.engine():
            await until(lambda: world.endpoints() == [])
            assert world.instances() == []

    played(play)


def test_a_task_with_health_checks_is_sent_to_when_they_succeed() -> None:
    async def play(world: ConnectWorld) -> None:
        new = connected_task("10.0.0.1", serves=[API], definition=CHECKED)
        await world.put(new)
        async with world.engine():
            await asyncio.sleep(1)
            assert world.endpoints() == []
            well = connected_task("10.0.0.1", serves=[API], definition=CHECKED, health="HEALTHY")
            await world.change(new, containers=well.containers)
            await until(lambda: world.serving() == ["10.0.0.1"])

    played(play)


def test_cloud_map_shows_who_is_sent_to() -> None:
    async def play(world: ConnectWorld) -> None:
        one = connected_task("10.0.0.1", serves=[API])
        await world.put(one)
        async with world.engine():
            await until(lambda: len(world.instances()) == 1)
            (instance,) = world.instances()
            assert (instance.id, instance.attributes) == (
                one.id,
                {
                    IPV4: "10.0.0.1",
                    "AWS_INSTANCE_PORT": str(PORT),
                    "AvailabilityZone": "us-east-1a",
                    "ECS_CLUSTER_NAME": "default",
                    "DeploymentId": "ecs-svc/1",
                },
            )
            service = world.store.get(DISCOVERY_SERVICES, API)
            assert service is not None
            assert service.instances_revision == 2
            await world.change(one, goal="STOPPED")
            await until(lambda: world.instances() == [])

    played(play)


def test_telling_is_gathered_when_many_come_at_once() -> None:
    async def play(world: ConnectWorld) -> None:
        callers = [connected_task(f"10.1.0.{n}", calls=[API]) for n in range(5)]
        await world.put(*callers)
        tellings = 0
        apply = world.real.apply

        async def counted(*what: object) -> None:
            nonlocal tellings
            tellings += 1
            await apply(*what)  # type: ignore[arg-type]

        world.real.apply = counted  # type: ignore[method-assign]
        async with world.engine():
            await world.prepare(*callers)
            for number in range(100):
                await world.put(connected_task(f"10.0.0.{number}", serves=[API]))
                await asyncio.sleep(0.01)
            await until(lambda: all(len(world.told(each)) == 100 for each in callers))
        assert len(world.store.table(CONNECT_ENDPOINTS)) == 100
        assert tellings < 5 * 10

    played(play)
