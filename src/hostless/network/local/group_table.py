"""What security groups have in their VPC's table (`forwarding_table`): text of changes. Pure.

What comes from an interface is held against the rules of its groups by way of the map `senders`,
what goes to one by way of `receivers`.

Public addresses are translated by maps, one to one, where the VPC ends: groups see private ones of
their own VPC and public ones of others. Addresses of IPv6 are public already.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hostless.domain.arns import NetworkInterfaceId, SecurityGroupId
from hostless.network.local.forwarding_table import OF, OF_GROUPS, TABLE
from hostless.network.local.group_rules import (
    OF_IPV6,
    Bundle,
    Ruleset,
    bundle_chain_of,
    bundle_of,
    ipv6_set_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An interface, the groups that it carries, and the address that the world has for it."""

    interface_id: NetworkInterfaceId
    address: str
    bundle: Bundle
    public_address: str | None = None
    ipv6_address: str | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its own in the VPC."""
        return (self.address, self.ipv6_address) if self.ipv6_address else (self.address,)


def change_of(
    before: Ruleset, after: Ruleset, leaving: Iterable[Member] = (), coming: Iterable[Member] = ()
) -> str:
    """One transaction from the one to the other; empty when there is nothing to change."""
    new, old = after.groups - before.groups, before.groups - after.groups
    commands = [f"add set {OF} {group} {{ type ipv4_addr; }}" for group in new]
    commands += [f"add set {OF} {ipv6_set_of(group)} {{ type ipv6_addr; }}" for group in new]
    commands += [f"add chain {OF} {name}" for name in after.chains.keys() - before.chains.keys()]
    for member in leaving:
        commands += _without(member)
    for name, lines in after.chains.items():
        if before.chains.get(name, ()) != lines:
            commands += [f"flush chain {OF} {name}"]
            commands += [f"add rule {OF} {name} {line}" for line in lines or ()]
    for member in coming:
        commands += _with(member)
    gone = before.chains.keys() - after.chains.keys()
    commands += [f"flush chain {OF} {name}" for name in gone]
    commands += [f"delete chain {OF} {name}" for name in gone]
    commands += [f"delete set {OF} {name}" for g in old for name in (g, ipv6_set_of(g))]
    return "\n".join(commands)


def _with(member: Member) -> list[str]:
    return [
        *_with_address(member, member.address, ""),
        *(_with_address(member, member.ipv6_address, OF_IPV6) if member.ipv6_address else ()),
        *(f"add element {OF} {name} {{ {key} : {value} }}" for name, key, value in _nat(member)),
    ]


def _with_address(member: Member, address: str, family: str) -> Iterator[str]:
    """family: the end of the names of its sets and maps. The comment is read by `members_in`."""
    named = f'{address} comment "{member.interface_id}"'
    out, in_ = (bundle_chain_of(member.bundle, direction) for direction in ("out", "in"))
    yield from (f"add element {OF} {group}{family} {{ {address} }}" for group in member.bundle)
    yield f"add element {OF} senders{family} {{ {address} : jump {out} }}"
    yield f"add element {OF} receivers{family} {{ {named} : jump {in_} }}"


def _without(member: Member) -> list[str]:
    sets = ("senders", "receivers", *member.bundle)
    held = [(name, member.address) for name in sets]
    if member.ipv6_address is not None:
        held += [(f"{name}{OF_IPV6}", member.ipv6_address) for name in sets]
    held += [(name, key) for name, key, _ in _nat(member)]
    return [f"delete element {OF} {name} {{ {key} }}" for name, key in held]


def _nat(member: Member) -> list[tuple[str, str, str]]:
    """Maps, with what they lead from and to."""
    if member.public_address is None:
        return []
    private, public = member.address, member.public_address
    return [("public_of", private, public), ("private_of", public, private)]


def ruleset_in(sets: Iterable[Mapping[str, Any]], chains: Iterable[Mapping[str, Any]]) -> Ruleset:
    """What is there, of the listings of the table's sets and chains (nftables' JSON)."""
    sets = tuple(sets)
    named = _elements_in(sets, TABLE)
    names = (item["chain"]["name"] for item in chains if _is_of(TABLE, item, "chain"))
    return Ruleset(
        groups=frozenset(group for group in _groups_in(sets, TABLE) if ipv6_set_of(group) in named),
        chains=dict.fromkeys(name for name in names if name.startswith(OF_GROUPS)),
    )


def members_in(
    sets: Iterable[Mapping[str, Any]], maps: Iterable[Mapping[str, Any]], table: str = TABLE
) -> tuple[Member, ...]:
    """Who is in which groups, of the listings of the table's sets and maps (nftables' JSON)."""
    groups: dict[str, list[SecurityGroupId]] = {}
    for group, addresses in _groups_in(sets, table).items():
        for address in addresses:
            groups.setdefault(address, []).append(group)
    found = {
        item["map"]["name"]: item["map"].get("elem", ())
        for item in maps
        if _is_of(table, item, "map")
    }
    receivers = [element["elem"] for element, _ in found.get("receivers", ())]
    public: dict[str, str] = dict(found.get("public_of", ()))
    of_ipv6 = [element["elem"] for element, _ in found.get(f"receivers{OF_IPV6}", ())]
    ipv6 = {each["comment"]: each["val"] for each in of_ipv6}
    return tuple(
        Member(
            interface_id=NetworkInterfaceId(each["comment"]),
            address=each["val"],
            bundle=bundle_of(groups.get(each["val"], ())),
            public_address=public.get(each["val"]),
            ipv6_address=ipv6.get(each["comment"]),
        )
        for each in receivers
    )


def _groups_in(sets: Iterable[Mapping[str, Any]], table: str) -> dict[SecurityGroupId, list[str]]:
    """With their members' addresses of IPv4."""
    found = _elements_in(sets, table).items()
    return {SecurityGroupId(name): held for name, held in found if not name.endswith(OF_IPV6)}


def _elements_in(sets: Iterable[Mapping[str, Any]], table: str) -> dict[str, list[str]]:
    return {
        item["set"]["name"]: list(item["set"].get("elem", ()))
        for item in sets
        if _is_of(table, item, "set")
    }


def _is_of(table: str, item: Mapping[str, Any], kind: str) -> bool:
    return kind in item and item[kind]["table"] == table
