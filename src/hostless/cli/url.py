"""`hostless url`: where this machine reaches a load balancer, or the one before a service."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import click

from hostless.cli.api import CLUSTER, ENGINE, Api, connect
from hostless.cli.find_service import ServiceView, find_service
from hostless.cli.outcome import CommandFailed

Balancer: TypeAlias = dict[str, Any]
"""As DescribeLoadBalancers shows it."""
_USUAL_PORTS = {"http": 80, "https": 443}


@click.command()
@click.argument("name")
@CLUSTER
@ENGINE
def url(name: str, cluster: str | None, state_dir: Path | None) -> None:
    """Print addresses of a load balancer that work from this machine, one for each listener.

    NAME is a load balancer's name, or that of a service that one sends to. An internal balancer can
    be reached from here in the default VPC only. Of an Express service, and of one that a gateway
    leads to, the URL is printed and the address to look for it at, for this machine does not know
    the name: `curl --connect-to`.
    """
    api = connect(state_dir)
    balancers = [b for b in _balancers_in(api) if b["LoadBalancerName"] == name]
    if balancers:
        printed = [line for balancer in balancers for line in _urls_of(api, balancer)]
    else:
        printed = list(_urls_before(api, find_service(api, name, cluster)))
    if not printed:
        raise CommandFailed(
            f"{name} cannot be reached from this machine",
            "It has no listener, does not serve yet, or is internal to a VPC of its own.",
        )
    for line in printed:
        click.echo(line)


def _urls_before(api: Api, service: ServiceView) -> Iterator[str]:
    """Of what sends to a service: by the names that ECS gave it, else by addresses."""
    balancers = {each["LoadBalancerArn"]: each for each in _balancers_of(api, service)}
    for name, arn in _named_ways(api, service):
        address = _address_of(api, balancers.pop(arn)) if arn in balancers else None
        if address is not None:
            yield f"{name} {address}"
    for balancer in balancers.values():
        yield from _urls_of(api, balancer)


def _named_ways(api: Api, service: ServiceView) -> Iterator[tuple[str, str]]:
    """URLs of an Express service or of gateways' routes, each with its balancer's ARN."""
    revisions = [each["arn"] for each in service["currentServiceRevisions"][:1]]
    if not revisions:
        return
    found = api.call("ecs", "describe_service_revisions", serviceRevisionArns=revisions)
    for revision in found["serviceRevisions"]:
        made = revision.get("ecsManagedResources", {})
        for path in made.get("ingressPaths", ()):
            if "loadBalancer" in path:
                yield f"https://{path['endpoint']}", path["loadBalancer"]["arn"]
        for connection in made.get("gatewayConnections", ()):
            (shared,) = connection["resources"]["hostSharedAlb"]
            yield connection["serviceUrl"], shared["loadBalancerArn"]


def _balancers_in(api: Api) -> list[Balancer]:
    return list(api.pages("elbv2", "describe_load_balancers", "LoadBalancers"))


def _balancers_of(api: Api, service: ServiceView) -> list[Balancer]:
    groups = [each["targetGroupArn"] for each in service.get("loadBalancers", ())]
    if not groups:
        raise CommandFailed(
            f"no load balancer sends to the service {service['serviceName']}",
            "See the addresses of its tasks: hostless ps",
        )
    answer = api.call("elbv2", "describe_target_groups", TargetGroupArns=groups)
    wanted = {arn for group in answer["TargetGroups"] for arn in group["LoadBalancerArns"]}
    return [each for each in _balancers_in(api) if each["LoadBalancerArn"] in wanted]


def _urls_of(api: Api, balancer: Balancer) -> Iterator[str]:
    address = _address_of(api, balancer)
    if address is None:
        return
    arn = balancer["LoadBalancerArn"]
    for listener in api.pages("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn):
        scheme, port = listener["Protocol"].lower(), listener["Port"]
        place = address if port == _USUAL_PORTS.get(scheme) else f"{address}:{port}"
        yield f"{scheme}://{place}"


def _address_of(api: Api, balancer: Balancer) -> str | None:
    """Of one of its nodes; None where this machine reaches none."""
    described = f"ELB {balancer['LoadBalancerArn'].partition(':loadbalancer/')[2]}"
    asked = [{"Name": "description", "Values": [described]}]
    for found in api.pages(
        "ec2", "describe_network_interfaces", "NetworkInterfaces", Filters=asked
    ):
        if "Association" in found:
            return str(found["Association"]["PublicIp"])
        vpcs = api.call("ec2", "describe_vpcs", VpcIds=[found["VpcId"]])["Vpcs"]
        if vpcs[0]["IsDefault"]:
            return str(found["PrivateIpAddress"])
    return None
