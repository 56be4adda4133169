"""`hostless exec`: run a command inside a container of a running task."""

import asyncio
import shlex
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from hostless.cli.api import CLUSTER, ENGINE, Api, connect
from hostless.cli.find_task import TaskView, find_task, own_containers, short_id_of
from hostless.cli.outcome import EXEC_FAILED, INTERRUPTED, CommandFailed


@click.command("exec", context_settings={"allow_interspersed_args": False})
@click.option("-i", "--interactive", is_flag=True, help="Hand standard input over.")
@click.option("-t", "--tty", "has_terminal", is_flag=True, help="Give the command a terminal.")
@click.option("--container", metavar="NAME", help="Needed when the task has several.")
@CLUSTER
@ENGINE
@click.argument("task")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def exec_(
    context: click.Context,
    /,
    command: tuple[str, ...],
    has_terminal: bool,
    interactive: bool,
    **names: Any,
) -> None:
    """Run COMMAND in a container: hostless exec -it TASK -- sh

    Ends with the command's own exit code, or 125 when it could not be run.
    """
    if has_terminal and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("-t needs a terminal on both ends: leave it out in scripts")
    words = command[1:] if command[0] == "--" else command
    if not words:
        raise click.UsageError("which command?")
    state_dir: Path | None = names["state_dir"]
    api = connect(state_dir)
    task = find_task(api, names["task"], names["cluster"])
    try:
        address, token = open_session(api, task, names["container"], words)
    except CommandFailed as error:
        error.exit_code = EXEC_FAILED  # type: ignore[misc]
        raise
    from hostless.cli.exec_session import run_session

    try:
        code = asyncio.run(
            run_session(address, token, has_terminal=has_terminal, is_interactive=interactive)
        )
    except KeyboardInterrupt:
        code = INTERRUPTED
    context.exit(code)


def open_session(
    api: Api, task: TaskView, container: str | None, command: tuple[str, ...]
) -> tuple[str, str]:
    """Ask ExecuteCommand for a session; (address as seen from here, token).

    Raises CommandFailed.
    """
    names = [each["name"] for each in own_containers(task)]
    if container is None and len(names) == 1:
        container = names[0]
    if container is None and len(names) > 1:
        raise CommandFailed(
            f"task {short_id_of(task)} has several containers: {', '.join(names)}",
            "Choose one with --container.",
        )
    members = {"container": container} if container else {}
    answer = api.call(
        "ecs",
        "execute_command",
        cluster=task["clusterArn"],
        task=task["taskArn"],
        command=shlex.join(command),
        interactive=True,
        **members,
    )
    session = answer["session"]
    return address_from_here(session["streamUrl"], api.address.endpoint), session["tokenValue"]


def address_from_here(stream_url: str, endpoint: str) -> str:
    """The session's address at the host that answered the API: a tunnel may be between."""
    reached = urlsplit(endpoint)
    scheme = "wss" if reached.scheme == "https" else "ws"
    return f"{scheme}://{reached.netloc}{urlsplit(stream_url).path}"
