"""What is said about packets of IPv6, by records and by rules, is what becomes of them."""

import asyncio
from dataclasses import replace

import pytest
from tests.e2e.test_dual_stack import QUICK, attached, network, opened, world
from tests.support.dual_stack import (
    ALL_IPV6,
    OUT,
    OUT_ONLY,
    WORLD,
    can_ping,
    dual,
    subnet_range_of,
)
from tests.support.networks import in_namespace
from tests.support.security_groups import policies, rule
from tests.support.vpcs import FIRST, OTHER, layout_of

from hostless.domain.network_acls import NetworkAclEntry
from hostless.domain.network_layout import VpcLayout
from hostless.domain.network_sight import NetworkSight
from hostless.domain.probes import End
from hostless.domain.reachability import explanation_of
from hostless.domain.traffic import ICMPV6, Traffic

__all__ = ["world"]
pytestmark = pytest.mark.root
DENIED = NetworkAclEntry(
    number=50, is_egress=True, allows=False, cidr_ipv6=str(subnet_range_of(FIRST, 1))
)
BY_REFERENCE = [
    rule(1, of_group=2),
    replace(rule(1, is_egress=True), cidr_ipv6="::/0"),
    replace(rule(2, is_egress=True), cidr_ipv6=str(subnet_range_of(FIRST, 0))),
]


@pytest.mark.parametrize(
    ("vpcs", "rules"),
    [
        ((dual(FIRST, OUT), dual(OTHER, OUT)), None),
        ((dual(FIRST, OUT_ONLY), dual(OTHER, OUT)), None),
        ((dual(FIRST), dual(OTHER, OUT)), None),
        ((dual(FIRST, OUT, acl=(DENIED, *ALL_IPV6)), dual(OTHER, OUT)), None),
        ((dual(FIRST, OUT), dual(OTHER, OUT)), BY_REFERENCE),
    ],
    ids=["open", "egress only", "no way out", "a list", "groups"],
)
async def test_records_rules_and_packets_say_the_same(
    world: str, vpcs: tuple[VpcLayout, VpcLayout], rules: list[object] | None
) -> None:
    enforced = opened()
    if rules is not None:
        enforced |= policies(FIRST.vpc.id, rules)  # type: ignore[arg-type]
    async with network(*vpcs, enforced=enforced) as own:
        tasks = [
            await attached(own, FIRST, 1),
            await attached(own, FIRST, 2, subnet=1, groups=(2 if rules else 1,)),
            await attached(own, OTHER, 1),
        ]
        interfaces = [task.interface for task in tasks]
        sight = NetworkSight(layout_of(*vpcs), enforced, interfaces)
        ends = {t.address: End(kind="interface", interface=t.interface) for t in tasks}
        ends[WORLD] = End(kind="internet", address=WORLD)
        places = {t.address: t.place for t in tasks} | {WORLD: world}
        told = {
            (caller, called): explanation_of(
                sight, ends.get(caller, End(kind="host")), replace(end, address=called), PING
            )
            for caller in (*ends, "host")
            for called, end in ends.items()
            if caller != called and not {caller, called} <= {WORLD, "host"}
        }
        for (caller, called), found in told.items():
            seconds = 2.0 if found.passes else QUICK
            if caller == "host":
                really = await asyncio.to_thread(can_ping, called, seconds)
            else:
                really = await in_namespace(places[caller], can_ping, called, seconds)
            judgement = await own.fabric.judge(found.probe)
            verdicts = (really, found.passes, judgement.passes)
            assert len(set(verdicts)) == 1, (caller, called, verdicts, found.decisive, judgement)


PING = Traffic(protocol=ICMPV6)
