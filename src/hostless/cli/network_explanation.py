"""Why a packet passes or is dropped, for a person; readable without colours."""

from collections.abc import Iterable
from typing import Any, TypeAlias

import click

from hostless.cli.network_overview import who_has
from hostless.cli.outcome import DISAGREED, DROPPED

View: TypeAlias = dict[str, Any]
"""The answer of `GET /_hostless/network/explain`, or a part of it."""


def exit_code_of(found: View) -> int:
    """0 when the packet passes; see `outcome`."""
    if found.get("agrees") is False:
        return DISAGREED
    return 0 if found["passes"] else DROPPED


def show_explanation(found: View, *, with_rules: bool) -> None:
    """with_rules: everything that the packet meets on the machine, not only what decides."""
    verdict = "passes" if found["passes"] else "is DROPPED"
    head = f"{found['packet']} from {_end(found['from'])} to {_end(found['to'])} {verdict}"
    click.echo(click.style(head, bold=True))
    if not found["passes"]:
        click.echo(f"because {found['decidedBy']}")
    groups = {g["groupId"]: g for end in (found["from"], found["to"]) for g in end["groups"]}
    for id_, group in groups.items():
        click.echo(f"{id_} is {group.get('groupName', 'gone')}")
    click.echo()
    _show_steps(found["steps"])
    click.echo()
    _show_machine(found["fabric"], with_rules=with_rules)
    if found.get("agrees") is False:
        told = "the records and the machine DISAGREE: this is a bug, or a change is on its way"
        click.echo(click.style(told, fg="red", bold=True))


def _end(end: View) -> str:
    interface = end.get("interface")
    if interface is None:
        return f"{end['kind']} ({end['address']})"
    return f"{who_has(interface)} ({end['address']})"


def _show_steps(steps: Iterable[View]) -> None:
    for step in steps:
        verdict = "ok  " if step["passes"] else click.style("DROP", fg="red", bold=True)
        way = "back" if step["isAnswer"] else "    "
        click.echo(f"{verdict} {way} {step['stage']:<8} {step['text']}")


def _decisive(fabric: View) -> list[View]:
    """What dropped the packet; or what let it pass on the way there."""
    met: list[View] = fabric["met"]
    return [each for each in met if not each["isAnswer"]] if fabric.get("passes") else met[-1:]


def _show_machine(fabric: View, *, with_rules: bool) -> None:
    where = "on this machine" if fabric["isReal"] else "no packets here, by the fabric's own books"
    passes = fabric.get("passes")
    verdict = "cannot be told" if passes is None else "passes" if passes else "is DROPPED"
    why = f": {fabric['why']}" if "why" in fabric else ""
    click.echo(f"{where}: {verdict}{why}")
    for each in fabric["met"] if with_rules else _decisive(fabric):
        way = " (the answer)" if each["isAnswer"] else ""
        click.echo(f"  {each['where']}{way}: {each['what']}")
