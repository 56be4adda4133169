"""Folders of file systems that there are only in memory: empty, and gone with the engine."""


class SimulatedFileSystems:
    def __init__(self) -> None:
        self._ids: set[str] = set()

    async def have(self, id_: str) -> None:
        self._ids.add(id_)

    async def remove(self, id_: str) -> None:
        self._ids.discard(id_)

    async def size(self, id_: str) -> int:
        return 0

    async def ids(self) -> frozenset[str]:
        return frozenset(self._ids)
