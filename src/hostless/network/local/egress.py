"""The host's side: what VPCs may do with the host, and their way out to the world.

Packets from the world to tasks need forwarding on the interface they come in on. It is switched on
per interface, only where it was off, and switched off again by the last engine that leaves. Only
for the network's own thread, in the host's namespace.
"""

import logging
import socket
from collections.abc import Iterable, Mapping
from typing import Any

from hostless.network.local import docker_firewall, sysctl
from hostless.network.local.names import VpcPlan, table_name_of
from hostless.network.local.nftables import Nftables, nftables
from hostless.network.local.ranges import default_interfaces_of
from hostless.network.local.rtnetlink import Rtnetlink
from hostless.network.local.rules import (
    FORWARDING_MEMORY,
    IPV6_MEMORY,
    host_ruleset_of,
    ipv6_remembering_of,
    links_change_of,
    removal_of,
)

log = logging.getLogger(__name__)


def open_egress(engine_id: str, host: Rtnetlink, pool: str, plans: Iterable[VpcPlan]) -> None:
    """Have the engine's table on the host, and forwarding. Raises NftablesFailed, OSError.

    pool: the range of public addresses. plans: of every VPC. The settings are read before the
    tables of other engines, and written after our own table remembers them: so engines that start
    or leave at the same time do not mislead each other.
    """
    links = [plan.host_link for plan in plans]
    interfaces = [socket.if_indextoname(i) for i in default_interfaces_of(host.routes())]
    off = {name: 0 for name in interfaces if sysctl.find(sysctl.forwarding_of(name)) == 0}
    with nftables() as tables:
        remembered = _remembered(tables)
        known = {n: v for memory in remembered.values() for n, v in memory.items()}
        own = remembered.get(table_name_of(engine_id), {})
        was_off = _remembered(tables, IPV6_MEMORY).get(table_name_of(engine_id), {})
        were_off = {n: v for n, v in known.items() if n in interfaces} | own | off
        memory = {FORWARDING_MEMORY: were_off, IPV6_MEMORY: was_off}
        tables.run(host_ruleset_of(table_name_of(engine_id), pool, links, memory))
        for chain in forwarding_blockers_in(tables.listing("chains")):
            log.warning("%s drops what it does not accept: tasks may not reach the world", chain)
    sysctl.write({sysctl.forwarding_of(name): 1 for name in off})
    docker_firewall.let_through(links)


def change_links(engine_id: str, plans: Iterable[VpcPlan]) -> None:
    """Have the open egress for these VPCs and no others. Raises NftablesFailed."""
    links = [plan.host_link for plan in plans]
    with nftables() as tables:
        tables.run(links_change_of(table_name_of(engine_id), links))
    docker_firewall.let_through(links)


def open_ipv6_egress(engine_id: str, host: Rtnetlink) -> None:
    """Have IPv6 forwarded. Idempotent; the egress is open. Raises NftablesFailed, OSError.

    A host that forwards does not listen to routers any more: one that has its own way from them is
    left alone.
    """
    is_off = sysctl.find(sysctl.IPV6_FORWARDING) == 0
    if is_off and any(route.is_learnt for route in host.routes(socket.AF_INET6)):
        log.warning(
            "This host learns its routes of IPv6 from a router, and would not if it forwarded: "
            "tasks' packets of IPv6 get no further than to the host itself"
        )
        return
    with nftables() as tables:
        if is_off or any(_remembered(tables, IPV6_MEMORY).values()):
            tables.run(ipv6_remembering_of(table_name_of(engine_id)))
    if is_off:
        sysctl.write({sysctl.IPV6_FORWARDING: 1})


def close_egress(engine_id: str) -> None:
    """Remove the table, and undo the settings that no other engine needs. Idempotent."""
    with nftables() as tables:
        own = _settings_before(tables).get(table_name_of(engine_id), {})
        tables.run(removal_of(table_name_of(engine_id)))
        needed = {name for memory in _settings_before(tables).values() for name in memory}
    for setting, value in own.items():
        if setting not in needed and sysctl.find(setting) is not None:
            sysctl.write({setting: value})


def forwarding_blockers_in(listed: Iterable[Mapping[str, Any]]) -> list[str]:
    """Chains of others that forbid forwarding, for which nothing is done; see `docker_firewall`."""
    chains = [item["chain"] for item in listed if "chain" in item]
    if any(chain["name"] == docker_firewall.CHAIN for chain in chains):
        return []
    return [
        f"the chain {chain['family']} {chain['table']} {chain['name']}"
        for chain in chains
        if chain.get("hook") == "forward" and chain.get("policy") == "drop"
    ]


def _settings_before(tables: Nftables) -> dict[str, dict[str, int]]:
    """By table: what is to be restored, by the setting's name."""
    found: dict[str, dict[str, int]] = {}
    for table, memory in _remembered(tables).items():
        settings = {sysctl.forwarding_of(name): value for name, value in memory.items()}
        found.setdefault(table, {}).update(settings)
    for table, memory in _remembered(tables, IPV6_MEMORY).items():
        settings = dict.fromkeys((sysctl.IPV6_FORWARDING for _ in memory), 0)
        found.setdefault(table, {}).update(settings)
    return found


def _remembered(tables: Nftables, name: str = FORWARDING_MEMORY) -> dict[str, dict[str, int]]:
    """By table: the interfaces whose forwarding was off, and the value that says so."""
    maps = [item["map"] for item in tables.listing("maps") if "map" in item]
    return {
        found["table"]: {str(interface): int(value) for interface, value in found.get("elem", [])}
        for found in maps
        if found["name"] == name and found["table"].startswith(table_name_of(""))
    }
