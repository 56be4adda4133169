"""`hostless run`: one image as a Fargate task, without writing a task definition."""

import os
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import click

from hostless.cli.api import ENGINE, JSON, Api, Refusal, connect
from hostless.cli.describe import show_troubles
from hostless.cli.find_task import TaskView, address_of_task, id_of, look_again, short_id_of
from hostless.cli.log_reader import LogReader, sources_of
from hostless.cli.logs import follow_to_the_end, printer
from hostless.cli.outcome import EXEC_FAILED, INTERRUPTED, REFUSED, CommandFailed
from hostless.cli.run_request import (
    LOG_GROUP,
    RunRequest,
    definition_of,
    name_of_image,
    run_task_of,
)
from hostless.cli.screen import progress, show_json
from hostless.cli.sizes import NotASize, cpu_units_of, memory_mib_of, smallest_size
from hostless.cli.story import troubles_of

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
@click.option("--cpu", default="0.25", show_default=True, help="vCPUs, or CPU units above 32.")
@click.option("--memory", default="512", show_default=True, help="MiB, or like 2g.")
@click.option("-e", "--env", "environment", multiple=True, metavar="K=V", help="K alone: ours.")
@click.option("-p", "--port", "ports", multiple=True, type=click.IntRange(1, 65535))
@click.option("--command", help="What to run, in a shell's quotes; or give it after --.")
@click.option("--entry-point", help="Instead of the image's own, in a shell's quotes.")
@click.option("--cluster", default="default", show_default=True, help="Made when it is missing.")
@click.option("-d", "--detach", is_flag=True, help="Do not wait until it runs.")
@click.option("-f", "--follow", is_flag=True, help="Print its output; end with its exit code.")
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
    request = _request_of(flags)
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


def _request_of(flags: dict[str, Any]) -> RunRequest:
    """Raises click.UsageError."""
    if flags["command"] and flags["arguments"]:
        raise click.UsageError("give the command by --command or after --, not both")
    try:
        cpu_units, memory_mib = smallest_size(
            cpu_units_of(flags["cpu"]), memory_mib_of(flags["memory"])
        )
        return RunRequest(
            image=flags["image"],
            name=flags["name"] or name_of_image(flags["image"]),
            cpu_units=cpu_units,
            memory_mib=memory_mib,
            command=tuple(shlex.split(flags["command"] or "")) or flags["arguments"],
            entry_point=tuple(shlex.split(flags["entry_point"] or "")),
            environment=tuple(_variable(each) for each in flags["environment"]),
            ports=flags["ports"],
            can_exec=flags["can_exec"],
        )
    except NotASize as error:
        raise click.UsageError(str(error)) from error
    except ValueError as error:
        raise click.UsageError(f"the command's quotes do not match: {error}") from error


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or (not equals and name not in os.environ):
        raise click.UsageError(f"--env {text}: give a value (K=V); {name or 'it'} is not set here")
    return name, value if equals else os.environ[name]


def start(api: Api, request: RunRequest, cluster: str) -> TaskView:
    """Have all that the task needs, and run it. Raises CommandFailed."""
    with progress(f"starting {request.name}"):
        _have_cluster(api, cluster)
        _have_log_group(api)
        account_id = api.call("sts", "get_caller_identity")["Account"]
        definition = api.call(
            "ecs",
            "register_task_definition",
            **definition_of(request, account_id, api.address.region),
        )["taskDefinition"]
        answer = api.call(
            "ecs",
            "run_task",
            **run_task_of(request, cluster, definition["taskDefinitionArn"], _default_subnets(api)),
        )
    if answer.get("failures"):
        failure = answer["failures"][0]
        reason = failure.get("detail") or failure.get("reason", "")
        raise CommandFailed(
            f"the engine has no room for the task ({reason})",
            "Stop a task, ask for less, or start the engine with a larger --over-commit.",
        )
    return dict(answer["tasks"][0])


def _have_cluster(api: Api, name: str) -> None:
    found = api.call("ecs", "describe_clusters", clusters=[name])["clusters"]
    if not any(cluster["status"] == "ACTIVE" for cluster in found):
        api.call("ecs", "create_cluster", clusterName=name)


def _have_log_group(api: Api) -> None:
    try:
        api.call("logs", "create_log_group", logGroupName=LOG_GROUP)
    except Refusal as refusal:
        if refusal.code != "ResourceAlreadyExistsException":
            raise


def _default_subnets(api: Api) -> list[str]:
    answer = api.call(
        "ec2", "describe_subnets", Filters=[{"Name": "default-for-az", "Values": ["true"]}]
    )
    return [subnet["SubnetId"] for subnet in answer["Subnets"]]


def _wait_until_it_runs(api: Api, task: TaskView) -> TaskView:
    """The task once it runs, or has run."""
    with progress("") as shown:
        while task["lastStatus"] not in ("RUNNING", "STOPPED"):
            doing = DOING.get(task["lastStatus"], task["lastStatus"])
            shown.say(f"task {short_id_of(task)}: {doing}")
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
