"""Following a rollout to its end: news line by line, on a terminal with a live picture below.

What the picture and the verdict are is `rollout`'s business.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import click

from hostless.cli.api import Api
from hostless.cli.describe import show_troubles
from hostless.cli.durations import short_duration
from hostless.cli.find_service import ServiceView, look_at, tasks_of
from hostless.cli.outcome import CommandFailed
from hostless.cli.rollout import Rollout, lines_of, news_since, rollout_of
from hostless.cli.story import Trouble, troubles_of

POLL_SECONDS = 0.3
MOST_TROUBLES = 5


class _Picture(Protocol):
    def show(self, rollout: Rollout, seconds: float) -> None: ...


class _NoPicture:
    def show(self, rollout: Rollout, seconds: float) -> None:
        return None


class _LivePicture:
    """live: rich's."""

    def __init__(self, live: Any) -> None:
        self._live = live

    def show(self, rollout: Rollout, seconds: float) -> None:
        from rich.text import Text

        heading = f"{rollout.service}, {short_duration(int(seconds))}"
        self._live.update(Text("\n".join([heading, *lines_of(rollout)])), refresh=True)


@contextmanager
def _picture() -> Iterator[_Picture]:
    """Drawn on stderr while the block runs, if a person is looking."""
    if not sys.stderr.isatty():
        yield _NoPicture()
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), transient=True, auto_refresh=False) as live:
        yield _LivePicture(live)


def watch(api: Api, service: ServiceView, deployment_id: str, limit_seconds: float) -> Rollout:
    """The rollout once it has a verdict; its news went to stderr.

    service: as it was when the rollout had just begun. Raises CommandFailed when there is no
    verdict after `limit_seconds`.
    """
    begin = time.monotonic()
    attempt_arn = str(service["currentServiceDeployment"])
    seen = {event["id"] for event in service.get("events", ())}
    with _picture() as picture:
        while True:
            service = look_at(api, service)
            for id_, at, message in news_since(service, seen):
                seen.add(id_)
                click.echo(f"{at:%H:%M:%S}  {message}", err=True)
            rollout = rollout_of(service, deployment_id, _attempt(api, attempt_arn))
            if rollout.verdict is not None:
                return rollout
            waited = time.monotonic() - begin
            if waited > limit_seconds:
                raise CommandFailed(
                    f"{rollout.service} is not stable after {short_duration(limit_seconds)}; "
                    "the rollout goes on",
                    f"See: hostless events {rollout.service}; hostless tasks {rollout.service} -a",
                )
            picture.show(rollout, waited)
            time.sleep(POLL_SECONDS)


def _attempt(api: Api, arn: str) -> dict[str, Any]:
    """Raises CommandFailed when its service was deleted."""
    answer = api.call("ecs", "describe_service_deployments", serviceDeploymentArns=[arn])
    if not answer["serviceDeployments"]:
        raise CommandFailed("the service was deleted meanwhile")
    return dict(answer["serviceDeployments"][0])


def show_why_it_failed(api: Api, service: ServiceView, deployment_id: str) -> None:
    """What went wrong with the tasks of the deployment, each trouble once, on stderr."""
    found: list[Trouble] = []
    for task in tasks_of(api, service, stopped=True):
        if task.get("startedBy") == deployment_id:
            found += [trouble for trouble in troubles_of(task) if trouble not in found]
    show_troubles(found[:MOST_TROUBLES], to_stderr=True)
