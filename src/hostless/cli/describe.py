"""`hostless describe`: everything about one task, and its story in sentences."""

from dataclasses import asdict
from pathlib import Path

import click

from hostless.cli.api import CLUSTER, ENGINE, JSON, connect
from hostless.cli.durations import short_duration
from hostless.cli.find_task import TaskView, address_of_task, find_task, id_of
from hostless.cli.pulls import pulls_of
from hostless.cli.screen import coloured, show_json, show_table
from hostless.cli.story import Trouble, story_of, troubles_of


@click.command()
@click.argument("task")
@CLUSTER
@ENGINE
@JSON
def describe(task: str, cluster: str | None, state_dir: Path | None, is_json: bool) -> None:
    """Show a task: what it is, what happened to it, what went wrong and what to do about it."""
    api = connect(state_dir)
    found = find_task(api, task, cluster)
    if is_json:
        show_json(
            {
                "task": found,
                "story": [asdict(moment) for moment in story_of(found)],
                "troubles": [asdict(trouble) for trouble in troubles_of(found)],
            }
        )
        return
    _show_facts(found)
    _show_containers(found)
    for line in pulls_of(api, found):
        click.echo(f"\npulling {line}")
    show_story(found)
    show_troubles(troubles_of(found))


def _show_facts(task: TaskView) -> None:
    isolation = {a["name"]: a.get("value", "") for a in task.get("attributes", ())}
    facts = {
        "task": id_of(task),
        "status": coloured(str(task["lastStatus"])),
        "definition": str(task["taskDefinitionArn"]).rsplit("/", 1)[-1],
        "cluster": str(task["clusterArn"]).rsplit("/", 1)[-1],
        "size": f"{task.get('cpu')} CPU units, {task.get('memory')} MiB",
        "address": address_of_task(task) or "-",
        "zone": task.get("availabilityZone", "-"),
        **{name.rsplit(".", 1)[-1]: value for name, value in isolation.items()},
    }
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        click.echo(f"{click.style(f'{name:<{width}}', bold=True)}  {value}")


def _show_containers(task: TaskView) -> None:
    click.echo()
    rows = [
        (
            str(container["name"]),
            str(container.get("lastStatus", "-")),
            str(container.get("exitCode", "-")),
            str(container.get("image", "-")),
        )
        for container in task.get("containers", ())
    ]
    show_table(("CONTAINER", "STATUS", "EXIT", "IMAGE"), rows)


def show_story(task: TaskView) -> None:
    """One line a moment: the time of the first, how much later for the others."""
    click.echo()
    moments = story_of(task)
    for moment in moments:
        later = (moment.at - moments[0].at).total_seconds()
        when = f"+{_later(later)}" if later else f"{moment.at:%H:%M:%S}"
        click.echo(f"{when:>8}  {moment.what}")


def _later(seconds: float) -> str:
    """Start-up is told to the hundredth of a second."""
    return f"{seconds:.2f}s" if seconds < 10 else short_duration(seconds)


def show_troubles(troubles: list[Trouble], *, to_stderr: bool = False) -> None:
    """What went wrong, each with what to do about it."""
    for trouble in troubles:
        click.echo(f"{click.style('✗', fg='red')} {trouble.what}", err=to_stderr)
        if trouble.advice:
            click.echo(f"  → {trouble.advice}", err=to_stderr)
