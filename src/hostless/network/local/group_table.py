"""The table in a VPC's router that holds its security groups: the text of its making and changes.

Pure. What leaves an interface is held against the rules of its groups in the chain `egress`, what
goes to one in `ingress`; a packet between two interfaces has to pass both. Nothing passes that no
rule lets pass, nor from or to an address that is no interface's. Exempt is what the host opens
itself, so that an operator reaches every task. The router's own services (names, metadata) are not
forwarded and so not concerned, as with AWS, where security groups do not filter them.

Public addresses are translated here too, one to one, where the VPC ends: groups see private ones of
their own VPC and public ones of others. Addresses of IPv6 are public already.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hostless.domain.arns import NetworkInterfaceId, SecurityGroupId
from hostless.network.local.group_rules import (
    OF_IPV6,
    UNTRACKED_BY_CALLED,
    UNTRACKED_BY_CALLER,
    Bundle,
    Ruleset,
    bundle_chain_of,
    bundle_of,
    ipv6_set_of,
)
from hostless.network.local.names import ROUTER_END_OF_HOST_LINK

TABLE = "groups"
BASE_CHAINS = ("egress", "ingress", "arriving", "leaving")
_OF = f"inet {TABLE}"
ORDINARY = "ct state established ct mark 0 accept"
"""Almost every packet: of a connection that both ends track, and that is not a NAT gateway's."""


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
  map senders{OF_IPV6} {{ type ipv6_addr : verdict; }}
  map receivers{OF_IPV6} {{ type ipv6_addr : verdict; }}
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
    {ORDINARY}
    {_tracked(of_original=UNTRACKED_BY_CALLER, of_reply=UNTRACKED_BY_CALLED)}
    iifname "{ROUTER_END_OF_HOST_LINK}" accept
    ip saddr vmap @senders
    ip6 saddr vmap @senders{OF_IPV6}
  }}
  chain ingress {{
    {ORDINARY}
    {_tracked(of_original=UNTRACKED_BY_CALLED, of_reply=UNTRACKED_BY_CALLER)}
    oifname "{ROUTER_END_OF_HOST_LINK}" accept
    {exempt}
    ip daddr vmap @receivers
    ip6 daddr vmap @receivers{OF_IPV6}
  }}
  chain arriving {{ iifname "{ROUTER_END_OF_HOST_LINK}" dnat ip to ip daddr map @private_of; }}
  chain leaving {{ oifname "{ROUTER_END_OF_HOST_LINK}" snat ip to ip saddr map @public_of; }}
}}
"""


def _tracked(*, of_original: int, of_reply: int) -> str:
    """Accept what belongs to a connection that the end in question tracks."""
    return f"""ct state established ct direction original ct mark & {of_original} == 0 accept
    ct state established ct direction reply ct mark & {of_reply} == 0 accept
    ct state related accept
    ct state invalid drop"""


def change_of(
    before: Ruleset, after: Ruleset, leaving: Iterable[Member] = (), coming: Iterable[Member] = ()
) -> str:
    """One transaction from the one to the other; empty when there is nothing to change."""
    new, old = after.groups - before.groups, before.groups - after.groups
    commands = [f"add set {_OF} {group} {{ type ipv4_addr; }}" for group in new]
    commands += [f"add set {_OF} {ipv6_set_of(group)} {{ type ipv6_addr; }}" for group in new]
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
    commands += [f"delete set {_OF} {name}" for g in old for name in (g, ipv6_set_of(g))]
    return "\n".join(commands)


def _with(member: Member) -> list[str]:
    return [
        *_with_address(member, member.address, ""),
        *(_with_address(member, member.ipv6_address, OF_IPV6) if member.ipv6_address else ()),
        *(f"add element {_OF} {name} {{ {key} : {value} }}" for name, key, value in _nat(member)),
    ]


def _with_address(member: Member, address: str, family: str) -> Iterator[str]:
    """family: the end of the names of its sets and maps. The comment is read by `members_in`."""
    named = f'{address} comment "{member.interface_id}"'
    out, in_ = (bundle_chain_of(member.bundle, direction) for direction in ("out", "in"))
    yield from (f"add element {_OF} {group}{family} {{ {address} }}" for group in member.bundle)
    yield f"add element {_OF} senders{family} {{ {address} : jump {out} }}"
    yield f"add element {_OF} receivers{family} {{ {named} : jump {in_} }}"


def _without(member: Member) -> list[str]:
    sets = ("senders", "receivers", *member.bundle)
    held = [(name, member.address) for name in sets]
    if member.ipv6_address is not None:
        held += [(f"{name}{OF_IPV6}", member.ipv6_address) for name in sets]
    held += [(name, key) for name, key, _ in _nat(member)]
    return [f"delete element {_OF} {name} {{ {key} }}" for name, key in held]


def _nat(member: Member) -> list[tuple[str, str, str]]:
    """Maps, with what they lead from and to."""
    if member.public_address is None:
        return []
    private, public = member.address, member.public_address
    return [("public_of", private, public), ("private_of", public, private)]


def ruleset_in(sets: Iterable[Mapping[str, Any]], chains: Iterable[Mapping[str, Any]]) -> Ruleset:
    """What is there, of the listings of the table's sets and chains (nftables' JSON)."""
    sets = tuple(sets)
    named = _elements_in(sets)
    names = (item["chain"]["name"] for item in chains if _is_ours(item, "chain"))
    return Ruleset(
        groups=frozenset(group for group in _groups_in(sets) if ipv6_set_of(group) in named),
        chains=dict.fromkeys(name for name in names if name not in BASE_CHAINS),
    )


def members_in(
    sets: Iterable[Mapping[str, Any]], maps: Iterable[Mapping[str, Any]]
) -> tuple[Member, ...]:
    """Who is in which groups, of the listings of the table's sets and maps (nftables' JSON)."""
    groups: dict[str, list[SecurityGroupId]] = {}
    for group, addresses in _groups_in(sets).items():
        for address in addresses:
            groups.setdefault(address, []).append(group)
    found = {
        item["map"]["name"]: item["map"].get("elem", ()) for item in maps if _is_ours(item, "map")
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


def _groups_in(sets: Iterable[Mapping[str, Any]]) -> dict[SecurityGroupId, list[str]]:
    """With their members' addresses of IPv4."""
    found = _elements_in(sets).items()
    return {SecurityGroupId(name): held for name, held in found if not name.endswith(OF_IPV6)}


def _elements_in(sets: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    return {
        item["set"]["name"]: list(item["set"].get("elem", ()))
        for item in sets
        if _is_ours(item, "set")
    }


def _is_ours(item: Mapping[str, Any], kind: str) -> bool:
    return kind in item and item[kind]["table"] == TABLE
