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
    "PROVISIONING": frozenset({"PENDING", "DEPROVISIONING"}),
    "PENDING": frozenset({"ACTIVATING", "STOPPING", "DEPROVISIONING"}),
    "ACTIVATING": frozenset({"RUNNING", "DEACTIVATING"}),
    "RUNNING": frozenset({"DEACTIVATING"}),
    "DEACTIVATING": frozenset({"STOPPING"}),
    "STOPPING": frozenset({"DEPROVISIONING"}),
    "DEPROVISIONING": frozenset({"STOPPED"}),
    "STOPPED": frozenset(),
}
"""What a task in a state may become next."""

MEANINGS: Mapping[TaskStatus, str] = {
    "PROVISIONING": "gets its network interface",
    "PENDING": "images are pulled, containers made and started",
    "ACTIVATING": "all containers started; about to be announced",
    "RUNNING": "runs",
    "DEACTIVATING": "is taken out of use",
    "STOPPING": "stop signal, time-out, kill",
    "DEPROVISIONING": "logs, containers and the network interface are cleared away",
    "STOPPED": "shown for an hour, then forgotten",
}
"""What happens in each state (Amazon ECS Developer Guide, "Task lifecycle")."""


class IllegalMove(Exception):
    """A bug: a task was about to make a move that the table does not allow."""


def is_allowed(before: TaskStatus, after: TaskStatus) -> bool:
    """Whether a task may make this move; staying where it is is always allowed."""
    return before == after or after in MOVES[before]


def check_move(before: TaskStatus, after: TaskStatus, story: str = "") -> None:
    """Raise IllegalMove, with the task's story, unless `before` may become `after`."""
    if after not in MOVES[before]:
        raise IllegalMove(f"{before} may not become {after}; so far: {story or 'no story'}")


def drawing() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", "    [*] --> PROVISIONING"]
    order = list(MOVES)
    for before, afters in MOVES.items():
        lines += [f"    {before} --> {after}" for after in sorted(afters, key=order.index)]
    lines.append("    STOPPED --> [*]")
    lines += [f"    {status}: {status}<br/>{meaning}" for status, meaning in MEANINGS.items()]
    return "\n".join(lines)
