"""Whatever is asked of routes, gateways and addresses, their records fit together."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import strategies as st
from tests.support.api_world import World
from tests.support.mutation import check, survives

from hostless.controllers.network.layout import LayoutController
from hostless.domain.arns import VpcId
from hostless.domain.errors import ApiError
from hostless.domain.gateways import AddressPool
from hostless.domain.routing import LOCAL
from hostless.network.simulated.fabric import SimulatedFabric
from hostless.store.kinds import (
    ADDRESS_POOLS,
    ELASTIC_ADDRESSES,
    INTERNET_GATEWAYS,
    NAT_GATEWAYS,
    NETWORK_INTERFACES,
    ROUTE_TABLE_ASSOCIATIONS,
    ROUTE_TABLES,
    SUBNETS,
    VPCS,
    Kind,
)

Step = tuple[str, int, int]
Release = Callable[["Network", int], Awaitable[None]]
POOL = AddressPool(cidr_block="198.18.0.0/29")
"""Three addresses can be had."""


class Network:
    """Two VPCs and a small pool, asked at random; names are numbers of what there is by now."""

    def __init__(self, release: Release) -> None:
        self.world = World()
        self.store = self.world.store
        self.release = release
        self.layout = LayoutController(self.store, SimulatedFabric(), self.world.clock)

    async def go(self, steps: list[Step]) -> None:
        await self.world.open()
        transaction = self.store.transaction("test")
        transaction.delete(ADDRESS_POOLS, next(iter(self.store.all(ADDRESS_POOLS))).cidr_block)
        transaction.put(ADDRESS_POOLS, POOL)
        await transaction.commit()
        await self.ask("CreateVpc", cidr_block="10.0.0.0/16")
        for vpc in self.store.all(VPCS):
            if not vpc.is_default:
                await self.ask("CreateSubnet", vpc_id=vpc.id, cidr_block="10.0.0.0/28")
        for step in steps:
            with contextlib.suppress(ApiError):
                await self.do(*step)
            self.judge()

    async def ask(self, operation: str, **members: Any) -> Any:
        return await self.world.call(operation, "ec2", **members)

    def some(self, kind: Kind[Any], number: int) -> str:
        """The key of one that there is; else one that there is not."""
        keys = [kind.key(record) for record in self.store.all(kind)]
        return keys[number % len(keys)] if keys else "none"

    async def do(self, what: str, one: int, other: int) -> None:
        table, subnet = self.some(ROUTE_TABLES, one), self.some(SUBNETS, other)
        vpc, way_out = self.some(VPCS, other), self.some(INTERNET_GATEWAYS, one)
        association = self.some(ROUTE_TABLE_ASSOCIATIONS, other)
        nat, address = self.some(NAT_GATEWAYS, one), self.some(ELASTIC_ADDRESSES, one)
        attachment = {"internet_gateway_id": way_out, "vpc_id": vpc}
        route = {"route_table_id": table, "destination_cidr_block": f"{1 + other}.0.0.0/8"}
        match what:
            case "table":
                await self.ask("CreateRouteTable", vpc_id=vpc)
            case "no table":
                await self.ask("DeleteRouteTable", route_table_id=table)
            case "associate":
                await self.ask("AssociateRouteTable", route_table_id=table, subnet_id=subnet)
            case "disassociate":
                await self.ask("DisassociateRouteTable", association_id=association)
            case "reassociate":
                members = {"association_id": association, "route_table_id": table}
                await self.ask("ReplaceRouteTableAssociation", **members)
            case "route":
                target = self.some(INTERNET_GATEWAYS, other)
                await self.ask("CreateRoute", **route, gateway_id=target)
            case "route by nat":
                target = self.some(NAT_GATEWAYS, other)
                await self.ask("ReplaceRoute", **route, nat_gateway_id=target)
            case "no route":
                await self.ask("DeleteRoute", **route)
            case "way out":
                await self.ask("CreateInternetGateway")
            case "attach":
                await self.ask("AttachInternetGateway", **attachment)
            case "detach":
                await self.ask("DetachInternetGateway", **attachment)
            case "address":
                await self.ask("AllocateAddress")
            case "release":
                await self.release(self, one)
            case "nat":
                await self.ask("CreateNatGateway", subnet_id=subnet, allocation_id=address)
            case "no nat":
                await self.ask("DeleteNatGateway", nat_gateway_id=nat)
            case "lay out":
                await self.layout._pass("")

    def judge(self) -> None:
        self._judge_tables()
        self._judge_addresses()
        self._judge_gateways()

    def _judge_tables(self) -> None:
        tables = {table.id: table for table in self.store.all(ROUTE_TABLES)}
        associations = list(self.store.all(ROUTE_TABLE_ASSOCIATIONS))
        assert all(tables[a.route_table_id].vpc_id == a.vpc_id for a in associations)
        main = [a.vpc_id for a in associations if a.subnet_id is None]
        assert sorted(main) == sorted(vpc.id for vpc in self.store.all(VPCS))
        subnets = [a.subnet_id for a in associations if a.subnet_id is not None]
        assert len(subnets) == len(set(subnets))
        for table in tables.values():
            destinations = [route.destination for route in table.routes]
            assert len(destinations) == len(set(destinations))
            assert table.routes[0].target == LOCAL
        attached = [g.vpc_id for g in self.store.all(INTERNET_GATEWAYS) if g.vpc_id is not None]
        assert len(attached) == len(set(attached))

    def _judge_addresses(self) -> None:
        elastic = {e.public_address: e for e in self.store.all(ELASTIC_ADDRESSES)}
        assert len(elastic) == len(list(self.store.all(ELASTIC_ADDRESSES)))
        public = [i for i in self.store.all(NETWORK_INTERFACES) if i.public_address is not None]
        for interface in public:
            kept = elastic.get(interface.public_address or "")
            assert kept is not None
            assert kept.interface_id == interface.id
        held = [e for e in elastic.values() if e.interface_id is not None]
        assert len(held) == len(public)
        assert all(e.association_id is not None for e in held)

    def _judge_gateways(self) -> None:
        """An interface is there while its gateway is, and its VPC's way out while it needs it."""
        live = {
            gateway.interface_id: gateway
            for gateway in self.store.all(NAT_GATEWAYS)
            if gateway.state != "deleted" and gateway.failure is None and gateway.interface_id
        }
        interfaces = {interface.id: interface for interface in self.store.all(NETWORK_INTERFACES)}
        assert live.keys() == interfaces.keys()
        ways_out = {VpcId(g.vpc_id) for g in self.store.all(INTERNET_GATEWAYS) if g.vpc_id}
        for id_, gateway in live.items():
            interface = interfaces[id_]
            assert interface.owner == gateway.id
            assert interface.public_address == gateway.public_address
            if gateway.state == "available":
                assert gateway.public_address is not None
                assert gateway.vpc_id in ways_out


