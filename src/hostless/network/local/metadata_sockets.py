"""Where tasks ask about themselves: a listening socket in each VPC, handed to who answers.

Like the resolver's they are the engine's: while it is down nobody answers.
"""

import asyncio
from collections.abc import Collection
from concurrent.futures import Executor

from hostless.domain.arns import VpcId
from hostless.domain.container_identity import METADATA_ADDRESS, METADATA_PORT
from hostless.network.local.names import namespace_name_of
from hostless.network.local.relay import listening_socket
from hostless.network.seam import MetadataServer


class MetadataSockets:
    """thread: the network's own. server: who answers; None: nobody does yet."""

    def __init__(self, engine_id: str, thread: Executor) -> None:
        self._engine_id = engine_id
        self._thread = thread
        self._open: set[VpcId] = set()
        self.server: MetadataServer | None = None

    async def open(self, vpc_id: VpcId) -> None:
        """In a VPC that is laid out; once. Raises OSError."""
        if self.server is None or vpc_id in self._open:
            return
        stream = await asyncio.get_running_loop().run_in_executor(
            self._thread,
            listening_socket,
            namespace_name_of(self._engine_id, vpc_id),
            METADATA_ADDRESS,
            METADATA_PORT,
        )
        self._open.add(vpc_id)
        await self.server.serve(vpc_id, stream)

    def keep(self, vpcs: Collection[VpcId]) -> None:
        """Close those in other VPCs, before these go: an open socket would keep a namespace."""
        for vpc_id in self._open - set(vpcs):
            self._open.discard(vpc_id)
            if self.server is not None:
                self.server.leave(vpc_id)
