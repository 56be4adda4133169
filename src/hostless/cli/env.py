"""`hostless env`: what an AWS client needs to know, as shell exports."""

import json
import os
import shlex
from pathlib import Path

import click

from hostless.cli.outcome import UNREACHABLE, CommandFailed
from hostless.cli.settings_options import DEFAULT_LISTEN, STATE_DIR, listen_address, region_name
from hostless.domain.settings import endpoint_of
from hostless.kit.ids import system_ids
from hostless.store.keys import KEYS_FILE, KeyPair, KeysUnreadable, load_or_make
from hostless.store.ownership import StateDirUnusable, last_owner_of, prepare


@click.command()
@STATE_DIR
@click.option(
    "--listen",
    type=listen_address,
    metavar="HOST:PORT",
    help=f"The engine's address; the running engine's, or {DEFAULT_LISTEN}, when left out.",
)
@click.option(
    "--region", type=region_name, metavar="REGION", help="The running engine's, or us-east-1."
)
@click.option("--json", "is_json", is_flag=True, help="Print an object instead of exports.")
def env(state_dir: Path, listen: str | None, region: str | None, is_json: bool) -> None:
    """Print the environment that points an AWS client at the engine.

    Use it as: eval "$(hostless env)". Makes the key pair if no engine has run there yet. Host
    prefixes are off because clients would ask data-HOST, which does not resolve, for Cloud Map's
    DiscoverInstances.
    """
    values = environment_of(state_dir, listen, region)
    if is_json:
        click.echo(json.dumps(values, indent=2))
        return
    for name, value in values.items():
        click.echo(f"export {name}={shlex.quote(value)}")
    if "AWS_SESSION_TOKEN" in os.environ:
        click.echo("unset AWS_SESSION_TOKEN")


def environment_of(state_dir: Path, listen: str | None, region: str | None) -> dict[str, str]:
    """The variables by name. Raises CommandFailed.

    Without the last one clients put `data-` before the endpoint's host for Cloud Map's
    DiscoverInstances (botocore's model, `endpoint.hostPrefix`), and no such host is known.
    """
    keys = keys_of(state_dir)
    record = last_owner_of(state_dir)
    if listen is not None:
        endpoint = endpoint_of(listen)
    else:
        endpoint = record.endpoint if record else endpoint_of(DEFAULT_LISTEN)
    region = region or (record.settings.realm.region if record else "us-east-1")
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }


def keys_of(state_dir: Path) -> KeyPair:
    """The key pair of the state folder, made if need be. Raises CommandFailed."""
    try:
        prepare(state_dir)
        return load_or_make(state_dir / KEYS_FILE, system_ids())
    except (StateDirUnusable, KeysUnreadable) as error:
        raise CommandFailed(f"{error}.", exit_code=UNREACHABLE) from error
