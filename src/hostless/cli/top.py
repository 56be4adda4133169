"""`hostless top`: what tasks and their containers use, now."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from hostless.cli.api import CLUSTER, ENGINE, JSON, Api, connect
from hostless.cli.rates import HEADINGS, TaskRates, UsageView, rates_of, rows_of
from hostless.cli.screen import show_json, show_table

ORDERS: dict[str, Callable[[TaskRates], float]] = {
    "cpu": lambda each: each.whole.cpu_units or 0.0,
    "memory": lambda each: each.whole.memory or 0,
    "network": lambda each: (each.whole.received or 0.0) + (each.whole.sent or 0.0),
    "disk": lambda each: (each.whole.read or 0.0) + (each.whole.written or 0.0),
}
ROWS_BESIDE = 3
"""Of a terminal, that tasks do not have."""


@click.command()
@click.option("--service", metavar="NAME", help="Its tasks only; with --cluster, or in `default`.")
@click.option("--containers", "with_containers", is_flag=True, help="Containers too.")
@click.option(
    "--sort",
    type=click.Choice(list(ORDERS)),
    default="cpu",
    show_default=True,
    help="Those that use most of it first.",
)
@click.option(
    "--every",
    type=click.FloatRange(0.2, 60),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="Look so often; rates are of the time between two looks.",
)
@click.option("--once", is_flag=True, help="Show it once, as in a pipe.")
@CLUSTER
@ENGINE
@JSON
def top(
    service: str | None,
    with_containers: bool,
    sort: str,
    every: float,
    once: bool,
    cluster: str | None,
    state_dir: Path | None,
    is_json: bool,
) -> None:
    """Show what running tasks use: CPU of their units (HELD: the part of the time in which they
    were held back), memory of its limit, network, disk; on a terminal until Ctrl-C.
    """
    api = connect(state_dir)
    looks = _looks(lambda: _usage(api, cluster, service), every)
    ordered = (sorted(each, key=ORDERS[sort], reverse=True) for each in looks)
    if is_json:
        show_json([asdict(each) for each in next(ordered)])
    elif once or not sys.stdout.isatty():
        show_table(HEADINGS, list(rows_of(next(ordered), with_containers=with_containers)))
    else:
        with contextlib.suppress(KeyboardInterrupt):
            _live(ordered, with_containers=with_containers)


def _usage(api: Api, cluster: str | None, service: str | None) -> list[UsageView]:
    answer = api.own("GET", "usage", cluster=cluster, service=service)
    return list(answer["tasks"])


def _looks(look: Callable[[], list[UsageView]], every: float) -> Iterator[list[TaskRates]]:
    """The first comes after two looks."""
    before = look()
    while True:
        time.sleep(every)
        now = look()
        yield rates_of(before, now)
        before = now


def _live(looks: Iterator[Sequence[TaskRates]], *, with_containers: bool) -> None:
    """Redrawn in place, as many rows as there is room for."""
    from rich.console import Console
    from rich.live import Live

    console = Console()
    with Live(console=console, screen=True, auto_refresh=False) as live:
        live.update("Looking …", refresh=True)
        for tasks in looks:
            rows = list(rows_of(tasks, with_containers=with_containers))
            live.update(_table(rows, console.height - ROWS_BESIDE, len(tasks)), refresh=True)


def _table(rows: Sequence[tuple[str, ...]], room: int, tasks: int) -> Any:
    from rich.table import Table

    left = len(rows) - room
    more = f", {left} rows more than fit" if left > 0 else ""
    table = Table(
        *HEADINGS,
        box=None,
        caption=f"{tasks} tasks{more}; Ctrl-C ends",
        caption_justify="left",
        pad_edge=False,
    )
    for row in rows[:room]:
        table.add_row(*row)
    return table
