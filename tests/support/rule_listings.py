"""Listings of nftables' rulesets for tests, as its JSON has them, from few words."""

from typing import Any

Rule = list[dict[str, Any]]
TARGET: dict[str, Any] = {"payload": {"protocol": "ip", "field": "daddr"}}
SOURCE: dict[str, Any] = {"payload": {"protocol": "ip", "field": "saddr"}}
PORT: dict[str, Any] = {"payload": {"protocol": "tcp", "field": "dport"}}
ACCEPT: dict[str, Any] = {"accept": None}
DROP: dict[str, Any] = {"drop": None}


def match(left: dict[str, Any], right: Any, op: str = "==") -> dict[str, Any]:
    return {"match": {"op": op, "left": left, "right": right}}


def to(chain: str, verb: str = "jump") -> dict[str, Any]:
    return {verb: {"target": chain}}


def chain(
    name: str,
    *rules: Rule,
    hook: str = "",
    priority: int = 0,
    policy: str = "accept",
    kind: str = "",
) -> list[dict[str, Any]]:
    """hook: of a base chain. Handles count from 1."""
    said: dict[str, Any] = {"family": "inet", "table": "t", "name": name, "handle": 0}
    if hook:
        said |= {"type": kind, "hook": hook, "prio": priority, "policy": policy}
    of_chain = {"family": "inet", "table": "t", "chain": name}
    return [
        {"chain": said},
        *({"rule": {**of_chain, "handle": n, "expr": rule}} for n, rule in enumerate(rules, 1)),
    ]


def elements(kind: str, name: str, *elem: Any) -> list[dict[str, Any]]:
    """kind: `set` or `map`."""
    return [{kind: {"family": "inet", "table": "t", "name": name, "elem": list(elem)}}]
