"""The host's own nameservers, read again whenever the host changes them."""

from ipaddress import IPv4Address
from pathlib import Path
from typing import TypeAlias

RESOLV_CONF = Path("/etc/resolv.conf")
DNS_PORT = 53
Endpoint: TypeAlias = tuple[str, int]
"""IPv4 address and port."""
MOST_NAMESERVERS = 3
"""As many as the C library asks (resolv.conf(5), MAXNS)."""


class HostNameservers:
    """path: in the form of resolv.conf(5)."""

    def __init__(self, path: Path = RESOLV_CONF) -> None:
        self._path = path
        self._version: int | None = None
        self._endpoints: tuple[Endpoint, ...] = ()

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The first to be asked first; none when the file is not there."""
        try:
            version = self._path.stat().st_mtime_ns
            if version != self._version:
                found = nameservers_in(self._path.read_text(errors="replace"))
                self._endpoints = tuple((address, DNS_PORT) for address in found)
                self._version = version
        except OSError:
            return ()
        return self._endpoints


def nameservers_in(text: str) -> tuple[str, ...]:
    """The IPv4 nameservers that the text of a resolv.conf names."""
    words = (line.split() for line in text.splitlines())
    named = [found[1] for found in words if len(found) > 1 and found[0] == "nameserver"]
    return tuple(filter(_is_ipv4, named))[:MOST_NAMESERVERS]


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True
