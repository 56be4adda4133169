"""The table in a VPC's router that holds its ways (`way_rules`): the text of its changes. Pure.

What changes is what chains hold. A chain with a hook costs every packet, so one that has nothing to
say is not there. It may come and go while packets pass: the kernel hooks it, empty, before the
transaction's rules are in force, and unhooks it when they no longer are, and what is empty lets all
pass, as its policy does. A policy that drops would be another matter.
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

    before: None where it is not known what a chain holds.
    """
    coming = [name for name in HOOKS if name in after and name not in before]
    commands = [_with_hooks(coming)] if coming else []
    commands += [f"add chain {_OF} {name}" for name in after.keys() - before.keys() - HOOKS.keys()]
    for name, lines in after.items():
        if before.get(name) != lines:
            commands += [f"flush chain {_OF} {name}"]
            commands += [f"add rule {_OF} {name} {line}" for line in lines]
    gone = before.keys() - after.keys()
    commands += [f"flush chain {_OF} {name}" for name in gone]
    commands += [f"delete chain {_OF} {name}" for name in gone]
    return "\n".join(commands)


def _with_hooks(names: Iterable[str]) -> str:
    chains = "\n".join(f"  chain {name} {{ {HOOKS[name]} }}" for name in names)
    return f"table {_OF} {{\n{chains}\n}}"


def chains_in(chains: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...] | None]:
    """The table's chains, of the listing of all chains (nftables' JSON)."""
    found = (item["chain"] for item in chains if "chain" in item)
    return {chain["name"]: None for chain in found if chain["table"] == TABLE}
