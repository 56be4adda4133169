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


def has_ipv6() -> bool:
    """Whether the kernel has it at all."""
    return (FOLDER / "ipv6").exists()


def no_ipv6_on(interface: str) -> str:
    return f"ipv6/conf/{interface}/disable_ipv6"


IPV6_FORWARDING = "ipv6/conf/all/forwarding"
"""That of a single interface says how it listens to routers, not what it forwards."""


def quiet_ipv6_on(interface: str) -> dict[str, int]:
    """Settings under which an interface has IPv6 and no address but those that it is given."""
    of = f"ipv6/conf/{interface}"
    quiet = {f"{of}/addr_gen_mode": 1, f"{of}/accept_ra": 0, f"{of}/accept_dad": 0}
    return {**quiet, no_ipv6_on(interface): 0}
