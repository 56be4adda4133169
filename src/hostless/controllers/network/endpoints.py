"""Has the engine's API answer where the records of interface endpoints say, and nowhere else.

The API writes what is wanted: an endpoint `pending` or `deleting`, and its interfaces. An interface
that its endpoint does not name any more is let go here, and only then is its address free. Names of
endpoints are the business of controllers/names.
"""

from dataclasses import replace

from hostless.controllers.following import follow_each
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.kit.clock import Clock, Timestamp
from hostless.network.seam import NetworkFabric
from hostless.store.kinds import NETWORK_INTERFACES, VPC_ENDPOINTS
from hostless.store.store import Store


class EndpointController:
    def __init__(self, store: Store, fabric: NetworkFabric, clock: Clock) -> None:
        self._store = store
        self._fabric = fabric
        self._loop = KeyedLoop(LoopSpec(name="VPC endpoints", one_pass=self._pass), clock)

    async def run(self) -> None:
        """Work until cancelled."""
        await follow_each(self._loop, self._store, VPC_ENDPOINTS)

    async def _pass(self, key: str) -> Timestamp | None:
        """Raises NetworkFailed, and is made again then."""
        endpoint = self._store.get(VPC_ENDPOINTS, key)
        if endpoint is None or endpoint.type != "Interface":
            return None
        is_going = endpoint.state == "deleting"
        gone = []
        for interface in self._store.find(NETWORK_INTERFACES, "owner", key):
            if interface.id in endpoint.interface_ids and not is_going:
                await self._fabric.offer_api(interface)
            else:
                await self._fabric.detach(interface.id)
                gone.append(interface.id)
        transaction = self._store.transaction("the VPC endpoint is as it should be")
        if transaction.get(VPC_ENDPOINTS, key) is not endpoint:
            return None  # It was changed meanwhile, and its key is woken.
        for interface_id in gone:
            transaction.delete(NETWORK_INTERFACES, interface_id)
        if is_going:
            transaction.delete(VPC_ENDPOINTS, key)
        elif endpoint.state == "pending":
            transaction.put(VPC_ENDPOINTS, replace(endpoint, state="available"))
        if gone or endpoint.state in ("pending", "deleting"):
            await transaction.commit()
        return None
