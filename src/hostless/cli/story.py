"""A task's life in sentences: what happened when, what went wrong, what to do about it.

Pure: takes a task as DescribeTasks shows it. AWS's own words stay available in the task itself.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hostless.cli.find_task import TaskView, address_of_task, short_id_of

SIGNALS = {132: "SIGILL", 134: "SIGABRT", 135: "SIGBUS", 136: "SIGFPE", 139: "SIGSEGV"}
KILLED, TERMINATED, NOT_FOUND, NOT_EXECUTABLE = 137, 143, 127, 126
_PREFIX = re.compile(r"^\w+(Error|Exception): ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """what: a sentence without its full stop. advice: what to do about it."""

    what: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    at: datetime
    what: str


def story_of(task: TaskView) -> list[Moment]:
    """What happened to the task, in order."""
    return sorted(_moments(task), key=lambda moment: moment.at)


def _moments(task: TaskView) -> Iterator[Moment]:
    sentences: dict[str, Callable[[], str]] = {
        "createdAt": lambda: f"asked for by {task.get('startedBy') or 'a caller of RunTask'}",
        "connectivityAt": lambda: f"network ready, address {address_of_task(task) or 'unknown'}",
        "pullStartedAt": lambda: "pulling images",
        "pullStoppedAt": lambda: "images are here",
        "startedAt": lambda: "all containers run",
        "stoppingAt": lambda: f"stopping: {task.get('stoppedReason') or 'no reason given'}",
        "executionStoppedAt": lambda: "all containers have ended",
        "stoppedAt": lambda: "stopped, everything it held is free",
    }
    for member, sentence in sentences.items():
        if task.get(member) is not None:
            yield Moment(at=task[member], what=sentence())


def troubles_of(task: TaskView) -> list[Trouble]:
    """Everything that went wrong, the task's own trouble first; empty when nothing did."""
    reason = str(task.get("stoppedReason") or "")
    found = [_reason(reason, task)] if _is_error(reason) else []
    for container in task.get("containers", ()):
        trouble = _container_trouble(container, task)
        if trouble and trouble not in found:
            found.append(trouble)
    return found


def _is_error(reason: str) -> bool:
    return bool(_PREFIX.match(reason)) or reason.startswith("Timeout waiting")


def _container_trouble(container: dict[str, Any], task: TaskView) -> Trouble | None:
    reason = str(container.get("reason") or "")
    if reason.startswith("OutOfMemoryError"):
        limit = container.get("memory") or task.get("memory")
        return Trouble(
            what=f"{container['name']} was killed: it needed more than its {limit} MiB of memory",
            advice="Give it more with --memory, or `memory` in the task definition.",
        )
    if reason:
        return _reason(reason, task, container)
    return _exit_trouble(container, task)


def _exit_trouble(container: dict[str, Any], task: TaskView) -> Trouble | None:
    code, name = container.get("exitCode"), container["name"]
    was_asked = task.get("stopCode") in ("UserInitiated", "ServiceSchedulerInitiated")
    if code in (None, 0) or (was_asked and code == TERMINATED):
        return None
    if code == KILLED and was_asked:
        return Trouble(
            what=f"{name} had to be killed: it did not end when it was told to",
            advice="Have it end on its stop signal, or raise `stopTimeout`.",
        )
    if code in (NOT_FOUND, NOT_EXECUTABLE):
        return Trouble(
            what=f"{name} ended with code {code}: a command was not found or cannot be executed",
            advice="Check the command against what is in the image.",
        )
    crash = f" ({SIGNALS[code]})" if code in SIGNALS else ""
    return Trouble(
        what=f"{name} ended with code {code}{crash}",
        advice=f"Its last words: hostless logs {short_id_of(task)}",
    )


def _reason(reason: str, task: TaskView, container: dict[str, Any] | None = None) -> Trouble:
    """One of AWS's sentences, made friendlier by its first word."""
    kind, _, rest = reason.partition(":")
    detail = rest.strip() or reason
    images = {str(each.get("image")) for each in task.get("containers", ())}
    image = str(container["image"]) if container and container.get("image") else ""
    named = next((each for each in sorted(images) if each in detail), image)
    about = f" {named}" if named and named not in detail else ""
    for beginning, what, advice in _KINDS:
        if kind.startswith(beginning):
            return Trouble(what=f"{what.format(about=about)}: {detail}", advice=advice)
    return Trouble(what=reason)


_KINDS = (
    (
        "CannotPull",
        "could not pull the image{about}",
        "Check the name and tag, that the registry answers, and for private images the login "
        "(hostless up --registry-auth).",
    ),
    (
        "CannotStartContainer",
        "could not start the container",
        "Check the command, entry point and working directory against what is in the image.",
    ),
    ("CannotCreateContainer", "could not create the container", "Check the task definition."),
    (
        "ResourceInitializationError",
        "could not make ready what the task needs",
        "Log groups must exist, or set awslogs-create-group.",
    ),
    ("Timeout waiting", "took too long", "See the engine's log: hostless up -v."),
)
