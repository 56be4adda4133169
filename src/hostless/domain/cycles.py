"""Whether things that wait for, or take from, one another do so in a circle. Pure."""

from collections.abc import Mapping


def has_cycle(edges: Mapping[str, list[str]]) -> bool:
    """Whether following the edges can lead back to where one started."""
    rest = {name: {to for to in targets if to in edges} for name, targets in edges.items()}
    while ready := [name for name, targets in rest.items() if not targets]:
        for name in ready:
            del rest[name]
        for targets in rest.values():
            targets.difference_update(ready)
    return bool(rest)
