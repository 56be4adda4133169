"""Volumes of EBS that there are only by name: nothing lies on them."""


class SimulatedBlockVolumes:
    async def mend(self) -> None: ...

    async def remove(self, id_: str) -> None: ...

    async def take_snapshot(self, volume_id: str, snapshot_id: str) -> int:
        return 0

    async def remove_snapshot(self, id_: str) -> None: ...

    async def ids(self) -> frozenset[str]:
        return frozenset()
