"""The control groups of load balancers' nodes: out of the engine's own, so that a service manager
that stops the engine does not stop them, and what they use is not counted to it.

Each is `hostless/<engine>/balancers/<interface>`, without limits. What lives in it is `balancer`'s
business, which is handed this.
"""

import contextlib
from pathlib import Path

from hostless.compute.local.cgroups import CgroupTree
from hostless.compute.local.task_groups import BALANCERS, TOP, end_group


class BalancerGroups:
    """Implements `hostless.balancer.local.process.Groups`. Blocking; removing is idempotent."""

    def __init__(self, tree: CgroupTree, engine_id: str) -> None:
        self._tree = tree
        self._engine = f"{TOP}/{engine_id}"
        self._all = f"{self._engine}/{BALANCERS}"

    def entrances(self, name: str) -> tuple[Path, ...]:
        self._tree.prepare(self._all)
        return self._tree.entrances(f"{self._all}/{name}")

    def remove(self, name: str) -> None:
        end_group(self._tree, f"{self._all}/{name}")

    def remove_all(self) -> None:
        """With the engine's own group, if nothing else is in it."""
        end_group(self._tree, self._all)
        for hierarchy in self._tree.hierarchies:
            with contextlib.suppress(OSError):
                (hierarchy / self._engine).rmdir()
