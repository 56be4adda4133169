"""What ways (`way_rules`) have in their VPC's table (`forwarding_table`): text of changes. Pure.

What changes is what chains hold. A chain with a hook costs every packet, so one that has nothing to
say is not there. It may come and go while packets pass: the kernel hooks it, empty, before the
transaction's rules are in force, and unhooks it when they no longer are, and what is empty lets all
pass, as its policy does. A policy that drops would be another matter.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from hostless.network.local.forwarding_table import FRAME, OF, OF_GROUPS, TABLE
from hostless.network.local.way_rules import ARRIVING, LEAVING, Chains

HOOKS = {
    ARRIVING: "type filter hook prerouting priority mangle; policy accept;",
    LEAVING: "type nat hook postrouting priority srcnat - 5; policy accept;",
}
"""Before other chains translate targets, and sources."""


def change_of(before: Mapping[str, tuple[str, ...] | None], after: Chains) -> str:
    """One transaction from the one to the other; empty when there is nothing to change.

    before: None where it is not known what a chain holds.
    """
    coming = [name for name in HOOKS if name in after and name not in before]
    commands = [_with_hooks(coming)] if coming else []
    commands += [f"add chain {OF} {name}" for name in after.keys() - before.keys() - HOOKS.keys()]
    for name, lines in after.items():
        if before.get(name) != lines:
            commands += [f"flush chain {OF} {name}"]
            commands += [f"add rule {OF} {name} {line}" for line in lines]
    gone = before.keys() - after.keys()
    commands += [f"flush chain {OF} {name}" for name in gone]
    commands += [f"delete chain {OF} {name}" for name in gone]
    return "\n".join(commands)


def _with_hooks(names: Iterable[str]) -> str:
    chains = "\n".join(f"  chain {name} {{ {HOOKS[name]} }}" for name in names)
    return f"table {OF} {{\n{chains}\n}}"


def chains_in(chains: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...] | None]:
    """The chains of ways, of the listing of all chains (nftables' JSON)."""
    found = (item["chain"] for item in chains if "chain" in item)
    names = [chain["name"] for chain in found if chain["table"] == TABLE]
    return {name: None for name in names if not (name in FRAME or name.startswith(OF_GROUPS))}
