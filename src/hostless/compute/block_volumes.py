"""Volumes of EBS: what a backend needs of a task's, and the seam to where all of them lie.

A backend makes a volume when its task starts, and lets go of it when the task is removed; the
volume itself goes when it is told so here. Ids are EC2's own (`vol-…`, `snap-…`).
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedVolume:
    """volume: its name in the task. file_system: `ext3`, `ext4` or `xfs`; what the snapshot has
    that it is made from, if it is. is_kept: whether it outlives the task.
    """

    volume: str
    id: str
    size_gib: int
    file_system: str
    snapshot_id: str | None = None
    is_kept: bool = False


class BlockVolumes(Protocol):
    """Every method may be called again."""

    async def mend(self) -> None:
        """Set right what an engine left that was killed; called once, before anything else."""

    async def remove(self, id_: str) -> None:
        """A volume that no task has. Raises OSError."""

    async def take_snapshot(self, volume_id: str, snapshot_id: str) -> int:
        """Of a volume at one instant, also while a task writes to it, which then waits.

        Bytes of the disk that it takes. Raises OSError.
        """

    async def remove_snapshot(self, id_: str) -> None:
        """Raises OSError."""

    async def ids(self) -> frozenset[str]:
        """Every volume and snapshot of which a file is there."""
