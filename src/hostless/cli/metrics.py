"""`hostless metrics`: what tasks used in the last minutes, and load balancers counted."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from hostless.cli.api import ENGINE, JSON, connect
from hostless.cli.screen import show_json, show_table

HEADINGS = ("METRIC", "OF", "SUM", "AVERAGE", "MINIMUM", "MAXIMUM", "P50", "P99", "UNIT")
MOST_MINUTES = 180
_ZONE = "AvailabilityZone"
_SHORT: Mapping[str, str] = {
    "Count": "",
    "None": "",
    "Bytes": "B",
    "Megabytes": "MB",
    "Gigabytes": "GB",
    "Bytes/Second": "B/s",
    "Seconds": "s",
    "Milliseconds": "ms",
    "Percent": "%",
}
_KINDS = ("app/", "net/", "targetgroup/")


@click.command()
@click.argument("name", required=False)
@click.option(
    "--minutes",
    type=click.IntRange(1, MOST_MINUTES),
    default=5,
    show_default=True,
    help="Look back so far; the present minute is one.",
)
@click.option("--zones", is_flag=True, help="By availability zone, too.")
@ENGINE
@JSON
def metrics(
    name: str | None, minutes: int, zones: bool, state_dir: Path | None, is_json: bool
) -> None:
    """Show metrics of tasks, services, load balancers and Service Connect under their names of
    CloudWatch's; with NAME those that have it in their name or dimensions. With --json all of AWS's
    statistics and dimensions.
    """
    answer = connect(state_dir).own("GET", "samples", minutes=minutes)
    found = [
        each
        for each in answer["series"]
        if (zones or _ZONE not in each["dimensions"]) and _is_meant(each, name)
    ]
    if is_json:
        show_json(found)
        return
    if not found:
        click.echo(f"Nothing was measured in the last {minutes} minutes.", err=True)
        return
    show_table(HEADINGS, [_row(each) for each in found])


def _is_meant(series: dict[str, Any], name: str | None) -> bool:
    words = (series["namespace"], series["name"], *series["dimensions"].values())
    return name is None or any(name.lower() in word.lower() for word in words)


def _row(series: dict[str, Any]) -> tuple[str, ...]:
    average = series["sum"] / series["count"]
    numbers = (
        *(series["sum"], average, series["minimum"], series["maximum"]),
        *(series.get("p50"), series.get("p99")),
    )
    of = " ".join(map(_short, series["dimensions"].values()))
    return (series["name"], of, *map(_spoken, numbers), _SHORT[series["unit"]])


def _short(value: str) -> str:
    """The name alone of `app/NAME/ID`."""
    return value.split("/")[1] if value.startswith(_KINDS) else value


def _spoken(number: float | None) -> str:
    if number is None:
        return ""
    return f"{number:.0f}" if number == int(number) else f"{number:.3g}"
