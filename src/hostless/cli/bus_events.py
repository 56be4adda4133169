"""What `hostless events --bus` shows: the events kept for the event bus, as it delivers them."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

from hostless.cli.api import Api
from hostless.cli.find_task import SHORT
from hostless.cli.screen import coloured

POLL_SECONDS = 0.5
MOST_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Whose events are wanted. service: name, CLUSTER/NAME or ARN. cluster: name or ARN."""

    service: str | None = None
    cluster: str | None = None

    @property
    def is_all(self) -> bool:
        return self.service is None and self.cluster is None

    def has(self, event: dict[str, Any]) -> bool:
        """Events are of tasks and services, whose ARNs end in `/CLUSTER/NAME`."""
        *_, cluster, name = str(event["resources"][0]).split("/")
        *_, wanted_cluster, wanted = ["", *(self.service or "").split("/")]
        wanted_cluster = wanted_cluster or (self.cluster or "").rsplit("/", 1)[-1]
        if wanted_cluster not in ("", cluster):
            return False
        if event["detail-type"] == "ECS Task State Change":
            return not wanted or event["detail"]["group"] == f"service:{wanted}"
        return wanted in ("", name)


def show_bus(api: Api, chosen: Chosen, newest: int, *, follows: bool, is_json: bool) -> None:
    """The newest events, then with `follows` those to come. In JSON: one object a line.

    Those of one service or cluster are looked for among the newest `MOST_AT_ONCE`.
    """
    limit = max(newest, 1) if chosen.is_all else MOST_AT_ONCE
    answer = api.own("GET", "events", limit=limit)
    found = [each["event"] for each in answer["events"] if chosen.has(each["event"])]
    _show_all(found[-newest:] if newest else [], is_json)
    if not follows:
        return
    try:
        for events in _coming(api, answer["last"]):
            _show_all([each["event"] for each in events if chosen.has(each["event"])], is_json)
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


def _show_all(events: list[dict[str, Any]], is_json: bool) -> None:
    for event in events:
        click.echo(json.dumps(event) if is_json else line_of(event))


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
