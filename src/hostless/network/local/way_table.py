"""The table in a VPC's router that holds its ways (`way_rules`): the text of its changes. Pure.

The chains with hooks are made once and stay: one that comes or goes would let packets pass without
rules, or by its policy, for a moment. What changes is what chains hold.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from hostless.network.local.way_rules import ARRIVING, CROSSING, LEAVING, Chains

TABLE = "ways"
_OF = f"inet {TABLE}"
HOOKS = {
    ARRIVING: "type filter hook prerouting priority mangle; policy accept;",
    CROSSING: "type filter hook forward priority filter - 10; policy accept;",
    LEAVING: "type nat hook postrouting priority srcnat - 5; policy accept;",
}
"""Before security groups are asked, and before other chains translate sources."""


def change_of(before: Mapping[str, tuple[str, ...] | None], after: Chains) -> str:
    """One transaction from the one to the other; empty when there is nothing to change.

    before: None where it is not known what a chain holds. Once a transaction has been performed,
    the table has all chains with hooks, and `after` has them too.
    """
    commands = [] if HOOKS.keys() <= before.keys() else [_with_hooks()]
    commands += [f"add chain {_OF} {name}" for name in after.keys() - before.keys() - HOOKS.keys()]
    for name, lines in after.items():
        if before.get(name) != lines:
            commands += [f"flush chain {_OF} {name}"]
            commands += [f"add rule {_OF} {name} {line}" for line in lines]
    gone = before.keys() - after.keys()
    commands += [f"flush chain {_OF} {name}" for name in gone]
    commands += [f"delete chain {_OF} {name}" for name in gone]
    return "\n".join(commands)


def _with_hooks() -> str:
    chains = "\n".join(f"  chain {name} {{ {hook} }}" for name, hook in HOOKS.items())
    return f"table {_OF} {{\n{chains}\n}}"


def chains_in(chains: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...] | None]:
    """The table's chains, of the listing of all chains (nftables' JSON)."""
    found = (item["chain"] for item in chains if "chain" in item)
    return {chain["name"]: None for chain in found if chain["table"] == TABLE}
