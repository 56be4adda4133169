"""`hostless up`: run the engine in the foreground."""

from pathlib import Path
from typing import Any, get_args

import click

from hostless.cli.engine_commands import EngineCannotStart, EngineCommands
from hostless.cli.limits_option import api_limits
from hostless.cli.outcome import CommandFailed
from hostless.cli.settings_options import (
    DEFAULT_LISTEN,
    STATE_DIR,
    absolute_folder,
    account_id,
    listen_address,
    public_range,
    region_name,
    settings_of,
    vpc_range,
    watermarks,
)
from hostless.domain.isolation import IsolationChoice
from hostless.domain.settings import DEFAULT_VPC_RANGE

_FILE = click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path)


@click.command()
@STATE_DIR
@click.option(
    "--listen",
    type=listen_address,
    metavar="HOST:PORT",
    default=DEFAULT_LISTEN,
    show_default=True,
    help="Address of the API; port 0 takes a free one.",
)
@click.option(
    "--backend",
    type=click.Choice(["local", "simulated"]),
    default="local",
    show_default=True,
    help="Real containers here, or simulated ones (needs no root).",
)
@click.option(
    "--behaviour", type=_FILE, metavar="FILE", help="TOML: what simulated tasks do; see docs/."
)
@click.option(
    "--isolation",
    type=click.Choice(get_args(IsolationChoice)),
    help="Of tasks that choose none: gvisor, a kernel a task; container; auto: what works here. "
    " [default: auto]",
)
@click.option(
    "--over-commit",
    type=click.FloatRange(min=0, max=1000, min_open=True),
    default=4.0,
    show_default=True,
    metavar="X",
    help="Promise the machine's CPU and memory this many times.",
)
@click.option(
    "--healthy-after",
    type=click.FloatRange(min=0, max=3600),
    default=40.0,
    show_default=True,
    metavar="SECONDS",
    help="A service's task without a health check counts as healthy after so long; AWS: 40.",
)
@click.option(
    "--buckets-dir",
    type=absolute_folder,
    metavar="FOLDER",
    help="Each folder in it is a bucket, in place of S3.  [default: buckets in the state folder]",
)
@click.option(
    "--access-logs-every",
    type=click.FloatRange(min=1, max=3600),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="How often access logs of load balancers are delivered; AWS: 300.",
)
@click.option(
    "--api-limits",
    type=api_limits,
    metavar="none|aws|FILE",
    default="none",
    show_default=True,
    help="Throttle the API and keep to quotas: AWS's figures, or those of a TOML file; see docs/.",
)
@click.option(
    "--account-id", type=account_id, metavar="DIGITS", default="000000000000", show_default=True
)
@click.option(
    "--region", type=region_name, metavar="REGION", default="us-east-1", show_default=True
)
@click.option(
    "--vpc-cidr",
    type=vpc_range,
    metavar="RANGE",
    default=DEFAULT_VPC_RANGE,
    show_default=True,
    help="Range of the default VPC; engines on one machine need ranges of their own.",
)
@click.option(
    "--public-cidr",
    type=public_range,
    metavar="RANGE",
    help="Range of public addresses.  [default: one of 198.18.0.0/15 that is free here]",
)
@click.option("--insecure-any-key", is_flag=True, help="Accept every signature. For laptops.")
@click.option(
    "--registry-auth", type=_FILE, metavar="FILE", help="Registry logins, as docker's config.json."
)
@click.option(
    "--image-disk",
    type=watermarks,
    metavar="HIGH:LOW",
    default="85:80",
    show_default=True,
    help="With more percent of the disk in use than HIGH, unused images go until LOW.",
)
@click.option("--stop-tasks", is_flag=True, help="Stop all tasks when the engine stops.")
@click.option("-v", "--verbose", is_flag=True, help="Log every step on stderr.")
@click.pass_obj
def up(engine: EngineCommands, /, **flags: Any) -> None:
    """Run the engine in the foreground.

    Prints `ready http://host:port` when it serves. SIGTERM or Ctrl-C stop it; tasks go on running
    and are adopted at the next start, unless --stop-tasks was given. A second signal ends the
    waiting for tasks that are being stopped.
    """
    settings = settings_of(flags)
    try:
        engine.serve(settings)
    except EngineCannotStart as error:
        raise CommandFailed(error.message, error.advice) from error
