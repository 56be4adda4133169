"""The flags that say how one image runs, for every command that takes an image.

What they become for AWS is `run_request`'s business.
"""

import os
import shlex
from collections.abc import Callable
from typing import Any, TypeVar

import click

from hostless.cli.run_request import RunRequest, name_of_image
from hostless.cli.sizes import NotASize, cpu_units_of, memory_mib_of, smallest_size

F = TypeVar("F", bound=Callable[..., object])
_OPTIONS = (
    click.option("--cpu", default="0.25", show_default=True, help="vCPUs, or CPU units above 32."),
    click.option("--memory", default="512", show_default=True, help="MiB, or like 2g."),
    click.option("-e", "--env", "environment", multiple=True, metavar="K=V", help="K alone: ours."),
    click.option("-p", "--port", "ports", multiple=True, type=click.IntRange(1, 65535)),
    click.option("--command", help="What to run, in a shell's quotes; or give it after --."),
    click.option("--entry-point", help="Instead of the image's own, in a shell's quotes."),
)


def image_options(command: F) -> F:
    """Give `command` the flags."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def request_of(flags: dict[str, Any]) -> RunRequest:
    """What the flags ask for; `arguments` holds what came after `--`. Raises click.UsageError."""
    if flags["command"] and flags["arguments"]:
        raise click.UsageError("give the command by --command or after --, not both")
    try:
        cpu_units, memory_mib = smallest_size(
            cpu_units_of(flags["cpu"]), memory_mib_of(flags["memory"])
        )
        return RunRequest(
            image=flags["image"],
            name=flags["name"] or name_of_image(flags["image"]),
            cpu_units=cpu_units,
            memory_mib=memory_mib,
            command=tuple(shlex.split(flags["command"] or "")) or flags["arguments"],
            entry_point=tuple(shlex.split(flags["entry_point"] or "")),
            environment=tuple(_variable(each) for each in flags["environment"]),
            ports=flags["ports"],
            can_exec=flags["can_exec"],
            isolation=flags.get("isolation"),
        )
    except NotASize as error:
        raise click.UsageError(str(error)) from error
    except ValueError as error:
        raise click.UsageError(f"the command's quotes do not match: {error}") from error


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or (not equals and name not in os.environ):
        raise click.UsageError(f"--env {text}: give a value (K=V); {name or 'it'} is not set here")
    return name, value if equals else os.environ[name]
