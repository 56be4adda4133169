"""How far a rollout has come, and how it ended: pure, from what DescribeServices shows.

Waiting, asking and drawing are in `rollout_watch`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from hostless.cli.find_service import ServiceView

Verdict: TypeAlias = Literal["done", "failed", "rolled back", "superseded"]
BAR_CELLS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The tasks of one deployment, as numbers. definition: `family:revision`."""

    definition: str
    desired: int
    running: int
    starting: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """verdict: None while it goes on. reason: AWS's own, where there is one."""

    service: str
    new: Side | None
    old: tuple[Side, ...]
    verdict: Verdict | None
    reason: str = ""


def rollout_of(service: ServiceView, deployment_id: str) -> Rollout:
    """The rollout that `deployment_id` is, among the deployments of the service as it is."""
    deployments = list(service.get("deployments", ()))
    ours = next((each for each in deployments if each["id"] == deployment_id), None)
    others = [each for each in deployments if each["id"] != deployment_id]
    return Rollout(
        service=str(service["serviceName"]),
        new=None if ours is None else _side_of(ours),
        old=tuple(_side_of(each) for each in others),
        verdict=_verdict_of(ours, others),
        reason=str((ours or {}).get("rolloutStateReason", "")),
    )


def _side_of(deployment: dict[str, Any]) -> Side:
    return Side(
        definition=str(deployment["taskDefinition"]).rsplit("/", 1)[-1],
        desired=int(deployment["desiredCount"]),
        running=int(deployment["runningCount"]),
        starting=int(deployment["pendingCount"]),
        failed=int(deployment.get("failedTasks", 0)),
    )


def _verdict_of(ours: dict[str, Any] | None, others: list[dict[str, Any]]) -> Verdict | None:
    """A failed rollout with a rollback has ended when the rollback has."""
    primary = next((each for each in others if each["status"] == "PRIMARY"), None)
    if ours is None:
        return "superseded"
    if ours["rolloutState"] == "COMPLETED":
        return "done"
    if ours["rolloutState"] == "FAILED":
        if primary is None:
            return None if "rolling back" in ours.get("rolloutStateReason", "") else "failed"
        return "rolled back" if primary["rolloutState"] == "COMPLETED" else None
    return "superseded" if primary is not None else None


def lines_of(rollout: Rollout) -> list[str]:
    """For a person: one line for the new tasks, one for each older deployment."""
    sides = [("new", rollout.new), *(("old", side) for side in rollout.old)]
    return [_line(name, side) for name, side in sides if side is not None]


def _line(name: str, side: Side) -> str:
    parts = [f"{side.running}/{side.desired} running" if name == "new" else f"{side.running} left"]
    if side.starting:
        parts.append(f"{side.starting} starting")
    if side.failed:
        parts.append(f"{side.failed} failed")
    return f"{name}  {bar(side, BAR_CELLS)}  {side.definition}  {', '.join(parts)}"


def bar(side: Side, cells: int) -> str:
    """Full cells run, light ones start, dots are missing."""
    whole = max(side.desired, side.running + side.starting, 1)
    full = round(cells * side.running / whole)
    light = min(cells - full, round(cells * side.starting / whole))
    return "█" * full + "░" * light + "·" * (cells - full - light)


def news_since(service: ServiceView, seen: Iterable[str]) -> list[tuple[str, datetime, str]]:
    """Events not seen yet, the oldest first: id, when, what (without `(service x) `)."""
    known = set(seen)
    prefix = f"(service {service['serviceName']}) "
    return [
        (event["id"], event["createdAt"], str(event["message"]).removeprefix(prefix))
        for event in reversed(service.get("events", ()))
        if event["id"] not in known
    ]
