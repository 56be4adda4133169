"""`hostless rollback`: a service back to what it ran before."""

from pathlib import Path
from typing import Any

import click

from hostless.cli.api import CLUSTER, ENGINE, JSON, Api, connect
from hostless.cli.find_service import ServiceView, definition_of_service, find_service, look_at
from hostless.cli.outcome import REFUSED, CommandFailed
from hostless.cli.rollout_watch import watch
from hostless.cli.screen import show_json

UNDER_WAY = ("PENDING", "IN_PROGRESS")


@click.command()
@click.argument("service")
@click.option("--to", "definition", metavar="FAMILY:REVISION", help="Rather than the one before.")
@click.option("-d", "--detach", is_flag=True, help="Do not follow it.")
@click.option("--timeout", type=float, default=600.0, show_default=True, help="Seconds.")
@CLUSTER
@ENGINE
@JSON
def rollback(service: str, **flags: Any) -> None:
    """Stop the rollout of SERVICE that is under way and undo it; else go one deployment back."""
    state_dir: Path | None = flags["state_dir"]
    api = connect(state_dir)
    view = find_service(api, service, flags["cluster"])
    newest, *older = _deployments(api, view)
    if newest["status"] in UNDER_WAY and flags["definition"] is None:
        arn = newest["serviceDeploymentArn"]
        api.call("ecs", "stop_service_deployment", serviceDeploymentArn=arn, stopType="ROLLBACK")
        is_back = {"rolled back"}
        deployment_id = str(view["deployments"][0]["id"])
    else:
        definition = flags["definition"] or _definition_before(api, view, older)
        members = {"cluster": view["clusterArn"], "service": view["serviceName"]}
        answer = api.call("ecs", "update_service", **members, taskDefinition=definition)
        if answer["service"]["currentServiceDeployment"] == view["currentServiceDeployment"]:
            raise CommandFailed(f"{service} is at {definition_of_service(view)} already")
        view, is_back = dict(answer["service"]), {"done"}
        deployment_id = str(view["deployments"][0]["id"])
    if not flags["detach"]:
        rollout = watch(api, view, deployment_id, flags["timeout"])
        if rollout.verdict not in is_back:
            raise CommandFailed(
                f"{service} did not get back: {rollout.reason or rollout.verdict}",
                f"See: hostless events {service}",
                REFUSED,
            )
    view = look_at(api, view)
    if flags["is_json"]:
        show_json(view)
    else:
        click.echo(f"{click.style('✓', fg='green')} {service}: {definition_of_service(view)}")


def _deployments(api: Api, view: ServiceView) -> list[dict[str, Any]]:
    """The newest first. Raises CommandFailed when there is none."""
    members = {"cluster": view["clusterArn"], "service": view["serviceName"]}
    found = list(api.pages("ecs", "list_service_deployments", "serviceDeployments", **members))
    if not found:
        raise CommandFailed(f"{view['serviceName']} was never deployed")
    return sorted(found, key=lambda each: each["createdAt"], reverse=True)


def _definition_before(api: Api, view: ServiceView, older: list[dict[str, Any]]) -> str:
    """What the last successful deployment of something else ran. Raises CommandFailed."""
    for each in older:
        if each["status"] != "SUCCESSFUL":
            continue
        arns = [each["targetServiceRevisionArn"]]
        answer = api.call("ecs", "describe_service_revisions", serviceRevisionArns=arns)
        for revision in answer["serviceRevisions"]:
            if revision["taskDefinition"] != view["taskDefinition"]:
                return str(revision["taskDefinition"])
    raise CommandFailed(
        f"{view['serviceName']} has no earlier deployment that succeeded with another definition",
        "Say which with --to FAMILY:REVISION.",
    )
