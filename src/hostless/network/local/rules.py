"""nftables rulesets, as text, from plain values.

Pure. The engine's table on the host (what the VPCs may do with the host and the world), and in each
VPC's namespace the router's own, which is about the router itself and what leaves the VPC; what
passes is `forwarding_table`'s business. Forged sources of IPv4 are that of the router's strict
reverse path filter (`hostless.network.local.router`), which knows one route per interface; the
kernel has none for IPv6, so that is a table of rules here, which packets of IPv4 do not meet.
"""

from collections.abc import Iterable, Mapping

from hostless.domain.container_identity import METADATA_ADDRESS, METADATA_PORT
from hostless.domain.vpc_rules import IPV6_POOL
from hostless.network.local.names import (
    HOST_LINK_PREFIX,
    IPV6_RESOLVER,
    LINK_LOCAL_RESOLVER,
    ROUTER_END_OF_HOST_LINK,
    VpcPlan,
)

ROUTER_TABLE, FORGED_TABLE = "hostless", "forged"
AFTER_NAT = "srcnat + 50"
"""Sources are what the world is to see by then."""
FORWARDING_MEMORY = "forwarding_before"
"""A map that no rule uses: the interfaces whose forwarding was off before, each with 0.

It lives exactly as long as the setting that it remembers: until purge or until the next boot.
"""
IPV6_MEMORY = "forwarding_ipv6_before"
"""The same of IPv6, which is forwarded by a setting of all interfaces: `all`."""
MARTIANS = """\
ip saddr { 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0/3 } drop
    ip daddr { 0.0.0.0/8, 127.0.0.0/8, 224.0.0.0/3 } drop"""
"""What is never a source, and never a target."""


def host_ruleset_of(
    table: str, pool: str, links: Iterable[str], remembered: Mapping[str, Mapping[str, int]]
) -> str:
    """One transaction that makes the engine's table on the host, new or anew.

    pool: the range of public addresses. Only they, and VPCs' addresses of IPv6, pass between VPCs
    and the world, and between two VPCs; at the world tasks are seen under the host's address. Tasks
    open no connection to the host itself. A redirect would tell routers the way past the host,
    where there is none. links: the host's to its VPCs. remembered: by map, see FORWARDING_MEMORY.
    """
    memories = "\n".join(
        f"  map {name} {{ type ifname : mark; {_elements(_remembered(remembered.get(name, {})))} }}"
        for name in (FORWARDING_MEMORY, IPV6_MEMORY)
    )
    return f"""
table inet {table}
delete table inet {table}
table inet {table} {{
  set vpc_links {{ type ifname; {_elements(_listed(links))} }}
{memories}
  chain input {{
    type filter hook input priority filter; policy accept;
    iifname @vpc_links ct state established,related accept
    iifname @vpc_links drop
  }}
  chain forward {{
    type filter hook forward priority filter; policy accept;
    iifname @vpc_links oifname @vpc_links ip saddr {pool} ip daddr {pool} accept
    iifname @vpc_links oifname @vpc_links ip6 saddr {IPV6_POOL} ip6 daddr {IPV6_POOL} accept
    iifname @vpc_links oifname "{HOST_LINK_PREFIX}*" drop
    iifname @vpc_links ip saddr {pool} accept
    iifname @vpc_links ip6 saddr {IPV6_POOL} accept
    iifname @vpc_links drop
    oifname @vpc_links ip saddr {pool} drop
    oifname @vpc_links ip6 saddr {IPV6_POOL} drop
    oifname @vpc_links ct state established,related accept
    oifname @vpc_links ip daddr {pool} accept
    oifname @vpc_links ip6 daddr {IPV6_POOL} accept
    oifname @vpc_links drop
  }}
  chain output {{
    type filter hook output priority filter; policy accept;
    oifname @vpc_links icmp type redirect drop
    oifname @vpc_links icmpv6 type nd-redirect drop
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat; policy accept;
    iifname @vpc_links ip saddr {pool} oifname != "{HOST_LINK_PREFIX}*" masquerade
    iifname @vpc_links ip6 saddr {IPV6_POOL} oifname != "{HOST_LINK_PREFIX}*" masquerade
  }}
}}
"""


def ipv6_remembering_of(table: str) -> str:
    """One transaction after which the table remembers that IPv6 was not forwarded."""
    return f'add element inet {table} {IPV6_MEMORY} {{ "all" : 0 }}\n'


def links_change_of(table: str, links: Iterable[str]) -> str:
    """One transaction after which the table is about these links and no others."""
    listed = _listed(links)
    adding = f"add element inet {table} vpc_links {{ {listed} }}\n" if listed else ""
    return f"flush set inet {table} vpc_links\n{adding}"


def removal_of(table: str) -> str:
    """One transaction that removes the table, whether it is there or not."""
    return f"table inet {table}\ndelete table inet {table}\n"


def router_ruleset_of(plan: VpcPlan) -> str:
    """One transaction that makes the router's table.

    To itself, DNS and ICMP only, and what tasks ask about themselves. Private addresses do not
    leave the VPC, but to the host where it has a way back: connections' first packets are looked
    at, after all that translates sources, and what the router itself sends that belongs to none.
    """
    to_host = f"ip daddr != {plan.host_address} " if plan.is_routed_from_host else ""
    private = f'oifname "{ROUTER_END_OF_HOST_LINK}" ip saddr {plan.cidr} {to_host}'
    metadata = f"tcp dport {METADATA_PORT}"
    resolvers = f"{plan.resolver_address}, {LINK_LOCAL_RESOLVER}"
    return f"""
table inet {ROUTER_TABLE}
delete table inet {ROUTER_TABLE}
table inet {ROUTER_TABLE} {{
  chain input {{
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    {MARTIANS}
    ip protocol icmp accept
    meta l4proto icmpv6 accept
    ip daddr {{ {resolvers} }} meta l4proto {{ tcp, udp }} th dport 53 accept
    ip6 daddr {IPV6_RESOLVER} meta l4proto {{ tcp, udp }} th dport 53 accept
    iifname != "{ROUTER_END_OF_HOST_LINK}" ip daddr {METADATA_ADDRESS} {metadata} accept
  }}
  chain output {{
    type filter hook output priority filter; policy accept;
    ct state invalid {private}drop
  }}
  chain leaving {{ type nat hook postrouting priority {AFTER_NAT}; {private}drop; }}
}}
"""


def forged_ruleset() -> str:
    """One transaction that makes the router's table about sources of IPv6: none passes that the
    router has no route to by the link that it came in on."""
    return f"""
table ip6 {FORGED_TABLE}
delete table ip6 {FORGED_TABLE}
table ip6 {FORGED_TABLE} {{
  chain arriving {{
    type filter hook prerouting priority mangle; policy accept;
    iifname "{ROUTER_END_OF_HOST_LINK}" fib saddr oifname != "{ROUTER_END_OF_HOST_LINK}" drop
    iifname != {{ "{ROUTER_END_OF_HOST_LINK}", "lo" }} fib saddr . iif oif missing drop
  }}
}}
"""


def _listed(links: Iterable[str]) -> str:
    return ", ".join(f'"{link}"' for link in sorted(links))


def _remembered(values: Mapping[str, int]) -> str:
    return ", ".join(f'"{name}" : {value}' for name, value in sorted(values.items()))


def _elements(listed: str) -> str:
    return f"elements = {{ {listed} }};" if listed else ""
