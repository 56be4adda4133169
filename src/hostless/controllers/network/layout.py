"""Has the fabric carry packets as the records of the network say, whenever one of them changes.

A NAT gateway becomes `available` once packets can pass it, `failed` when they never will, and
`deleted` once none can. That waits while its VPC is refused, but not while another one is.
"""

from dataclasses import replace

from hostless.controllers.following import follow_as_one
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.domain.gateways import NatGateway
from hostless.domain.nat_gateways import failure_of
from hostless.domain.network_layout import layout_of
from hostless.kit.clock import Clock, Timestamp
from hostless.network.seam import NetworkFabric, NetworkFailed
from hostless.store.kinds import (
    ELASTIC_ADDRESSES,
    INTERNET_GATEWAYS,
    NAT_GATEWAYS,
    NETWORK_INTERFACES,
)
from hostless.store.network_records import LAYOUT_KINDS, network_records
from hostless.store.store import Store, Transaction

EVERYTHING = "the network"
"""The only key: all of it is laid out at once."""
SHOWN_AFTER_DELETION_SECONDS = 3600.0
"""How long a NAT gateway that is deleted or has failed can be described (Amazon VPC User Guide,
"Delete a NAT gateway" and "Troubleshoot NAT gateways")."""
_GONE = ("deleted", "failed")


class LayoutController:
    def __init__(self, store: Store, fabric: NetworkFabric, clock: Clock) -> None:
        self._store = store
        self._fabric = fabric
        self._clock = clock
        self._loop = KeyedLoop(LoopSpec(name="network layout", one_pass=self._pass), clock)

    async def run(self) -> None:
        """Work until cancelled."""
        await follow_as_one(self._loop, self._store, LAYOUT_KINDS, EVERYTHING)

    async def _pass(self, key: str) -> Timestamp | None:
        """Raises NetworkFailed while a VPC is refused, and is made again then."""
        gateways = tuple(self._store.all(NAT_GATEWAYS))
        try:
            await self._fabric.lay_out(layout_of(network_records(self._store)))
        except NetworkFailed as failure:
            refused = failure.refused
            if refused is not None:
                await self._tell(tuple(g for g in gateways if g.vpc_id not in refused))
            raise
        await self._tell(gateways)
        ends = [
            gateway.deleted_at + SHOWN_AFTER_DELETION_SECONDS
            for gateway in self._store.all(NAT_GATEWAYS)
            if gateway.state in _GONE and gateway.deleted_at is not None
        ]
        return min(ends, default=None)

    async def _tell(self, gateways: tuple[NatGateway, ...]) -> None:
        """gateways: as they were when the network was laid out."""
        now = self._clock.now()
        transaction = self._store.transaction("the network is laid out")
        changes = 0
        for seen in gateways:
            if transaction.get(NAT_GATEWAYS, seen.id) != seen:
                continue
            changes += 1
            match seen.state:
                case "pending":
                    self._begin(seen, transaction, now)
                case "deleting":
                    deleted = replace(seen, state="deleted", deleted_at=now)
                    self._let_go(deleted, transaction)
                case state if state in _GONE and _is_forgotten(seen, now):
                    transaction.delete(NAT_GATEWAYS, seen.id)
                case _:
                    changes -= 1
        if changes:
            await transaction.commit()

    def _begin(self, gateway: NatGateway, transaction: Transaction, now: Timestamp) -> None:
        has_internet_gateway = bool(self._store.find(INTERNET_GATEWAYS, "vpc", gateway.vpc_id))
        failure = failure_of(gateway, has_internet_gateway=has_internet_gateway)
        if failure is None:
            transaction.put(NAT_GATEWAYS, replace(gateway, state="available"))
        else:
            failed = replace(gateway, state="failed", failure=failure, deleted_at=now)
            self._let_go(failed, transaction)

    def _let_go(self, gateway: NatGateway, transaction: Transaction) -> None:
        """Its address in the subnet is free again, and its public one can be given to others."""
        transaction.put(NAT_GATEWAYS, gateway)
        if gateway.interface_id is None:
            return
        transaction.delete(NETWORK_INTERFACES, gateway.interface_id)
        for address in self._store.find(ELASTIC_ADDRESSES, "interface", gateway.interface_id):
            free = replace(address, association_id=None, interface_id=None)
            transaction.put(ELASTIC_ADDRESSES, free)


def _is_forgotten(gateway: NatGateway, now: Timestamp) -> bool:
    return (gateway.deleted_at or 0) + SHOWN_AFTER_DELETION_SECONDS <= now
