"""The controller that has the engine's API answer at VPC endpoints."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from tests.support.endpoints import ENDPOINT, FIRST, RANGE, SECOND

from hostless.controllers.network.endpoints import EndpointController
from hostless.domain.vpc_endpoints import VpcEndpoint
from hostless.kit.simulated_time import LoopClock, run_simulated
from hostless.network.seam import NetworkFailed
from hostless.network.simulated.fabric import SimulatedFabric
from hostless.store.kinds import NETWORK_INTERFACES, VPC_ENDPOINTS
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store


def with_controller(check: Callable[[Store, SimulatedFabric], Awaitable[None]]) -> None:
    async def main() -> None:
        clock, fabric = LoopClock(), SimulatedFabric()
        await fabric.lay_out(RANGE.layout())
        store = Store(MemoryStorage(), clock)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(EndpointController(store, fabric, clock).run())
            transaction = store.transaction("test")
            transaction.put(VPC_ENDPOINTS, ENDPOINT)
            for each in (FIRST, SECOND):
                transaction.put(NETWORK_INTERFACES, each)
            await transaction.commit()
            await asyncio.sleep(1)
            await check(store, fabric)
            running.cancel()

    run_simulated(main())


async def put(store: Store, endpoint: VpcEndpoint) -> None:
    transaction = store.transaction("test")
    transaction.put(VPC_ENDPOINTS, endpoint)
    await transaction.commit()
    await asyncio.sleep(1)


def test_an_endpoint_is_available_when_its_interfaces_are_there() -> None:
    async def check(store: Store, fabric: SimulatedFabric) -> None:
        found = store.get(VPC_ENDPOINTS, ENDPOINT.id)
        assert found is not None
        assert found.state == "available"
        assert await fabric.attached() == {FIRST.id, SECOND.id}

    with_controller(check)


def test_an_interface_that_its_endpoint_left_is_let_go_and_then_forgotten() -> None:
    async def check(store: Store, fabric: SimulatedFabric) -> None:
        await put(store, replace(ENDPOINT, interface_ids=(SECOND.id,)))
        assert await fabric.attached() == {SECOND.id}
        assert [each.id for each in store.all(NETWORK_INTERFACES)] == [SECOND.id]

    with_controller(check)


def test_of_a_deleted_endpoint_nothing_is_left() -> None:
    async def check(store: Store, fabric: SimulatedFabric) -> None:
        await put(store, replace(ENDPOINT, state="deleting"))
        assert await fabric.attached() == frozenset()
        assert list(store.all(NETWORK_INTERFACES)) == []
        assert list(store.all(VPC_ENDPOINTS)) == []

    with_controller(check)


def test_what_the_fabric_refuses_is_pending_until_it_is_done() -> None:
    async def check(store: Store, fabric: SimulatedFabric) -> None:
        fabric.behaviour = replace(fabric.behaviour, failing_subnets=frozenset({SECOND.subnet_id}))
        await fabric.detach(SECOND.id)
        await put(store, ENDPOINT)
        found = store.get(VPC_ENDPOINTS, ENDPOINT.id)
        assert found is not None
        assert found.state == "pending"
        fabric.behaviour = replace(fabric.behaviour, failing_subnets=frozenset())
        await asyncio.sleep(60)
        found = store.get(VPC_ENDPOINTS, ENDPOINT.id)
        assert found is not None
        assert found.state == "available"

    with_controller(check)


def test_the_simulated_fabric_refuses_as_it_is_told() -> None:
    async def main() -> None:
        fabric = SimulatedFabric()
        await fabric.lay_out(RANGE.layout())
        fabric.behaviour = replace(fabric.behaviour, failing_subnets=frozenset({FIRST.subnet_id}))
        try:
            await fabric.offer_api(FIRST)
        except NetworkFailed:
            return
        raise AssertionError("not refused")

    run_simulated(main())
