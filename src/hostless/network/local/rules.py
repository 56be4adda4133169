"""nftables rulesets, as text, from plain values.

Pure. Two tables: the engine's one on the host (what the VPCs may do with the host and the world)
and the router's own in each VPC's namespace. Forged sources are the business of the router's
strict reverse path filter (`hostless.network.local.router`), which knows one route per interface.
"""

from collections.abc import Iterable, Mapping

from hostless.network.local.names import HOST_LINK_PREFIX, LINK_LOCAL_RESOLVER, VpcPlan

ROUTER_TABLE = "hostless"
FORWARDING_MEMORY = "forwarding_before"
"""A map that no rule uses: the interfaces whose forwarding was off before, each with 0.

It lives exactly as long as the setting that it remembers: until purge or until the next boot.
"""
NEVER_A_SOURCE = "0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0/3"
NEVER_A_TARGET = "0.0.0.0/8, 127.0.0.0/8, 224.0.0.0/3"


def host_ruleset_of(table: str, plans: Iterable[VpcPlan], were_off: Mapping[str, int]) -> str:
    """One transaction that makes the engine's table on the host, new or anew.

    Tasks reach the world under the host's address; they open no connection to the host itself and
    none to another VPC; nobody but the host opens one to them. were_off: see FORWARDING_MEMORY.
    """
    plans = sorted(plans, key=lambda plan: plan.host_link)
    links = ", ".join(f'"{plan.host_link}"' for plan in plans)
    memory = ", ".join(f'"{name}" : {value}' for name, value in sorted(were_off.items()))
    masquerades = "\n".join(
        f'    iifname "{plan.host_link}" ip saddr {plan.cidr} '
        f'oifname != "{HOST_LINK_PREFIX}*" masquerade'
        for plan in plans
    )
    return f"""
table inet {table}
delete table inet {table}
table inet {table} {{
  set vpc_links {{ type ifname; {_elements(links)} }}
  map {FORWARDING_MEMORY} {{ type ifname : mark; {_elements(memory)} }}
  chain input {{
    type filter hook input priority filter; policy accept;
    iifname @vpc_links ct state established,related accept
    iifname @vpc_links drop
  }}
  chain forward {{
    type filter hook forward priority filter; policy accept;
    iifname @vpc_links oifname "{HOST_LINK_PREFIX}*" drop
    oifname @vpc_links ct state established,related accept
    oifname @vpc_links drop
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat; policy accept;
{masquerades}
  }}
}}
"""


def removal_of(table: str) -> str:
    """One transaction that removes the table, whether it is there or not."""
    return f"table inet {table}\ndelete table inet {table}\n"


def router_ruleset_of(plan: VpcPlan) -> str:
    """One transaction that makes the router's table: no martians; to itself, DNS and ICMP only.

    What belongs to a connection is not held against the martians again: its first packet was.
    """
    resolvers = f"{plan.resolver_address}, {LINK_LOCAL_RESOLVER}"
    return f"""
table inet {ROUTER_TABLE}
delete table inet {ROUTER_TABLE}
table inet {ROUTER_TABLE} {{
  chain martians {{
    type filter hook prerouting priority mangle; policy accept;
    ct state established accept
    iifname "lo" accept
    meta nfproto ipv6 drop
    ip saddr {{ {NEVER_A_SOURCE} }} drop
    ip daddr {{ {NEVER_A_TARGET} }} drop
  }}
  chain input {{
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    ip protocol icmp accept
    ip daddr {{ {resolvers} }} meta l4proto {{ tcp, udp }} th dport 53 accept
  }}
}}
"""


def _elements(listed: str) -> str:
    return f"elements = {{ {listed} }};" if listed else ""
