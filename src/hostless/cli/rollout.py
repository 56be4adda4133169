"""How far a rollout has come, and how it ended: pure, from what ECS shows of it.

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


def rollout_of(service: ServiceView, deployment_id: str, attempt: dict[str, Any]) -> Rollout:
    """The rollout of `deployment_id`. attempt: its service deployment, as ECS describes it."""
    deployments = list(service.get("deployments", ()))
    ours = next((each for each in deployments if each["id"] == deployment_id), None)
    others = [each for each in deployments if each["id"] != deployment_id]
    return Rollout(
        service=str(service["serviceName"]),
        new=None if ours is None else _side_of(ours),
        old=tuple(_side_of(each) for each in others),
        verdict=_verdict_of(attempt, ours),
        reason=str(attempt.get("statusReason") or (ours or {}).get("rolloutStateReason", "")),
    )


def _side_of(deployment: dict[str, Any]) -> Side:
    return Side(
        definition=str(deployment["taskDefinition"]).rsplit("/", 1)[-1],
        desired=int(deployment["desiredCount"]),
        running=int(deployment["runningCount"]),
        starting=int(deployment["pendingCount"]),
        failed=int(deployment.get("failedTasks", 0)),
    )


def _verdict_of(attempt: dict[str, Any], ours: dict[str, Any] | None) -> Verdict | None:
    """A rollout with a rollback has ended when the rollback has."""
    match attempt["status"]:
        case "SUCCESSFUL":
            return "done"
        case "ROLLBACK_SUCCESSFUL":
            return "rolled back"
        case "ROLLBACK_FAILED":
            return "failed"
        case "STOPPED":
            is_ours = ours is not None and ours["status"] == "PRIMARY"
            return "failed" if is_ours else "superseded"
    return None


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
