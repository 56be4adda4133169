"""Addresses of load balancers: chosen, changed, given back, and none to be had."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.api_world import EPOCH, World
from tests.support.balancer_records import balancer
from tests.support.elbv2 import put, taken_away

from hostless.balancer.seam import BalancingFailed
from hostless.controllers.balancer.nodes import NodeRecords
from hostless.domain.load_balancers import LoadBalancer, SubnetMapping
from hostless.domain.network import Subnet
from hostless.store.kinds import (
    ADDRESS_POOLS,
    ELASTIC_ADDRESSES,
    LOAD_BALANCERS,
    NETWORK_INTERFACES,
    SUBNETS,
)


async def settled(world: World, count: int = 2, **changes: Any) -> LoadBalancer:
    """A balancer on so many subnets, in them."""
    mappings = tuple(map(mapping, world.network.subnets[:count]))
    vpc = world.network.vpc.id
    made = balancer(**{"vpc_id": vpc, "subnets": mappings, "security_groups": (), **changes})
    await put(world, LOAD_BALANCERS, made)
    return await records(world).settle(made, EPOCH)


def records(world: World) -> NodeRecords:
    return NodeRecords(world.store, world.ids, "us-east-1")


def mapping(subnet: Subnet) -> SubnetMapping:
    return SubnetMapping(subnet_id=subnet.id, zone=subnet.zone)


async def test_a_balancer_has_an_address_in_each_of_its_subnets() -> None:
    world = await World().open()
    found = await settled(world)
    assert [n.subnet_id for n in found.nodes] == [s.id for s in world.network.subnets[:2]]
    for node in found.nodes:
        interface = world.store.get(NETWORK_INTERFACES, node.interface_id)
        assert interface is not None
        assert (interface.kind, interface.owner) == ("load_balancer", found.arn)
        assert (interface.address, interface.public_address) == (node.address, node.public_address)
        assert node.public_address is not None
    assert world.store.get(LOAD_BALANCERS, found.arn) == found
    assert await records(world).settle(found, EPOCH) is found, "nothing is left to be done"


async def test_an_internal_balancer_has_no_public_address_and_the_private_one_it_asked_for() -> (
    None
):
    world = await World().open()
    (subnet,) = world.network.subnets[:1]
    asked = replace(mapping(subnet), private_address=subnet.cidr_block.replace("0/20", "77"))
    found = await settled(world, scheme="internal", subnets=(asked,))
    assert [(n.address, n.public_address) for n in found.nodes] == [(asked.private_address, None)]


async def test_nodes_that_are_made_at_once_have_public_addresses_of_their_own() -> None:
    """The pool has as many as there are nodes: chance alone would give some the same."""
    world = await World().open()
    (pool,) = world.store.all(ADDRESS_POOLS)
    await taken_away(world, ADDRESS_POOLS, ADDRESS_POOLS.key(pool))
    await put(world, ADDRESS_POOLS, replace(pool, cidr_block="198.18.0.0/29"))
    first = await settled(world, 3)
    assert len({node.public_address for node in first.nodes}) == 3
    with pytest.raises(BalancingFailed, match="pool of public addresses is empty"):
        await settled(world, arn="arn:other", name="other")
    assert len(list(world.store.all(NETWORK_INTERFACES))) == 3, "half a balancer is not written"


async def test_an_elastic_address_is_taken_and_given_back() -> None:
    world = await World().open()
    made = await world.perform("ec2", "AllocateAddress", {})
    asked = replace(mapping(world.network.subnets[0]), allocation_id=made["AllocationId"])
    found = await settled(world, type="network", subnets=(asked,))
    (node,) = found.nodes
    (elastic,) = world.store.all(ELASTIC_ADDRESSES)
    assert (elastic.interface_id, node.public_address) == (
        node.interface_id,
        elastic.public_address,
    )
    with pytest.raises(BalancingFailed, match="cannot be had"):
        await settled(world, arn="arn:other", name="other", type="network", subnets=(asked,))
    interface = world.store.get(NETWORK_INTERFACES, node.interface_id)
    assert interface is not None
    await records(world).give_back(interface)
    (elastic,) = world.store.all(ELASTIC_ADDRESSES)
    assert (elastic.interface_id, elastic.association_id) == (None, None)


async def test_a_subnet_without_a_free_address_is_told_of() -> None:
    world = await World().open()
    subnet = replace(world.network.subnets[0], cidr_block="172.31.0.0/30")
    await put(world, SUBNETS, subnet)
    with pytest.raises(BalancingFailed, match="has no free address"):
        await settled(world, 1)
    assert not list(world.store.all(NETWORK_INTERFACES))


async def test_what_is_surplus_is_of_subnets_that_are_left_or_of_a_balancer_that_is_gone() -> None:
    world = await World().open()
    found = await settled(world)
    assert records(world).surplus(found.arn) == []
    await put(world, LOAD_BALANCERS, replace(found, subnets=found.subnets[:1]))
    (surplus,) = records(world).surplus(found.arn)
    assert surplus.id == found.nodes[1].interface_id
    transaction = world.store.transaction("test")
    transaction.delete(LOAD_BALANCERS, found.arn)
    await transaction.commit()
    assert len(records(world).surplus(found.arn)) == 2


async def test_security_groups_of_the_balancer_are_those_of_its_nodes() -> None:
    world = await World().open()
    found = await settled(world)
    changed = replace(found, security_groups=("sg-1",))  # type: ignore[arg-type]
    await put(world, LOAD_BALANCERS, changed)
    assert await records(world).settle(changed, EPOCH) == changed
    for interface in world.store.all(NETWORK_INTERFACES):
        assert interface.security_groups == ("sg-1",)