async def real(network: Network, number: int) -> None:
    allocation = network.some(ELASTIC_ADDRESSES, number)
    await network.ask("ReleaseAddress", allocation_id=allocation)


async def careless(network: Network, number: int) -> None:
    """Also what belongs to a gateway."""
    transaction = network.store.transaction("test")
    transaction.delete(ELASTIC_ADDRESSES, network.some(ELASTIC_ADDRESSES, number))
    await transaction.commit()


def judge(release: Release, steps: list[Step]) -> None:
    asyncio.run(Network(release).go(steps))


KINDS_OF_STEP = (
    *("table", "no table", "associate", "disassociate", "reassociate"),
    *("route", "route by nat", "no route", "way out", "attach", "detach"),
    *("address", "release", "nat", "no nat", "lay out"),
)


def test_the_records_of_a_network_fit_together_whatever_is_asked() -> None:
    number = st.integers(0, 5)
    steps = st.lists(st.tuples(st.sampled_from(KINDS_OF_STEP), number, number), max_size=40)
    check(judge, real, steps)
    gateways = st.sampled_from(("address", "release", "nat", "lay out"))
    few = st.lists(st.tuples(gateways, number, number), min_size=5, max_size=20)
    check(judge, real, few)
    assert not survives(judge, careless, few)
