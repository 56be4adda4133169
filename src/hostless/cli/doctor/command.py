"""`hostless doctor`: can this machine run tasks, and if not, what to do about it."""

from dataclasses import asdict
from pathlib import Path

import click

from hostless.cli.doctor.checks import Finding, findings, is_fit
from hostless.cli.doctor.examine import examine
from hostless.cli.outcome import REFUSED
from hostless.cli.screen import coloured, progress, show_json
from hostless.cli.settings_options import STATE_DIR

_MARKS = {"ok": "✓", "warning": "!", "missing": "✗"}


@click.command()
@STATE_DIR
@click.option("--json", "is_json", is_flag=True, help="Print an object.")
@click.pass_context
def doctor(context: click.Context, state_dir: Path, is_json: bool) -> None:
    """Check this machine: kernel, packages, permissions, room; say how to mend each.

    Changes nothing: what is tried out is tried in namespaces that vanish again. Exit code 1 when
    something that real tasks need is missing.
    """
    with progress("looking at this machine"):
        found = findings(examine(state_dir))
    if is_json:
        show_json({"fit": is_fit(found), "checks": [asdict(finding) for finding in found]})
    else:
        _show(found)
    if not is_fit(found):
        context.exit(REFUSED)


def _show(found: tuple[Finding, ...]) -> None:
    width = max(len(finding.check) for finding in found)
    for finding in found:
        mark = coloured(finding.state).replace(finding.state, _MARKS[finding.state])
        click.echo(f"{mark} {finding.check:<{width}}  {finding.text}")
        if finding.mend:
            click.echo(f"  {'':<{width}}  → {finding.mend}")
    missing = sum(finding.state == "missing" for finding in found)
    warnings = sum(finding.state == "warning" for finding in found)
    click.echo()
    if missing:
        click.echo(f"{missing} things that tasks need are missing.")
    else:
        click.echo(f"This machine can run tasks; {warnings} warnings." if warnings else "All well.")
