"""Network interfaces of load balancers: an address in each subnet, made, changed and given back.

A balancer that faces the internet gets a public address with each, of the pool or the elastic one
that was asked for.
"""

import functools
from collections.abc import Collection, Iterator
from dataclasses import replace

from hostless.balancer.seam import BalancingFailed
from hostless.domain.addresses import free_address
from hostless.domain.load_balancers import LoadBalancer, LoadBalancerNode, SubnetMapping
from hostless.domain.network import NetworkInterface
from hostless.domain.public_addresses import free_public_address
from hostless.kit.clock import Timestamp
from hostless.kit.ids import Ids
from hostless.network.new_interface import new_interface
from hostless.store.kinds import (
    ELASTIC_ADDRESSES,
    LOAD_BALANCERS,
    NETWORK_INTERFACES,
    SUBNETS,
)
from hostless.store.network_records import is_address_taken, is_public_address_taken, pool_of
from hostless.store.store import Store, Transaction


class NodeRecords:
    """region: of the engine, for names."""

    def __init__(self, store: Store, ids: Ids, region: str) -> None:
        self._store = store
        self._ids = ids
        self._region = region

    def surplus(self, arn: str) -> list[NetworkInterface]:
        """Interfaces of a balancer that it does not need, or that is gone."""
        balancer = self._store.get(LOAD_BALANCERS, arn)
        wanted = set() if balancer is None else {each.subnet_id for each in balancer.subnets}
        kept = set() if balancer is None else {each.interface_id for each in balancer.nodes}
        return [
            interface
            for interface in self._store.find(NETWORK_INTERFACES, "owner", arn)
            if interface.subnet_id not in wanted or interface.id not in kept
        ]

    async def give_back(self, interface: NetworkInterface) -> None:
        """Once nothing is left of it on the machine."""
        transaction = self._store.transaction("a load balancer lets go of an address")
        transaction.delete(NETWORK_INTERFACES, interface.id)
        for address in self._store.find(ELASTIC_ADDRESSES, "interface", interface.id):
            free = replace(address, association_id=None, interface_id=None)
            transaction.put(ELASTIC_ADDRESSES, free)
        await transaction.commit()

    async def settle(self, balancer: LoadBalancer, now: Timestamp) -> LoadBalancer:
        """Have a node in each subnet, and each in the balancer's groups; the balancer with them.

        Raises BalancingFailed when a subnet has no free address.
        """
        transaction = self._store.transaction("a load balancer settles in its subnets")
        nodes: list[LoadBalancerNode] = []
        known = {node.subnet_id: node for node in balancer.nodes}
        for each in balancer.subnets:
            fresh = {node.public_address for node in nodes}
            new = functools.partial(self._new_node, balancer, each, transaction, fresh, now)
            nodes.append(known.get(each.subnet_id) or new())
        changed = list(self._regrouped(balancer))
        for interface in changed:
            transaction.put(NETWORK_INTERFACES, interface)
        if tuple(nodes) == balancer.nodes and not changed:
            return balancer
        current = transaction.get(LOAD_BALANCERS, balancer.arn)
        if current is None:
            raise BalancingFailed("the load balancer was deleted meanwhile")
        settled = replace(current, nodes=tuple(nodes))
        transaction.put(LOAD_BALANCERS, settled)
        await transaction.commit()
        return settled

    def _regrouped(self, balancer: LoadBalancer) -> Iterator[NetworkInterface]:
        for node in balancer.nodes:
            interface = self._store.get(NETWORK_INTERFACES, node.interface_id)
            if interface is not None and interface.security_groups != balancer.security_groups:
                yield replace(interface, security_groups=balancer.security_groups)

    def _new_node(
        self,
        balancer: LoadBalancer,
        mapping: SubnetMapping,
        transaction: Transaction,
        fresh: Collection[str | None],
        now: Timestamp,
    ) -> LoadBalancerNode:
        """fresh: public addresses that the transaction gives out already."""
        subnet = self._store.get(SUBNETS, mapping.subnet_id)
        if subnet is None:
            raise BalancingFailed(f"the subnet {mapping.subnet_id} is gone")
        start = int(self._ids.hex(8), 16)
        is_taken = functools.partial(is_address_taken, self._store, subnet.vpc_id)
        address = mapping.private_address or free_address(subnet.cidr_block, start, is_taken)
        if address is None or is_taken(address):
            raise BalancingFailed(f"the subnet {subnet.id} has no free address")
        made = replace(
            new_interface(subnet, address, self._ids.hex(17), self._region, now),
            kind="load_balancer",
            owner=balancer.arn,
            security_groups=balancer.security_groups,
        )
        if balancer.scheme == "internet-facing":
            made = self._published(made, mapping, transaction, fresh)
        transaction.put(NETWORK_INTERFACES, made)
        return LoadBalancerNode(
            subnet_id=subnet.id,
            zone=subnet.zone,
            interface_id=made.id,
            address=address,
            public_address=made.public_address,
        )

    def _published(
        self,
        made: NetworkInterface,
        mapping: SubnetMapping,
        transaction: Transaction,
        fresh: Collection[str | None],
    ) -> NetworkInterface:
        if mapping.allocation_id is not None:
            elastic = transaction.get(ELASTIC_ADDRESSES, mapping.allocation_id)
            if elastic is None or elastic.interface_id is not None:
                raise BalancingFailed(f"the address {mapping.allocation_id} cannot be had")
            association = f"eipassoc-{self._ids.hex(17)}"
            taken = replace(elastic, association_id=association, interface_id=made.id)
            transaction.put(ELASTIC_ADDRESSES, taken)
            return replace(made, public_address=elastic.public_address)

        def is_taken(address: str) -> bool:
            return address in fresh or is_public_address_taken(self._store, address)

        start = int(self._ids.hex(8), 16)
        public = free_public_address(pool_of(self._store).cidr_block, start, is_taken)
        if public is None:
            raise BalancingFailed("the pool of public addresses is empty")
        return replace(made, public_address=public)
