"""`hostless network`: the VPCs, who is in them, who may talk to whom, and why a packet passes."""

from pathlib import Path
from typing import Any

import click

from hostless.cli.api import ENGINE, JSON, connect
from hostless.cli.network_explanation import exit_code_of, show_explanation
from hostless.cli.network_overview import show_overview
from hostless.cli.screen import show_json


@click.group(invoke_without_command=True)
@click.option("-a", "--all", "with_empty", is_flag=True, help="Groups without members too.")
@ENGINE
@JSON
@click.pass_context
def network(
    context: click.Context, with_empty: bool, state_dir: Path | None, is_json: bool
) -> None:
    """Show VPCs, subnets, network interfaces, gateways, and who may talk to whom.

    Who may talk to whom is what the rules of security groups say; for routes, network ACLs and
    everything else see `hostless network explain`.
    """
    if context.invoked_subcommand is not None:
        return
    found = connect(state_dir).own("GET", "network")
    if is_json:
        show_json(found)
    else:
        show_overview(found, with_empty=with_empty)


@network.command()
@click.argument("from_", metavar="FROM")
@click.argument("to")
@click.argument("port", type=click.IntRange(0, 65535), required=False)
@click.option(
    "--protocol", default="tcp", show_default=True, metavar="NAME", help="tcp, udp, icmp, a number."
)
@click.option(
    "--source-port", type=click.IntRange(0, 65535), metavar="PORT", help="The caller's; any."
)
@click.option("--rules", "with_rules", is_flag=True, help="Show every rule that the packet meets.")
@ENGINE
@JSON
def explain(
    state_dir: Path | None,
    is_json: bool,
    with_rules: bool,
    **question: Any,
) -> None:
    """Say whether a packet from FROM reaches PORT of TO, and what lets it pass or drops it.

    FROM and TO: a service, the first characters of a task's id, a load balancer, the id of a
    VPC endpoint or network interface, an address, `host` (this machine) or `internet`. The answer
    is found twice: from the records, and by holding the packet against the rules and routes that
    this machine has now. Nothing is sent.

    Exit code: 0 when the packet and its answer pass, 4 when one is dropped, 5 when the records and
    the machine disagree.
    """
    found = connect(state_dir).own(
        "GET",
        "network/explain",
        to=question["to"],
        port=question["port"],
        protocol=question["protocol"],
        sourcePort=question["source_port"],
        **{"from": question["from_"]},
    )
    if is_json:
        show_json(found)
    else:
        show_explanation(found, with_rules=with_rules)
    raise click.exceptions.Exit(exit_code_of(found))


@network.command()
@click.argument("vpc", required=False)
@ENGINE
@JSON
def rules(vpc: str | None, state_dir: Path | None, is_json: bool) -> None:
    """Print the rules that filter packets, as the kernel has them.

    Of each VPC, and of what they share on this machine; or of VPC (an id, or `host`) only.
    """
    found = connect(state_dir).own("GET", "network/rules", vpc=vpc)
    if is_json:
        show_json(found)
        return
    for ruleset in found["rulesets"]:
        click.echo(f"# {ruleset['of']}")
        click.echo(ruleset["text"])
    if not found["rulesets"]:
        click.echo("No rules: nothing carries packets here.")
