"""The controller that has the network laid out, and says what became of NAT gateways."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from tests.unit.domain.test_nat_gateways import GATEWAY

from hostless.controllers.network.layout import SHOWN_AFTER_DELETION_SECONDS, LayoutController
from hostless.domain.arns import AllocationId, InternetGatewayId, VpcId
from hostless.domain.gateways import AddressPool, ElasticAddress, InternetGateway, NatGateway
from hostless.domain.network import Subnet, Vpc
from hostless.domain.network_layout import NetworkLayout
from hostless.kit.simulated_time import LoopClock, run_simulated
from hostless.network.new_interface import new_interface
from hostless.network.seam import NetworkFailed
from hostless.network.simulated.fabric import SimulatedFabric
from hostless.store.kinds import (
    ADDRESS_POOLS,
    ELASTIC_ADDRESSES,
    INTERNET_GATEWAYS,
    NAT_GATEWAYS,
    NETWORK_INTERFACES,
    SUBNETS,
    VPCS,
)
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store

VPC = Vpc(id=GATEWAY.vpc_id, cidr_block="10.0.0.0/16")
SUBNET = Subnet(id=GATEWAY.subnet_id, vpc_id=VPC.id, cidr_block="10.0.0.0/24", zone="us-east-1a")
INTERFACE = replace(
    new_interface(SUBNET, "10.0.0.4", "1", "us-east-1", 0.0), public_address="198.18.0.4"
)
ELASTIC = ElasticAddress(
    allocation_id=AllocationId("eipalloc-1"),
    public_address="198.18.0.4",
    association_id=GATEWAY.association_id,
    interface_id=INTERFACE.id,
)
WAY_OUT = InternetGateway(id=InternetGatewayId("igw-1"), vpc_id=VPC.id)
Scene = Callable[[Store, SimulatedFabric], Awaitable[None]]


async def put(store: Store, gateway: NatGateway, *, has_way_out: bool = True) -> None:
    """The gateway and all that is its own, in a VPC."""
    transaction = store.transaction("test")
    transaction.put(ADDRESS_POOLS, AddressPool(cidr_block="198.18.0.0/24"))
    transaction.put(VPCS, VPC)
    transaction.put(SUBNETS, SUBNET)
    if has_way_out:
        transaction.put(INTERNET_GATEWAYS, WAY_OUT)
    transaction.put(NETWORK_INTERFACES, INTERFACE)
    transaction.put(ELASTIC_ADDRESSES, ELASTIC)
    transaction.put(NAT_GATEWAYS, gateway)
    await transaction.commit()


class RefusingFabric(SimulatedFabric):
    """Lays out all VPCs but those that it is told to refuse."""

    def __init__(self, refused: frozenset[VpcId] | None) -> None:
        super().__init__()
        self.refused = refused

    async def lay_out(self, layout: NetworkLayout) -> None:
        await super().lay_out(layout)
        if self.refused is None or self.refused:
            raise NetworkFailed("The range is taken", self.refused)


def play(scene: Scene, fabric: SimulatedFabric | None = None) -> None:
    """With a running controller, under simulated time."""
    fabric = fabric or SimulatedFabric()

    async def main() -> None:
        clock = LoopClock()
        store = Store(MemoryStorage(), clock)
        await put(store, replace(GATEWAY, interface_id=INTERFACE.id))
        async with asyncio.TaskGroup() as group:
            running = group.create_task(LayoutController(store, fabric, clock).run())
            await scene(store, fabric)
            running.cancel()

    run_simulated(main())


def found(store: Store) -> NatGateway:
    gateway = store.get(NAT_GATEWAYS, GATEWAY.id)
    assert gateway is not None
    return gateway


def elastic(store: Store) -> ElasticAddress:
    address = store.get(ELASTIC_ADDRESSES, ELASTIC.allocation_id)
    assert address is not None
    return address


def test_a_gateway_is_available_once_the_network_is_laid_out() -> None:
    async def scene(store: Store, fabric: SimulatedFabric) -> None:
        await asyncio.sleep(1)
        assert fabric.layout is not None
        assert found(store).state == "available"
        assert elastic(store) == ELASTIC

    play(scene)


def test_a_deleted_gateway_lets_go_of_its_addresses_and_is_shown_for_an_hour() -> None:
    async def scene(store: Store, fabric: SimulatedFabric) -> None:
        await asyncio.sleep(1)
        await put(store, replace(found(store), state="deleting"))
        await asyncio.sleep(1)
        assert found(store).state == "deleted"
        assert list(store.all(NETWORK_INTERFACES)) == []
        assert (elastic(store).association_id, elastic(store).interface_id) == (None, None)
        await asyncio.sleep(SHOWN_AFTER_DELETION_SECONDS - 3)
        assert found(store).state == "deleted"
        await asyncio.sleep(4)
        assert list(store.all(NAT_GATEWAYS)) == []
        assert elastic(store).public_address == "198.18.0.4"

    play(scene)


def test_a_gateway_that_leads_nowhere_fails_and_lets_go_of_its_addresses() -> None:
    async def scene(store: Store, fabric: SimulatedFabric) -> None:
        await asyncio.sleep(1)
        transaction = store.transaction("test")
        transaction.delete(INTERNET_GATEWAYS, WAY_OUT.id)
        await transaction.commit()
        await put(store, replace(found(store), state="pending"), has_way_out=False)
        await asyncio.sleep(1)
        failed = found(store)
        assert failed.state == "failed"
        assert failed.failure == (
            "Gateway.NotAttached",
            "Network vpc-1 has no Internet gateway attached",
        )
        assert list(store.all(NETWORK_INTERFACES)) == []
        assert elastic(store).association_id is None
        await asyncio.sleep(SHOWN_AFTER_DELETION_SECONDS + 1)
        assert list(store.all(NAT_GATEWAYS)) == []

    play(scene)


def test_a_gateway_does_not_wait_for_a_vpc_that_is_refused_for_good() -> None:
    async def scene(store: Store, fabric: SimulatedFabric) -> None:
        await asyncio.sleep(1)
        assert found(store).state == "available"
        await put(store, replace(found(store), state="deleting"))
        await asyncio.sleep(1)
        assert found(store).state == "deleted"
        await asyncio.sleep(SHOWN_AFTER_DELETION_SECONDS + 61)
        assert list(store.all(NAT_GATEWAYS)) == []

    play(scene, RefusingFabric(frozenset({VpcId("vpc-elsewhere")})))


@pytest.mark.parametrize("refused", [frozenset({VPC.id}), None])
def test_a_gateway_waits_while_its_vpc_is_refused(refused: frozenset[VpcId] | None) -> None:
    fabric = RefusingFabric(refused)

    async def scene(store: Store, _: SimulatedFabric) -> None:
        await asyncio.sleep(1)
        assert found(store).state == "pending"
        fabric.refused = frozenset()
        await asyncio.sleep(60)
        assert found(store).state == "available"

    play(scene, fabric)
