"""The flags that describe an engine, checked one by one and together, made into `Settings`.

A flag that cannot work is refused here, before anything starts, with what to write instead.
"""

import ipaddress
import os
import re
from pathlib import Path
from typing import Any

import click

from hostless.domain.arns import Realm
from hostless.domain.settings import Settings

DEFAULT_STATE_DIR = "/var/lib/hostless"
DEFAULT_LISTEN = "127.0.0.1:4566"
_REGION = re.compile(r"[a-z]{2,3}(-[a-z]+)+-\d{1,2}")


def absolute_folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def listen_address(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise click.BadParameter(f"{text!r} is not host:port, such as {DEFAULT_LISTEN}")
    return f"{host}:{int(port)}"


def account_id(text: str) -> str:
    if not re.fullmatch(r"[0-9]{12}", text):
        raise click.BadParameter(f"{text!r} is not an account number of twelve digits")
    return text


def region_name(text: str) -> str:
    if not _REGION.fullmatch(text):
        raise click.BadParameter(f"{text!r} is not a region's name, such as us-east-1")
    return text


def vpc_range(text: str) -> str:
    """An IPv4 range that three zones' subnets fit into."""
    return _range(text, 16, 24)


def public_range(text: str) -> str:
    """An IPv4 range for public addresses."""
    return _range(text, 16, 26)


def watermarks(text: str) -> tuple[float, float]:
    """`85:80`: percents of the disk, as shares."""
    high, colon, low = text.partition(":")
    try:
        marks = float(high) / 100, float(low) / 100
    except ValueError:
        marks = 0.0, 0.0
    if not colon or not 0 < marks[1] <= marks[0] <= 1:
        raise click.BadParameter(f"{text!r} is not HIGH:LOW in percent, such as 85:80")
    return marks


def _range(text: str, largest: int, smallest: int) -> str:
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not an IPv4 range: {error}") from error
    if not largest <= network.prefixlen <= smallest:
        raise click.BadParameter(f"{text!r} must be between a /{largest} and a /{smallest}")
    return str(network)


STATE_DIR = click.option(
    "--state-dir",
    type=absolute_folder,
    metavar="FOLDER",
    default=DEFAULT_STATE_DIR,
    show_default=True,
    help="Folder that holds everything the engine knows.",
)


def settings_of(flags: dict[str, Any]) -> Settings:
    """Settings from the flags of `hostless up`. Raises click.UsageError."""
    is_simulated = flags["backend"] == "simulated"
    if flags["behaviour"] and not is_simulated:
        raise click.UsageError("--behaviour describes simulated tasks: add --backend simulated")
    if is_simulated and flags["isolation"]:
        raise click.UsageError("--isolation is for real containers: leave out --backend simulated")
    if not is_simulated and os.geteuid() != 0:
        raise click.UsageError(
            "real containers need root: start with sudo, or try --backend simulated"
        )
    return Settings(
        state_dir=str(flags["state_dir"]),
        listen=flags["listen"],
        realm=Realm(account_id=flags["account_id"], region=flags["region"]),
        backend=flags["backend"],
        isolation=flags["isolation"] or "auto",
        over_commit=flags["over_commit"],
        accepts_any_key=flags["insecure_any_key"],
        stops_tasks=flags["stop_tasks"],
        behaviour_file=flags["behaviour"] and str(flags["behaviour"]),
        registry_auth_file=flags["registry_auth"] and str(flags["registry_auth"]),
        default_vpc_cidr=flags["vpc_cidr"],
        public_cidr=flags["public_cidr"],
        healthy_after_seconds=flags["healthy_after"],
        buckets_dir=flags["buckets_dir"] and str(flags["buckets_dir"]),
        access_log_seconds=flags["access_logs_every"],
        api_limits=flags["api_limits"],
        images_high_water=flags["image_disk"][0],
        images_low_water=flags["image_disk"][1],
        is_verbose=flags["verbose"],
    )
