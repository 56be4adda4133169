"""`hostless run`: one image as a Fargate task, without writing a task definition."""

import sys
import time
from pathlib import Path
from typing import Any, get_args

import click

from hostless.cli.api import ENGINE, JSON, Api, connect
from hostless.cli.describe import show_troubles
from hostless.cli.find_task import TaskView, address_of_task, id_of, look_again, short_id_of
from hostless.cli.image_options import image_options, request_of
from hostless.cli.log_reader import LogReader, sources_of
from hostless.cli.logs import follow_to_the_end, printer
from hostless.cli.outcome import EXEC_FAILED, INTERRUPTED, REFUSED, CommandFailed
from hostless.cli.prerequisites import default_subnets, have_cluster, registered
from hostless.cli.pulls import pulls_of
from hostless.cli.run_request import RunRequest, run_task_of
from hostless.cli.screen import progress, show_json
from hostless.cli.story import troubles_of
from hostless.domain.isolation import IsolationChoice

POLL_SECONDS = 0.05
DOING = {
    "PROVISIONING": "making its network interface",
    "PENDING": "pulling the image",
    "ACTIVATING": "starting",
    "DEACTIVATING": "stopping",
    "STOPPING": "stopping",
    "DEPROVISIONING": "cleaning up",
}


@click.command(context_settings={"allow_interspersed_args": True})
@click.argument("image")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--name", help="Of the container; the family is run-NAME. Made from the image.")
@image_options
@click.option("--cluster", default="default", show_default=True, help="Made when it is missing.")
@click.option("-d", "--detach", is_flag=True, help="Do not wait until it runs.")
@click.option("-f", "--follow", is_flag=True, help="Print its output; end with its exit code.")
@click.option(
    "--isolation",
    type=click.Choice(get_args(IsolationChoice)),
    help="A kernel of its own, or not.  [default: as the cluster or the engine says]",
)
@click.option("--exec/--no-exec", "can_exec", default=True, help="Allow `hostless exec` in it.")
@ENGINE
@JSON
@click.pass_context
def run(context: click.Context, /, state_dir: Path | None, is_json: bool, **flags: Any) -> None:
    """Run IMAGE as a task: hostless run nginx -p 80, or hostless run busybox -- echo hello.

    CPU and memory are rounded up to a size that Fargate sells. Waits until the task runs.
    """
    if flags["detach"] and flags["follow"]:
        raise click.UsageError("--detach and --follow exclude each other")
    request = request_of(flags)
    api = connect(state_dir)
    task = start(api, request, flags["cluster"])
    if flags["follow"]:
        context.exit(_follow(api, task))
    if not flags["detach"]:
        task = _wait_until_it_runs(api, task)
    if is_json:
        show_json(task)
    else:
        _announce(task, request)
    context.exit(_verdict(task))


def start(api: Api, request: RunRequest, cluster: str) -> TaskView:
    """Have all that the task needs, and run it. Raises CommandFailed."""
    with progress(f"starting {request.name}"):
        have_cluster(api, cluster)
        definition = registered(api, request, f"run-{request.name}")
        answer = api.call(
            "ecs", "run_task", **run_task_of(request, cluster, definition, default_subnets(api))
        )
    if answer.get("failures"):
        failure = answer["failures"][0]
        reason = failure.get("detail") or failure.get("reason", "")
        raise CommandFailed(
            f"the engine has no room for the task ({reason})",
            "Stop a task, ask for less, or start the engine with a larger --over-commit.",
        )
    return dict(answer["tasks"][0])


def _wait_until_it_runs(api: Api, task: TaskView) -> TaskView:
    """The task once it runs, or has run."""
    with progress("") as shown:
        while task["lastStatus"] not in ("RUNNING", "STOPPED"):
            doing = DOING.get(task["lastStatus"], task["lastStatus"])
            pulled = "; ".join(pulls_of(api, task)) if shown.is_seen else ""
            shown.say(f"task {short_id_of(task)}: {doing}{pulled and f' {pulled}'}")
            time.sleep(POLL_SECONDS)
            task = look_again(api, task)
    return task


def _follow(api: Api, task: TaskView) -> int:
    """Print what the task writes until it stops; its exit code."""
    try:
        task = _wait_until_it_runs(api, task)
        sources = sources_of(api, task)
        show = printer(sources, with_time=False, is_json=False)
        task = follow_to_the_end(api, task, LogReader(api, sources), show)
    except KeyboardInterrupt:
        short = short_id_of(task)
        click.echo(f"\ntask {short} goes on; stop it with: hostless stop {short}", err=True)
        return INTERRUPTED
    show_troubles(troubles_of(task), to_stderr=True)
    return _verdict(task, never_ran=EXEC_FAILED)


def _verdict(task: TaskView, never_ran: int = REFUSED) -> int:
    """The exit code: the container's own when it has ended, 0 while it is on its way or runs."""
    if task["lastStatus"] != "STOPPED":
        return 0
    code = task["containers"][0].get("exitCode")
    return never_ran if code is None else int(code)


def _announce(task: TaskView, request: RunRequest) -> None:
    """The id alone in a pipe; for a person, what can be done next."""
    if task["lastStatus"] == "STOPPED":
        click.echo(f"{request.name} has ended: task {short_id_of(task)}", err=True)
        show_troubles(troubles_of(task), to_stderr=True)
    if not sys.stdout.isatty():
        click.echo(id_of(task))
        return
    short = short_id_of(task)
    if task["lastStatus"] == "RUNNING":
        where = click.style(address_of_task(task), bold=True)
        click.echo(f"{click.style('✓', fg='green')} {request.name} runs at {where}, task {short}")
    else:
        click.echo(f"{request.name}: task {short}, {task['lastStatus']}")
    click.echo(f"  hostless logs -f {short}")
    if request.can_exec and task["lastStatus"] != "STOPPED":
        click.echo(f"  hostless exec -it {short} -- sh")
        click.echo(f"  hostless stop {short}")
