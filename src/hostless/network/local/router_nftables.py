"""nftables in a router's namespace, kept open: when a context ends, the kernel waits until what it
removed is freed. Only for the network's own thread.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from hostless.network.local import namespaces
from hostless.network.local.nftables import Nftables, nftables


class RouterNftables:
    """namespace: the router's name under /run/netns. Methods raise NftablesFailed and OSError."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._kept_open = ExitStack()
        self._tables: Nftables | None = None

    def run(self, commands: str) -> str:
        """Perform the commands as one transaction; its output."""
        with self._opened() as tables:
            return tables.run(commands)

    def listing(self, what: str) -> list[dict[str, Any]]:
        """The objects that `list <what>` shows, as nftables' JSON has them."""
        with self._opened() as tables:
            return tables.listing(what)

    def close(self) -> None:
        """Leave everything as it is. What is asked later opens it again."""
        self._kept_open.close()
        self._tables = None

    @contextmanager
    def _opened(self) -> Iterator[Nftables]:
        with namespaces.inside(self._namespace):
            if self._tables is None:
                self._tables = self._kept_open.enter_context(nftables())
            yield self._tables
