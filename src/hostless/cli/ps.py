"""`hostless ps`: which tasks there are."""

from pathlib import Path

import click

from hostless.cli.api import CLUSTER, ENGINE, JSON, connect
from hostless.cli.durations import short_duration
from hostless.cli.find_task import TaskView, address_of_task, short_id_of, tasks_in
from hostless.cli.screen import show_json, show_table
from hostless.kit.clock import Clock, SystemClock

HEADINGS = ("TASK", "DEFINITION", "STATUS", "AGE", "ADDRESS", "CPU", "MIB", "CLUSTER")


@click.command()
@click.option("-a", "--all", "with_ended", is_flag=True, help="Stopped ones too (kept an hour).")
@click.option("-q", "--quiet", is_flag=True, help="Print ids only, in full.")
@CLUSTER
@ENGINE
@JSON
def ps(
    with_ended: bool, quiet: bool, cluster: str | None, state_dir: Path | None, is_json: bool
) -> None:
    """List tasks, the oldest first."""
    tasks = tasks_in(connect(state_dir), cluster, with_ended=with_ended)
    if is_json:
        show_json(tasks)
    elif quiet:
        for task in tasks:
            click.echo(task["taskArn"].rsplit("/", 1)[-1])
    else:
        show_table(HEADINGS, [row_of(task, SystemClock()) for task in tasks])


def row_of(task: TaskView, clock: Clock) -> tuple[str, ...]:
    return (
        short_id_of(task),
        str(task["taskDefinitionArn"]).rsplit("/", 1)[-1],
        str(task["lastStatus"]),
        short_duration(clock.now() - task["createdAt"].timestamp()),
        address_of_task(task) or "-",
        str(task.get("cpu", "-")),
        str(task.get("memory", "-")),
        str(task["clusterArn"]).rsplit("/", 1)[-1],
    )
