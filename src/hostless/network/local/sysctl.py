"""Kernel settings under /proc/sys/net, of the calling thread's network namespace."""

from collections.abc import Mapping
from pathlib import Path

FOLDER = Path("/proc/sys/net")


def write(settings: Mapping[str, int]) -> None:
    """settings: by path below `/proc/sys/net`; those of IPv6 are left out where there is none."""
    for name, value in settings.items():
        try:
            (FOLDER / name).write_text(str(value))
        except FileNotFoundError:
            if not name.startswith("ipv6/"):
                raise


def find(name: str) -> int | None:
    try:
        return int((FOLDER / name).read_text())
    except FileNotFoundError:
        return None


def forwarding_of(interface: str) -> str:
    """The setting that lets packets which come in on the interface go on to another."""
    return f"ipv4/conf/{interface}/forwarding"


def no_ipv6_on(interface: str) -> str:
    return f"ipv6/conf/{interface}/disable_ipv6"
