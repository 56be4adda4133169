"""`hostless deploy`: a service from an image or a definition file, followed until it stands."""

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from hostless.cli.api import ENGINE, JSON, Api, Refusal, connect
from hostless.cli.deploy_request import Wish, create_service_of, definition_in, update_service_of
from hostless.cli.find_service import ServiceView, definition_of_service, look_at
from hostless.cli.image_options import image_options, request_of
from hostless.cli.outcome import INTERRUPTED, REFUSED, CommandFailed
from hostless.cli.prerequisites import default_subnets, have_cluster, registered
from hostless.cli.rollout import Rollout
from hostless.cli.rollout_watch import show_why_it_failed, watch
from hostless.cli.screen import progress, show_json

LIMIT_SECONDS = 600.0
"""As long as AWS's waiter for stable services waits."""


@click.command(context_settings={"allow_interspersed_args": True})
@click.argument("service")
@click.argument("image", required=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("-f", "--file", type=click.Path(path_type=Path, dir_okay=False), metavar="JSON")
@click.option("-n", "--desired", type=click.IntRange(0), help="How many tasks. New services: 1.")
@click.option("--min-healthy", type=click.IntRange(0), help="Percent; AWS's default is 100.")
@click.option("--max", "maximum", type=click.IntRange(1), help="Percent; AWS's default is 200.")
@click.option(
    "--breaker/--no-breaker",
    default=None,
    help="Roll back when new tasks keep failing. New services: on.",
)
@click.option("--name", help="Of the container. Made from the image.")
@image_options
@click.option("--cluster", default="default", show_default=True, help="Made when it is missing.")
@click.option("--exec/--no-exec", "can_exec", default=True, help="Allow `hostless exec`.")
@click.option("-d", "--detach", is_flag=True, help="Do not follow the rollout.")
@click.option("--timeout", type=float, default=LIMIT_SECONDS, show_default=True, help="Seconds.")
@ENGINE
@JSON
@click.pass_context
def deploy(context: click.Context, /, service: str, **flags: Any) -> None:
    """Bring SERVICE to IMAGE, or to a task definition FILE; it is made when it is not there.

    With neither, what it runs now is rolled out again. A rollout that fails ends with code 1 and
    says why; with the circuit breaker the service goes back to what ran before.
    """
    api = connect(flags["state_dir"])
    with progress(f"deploying {service}"):
        view = _put(api, service, _wish_of(api, service, flags, context), flags["cluster"])
    deployment_id = str(view["deployments"][0]["id"])
    if flags["detach"]:
        _announce(view, flags["is_json"])
        return
    context.exit(_follow(api, view, deployment_id, flags))


def _wish_of(api: Api, service: str, flags: dict[str, Any], context: click.Context) -> Wish:
    """Register what has to be registered. Raises CommandFailed, click.UsageError."""
    exec_said = context.get_parameter_source("can_exec") is ParameterSource.COMMANDLINE
    return Wish(
        definition_arn=_definition(api, service, flags),
        desired_count=flags["desired"],
        minimum_healthy_percent=flags["min_healthy"],
        maximum_percent=flags["maximum"],
        has_circuit_breaker=flags["breaker"],
        can_exec=flags["can_exec"] if exec_said or (flags["image"] and not flags["file"]) else None,
    )


def _definition(api: Api, service: str, flags: dict[str, Any]) -> str | None:
    if flags["file"] is not None:
        members = definition_in(flags["file"], flags["image"])
        answer = api.call("ecs", "register_task_definition", **members)
        return str(answer["taskDefinition"]["taskDefinitionArn"])
    if flags["image"] is None:
        return None
    return registered(api, request_of(flags), family=service)


def _put(api: Api, name: str, wish: Wish, cluster: str) -> ServiceView:
    """Create or update the service."""
    have_cluster(api, cluster)
    try:
        answer = api.call("ecs", "update_service", **update_service_of(wish, name, cluster))
    except Refusal as refusal:
        if refusal.code not in ("ServiceNotFoundException", "ServiceNotActiveException"):
            raise
        if wish.definition_arn is None:
            raise click.UsageError(
                f"there is no service {name} yet: say what it is to run, an IMAGE or --file"
            ) from refusal
        members = create_service_of(wish, name, cluster, default_subnets(api))
        answer = api.call("ecs", "create_service", **members)
    return dict(answer["service"])


def _follow(api: Api, view: ServiceView, deployment_id: str, flags: dict[str, Any]) -> int:
    """The exit code."""
    try:
        rollout = watch(api, view, deployment_id, flags["timeout"])
    except KeyboardInterrupt:
        name = view["serviceName"]
        click.echo(f"\nthe rollout goes on; see: hostless events -f {name}", err=True)
        return INTERRUPTED
    except CommandFailed:
        show_why_it_failed(api, view, deployment_id)
        raise
    view = look_at(api, view)
    if rollout.verdict != "done":
        show_why_it_failed(api, view, deployment_id)
        _say_that_it_failed(rollout, view)
    if flags["is_json"] or rollout.verdict == "done":
        _announce(view, flags["is_json"])
    return 0 if rollout.verdict == "done" else REFUSED


def _say_that_it_failed(rollout: Rollout, view: ServiceView) -> None:
    endings = {
        "failed": "the rollout failed and nothing was rolled back",
        "rolled back": f"the rollout failed; back to {definition_of_service(view)}",
        "superseded": "another deployment took over",
    }
    cross = click.style("✗", fg="red")
    reason = f": {rollout.reason}" if rollout.reason else ""
    click.echo(f"{cross} {rollout.service}: {endings[str(rollout.verdict)]}{reason}", err=True)


def _announce(view: ServiceView, is_json: bool) -> None:
    if is_json:
        show_json(view)
        return
    name, mark = view["serviceName"], click.style("✓", fg="green")
    count = f"{view['runningCount']}/{view['desiredCount']}"
    click.echo(f"{mark} {name} runs {definition_of_service(view)}, {count} tasks")
