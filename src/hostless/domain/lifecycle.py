"""The life of a task: one table of allowed moves, AWS's own state names.

The drawing in the documentation is generated from this table. DELETED, which AWS shows for an
instant only, is the record's absence here.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

TaskStatus: TypeAlias = Literal[
    "PROVISIONING",
    "PENDING",
    "ACTIVATING",
    "RUNNING",
    "DEACTIVATING",
    "STOPPING",
    "DEPROVISIONING",
    "STOPPED",
]
Goal: TypeAlias = Literal["RUNNING", "STOPPED"]
StopCode: TypeAlias = Literal[
    "TaskFailedToStart",
    "EssentialContainerExited",
    "UserInitiated",
    "ServiceSchedulerInitiated",
    "SpotInterruption",
    "TerminationNotice",
    "InfrastructureHealth",
]

MOVES: Mapping[TaskStatus, frozenset[TaskStatus]] = {
    "PROVISIONING": frozenset({"PENDING", "DEPROVISIONING", "STOPPED"}),
    "PENDING": frozenset({"ACTIVATING", "STOPPING", "DEPROVISIONING"}),
    "ACTIVATING": frozenset({"RUNNING", "DEACTIVATING", "STOPPING"}),
    "RUNNING": frozenset({"DEACTIVATING"}),
    "DEACTIVATING": frozenset({"STOPPING"}),
    "STOPPING": frozenset({"DEPROVISIONING"}),
    "DEPROVISIONING": frozenset({"STOPPED"}),
    "STOPPED": frozenset(),
}
"""What a task in a state may become next."""


class IllegalMove(Exception):
    """A bug: a task was about to make a move that the table does not allow."""


def check_move(before: TaskStatus, after: TaskStatus, story: str = "") -> None:
    """Raise IllegalMove, with the task's story, unless `before` may become `after`."""
    if after not in MOVES[before]:
        raise IllegalMove(f"{before} may not become {after}; so far: {story or 'no story'}")
