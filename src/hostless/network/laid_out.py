"""Which subnets a fabric carries packets in; a moment's patience for one that is new.

A task may be asked for right after its VPC, whose laying out is somebody else's work.
"""

import asyncio

from hostless.domain.arns import SubnetId
from hostless.domain.network_layout import VpcLayout
from hostless.network.seam import NetworkFailed

PATIENCE_SECONDS = 10.0
"""How long a subnet may take from its record to being laid out."""


class LaidOut:
    def __init__(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._patience_seconds = patience_seconds
        self._subnets: dict[SubnetId, VpcLayout] = {}
        self._changed = asyncio.Event()

    def replace(self, vpcs: tuple[VpcLayout, ...]) -> None:
        """From now on these, and no others."""
        self._subnets = {each.subnet.id: vpc for vpc in vpcs for each in vpc.subnets}
        self._changed.set()
        self._changed = asyncio.Event()

    async def need(self, subnet_id: SubnetId) -> VpcLayout:
        """The VPC of the subnet. Raises NetworkFailed when it does not come."""
        if subnet_id not in self._subnets:
            await self._wait_for(subnet_id)
        return self._subnets[subnet_id]

    async def _wait_for(self, subnet_id: SubnetId) -> None:
        try:
            async with asyncio.timeout(self._patience_seconds):
                while subnet_id not in self._subnets:
                    await self._changed.wait()
        except TimeoutError:
            raise NetworkFailed(f"The subnet ID '{subnet_id}' does not exist") from None
