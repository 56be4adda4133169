"""The network as tables: one block a VPC."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import click

from hostless.cli.screen import show_table

View: TypeAlias = dict[str, Any]
"""The answer of `GET /_hostless/network`, or a part of it."""


def show_overview(found: View, *, with_empty: bool) -> None:
    """with_empty: security groups without members too."""
    pool, host = found["publicCidrBlock"], found["hostAddress"]
    click.echo(f"public addresses: {pool}, the host's own: {host}")
    for vpc in found["vpcs"]:
        click.echo()
        _show_vpc(found, vpc, with_empty=with_empty)


def _show_vpc(found: View, vpc: View, *, with_empty: bool) -> None:
    reach = "every address" if vpc["isRoutedFromHost"] else "public addresses only"
    default = ", the default VPC" if vpc["isDefault"] else ""
    click.echo(click.style(f"{vpc['vpcId']}  {_ranges_of(vpc)}{default}", bold=True))
    click.echo(f"reached from the host: {reach}")
    labels = _labels_of(found, vpc)
    gateways = [each for each in found["natGateways"] if each["vpcId"] == vpc["vpcId"]]
    _show(
        ("SUBNET", "RANGE", "ZONE", "KIND", "FREE", "ROUTES", "ACL"),
        [_subnet_row(each) for each in vpc["subnets"]],
    )
    _show(
        ("INTERFACE", "WHO", "ADDRESS", "PUBLIC", "SUBNET", "GROUPS"),
        [_interface_row(each, labels) for each in vpc["interfaces"]],
    )
    _show(
        ("NAT GATEWAY", "STATE", "ADDRESS", "PUBLIC", "SUBNET"),
        [_nat_row(each) for each in gateways],
    )
    _show(("FROM", "TO", "MAY SEND"), list(_talk_rows(found, vpc, labels, with_empty=with_empty)))


def _show(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if rows:
        click.echo()
        show_table(headings, rows)


def _ranges_of(view: View) -> str:
    """Of a VPC or a subnet: IPv4's and, if it has one, that of IPv6."""
    return _joined(view, "cidrBlock", "ipv6CidrBlock")


def _joined(view: View, *names: str) -> str:
    return " ".join(str(view[name]) for name in names if view.get(name))


def _subnet_row(subnet: View) -> tuple[str, ...]:
    routes = [f"{route['destination']} {route['target']}" for route in subnet["routes"]]
    return (
        subnet["subnetId"],
        _ranges_of(subnet),
        subnet["availabilityZone"],
        subnet["kind"],
        str(subnet["freeAddresses"]),
        ", ".join([subnet["routeTableId"], *routes]),
        subnet["networkAclId"],
    )


def _interface_row(interface: View, labels: dict[str, str]) -> tuple[str, ...]:
    return (
        interface["networkInterfaceId"],
        who_has(interface),
        _joined(interface, "privateIpAddress", "ipv6Address"),
        interface.get("publicIpAddress", "-"),
        interface["subnetId"],
        ", ".join(labels.get(id_, id_) for id_ in interface["securityGroups"]) or "-",
    )


def who_has(interface: View) -> str:
    """`task 0f3a…`, or what else has the interface."""
    owner = str(interface.get("owner", "-"))
    if interface["kind"] == "load_balancer":
        return f"load balancer {owner.split('/')[-2]}"
    if interface["kind"] == "task":
        return f"task {owner.rsplit('/', 1)[-1][:8]}"
    return owner.rsplit("/", 1)[-1]


def _nat_row(gateway: View) -> tuple[str, ...]:
    return (
        gateway["natGatewayId"],
        gateway["state"],
        gateway["privateIpAddress"],
        gateway.get("publicIpAddress", "-"),
        gateway["subnetId"],
    )


def _labels_of(found: View, vpc: View) -> dict[str, str]:
    """Names of the VPC's groups by their ids; names are unique within a VPC."""
    groups = found["securityGroups"]
    return {g["groupId"]: g["groupName"] for g in groups if g["vpcId"] == vpc["vpcId"]}


def _talk_rows(
    found: View, vpc: View, labels: dict[str, str], *, with_empty: bool
) -> Iterator[tuple[str, ...]]:
    empty = {g["groupId"] for g in found["securityGroups"] if not g["members"]}
    for talk in found["talks"]:
        if talk["vpcId"] != vpc["vpcId"]:
            continue
        if not with_empty and empty & {talk["from"], talk["to"]}:
            continue
        some = " (some of them)" if talk["isPartial"] else ""
        yield (
            labels.get(talk["from"], talk["from"]),
            labels.get(talk["to"], talk["to"]),
            ", ".join(talk["traffic"]) + some,
        )
