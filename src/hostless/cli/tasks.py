"""`hostless tasks`: the tasks of one service, with what tells old from new and well from ill."""

from pathlib import Path

import click

from hostless.cli.api import CLUSTER, ENGINE, JSON, connect
from hostless.cli.durations import short_duration
from hostless.cli.find_service import find_service, tasks_of
from hostless.cli.find_task import TaskView, address_of_task, short_id_of
from hostless.cli.screen import show_json, show_table
from hostless.kit.clock import Clock, SystemClock

HEADINGS = ("TASK", "DEFINITION", "STATUS", "HEALTH", "AGE", "ZONE", "ADDRESS", "WHY STOPPED")


@click.command()
@click.argument("service")
@click.option("-a", "--all", "with_ended", is_flag=True, help="Stopped ones too (kept an hour).")
@CLUSTER
@ENGINE
@JSON
def tasks(
    service: str, with_ended: bool, cluster: str | None, state_dir: Path | None, is_json: bool
) -> None:
    """List the tasks of SERVICE, the oldest first."""
    api = connect(state_dir)
    view = find_service(api, service, cluster)
    found = [*tasks_of(api, view), *tasks_of(api, view, stopped=True)]
    shown = [task for task in found if with_ended or task["lastStatus"] != "STOPPED"]
    shown.sort(key=lambda task: (task["createdAt"], task["taskArn"]))
    if is_json:
        show_json(shown)
    else:
        show_table(HEADINGS, [row_of(task, SystemClock()) for task in shown])


def row_of(task: TaskView, clock: Clock) -> tuple[str, ...]:
    return (
        short_id_of(task),
        str(task["taskDefinitionArn"]).rsplit("/", 1)[-1],
        str(task["lastStatus"]),
        str(task.get("healthStatus", "-")),
        short_duration(clock.now() - task["createdAt"].timestamp()),
        str(task.get("availabilityZone", "-")),
        address_of_task(task) or "-",
        str(task.get("stoppedReason", "-")),
    )
