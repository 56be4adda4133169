"""`hostless stop`: end tasks, and wait until they have ended."""

import time
from typing import Any

import click

from hostless.cli.api import CLUSTER, ENGINE, JSON, Api, connect
from hostless.cli.find_task import TaskView, find_task, look_again, own_containers, short_id_of
from hostless.cli.outcome import CommandFailed
from hostless.cli.screen import progress, show_json

LIMIT_SECONDS = 150.0
"""The longest stopTimeout is 120 s."""
POLL_SECONDS = 0.1


@click.command()
@click.argument("tasks", nargs=-1, required=True)
@click.option("--reason", help="Shown as the task's stoppedReason.")
@click.option("--no-wait", is_flag=True, help="Do not wait until they have stopped.")
@CLUSTER
@ENGINE
@JSON
def stop(tasks: tuple[str, ...], no_wait: bool, is_json: bool, **options: Any) -> None:
    """Stop tasks: stop signal, then SIGKILL after each container's stopTimeout."""
    api = connect(options["state_dir"])
    found = [find_task(api, each, options["cluster"]) for each in tasks]
    for task in found:
        _ask_to_stop(api, task, options["reason"])
    if not no_wait:
        found = [wait_until_stopped(api, task) for task in found]
    if is_json:
        show_json(found)
        return
    for task in found:
        click.echo(f"{short_id_of(task)}  {outcome_of(task)}")


def _ask_to_stop(api: Api, task: TaskView, reason: str | None) -> None:
    if task["lastStatus"] == "STOPPED":
        return
    members = {"reason": reason} if reason else {}
    api.call("ecs", "stop_task", cluster=task["clusterArn"], task=task["taskArn"], **members)


def wait_until_stopped(api: Api, task: TaskView) -> TaskView:
    """The task once it has stopped. Raises CommandFailed after the limit."""
    deadline = time.monotonic() + LIMIT_SECONDS
    with progress(f"stopping {short_id_of(task)}") as shown:
        while task["lastStatus"] != "STOPPED":
            if time.monotonic() > deadline:
                raise CommandFailed(
                    f"task {short_id_of(task)} is still {task['lastStatus']}",
                    f"See: hostless describe {short_id_of(task)}",
                )
            time.sleep(POLL_SECONDS)
            task = look_again(api, task)
            shown.say(f"stopping {short_id_of(task)}: {task['lastStatus'].lower()}")
    return task


def outcome_of(task: TaskView) -> str:
    """`STOPPED  web 0, sidecar 143`."""
    codes = ", ".join(
        f"{container['name']} {container.get('exitCode', 'no exit code')}"
        for container in own_containers(task)
    )
    return f"{task['lastStatus']}  {codes}" if task["lastStatus"] == "STOPPED" else "stopping"
