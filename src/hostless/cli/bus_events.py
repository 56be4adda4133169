"""What `hostless events --bus` shows: the events kept for the event bus, as it delivers them."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from hostless.cli.api import Api
from hostless.cli.find_task import SHORT
from hostless.cli.screen import coloured

POLL_SECONDS = 0.5
MOST_AT_ONCE = 1000


def show_bus(api: Api, service: str | None, newest: int, *, follows: bool, is_json: bool) -> None:
    """The newest events, then with `follows` those to come. In JSON: one object a line."""
    answer = api.own("GET", "events", limit=max(newest, 1))
    _show_all(answer["events"] if newest else [], service, is_json)
    if not follows:
        return
    try:
        for events in _coming(api, answer["last"]):
            _show_all(events, service, is_json)
    except KeyboardInterrupt:
        return


def _coming(api: Api, last: int) -> Iterator[list[dict[str, Any]]]:
    while True:
        answer = api.own("GET", "events", after=last, limit=MOST_AT_ONCE)
        last = answer["last"]
        if answer["missed"]:
            click.echo(f"{answer['missed']} events came too fast and are gone", err=True)
        yield answer["events"]
        if len(answer["events"]) < MOST_AT_ONCE:
            time.sleep(POLL_SECONDS)


def _show_all(events: list[dict[str, Any]], service: str | None, is_json: bool) -> None:
    for each in events:
        event = each["event"]
        if service is None or _is_of(event, service):
            click.echo(json.dumps(event) if is_json else line_of(event))


def _is_of(event: dict[str, Any], service: str) -> bool:
    """service: name or ARN."""
    name = service.rsplit("/", 1)[-1]
    if event["detail-type"] == "ECS Task State Change":
        return bool(event["detail"]["group"] == f"service:{name}")
    return str(event["resources"][0]).rsplit("/", 1)[-1] == name


def line_of(event: dict[str, Any]) -> str:
    """One event on one line, for a person."""
    at = datetime.fromisoformat(event["time"]).astimezone()
    kind = str(event["detail-type"]).removeprefix("ECS ")
    return f"{at:%H:%M:%S}  {kind:<23}  {_told(event)}"


def _told(event: dict[str, Any]) -> str:
    detail, name = event["detail"], str(event["resources"][0]).rsplit("/", 1)[-1]
    if event["detail-type"] != "ECS Task State Change":
        words = (name, detail["eventName"], detail.get("reason", ""))
        return "  ".join(word for word in words if word)
    told = f"{name[:SHORT]}  {detail['group']}  {coloured(detail['lastStatus'])}"
    if "stopCode" in detail:
        told += f"  {detail['stopCode']}: {detail['stoppedReason']}"
    return told
