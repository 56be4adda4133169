"""The table in a VPC's router that holds its security groups: the text of its making and changes.

Pure. What leaves an interface is held against the rules of its groups in the chain `egress`, what
goes to one in `ingress`; a packet between two interfaces has to pass both. Nothing passes that no
rule lets pass, nor from or to an address that is no interface's. Exempt is what the host opens
itself, so that an operator reaches every task. The router's own services (names, metadata) are not
forwarded and so not concerned, as with AWS, where security groups do not filter them.

Public addresses are translated here too, one to one, where the VPC ends: groups see private ones of
their own VPC and public ones of others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hostless.domain.arns import NetworkInterfaceId, SecurityGroupId
from hostless.network.local.group_rules import (
    UNTRACKED_BY_CALLED,
    UNTRACKED_BY_CALLER,
    Bundle,
    Ruleset,
    bundle_chain_of,
    bundle_of,
)
from hostless.network.local.names import ROUTER_END_OF_HOST_LINK

TABLE = "groups"
BASE_CHAINS = ("egress", "ingress", "arriving", "leaving")
_OF = f"inet {TABLE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An interface, the groups that it carries, and the address that the world has for it."""

    interface_id: NetworkInterfaceId
    address: str
    bundle: Bundle
    public_address: str | None = None


def base_of(operator: str | None) -> str:
    """One transaction that has the table and what belongs to no group; it touches nothing else.

    operator: the address under which the host reaches every task; None: it does not. `related` are
    ICMP's errors. A way through a gateway of its own comes before, at `srcnat`.
    """
    exempt = f'iifname "{ROUTER_END_OF_HOST_LINK}" ip saddr {operator} accept' if operator else ""
    return f"""
table {_OF} {{
  map senders {{ type ipv4_addr : verdict; }}
  map receivers {{ type ipv4_addr : verdict; }}
  map public_of {{ type ipv4_addr : ipv4_addr; }}
  map private_of {{ type ipv4_addr : ipv4_addr; }}
  chain egress {{ type filter hook forward priority filter - 5; policy drop; }}
  chain ingress {{ type filter hook forward priority filter; policy drop; }}
}}
table {_OF} {{
  chain arriving {{ type nat hook prerouting priority dstnat; }}
  chain leaving {{ type nat hook postrouting priority srcnat + 20; }}
}}
flush chain {_OF} egress
flush chain {_OF} ingress
flush chain {_OF} arriving
flush chain {_OF} leaving
table {_OF} {{
  chain egress {{
    {_tracked(of_original=UNTRACKED_BY_CALLER, of_reply=UNTRACKED_BY_CALLED)}
    iifname "{ROUTER_END_OF_HOST_LINK}" accept
    ip saddr vmap @senders
  }}
  chain ingress {{
    {_tracked(of_original=UNTRACKED_BY_CALLED, of_reply=UNTRACKED_BY_CALLER)}
    oifname "{ROUTER_END_OF_HOST_LINK}" accept
    {exempt}
    ip daddr vmap @receivers
  }}
  chain arriving {{ iifname "{ROUTER_END_OF_HOST_LINK}" dnat ip to ip daddr map @private_of; }}
  chain leaving {{ oifname "{ROUTER_END_OF_HOST_LINK}" snat ip to ip saddr map @public_of; }}
}}
"""


def _tracked(*, of_original: int, of_reply: int) -> str:
    """Accept what belongs to a connection that the end in question tracks."""
    return f"""ct state related accept
    ct state invalid drop
    ct state established ct direction original ct mark & {of_original} == 0 accept
    ct state established ct direction reply ct mark & {of_reply} == 0 accept"""


def change_of(
    before: Ruleset, after: Ruleset, leaving: Iterable[Member] = (), coming: Iterable[Member] = ()
) -> str:
    """One transaction from the one to the other; empty when there is nothing to change."""
    commands = [f"add set {_OF} {g} {{ type ipv4_addr; }}" for g in after.groups - before.groups]
    commands += [f"add chain {_OF} {name}" for name in after.chains.keys() - before.chains.keys()]
    for member in leaving:
        commands += _without(member)
    for name, lines in after.chains.items():
        if before.chains.get(name, ()) != lines:
            commands += [f"flush chain {_OF} {name}"]
            commands += [f"add rule {_OF} {name} {line}" for line in lines or ()]
    for member in coming:
        commands += _with(member)
    gone = before.chains.keys() - after.chains.keys()
    commands += [f"flush chain {_OF} {name}" for name in gone]
    commands += [f"delete chain {_OF} {name}" for name in gone]
    commands += [f"delete set {_OF} {group}" for group in before.groups - after.groups]
    return "\n".join(commands)


def _with(member: Member) -> list[str]:
    """The comment is read by `members_in`."""
    address, named = member.address, f'{member.address} comment "{member.interface_id}"'
    out, in_ = (bundle_chain_of(member.bundle, direction) for direction in ("out", "in"))
    return [
        *(f"add element {_OF} {group} {{ {address} }}" for group in member.bundle),
        f"add element {_OF} senders {{ {address} : jump {out} }}",
        f"add element {_OF} receivers {{ {named} : jump {in_} }}",
        *(f"add element {_OF} {name} {{ {key} : {value} }}" for name, key, value in _nat(member)),
    ]


def _without(member: Member) -> list[str]:
    sets = ("senders", "receivers", *member.bundle)
    return [
        *(f"delete element {_OF} {name} {{ {member.address} }}" for name in sets),
        *(f"delete element {_OF} {name} {{ {key} }}" for name, key, _ in _nat(member)),
    ]


def _nat(member: Member) -> list[tuple[str, str, str]]:
    """Maps, with what they lead from and to."""
    if member.public_address is None:
        return []
    private, public = member.address, member.public_address
    return [("public_of", private, public), ("private_of", public, private)]


def ruleset_in(sets: Iterable[Mapping[str, Any]], chains: Iterable[Mapping[str, Any]]) -> Ruleset:
    """What is there, of the listings of the table's sets and chains (nftables' JSON)."""
    names = (item["chain"]["name"] for item in chains if _is_ours(item, "chain"))
    return Ruleset(
        groups=frozenset(SecurityGroupId(name) for name in _elements_in(sets)),
        chains=dict.fromkeys(name for name in names if name not in BASE_CHAINS),
    )


def members_in(
    sets: Iterable[Mapping[str, Any]], maps: Iterable[Mapping[str, Any]]
) -> tuple[Member, ...]:
    """Who is in which groups, of the listings of the table's sets and maps (nftables' JSON)."""
    groups: dict[str, list[SecurityGroupId]] = {}
    for group, addresses in _elements_in(sets).items():
        for address in addresses:
            groups.setdefault(address, []).append(SecurityGroupId(group))
    found = {
        item["map"]["name"]: item["map"].get("elem", ()) for item in maps if _is_ours(item, "map")
    }
    receivers = [element["elem"] for element, _ in found.get("receivers", ())]
    public: dict[str, str] = dict(found.get("public_of", ()))
    return tuple(
        Member(
            interface_id=NetworkInterfaceId(each["comment"]),
            address=each["val"],
            bundle=bundle_of(groups.get(each["val"], ())),
            public_address=public.get(each["val"]),
        )
        for each in receivers
    )


def _elements_in(sets: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    return {
        item["set"]["name"]: list(item["set"].get("elem", ()))
        for item in sets
        if _is_ours(item, "set")
    }


def _is_ours(item: Mapping[str, Any], kind: str) -> bool:
    return kind in item and item[kind]["table"] == TABLE
