"""What is remembered of a container's last run while, and after, it is started anew.

A restart takes the old run's folder away and makes it again, and an engine may die at any line of
that: whoever finds the note and no newer run knows how the old one ended and that it is to go on.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from hostless.compute.local.records import write_whole
from hostless.compute.seam import ContainerObservation
from hostless.kit.clock import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """restarts: the number of the restart that this run's end led to."""

    restarts: int
    started_at: Timestamp
    finished_at: Timestamp | None
    exit_code: int | None
    reason: str | None


def last_run_of(ended: ContainerObservation, restarts: int) -> LastRun:
    assert ended.started_at is not None, "it ended"
    return LastRun(
        restarts=restarts,
        started_at=ended.started_at,
        finished_at=ended.finished_at,
        exit_code=ended.exit_code,
        reason=ended.reason,
    )


def find_last_run(path: Path) -> LastRun | None:
    """None for a container that was never restarted."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=LastRun)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def write_last_run(path: Path, run: LastRun) -> None:
    write_whole(path, msgspec.json.encode(run))


def seen_after(
    seen: ContainerObservation, last: LastRun | None, runtime_id: str
) -> ContainerObservation:
    """What is of a container, given what its folder shows and what is noted of its last run.

    As long as the next run has not begun the container is what it was at the end of the last.
    """
    if last is None:
        return seen
    if seen.started_at not in (None, last.started_at):
        return replace(seen, restarts=last.restarts)
    return ContainerObservation(
        state="exited",
        runtime_id=runtime_id,
        started_at=last.started_at,
        finished_at=last.finished_at,
        exit_code=last.exit_code,
        reason=last.reason,
        restarts=last.restarts - 1,
    )
