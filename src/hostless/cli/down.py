"""`hostless down`: stop the engine of a state folder; with --purge, leave nothing of it behind."""

import contextlib
import os
import signal
import time
from pathlib import Path

import click

from hostless.cli.engine_commands import EngineCannotStart, EngineCommands
from hostless.cli.outcome import CommandFailed
from hostless.cli.settings_options import STATE_DIR
from hostless.domain.settings import Settings
from hostless.kit.trees import remove_tree
from hostless.store.ownership import (
    EngineRecord,
    StateDirTaken,
    StateDirUnusable,
    is_owned,
    last_owner_of,
    owner_of,
    take,
)

STOP_LIMIT_SECONDS = 180.0
"""Longer than the longest stopTimeout (120 s): an engine may be stopping its tasks."""
_POLL_SECONDS = 0.02


@click.command()
@STATE_DIR
@click.option("--purge", is_flag=True, help="Stop all tasks and remove every trace, state and all.")
@click.pass_obj
def down(engine: EngineCommands, state_dir: Path, purge: bool) -> None:
    """Stop the engine of this state folder. Its tasks go on running, unless --purge is given."""
    record = last_owner_of(state_dir)
    was_running = stop_engine(state_dir)
    if was_running:
        click.echo("engine stopped" + ("" if purge else "; its tasks go on running"))
    elif not purge:
        click.echo(f"no engine runs on {state_dir}")
    if purge:
        _purge(engine, state_dir, record)
        click.echo(f"purged: nothing of {state_dir} is left")


def stop_engine(state_dir: Path) -> bool:
    """Send SIGTERM and wait until the lock is free; whether there was an engine to stop.

    Raises CommandFailed.
    """
    deadline = time.monotonic() + STOP_LIMIT_SECONDS
    is_told = False
    while is_owned(state_dir):
        owner = None if is_told else owner_of(state_dir)
        if owner is not None:
            _terminate(owner)
            is_told = True
        if time.monotonic() > deadline:
            raise CommandFailed(
                f"the engine on {state_dir} does not stop",
                f"See what it is doing (up -v), or end process {_number(state_dir)} by hand.",
            )
        time.sleep(_POLL_SECONDS)
    return is_told


def _terminate(owner: EngineRecord) -> None:
    try:
        with contextlib.suppress(ProcessLookupError):
            os.kill(owner.pid, signal.SIGTERM)
    except PermissionError as error:
        raise CommandFailed(
            f"the engine (process {owner.pid}) belongs to another user", "Run this with sudo."
        ) from error


def _number(state_dir: Path) -> int:
    record = last_owner_of(state_dir)
    return record.pid if record else 0


def _purge(engine: EngineCommands, state_dir: Path, record: EngineRecord | None) -> None:
    settings = record.settings if record else Settings(state_dir=str(state_dir))
    has_traces = engine.has_traces(settings)
    if not state_dir.exists() and not has_traces:
        return
    try:
        ownership = take(state_dir, was_ours=has_traces)
    except StateDirTaken as error:
        raise CommandFailed("another engine was started meanwhile", "Try again.") from error
    except StateDirUnusable as error:
        raise CommandFailed(f"{error}", "Nothing was removed.") from error
    try:
        engine.purge(settings)
        _remove(state_dir)
    except EngineCannotStart as error:
        raise CommandFailed(error.message, error.advice) from error
    finally:
        ownership.release()


def _remove(state_dir: Path) -> None:
    """Remove the folder and all in it; not through a mount, and not where it is a mount itself."""
    mounts = _mounts_below(state_dir)
    if mounts:
        raise CommandFailed(
            f"something is still mounted at {mounts[0]}",
            "Nothing of the folder was removed; unmount it and purge again.",
        )
    for entry in list(state_dir.iterdir()):
        if entry.is_dir() and not entry.is_symlink():
            remove_tree(entry)
        else:
            entry.unlink()
    with contextlib.suppress(OSError):  # a mount point, or a parent that is not ours to change
        state_dir.rmdir()


def _mounts_below(folder: Path) -> list[str]:
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as mounts:
        points = [line.split()[4].replace("\\040", " ") for line in mounts]
    return [point for point in points if point.startswith(f"{folder}/")]
