"""`hostless simulate`: rehearse a scenario under simulated time."""

from pathlib import Path

import click

from hostless.cli.api import JSON
from hostless.cli.engine_commands import EngineCommands, ScenarioRefused
from hostless.cli.outcome import REFUSED, USAGE, CommandFailed
from hostless.cli.screen import show_json

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("scenario", type=_FILE, metavar="SCENARIO")
@click.option("--seed", type=int, metavar="N", help="Chance's seed, instead of the scenario's own.")
@JSON
@click.pass_obj
def simulate(engine: EngineCommands, /, scenario: Path, seed: int | None, is_json: bool) -> None:
    """Rehearse a rollout, a zone loss or a Spot storm in seconds.

    Plays SCENARIO, a TOML file (docs/simulate.md), with the real control plane, simulated
    containers and simulated time; needs no root and no running engine. Prints what happened and
    whether what the scenario expects came true. Ends with 1 when it did not, with 2 when the
    scenario cannot be read.
    """
    try:
        rehearsed = engine.simulate(scenario, seed)
    except ScenarioRefused as refused:
        exit_code = REFUSED if refused.is_bug else USAGE
        raise CommandFailed(refused.message, refused.advice, exit_code) from refused
    if is_json:
        show_json(rehearsed.facts)
    else:
        click.echo(rehearsed.report)
    if not rehearsed.is_met:
        raise click.exceptions.Exit(REFUSED)
