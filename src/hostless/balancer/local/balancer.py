"""The balancer of this machine: an HAProxy for each node, in the namespace of its interface."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from hostless.balancer.local import log_file
from hostless.balancer.local.log_reading import requests_of
from hostless.balancer.local.node import Node
from hostless.balancer.local.process import Groups
from hostless.balancer.seam import LoggedRequests, NodeCounters, NodePlan, SeenTarget
from hostless.domain.arns import NetworkInterfaceId
from hostless.kit.clock import Clock


class LocalBalancer:
    """Implements `hostless.balancer.seam.Balancer`; needs root. root: folder of its own."""

    def __init__(self, root: Path, groups: Groups, clock: Clock) -> None:
        self._root = root
        self._groups = groups
        self._clock = clock
        self._nodes: dict[NetworkInterfaceId, Node] = {}
        self._turns: dict[NetworkInterfaceId, asyncio.Lock] = {}

    async def serve(self, plan: NodePlan) -> None:
        interface_id = plan.node.interface_id
        async with self._turn(interface_id):
            await self._node(interface_id).serve(plan)

    async def stop(self, interface_id: NetworkInterfaceId) -> None:
        async with self._turn(interface_id):
            await self._node(interface_id).stop()

    async def log_size(self, interface_id: NetworkInterfaceId) -> int:
        return log_file.size_of(self._root / interface_id)

    async def logged(self, interface_id: NetworkInterfaceId, since: int) -> LoggedRequests:
        return await asyncio.to_thread(_logged, self._root / interface_id, since)

    async def free_log(self, interface_id: NetworkInterfaceId, until: int) -> None:
        log_file.free(self._root / interface_id, until)

    async def remove(self, interface_id: NetworkInterfaceId) -> None:
        async with self._turn(interface_id):
            await self._node(interface_id).remove()
        self._nodes.pop(interface_id, None)
        self._turns.pop(interface_id, None)

    async def nodes(self) -> frozenset[NetworkInterfaceId]:
        if not self._root.is_dir():
            return frozenset()
        return frozenset(NetworkInterfaceId(each.name) for each in self._root.iterdir())

    async def seen(self, interface_id: NetworkInterfaceId) -> Mapping[str, SeenTarget] | None:
        try:
            return await self._node(interface_id).seen()
        except OSError:
            return None

    async def counters(self, interface_id: NetworkInterfaceId) -> tuple[NodeCounters, ...]:
        """While the node changes, the next look gets it: between two processes the new one would
        be told before what the old one said last, and the old one be taken for gone."""
        turn = self._turn(interface_id)
        if turn.locked():
            return ()
        async with turn:
            try:
                return await self._node(interface_id).counters(self._clock.now())
            except OSError:
                return ()

    async def close(self) -> None:
        self._nodes.clear()

    async def purge(self) -> None:
        for interface_id in await self.nodes():
            await self.remove(interface_id)
        await asyncio.to_thread(self._groups.remove_all)

    def _node(self, interface_id: NetworkInterfaceId) -> Node:
        return self._nodes.setdefault(interface_id, Node(self._root / interface_id, self._groups))

    def _turn(self, interface_id: NetworkInterfaceId) -> asyncio.Lock:
        return self._turns.setdefault(interface_id, asyncio.Lock())


def _logged(folder: Path, since: int) -> LoggedRequests:
    piece = log_file.read(folder, since)
    return LoggedRequests(
        requests=tuple(requests_of(piece, since)),
        until=since + len(piece),
        is_full=len(piece) > log_file.PIECE_BYTES // 2,
    )
