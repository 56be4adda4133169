"""`hostless services`: which services there are, and whether each is where it should be."""

from pathlib import Path

import click

from hostless.cli.api import CLUSTER, ENGINE, JSON, connect
from hostless.cli.durations import short_duration
from hostless.cli.find_service import ServiceView, cluster_of, definition_of_service, services_in
from hostless.cli.screen import show_json, show_table
from hostless.kit.clock import Clock, SystemClock

HEADINGS = ("SERVICE", "DEFINITION", "STATUS", "RUNNING", "ROLLOUT", "AGE", "CLUSTER")


@click.command()
@CLUSTER
@ENGINE
@JSON
def services(cluster: str | None, state_dir: Path | None, is_json: bool) -> None:
    """List services, the oldest first."""
    found = services_in(connect(state_dir), cluster)
    if is_json:
        show_json(found)
    else:
        show_table(HEADINGS, [row_of(service, SystemClock()) for service in found])


def row_of(service: ServiceView, clock: Clock) -> tuple[str, ...]:
    return (
        str(service["serviceName"]),
        definition_of_service(service),
        str(service["status"]),
        f"{service['runningCount']}/{service['desiredCount']}",
        str(next((d["rolloutState"] for d in service["deployments"]), "-")),
        short_duration(clock.now() - service["createdAt"].timestamp()),
        cluster_of(service),
    )
