"""The tables that engines before this one made in a VPC's router: known, and removed. Pure.

There were two, `groups` and `ways`, with three chains in the forward hook. They decide until this
engine's table can: each packet then has to pass both for a moment, and they go. All of this goes
when nobody has such an engine any more.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from hostless.network.local.forwarding_table import FORWARD, TABLE

GROUPS, WAYS = "groups", "ways"
_SILENCED = ("egress", "ingress")


def is_left(chains: Iterable[Mapping[str, Any]]) -> bool:
    """Whether there are such tables, of the listing of all chains (nftables' JSON)."""
    return any(item["chain"]["table"] in (GROUPS, WAYS) for item in chains if "chain" in item)


def decides(chains: Iterable[Mapping[str, Any]]) -> bool:
    """Whether such tables decide and this engine's does not yet."""
    chains = [item["chain"] for item in chains if "chain" in item]
    is_ready = any(each["table"] == TABLE and each["name"] == FORWARD for each in chains)
    return not is_ready and any(each["table"] == GROUPS for each in chains)


def silencing() -> str:
    """One transaction after which they let everything pass. Only then they can go: a chain whose
    policy is to drop does so between when its rules are out of force and when it is unhooked."""
    return "\n".join(
        f"flush chain inet {GROUPS} {name}\n"
        f"add rule inet {GROUPS} {name} accept\n"
        f"chain inet {GROUPS} {name} {{ policy accept; }}"
        for name in _SILENCED
    )


def removal() -> str:
    """One transaction that removes them, whether they are there or not."""
    return "\n".join(f"table inet {name}\ndelete table inet {name}" for name in (GROUPS, WAYS))
