"""`hostless logs`: what a task's containers wrote."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from hostless.cli.api import CLUSTER, ENGINE, JSON, Api, connect
from hostless.cli.durations import find_seconds
from hostless.cli.find_task import TaskView, find_task, look_again, short_id_of
from hostless.cli.log_reader import LogLine, LogReader, LogSource, sources_of
from hostless.cli.outcome import CommandFailed
from hostless.kit.clock import SystemClock

POLL_SECONDS = 0.3
COLOURS = ("cyan", "magenta", "yellow", "green", "blue")


def since_of(text: str) -> int:
    """Milliseconds since the epoch of `10m` ago or of an ISO time."""
    ago = find_seconds(text)
    if ago is not None:
        return int((SystemClock().now() - ago) * 1000)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is neither like 10m or 2h nor a time like 2026-01-31T12:00"
        ) from error
    return int(moment.astimezone(UTC).timestamp() * 1000)


@click.command()
@click.argument("task")
@click.option("-f", "--follow", is_flag=True, help="Go on until the task has stopped.")
@click.option("--container", metavar="NAME", help="Of this container only.")
@click.option("--since", type=since_of, metavar="WHEN", default=None, help="10m, 2h, or a time.")
@click.option("-n", "--tail", type=click.IntRange(min=0), metavar="LINES", help="The last lines.")
@click.option("-t", "--timestamps", is_flag=True, help="Show when each line was written.")
@CLUSTER
@ENGINE
@JSON
def logs(task: str, follow: bool, state_dir: Path | None, **options: Any) -> None:
    """Print what a task wrote; with several containers, each line with its container's name."""
    api = connect(state_dir)
    found = find_task(api, task, options["cluster"])
    sources = chosen_sources(sources_of(api, found), options["container"], found)
    reader = LogReader(api, sources, options["since"] or 0)
    show = printer(sources, with_time=options["timestamps"], is_json=options["is_json"])
    lines = reader.new_lines()
    if options["tail"] is not None:
        lines = lines[len(lines) - min(options["tail"], len(lines)) :]
    for line in lines:
        show(line)
    if follow:
        follow_to_the_end(api, found, reader, show)


def chosen_sources(
    sources: list[LogSource], container: str | None, task: TaskView
) -> list[LogSource]:
    """The sources of one container, or all. Raises CommandFailed when nothing is left."""
    chosen = [source for source in sources if container in (None, source.container)]
    if not chosen:
        whose = f"container {container!r} of task" if container else "task"
        raise CommandFailed(
            f"{whose} {short_id_of(task)} does not log to CloudWatch Logs",
            "Its definition needs a logConfiguration with logDriver awslogs.",
        )
    return chosen


def printer(
    sources: Sequence[LogSource], *, with_time: bool, is_json: bool
) -> Callable[[LogLine], None]:
    """How a line is printed: plain for one container, with coloured names for several."""
    names = [source.container for source in sources]
    width = max(len(name) for name in names)

    def show(line: LogLine) -> None:
        if is_json:
            _show_as_json(line)
            return
        moment = datetime.fromtimestamp(line.at_ms / 1000, UTC)
        prefix = f"{moment:%Y-%m-%dT%H:%M:%S}.{line.at_ms % 1000:03}Z " if with_time else ""
        if len(names) > 1:
            colour = COLOURS[names.index(line.container) % len(COLOURS)]
            prefix += click.style(f"{line.container:<{width}} | ", fg=colour)
        click.echo(prefix + line.text)

    return show


def _show_as_json(line: LogLine) -> None:
    """One object a line, so that a follower's output can be read as it comes."""
    import json

    click.echo(
        json.dumps({"timestamp": line.at_ms, "container": line.container, "message": line.text})
    )


def follow_to_the_end(
    api: Api, task: TaskView, reader: LogReader, show: Callable[[LogLine], None]
) -> TaskView:
    """Print lines as they come until the task has stopped; returns it as it is then."""
    while True:
        task = look_again(api, task)
        for line in reader.new_lines():  # after the look: all is stored when a task has stopped
            show(line)
        if task["lastStatus"] == "STOPPED":
            return task
        time.sleep(POLL_SECONDS)
