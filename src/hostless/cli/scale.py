"""`hostless scale`: how many tasks a service keeps running."""

import time
from pathlib import Path

import click

from hostless.cli.api import CLUSTER, ENGINE, JSON, Api, connect
from hostless.cli.find_service import ServiceView, find_service, look_at
from hostless.cli.outcome import CommandFailed
from hostless.cli.screen import progress, show_json

POLL_SECONDS = 0.2


@click.command()
@click.argument("service")
@click.argument("count", type=click.IntRange(0))
@click.option("-d", "--detach", is_flag=True, help="Do not wait until so many run.")
@click.option("--timeout", type=float, default=600.0, show_default=True, help="Seconds.")
@CLUSTER
@ENGINE
@JSON
def scale(
    service: str,
    count: int,
    detach: bool,
    timeout: float,
    cluster: str | None,
    state_dir: Path | None,
    is_json: bool,
) -> None:
    """Have SERVICE keep COUNT tasks running, and wait until it does."""
    api = connect(state_dir)
    view = find_service(api, service, cluster)
    members = {"cluster": view["clusterArn"], "service": view["serviceName"]}
    view = dict(api.call("ecs", "update_service", **members, desiredCount=count)["service"])
    if not detach:
        view = _wait(api, view, count, timeout)
    if is_json:
        show_json(view)
    else:
        click.echo(f"{view['serviceName']}  {view['runningCount']}/{view['desiredCount']} running")


def _wait(api: Api, view: ServiceView, count: int, timeout: float) -> ServiceView:
    """Until exactly `count` run and none is on its way. Raises CommandFailed."""
    deadline = time.monotonic() + timeout
    with progress("") as shown:
        while (view["runningCount"], view["pendingCount"]) != (count, 0):
            shown.say(f"{view['serviceName']}: {view['runningCount']} of {count} running")
            if time.monotonic() > deadline:
                newest = next((event["message"] for event in view.get("events", ())), "")
                raise CommandFailed(
                    f"{view['runningCount']} of {count} tasks run after {timeout:g} s", newest
                )
            time.sleep(POLL_SECONDS)
            view = look_at(api, view)
    return view
