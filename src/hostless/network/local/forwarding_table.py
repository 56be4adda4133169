"""The table in a VPC's router for all packets that pass the VPC: the text of its frame. Pure.

It is one table, with one chain in the forward hook, since each hook costs every packet, and chains
lead only to chains of their own table. Of what comes from an interface its groups (`group_table`)
are asked first, in `outgoing`; then ways and network ACLs (`way_table`), in `crossing`; then the
groups of the interface that it goes to. `ordinary` lets pass what need not be asked about, which is
almost everything that stays within a VPC without network ACLs.

Nothing passes that no rule lets pass, nor from or to an address that is no interface's. Exempt from
groups is what the host opens itself, so that an operator reaches every task. The router's own
services (names, metadata) are not forwarded and so not concerned, as with AWS, where security
groups do not filter them.
"""

from hostless.network.local.group_rules import (
    OF_IPV6,
    ORDINARY,
    SENT,
    UNTRACKED_BY_CALLED,
    UNTRACKED_BY_CALLER,
)
from hostless.network.local.names import ROUTER_END_OF_HOST_LINK
from hostless.network.local.rules import MARTIANS

TABLE = "vpc"
OF = f"inet {TABLE}"
FORWARD = "forward"
FRAME = (FORWARD, "outgoing", "to_private", "to_public")
OF_GROUPS = ("sg-", "bundle-")
"""How names of groups' chains begin. All others that are not of the frame are ways'."""


def frame_of() -> str:
    """One transaction that has the table and what belongs to no way and no group, but for what
    makes it decide (`forward_of`). It touches nothing else.

    A way through a NAT gateway comes before the interface's own public address, at `srcnat`.
    """
    return f"""
table {OF} {{
  map senders {{ type ipv4_addr : verdict; }}
  map receivers {{ type ipv4_addr : verdict; }}
  map senders{OF_IPV6} {{ type ipv6_addr : verdict; }}
  map receivers{OF_IPV6} {{ type ipv6_addr : verdict; }}
  map public_of {{ type ipv4_addr : ipv4_addr; }}
  map private_of {{ type ipv4_addr : ipv4_addr; }}
  chain ordinary {{ }}
  chain outgoing {{ }}
  chain crossing {{ }}
  chain to_private {{ type nat hook prerouting priority dstnat; }}
  chain to_public {{ type nat hook postrouting priority srcnat + 20; }}
}}
flush chain {OF} outgoing
flush chain {OF} to_private
flush chain {OF} to_public
table {OF} {{
  chain outgoing {{
    {ORDINARY} return
    {_tracked(of_original=UNTRACKED_BY_CALLER, of_reply=UNTRACKED_BY_CALLED, verdict="return")}
    ct state related return
    iifname "{ROUTER_END_OF_HOST_LINK}" return
    meta mark set 0
    ip saddr vmap @senders
    ip6 saddr vmap @senders{OF_IPV6}
    meta mark != {SENT} drop
    meta mark set 0
  }}
  chain to_private {{ iifname "{ROUTER_END_OF_HOST_LINK}" dnat ip to ip daddr map @private_of; }}
  chain to_public {{ oifname "{ROUTER_END_OF_HOST_LINK}" snat ip to ip saddr map @public_of; }}
}}
"""


def forward_of(operator: str | None) -> str:
    """One transaction from which on the table decides.

    operator: the address under which the host reaches every task; None: it does not. `related` are
    ICMP's errors.
    """
    exempt = f'iifname "{ROUTER_END_OF_HOST_LINK}" ip saddr {operator} accept' if operator else ""
    return f"""
table {OF} {{
  chain {FORWARD} {{ type filter hook forward priority filter; policy drop; }}
}}
flush chain {OF} {FORWARD}
table {OF} {{
  chain {FORWARD} {{
    jump ordinary
    ct state invalid drop
    jump outgoing
    jump crossing
    {ORDINARY} accept
    {MARTIANS}
    ct state related accept
    {_tracked(of_original=UNTRACKED_BY_CALLED, of_reply=UNTRACKED_BY_CALLER, verdict="accept")}
    oifname "{ROUTER_END_OF_HOST_LINK}" accept
    {exempt}
    ip daddr vmap @receivers
    ip6 daddr vmap @receivers{OF_IPV6}
  }}
}}
"""


def _tracked(*, of_original: int, of_reply: int, verdict: str) -> str:
    """What belongs to a connection that the end in question tracks."""
    return f"""ct state established ct direction original ct mark & {of_original} == 0 {verdict}
    ct state established ct direction reply ct mark & {of_reply} == 0 {verdict}"""
