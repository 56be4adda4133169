"""A VPC's router with the tables of engines before this one is taken over under traffic."""

import asyncio
import contextlib
import socket
from collections.abc import Iterable, Iterator

import pytest
from tests.contract.network_suite import Range
from tests.support.layouts import layout_with
from tests.support.networks import can_connect, in_namespace, new_engine_id, own_host, sh
from tests.support.security_groups import carrying, group_id, policies, rule

from hostless.domain.arns import NetworkInterfaceId
from hostless.network.local import former_tables
from hostless.network.local.fabric import LocalFabric
from hostless.network.local.group_rules import bundle_chain_of, bundle_of
from hostless.network.local.names import namespace_name_of, vpc_plan_of
from hostless.network.local.way_enforcement import WayEnforcement
from hostless.network.seam import NetworkFailed

pytestmark = pytest.mark.root
RANGE = Range("10.20.0.0/22")
OPEN, CLOSED = 8080, 8081
GROUP = group_id(1)
RULES = [
    rule(1, protocol="tcp", ports=(OPEN, OPEN), of_group=1),
    rule(1, is_egress=True, cidr="0.0.0.0/0"),
]
BUNDLE_OUT, BUNDLE_IN = (bundle_chain_of(bundle_of((GROUP,)), way) for way in ("out", "in"))
FORMER = """
table inet groups {{
  map senders {{ type ipv4_addr : verdict; {senders} }}
  map receivers {{ type ipv4_addr : verdict; {receivers} }}
  map senders-ipv6 {{ type ipv6_addr : verdict; }}
  map receivers-ipv6 {{ type ipv6_addr : verdict; }}
  map public_of {{ type ipv4_addr : ipv4_addr; }}
  map private_of {{ type ipv4_addr : ipv4_addr; }}
  set {group} {{ type ipv4_addr; {addresses} }}
  set {group}-ipv6 {{ type ipv6_addr; }}
  chain {group}-in {{ ip saddr @{group} tcp dport {port} accept; }}
  chain {group}-out {{ meta nfproto ipv4 accept; }}
  chain {bundle_out} {{ jump {group}-out; }}
  chain {bundle_in} {{ jump {group}-in; }}
  chain egress {{
    type filter hook forward priority filter - 5; policy drop;
    ct state established ct direction original ct mark & 1 == 0 accept
    ct state established ct direction reply ct mark & 2 == 0 accept
    ct state invalid drop
    iifname "host0" accept
    ip saddr vmap @senders
  }}
  chain ingress {{
    type filter hook forward priority filter; policy drop;
    ct state established ct direction original ct mark & 2 == 0 accept
    ct state established ct direction reply ct mark & 1 == 0 accept
    ct state invalid drop
    oifname "host0" accept
    ip daddr vmap @receivers
  }}
  chain arriving {{
    type nat hook prerouting priority dstnat;
    iifname "host0" dnat ip to ip daddr map @private_of
  }}
  chain leaving {{
    type nat hook postrouting priority srcnat + 20;
    oifname "host0" snat ip to ip saddr map @public_of
  }}
}}
table inet ways {{
  chain arriving {{ type filter hook prerouting priority mangle; policy accept; }}
  chain crossing {{
    type filter hook forward priority filter - 10; policy accept;
    iifname != "host0" oifname != "host0" accept
  }}
  chain leaving {{ type nat hook postrouting priority srcnat - 5; policy accept; }}
}}
"""


@pytest.fixture(autouse=True)
def world() -> Iterator[str]:
    with own_host() as namespace:
        yield namespace


def elements(listed: Iterable[str]) -> str:
    told = ", ".join(listed)
    return f"elements = {{ {told} }};" if told else ""


def former_tables_of(members: dict[str, NetworkInterfaceId]) -> str:
    """members: by address."""
    return FORMER.format(
        senders=elements(f"{address} : jump {BUNDLE_OUT}" for address in members),
        receivers=elements(f'{a} comment "{m}" : jump {BUNDLE_IN}' for a, m in members.items()),
        addresses=elements(members),
        group=GROUP,
        port=OPEN,
        bundle_out=BUNDLE_OUT,
        bundle_in=BUNDLE_IN,
    )


async def exchange(client: socket.socket, server: socket.socket, until: asyncio.Event) -> int:
    """How often something got there and back; raises TimeoutError when it did not."""
    done = 0
    while not until.is_set():
        for near, far in ((client, server), (server, client)):
            await asyncio.to_thread(near.sendall, b"x")
            assert await asyncio.to_thread(far.recv, 1) == b"x"
        done += 1
    return done


