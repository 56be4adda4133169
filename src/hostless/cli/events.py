"""`hostless events`: what the scheduler says of a service, in AWS's words."""

import time
from datetime import datetime
from pathlib import Path

import click

from hostless.cli.api import CLUSTER, ENGINE, JSON, Api, connect
from hostless.cli.bus_events import Chosen, show_bus
from hostless.cli.find_service import ServiceView, find_service, look_at, services_in
from hostless.cli.screen import show_json

POLL_SECONDS = 0.5


@click.command()
@click.argument("service", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on with those to come.")
@click.option("-n", "--newest", type=click.IntRange(0, 100), default=100, help="So many at most.")
@click.option("--bus", "is_bus", is_flag=True, help="What the event bus gets: also of tasks.")
@CLUSTER
@ENGINE
@JSON
def events(
    service: str | None,
    follow: bool,
    newest: int,
    is_bus: bool,
    cluster: str | None,
    state_dir: Path | None,
    is_json: bool,
) -> None:
    """Show the events of SERVICE, or of all services; the oldest first. ECS keeps 100 of each.

    With --bus those that EventBridge would get, about tasks, services and deployments; with --json
    whole, one a line.
    """
    api = connect(state_dir)
    if is_bus:
        chosen = Chosen(service=service, cluster=cluster)
        show_bus(api, chosen, newest, follows=follow, is_json=is_json)
        return
    found = [find_service(api, service, cluster)] if service else services_in(api, cluster)
    lines = _lines(found)[-newest:] if newest else []
    if is_json:
        show_json([{"createdAt": at, "message": text} for at, _, text in lines])
        return
    for line in lines:
        _show(line)
    if follow:
        _follow(api, found, {id_ for _, id_, _ in _lines(found)})


def _lines(services: list[ServiceView]) -> list[tuple[datetime, str, str]]:
    """When, id, text; the oldest first. ECS lists the newest first, and several may be as old."""
    found = [
        (event["createdAt"], str(event["id"]), str(event["message"]))
        for service in services
        for event in reversed(service.get("events", ()))
    ]
    return sorted(found, key=lambda line: line[0])


def _show(line: tuple[datetime, str, str]) -> None:
    at, _, text = line
    click.echo(f"{at.astimezone():%Y-%m-%d %H:%M:%S}  {text}")


def _follow(api: Api, services: list[ServiceView], seen: set[str]) -> None:
    try:
        while True:
            time.sleep(POLL_SECONDS)
            for line in _lines([look_at(api, service) for service in services]):
                if line[1] not in seen:
                    seen.add(line[1])
                    _show(line)
    except KeyboardInterrupt:
        return
