"""`hostless drill`: what may happen to tasks on Fargate, made to happen now.

Says what was hit; how the tasks and their services take it is for the other commands to show.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from hostless.cli.api import CLUSTER, ENGINE, JSON, Api, connect
from hostless.cli.durations import duration, short_duration
from hostless.cli.find_task import find_task, short_id_of
from hostless.cli.screen import show_json, show_table
from hostless.kit.clock import SystemClock

MOST_SHOWN = 20
"""Tasks that are listed; of more, the rest is counted."""
SERVICE = click.option("--service", metavar="NAME", help="Tasks of this service only.")
FOR = click.option("--for", "seconds", type=duration, metavar="DURATION", help="30s, 10m, 2h.")
END = click.option("--end", "is_end", is_flag=True, help="End it now.")
COUNT = click.option("--count", type=click.IntRange(min=1), metavar="N", help="So many, at random.")


@click.group()
def drill() -> None:
    """Rehearse what Fargate may do to tasks: Spot reclaims, lost zones and hosts, retirement.

    Works with real containers and with simulated ones.
    """


@drill.command()
@COUNT
@click.option(
    "--share",
    type=click.FloatRange(0, 100, min_open=True),
    metavar="PERCENT",
    help="Such a part of them, at random.",
)
@FOR
@END
@SERVICE
@CLUSTER
@ENGINE
@JSON
def spot(state_dir: Path | None, is_json: bool, is_end: bool, **options: Any) -> None:
    """Reclaim Spot capacity: running FARGATE_SPOT tasks get the warning and the stop signal.

    All of them, or --count or --share of them. SIGKILL comes at each container's stopTimeout. With
    --for there is no Spot capacity for so long: RunTask fails, services wait.
    """
    if is_end and any(value is not None for value in options.values()):
        raise click.UsageError("--end goes alone: it brings all Spot capacity back")
    api = connect(state_dir)
    if is_end:
        _show_end(api.own("DELETE", "drills/spot"), is_json)
        return
    share = options["share"]
    answer = api.own(
        "POST",
        "drills/spot",
        cluster=options["cluster"],
        service=options["service"],
        count=options["count"],
        share=None if share is None else share / 100,
        durationSeconds=options["seconds"],
    )
    _show(answer, is_json, "interrupted", "No FARGATE_SPOT task runs.")


@drill.command("zone-loss")
@click.argument("zone")
@FOR
@END
@ENGINE
@JSON
def zone_loss(
    zone: str, seconds: int | None, is_end: bool, state_dir: Path | None, is_json: bool
) -> None:
    """Lose an availability zone: its tasks end at once, and no new one is placed there.

    It stays lost until --end, or for as long as --for says.
    """
    if is_end and seconds is not None:
        raise click.UsageError("say --end or --for, not both")
    api = connect(state_dir)
    if is_end:
        _show_end(api.own("DELETE", "drills/zone-loss", zone=zone), is_json)
        return
    answer = api.own("POST", "drills/zone-loss", zone=zone, durationSeconds=seconds)
    _show(answer, is_json, "lost", f"No task was in {zone}.")


@drill.command("host-loss")
@click.argument("tasks", nargs=-1)
@COUNT
@SERVICE
@CLUSTER
@ENGINE
@JSON
def host_loss(
    tasks: tuple[str, ...], state_dir: Path | None, is_json: bool, **options: Any
) -> None:
    """Lose the hosts under tasks: they end abruptly, without a stop signal.

    The named ones, or one at random (or --count of them), of the service if one is given.
    """
    api = connect(state_dir)
    answer = api.own(
        "POST",
        "drills/host-loss",
        tasks=_arns(api, tasks, options["cluster"]),
        cluster=options["cluster"] if not tasks else None,
        service=options["service"],
        count=options["count"],
    )
    _show(answer, is_json, "lost", "No task was hit.")


@drill.command()
@click.argument("tasks", nargs=-1)
@click.option("--all", "is_for_all", is_flag=True, help="Every task.")
@click.option("--after", type=duration, metavar="DURATION", help="Wait period; none by default.")
@SERVICE
@CLUSTER
@ENGINE
@JSON
def retire(
    tasks: tuple[str, ...],
    is_for_all: bool,
    after: int | None,
    state_dir: Path | None,
    is_json: bool,
    **options: Any,
) -> None:
    """Retire the hosts under tasks, as when a platform revision is patched.

    Services replace their tasks and keep minimumHealthyPercent; standalone tasks are stopped. On
    AWS --after is the account setting fargateTaskRetirementWaitPeriod: 0, 7 or 14 days.
    """
    if not (tasks or is_for_all or options["service"]):
        raise click.UsageError("name tasks, or a --service, or say --all")
    api = connect(state_dir)
    answer = api.own(
        "POST",
        "drills/retire",
        tasks=_arns(api, tasks, options["cluster"]),
        cluster=options["cluster"] if not tasks else None,
        service=options["service"],
        all=is_for_all or None,
        afterSeconds=after,
    )
    _show(answer, is_json, "retired" if not after else "to be retired", "No task was hit.")


@drill.command()
@ENGINE
@JSON
def status(state_dir: Path | None, is_json: bool) -> None:
    """Show the outages that hold, and the tasks that are to be retired."""
    answer = connect(state_dir).own("GET", "drills")
    if is_json:
        show_json(answer)
        return
    for outage in answer["outages"]:
        click.echo(_sentence_on(outage))
    if answer["retiring"]:
        _show_tasks(answer["retiring"], "to be retired")
    if not answer["outages"] and not answer["retiring"]:
        click.echo("No drill is on.")


def _arns(api: Api, names: tuple[str, ...], cluster: str | None) -> list[str] | None:
    return [str(find_task(api, name, cluster)["taskArn"]) for name in names] or None


def _show(answer: dict[str, Any], is_json: bool, what: str, nothing: str) -> None:
    if is_json:
        show_json(answer)
        return
    if answer["tasks"]:
        _show_tasks(answer["tasks"], what)
    else:
        click.echo(nothing)
    if "outage" in answer:
        click.echo(_sentence_on(answer["outage"]))


def _show_end(answer: dict[str, Any], is_json: bool) -> None:
    if is_json:
        show_json(answer)
        return
    outage = answer["ended"]
    name = "Spot capacity" if outage["kind"] == "spot" else f"Zone {outage['name']}"
    click.echo(f"{name} is back.")


def _show_tasks(tasks: list[dict[str, Any]], what: str) -> None:
    noun = "task" if len(tasks) == 1 else "tasks"
    click.echo(click.style(f"{len(tasks)} {noun} {what}", bold=True))
    rows = [
        (
            short_id_of(task),
            str(task["group"]),
            str(task.get("availabilityZone", "-")),
            str(task.get("capacityProviderName", "FARGATE")),
        )
        for task in tasks[:MOST_SHOWN]
    ]
    show_table(("TASK", "GROUP", "ZONE", "CAPACITY"), rows)
    if len(tasks) > MOST_SHOWN:
        click.echo(f"and {len(tasks) - MOST_SHOWN} more")


def _sentence_on(outage: dict[str, Any]) -> str:
    """`Zone us-east-1a is out for 10m.`"""
    is_spot = outage["kind"] == "spot"
    subject = "There is no Spot capacity" if is_spot else f"Zone {outage['name']} is out"
    if "endsAt" not in outage:
        command = "spot" if is_spot else f"zone-loss {outage['name']}"
        return f"{subject} until: hostless drill {command} --end"
    left = datetime.fromisoformat(outage["endsAt"]).timestamp() - SystemClock().now()
    return f"{subject} for {short_duration(left)}."