async def test_a_router_of_a_former_engine_is_taken_over_with_its_members_and_connections() -> None:
    engine_id = new_engine_id()
    layout = layout_with((RANGE.vpc,), RANGE.subnets)
    router = vpc_plan_of(engine_id, layout.vpcs[0], layout.public_cidr).namespace
    called, caller = (carrying(RANGE.interface(1, subnet=n), 1) for n in (0, 1))
    inside = namespace_name_of(engine_id, caller.id)
    fabric = LocalFabric(engine_id, "us-east-1")

    async def answers() -> list[bool]:
        """At the open port, and at the closed one."""
        found = (
            in_namespace(inside, can_connect, called.address, port, 0.3) for port in (OPEN, CLOSED)
        )
        return list(await asyncio.gather(*found))

    try:
        await fabric.lay_out(layout)
        await fabric.enforce(policies(RANGE.vpc.id, RULES), ())
        for interface in (called, caller):
            await fabric.attach(interface)
        await fabric.close()
        text = former_tables_of({each.address: each.id for each in (called, caller)})
        await in_namespace(router, sh, f"nft -f - <<'END'\ndelete table inet vpc\n{text}\nEND")

        with contextlib.ExitStack() as closing:
            name = namespace_name_of(engine_id, called.id)
            listeners = [
                closing.enter_context(
                    await in_namespace(name, socket.create_server, (called.address, port))
                )
                for port in (OPEN, CLOSED)
            ]
            client = await in_namespace(inside, socket.create_connection, (called.address, OPEN), 2)
            closing.enter_context(client)
            server = closing.enter_context(listeners[0].accept()[0])
            server.settimeout(2)
            is_over = asyncio.Event()
            talking = asyncio.create_task(exchange(client, server, is_over))

            fabric = LocalFabric(engine_id, "us-east-1")
            await fabric.lay_out(layout)
            assert await answers() == [True, False]
            tables = await in_namespace(router, sh, "nft list tables")
            assert {"table inet groups", "table inet ways"} <= set(tables.splitlines())

            await fabric.enforce(policies(RANGE.vpc.id, RULES), ())
            assert await answers() == [True, False]
            tables = await in_namespace(router, sh, "nft list tables")
            assert not {"table inet groups", "table inet ways"} & set(tables.splitlines())

            is_over.set()
            assert await talking > 10
    finally:
        await fabric.purge()


async def test_what_a_killed_engine_left_of_former_tables_goes_with_the_next() -> None:
    engine_id = new_engine_id()
    layout = layout_with((RANGE.vpc,), RANGE.subnets)
    router = vpc_plan_of(engine_id, layout.vpcs[0], layout.public_cidr).namespace
    interface = carrying(RANGE.interface(1), 1)
    fabric = LocalFabric(engine_id, "us-east-1")
    try:
        await fabric.lay_out(layout)
        await fabric.enforce(policies(RANGE.vpc.id, RULES), ())
        await fabric.attach(interface)
        await fabric.close()
        text = former_tables_of({interface.address: interface.id}) + former_tables.silencing()
        await in_namespace(router, sh, f"nft -f - <<'END'\n{text}\nEND")
        fabric = LocalFabric(engine_id, "us-east-1")
        await fabric.lay_out(layout)
        tables = await in_namespace(router, sh, "nft list tables")
        assert not {"table inet groups", "table inet ways"} & set(tables.splitlines())
        assert interface.address in (await fabric.rulesets())[RANGE.vpc.id]
    finally:
        await fabric.purge()


async def test_former_tables_decide_until_the_ways_of_this_engine_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Groups may be known before the router is opened, when its VPC was refused first."""
    engine_id = new_engine_id()
    layout = layout_with((RANGE.vpc,), RANGE.subnets)
    router = vpc_plan_of(engine_id, layout.vpcs[0], layout.public_cidr).namespace
    fabric = LocalFabric(engine_id, "us-east-1")

    def fail(*_: object) -> None:
        raise OSError("no ways")

    try:
        await fabric.lay_out(layout)
        await fabric.close()
        text = former_tables_of({})
        await in_namespace(router, sh, f"nft -f - <<'END'\ndelete table inet vpc\n{text}\nEND")
        fabric = LocalFabric(engine_id, "us-east-1")
        await fabric.enforce(policies(RANGE.vpc.id, RULES), ())
        with monkeypatch.context() as patching:
            patching.setattr(WayEnforcement, "apply", fail)
            with pytest.raises(NetworkFailed, match="no ways"):
                await fabric.lay_out(layout)
        tables = await in_namespace(router, sh, "nft list tables")
        assert {"table inet groups", "table inet ways"} <= set(tables.splitlines())
        await fabric.lay_out(layout)
        tables = await in_namespace(router, sh, "nft list tables")
        assert not {"table inet groups", "table inet ways"} & set(tables.splitlines())
    finally:
        await fabric.purge()
