"""Whether one more task fits on this machine.

Room is promised, not measured: what the machine has, times the over-commit, minus the sizes of all
tasks that have not stopped. A task's size counts from the moment its record exists.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Shortage: TypeAlias = Literal["RESOURCE:CPU", "RESOURCE:MEMORY"]
"""What there is too little of, as ECS words it for instances of one's own."""
NO_CAPACITY = (
    "Capacity is unavailable at this time. "
    "Please try again later or in a different availability zone"
)
"""Fargate's reason for a task that was not placed; it names no resource there, and no ARN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """cpu_units: 1024 = one vCPU. Negative when more was promised than there is now."""

    cpu_units: int
    memory_mib: int

    def minus(self, cpu_units: int, memory_mib: int) -> "Room":
        return Room(
            cpu_units=self.cpu_units - cpu_units,
            memory_mib=self.memory_mib - memory_mib,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """So many tasks of one size that have not stopped."""

    cpu_units: int
    memory_mib: int
    tasks: int
    is_spot: bool = False


def room_left(total: Room, over_commit: float, holdings: Iterable[Holding]) -> Room:
    """What may still be promised."""
    room = Room(
        cpu_units=int(total.cpu_units * over_commit),
        memory_mib=int(total.memory_mib * over_commit),
    )
    for held in holdings:
        room = room.minus(held.cpu_units * held.tasks, held.memory_mib * held.tasks)
    return room


def shortage_of(room: Room, cpu_units: int, memory_mib: int) -> Shortage | None:
    """Why a task of this size does not fit; None when it does."""
    if cpu_units > room.cpu_units:
        return "RESOURCE:CPU"
    if memory_mib > room.memory_mib:
        return "RESOURCE:MEMORY"
    return None
