"""What an interface with its security groups costs, and a changed rule among many interfaces; and
a changed route or entry of a network ACL among many subnets.

On a host of its own (namespaces of this process), as root: nothing of the machine is touched. The
interfaces are real; of the thousand of the last parts only the places in groups are, as links have
no part in it.
"""

import asyncio
import contextlib
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeVar

from tests.contract.network_suite import Range
from tests.support.dual_stack import dual, with_ipv6
from tests.support.layouts import layout_with
from tests.support.networks import new_engine_id, own_host
from tests.support.security_groups import Policies, carrying, everything_passes, policies, rule
from tests.support.ways import entry, nat_way, subnet_with, vpc_with, way

from hostless.domain.arns import NetworkInterfaceId, SubnetId
from hostless.domain.network import NetworkInterface
from hostless.domain.network_acls import NetworkAclEntry
from hostless.domain.network_layout import VpcLayout, Way
from hostless.domain.security_groups import SecurityGroupRule
from hostless.network.local import namespaces
from hostless.network.local.enforcement import GroupEnforcement
from hostless.network.local.fabric import LocalFabric
from hostless.network.local.names import VpcPlan, vpc_plan_of
from hostless.network.local.router import Router, open_router
from hostless.network.local.router_nftables import RouterNftables
from hostless.network.local.rtnetlink import Rtnetlink
from hostless.network.local.way_enforcement import WayEnforcement

T = TypeVar("T")
INTERFACES, MANY, GROUPS, RULES_OF_A_GROUP, CHANGES = 100, 1000, 20, 10, 50
SUBNETS, TABLES, LISTS, ENTRIES = 200, 20, 20, 20
"""Of a VPC. Entries: of each list and direction."""


async def timed(call: Callable[[T], Awaitable[object]], argument: T) -> float:
    started = time.perf_counter()
    await call(argument)
    return 1000 * (time.perf_counter() - started)


def told(milliseconds: list[float]) -> str:
    ranked = sorted(milliseconds)
    p95 = ranked[int(0.95 * len(ranked))]
    return f"median {statistics.median(ranked):.2f} ms, p95 {p95:.2f} ms"


async def come_and_go(
    title: str, groups: tuple[int, ...], *, is_public: bool = False, is_dual: bool = False
) -> None:
    range_ = Range("10.20.0.0/22")
    fabric = LocalFabric(new_engine_id(), "us-east-1")
    interfaces = [
        carrying(range_.interface(number, public=number if is_public else None), *groups)
        for number in range(INTERFACES)
    ]
    layout = layout_with((range_.vpc,), range_.subnets)
    if is_dual:
        layout = replace(layout, vpcs=(dual(range_),))
        interfaces = [with_ipv6(each, range_, n) for n, each in enumerate(interfaces)]
    try:
        await fabric.lay_out(layout)
        await fabric.enforce(everything_passes(range_), ())
        attaching = [await timed(fabric.attach, interface) for interface in interfaces]
        started = time.perf_counter()
        for interface in interfaces:
            await fabric.detach(interface.id)
        rate = INTERFACES / (time.perf_counter() - started)
    finally:
        await fabric.purge()
    print(f"an interface with {title}: {told(attaching)}; taken away at {rate:.0f} a second")


def many_rules() -> list[SecurityGroupRule]:
    return [
        rule(group, protocol="tcp", ports=(port, port + 9), of_group=1 + (group + n) % GROUPS)
        for group in range(1, GROUPS + 1)
        for n, port in enumerate(range(1000, 1000 + 10 * RULES_OF_A_GROUP, 10))
    ]


def many_interfaces(range_: Range) -> list[NetworkInterface]:
    """Each in one to three groups."""
    return [
        replace(
            carrying(
                range_.interface(number % 200), *(1 + (number + i) % GROUPS for i in range(n))
            ),
            id=NetworkInterfaceId(f"eni-{number:017x}"),
            address=f"10.21.{number // 250}.{number % 250 + 1}",
        )
        for number in range(MANY)
        for n in (1 + number % 3,)
    ]


def timed_change(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - started)


def plan_of(range_: Range) -> VpcPlan:
    layout = layout_with((range_.vpc,), range_.subnets)
    return vpc_plan_of(new_engine_id(), layout.vpcs[0], layout.public_cidr)


@contextlib.contextmanager
def router_of(range_: Range) -> Iterator[Router]:
    plan = plan_of(range_)
    namespaces.prepare_folder()
    with Rtnetlink() as host:
        router = open_router(host, plan)
    router.groups.open(frozenset())
    try:
        yield router
    finally:
        router.close()
        namespaces.drop(plan.namespace)


def rules_change(router: Router, range_: Range) -> None:
    rules, interfaces = many_rules(), many_interfaces(range_)
    whole = policies_of(range_, rules)
    at_once = timed_change(lambda: router.groups.enforce(whole, interfaces))
    print(f"{MANY} interfaces and {GROUPS} groups: all at once {at_once:.0f} ms")
    one_rule = [
        timed_change(partial(router.groups.enforce, changed(range_, rules, n), interfaces))
        for n in range(CHANGES)
    ]
    print(f"  one rule changed: {told(one_rule)}")
    more = [
        replace(i, id=NetworkInterfaceId(f"eni-f{n:016x}"), address=f"10.22.0.{n + 1}")
        for n, i in enumerate(interfaces[:CHANGES])
    ]
    coming = [timed_change(partial(router.groups.admit, i)) for i in more]
    leaving = [timed_change(partial(router.groups.dismiss, i.id)) for i in more]
    print(f"  one interface more: {told(coming)}")
    print(f"  one interface less: {told(leaving)}")
    ids = frozenset(interface.id for interface in interfaces)
    with contextlib.closing(RouterNftables(router.plan.namespace)) as tables:
        successor = GroupEnforcement(router.plan, tables)
        found = timed_change(lambda: successor.open(ids))
        filled = timed_change(lambda: successor.enforce(whole, interfaces))
    print(f"  found again by the next engine: {found:.0f} ms, filled anew: {filled:.0f} ms")


def many_subnets(range_: Range, *more: Way, entries: int = ENTRIES) -> VpcLayout:
    """Each with one of the tables, most of which lead to a NAT gateway, and of the lists.

    more: routes of the first table. entries: of the first list.
    """
    subnets = [
        replace(
            range_.subnets[0],
            id=SubnetId(f"subnet-{number:017x}"),
            cidr_block=f"10.{20 + number // 100}.{number % 100}.0/24",
        )
        for number in range(SUBNETS)
    ]
    tables = [
        [*(way("nowhere", f"192.0.{table}.{n}/32") for n in range(5)), way("internet")]
        if table == 0
        else [nat_way(table, f"198.18.0.{table}", subnets[0])]
        for table in range(TABLES)
    ]
    tables[0] += more
    return vpc_with(
        range_,
        *(
            subnet_with(
                subnet,
                tables[number % TABLES],
                list_of(entries if number % LISTS == 0 else ENTRIES),
                table=number % TABLES,
                list_=number % LISTS,
            )
            for number, subnet in enumerate(subnets)
        ),
    )


def list_of(entries: int) -> list[NetworkAclEntry]:
    return [
        entry(n + 1, is_egress=out, protocol="6", ports=(1000 + n, 2000 + n))
        for n in range(entries)
        for out in (True, False)
    ]


def ways_change(router: Router, range_: Range) -> None:
    whole = many_subnets(range_)
    at_once = timed_change(lambda: router.ways.apply(whole))
    print(f"{SUBNETS} subnets, {TABLES} tables, {LISTS} lists of {2 * ENTRIES}: {at_once:.0f} ms")
    routes = [many_subnets(range_, way("internet", f"203.0.113.{n}/32")) for n in range(CHANGES)]
    print(f"  one route changed: {told([timed_applied(router, each) for each in routes])}")
    lists = [many_subnets(range_, entries=ENTRIES + 1 + n % 2) for n in range(CHANGES)]
    print(f"  one entry changed: {told([timed_applied(router, each) for each in lists])}")
    with contextlib.closing(RouterNftables(router.plan.namespace)) as tables:
        successor = WayEnforcement(router.plan.host_address, tables)
        print(f"  by the next engine: {timed_change(lambda: successor.apply(lists[-1])):.0f} ms")


def timed_applied(router: Router, layout: VpcLayout) -> float:
    return timed_change(lambda: router.ways.apply(layout))


def policies_of(range_: Range, rules: list[SecurityGroupRule]) -> Policies:
    return policies(range_.vpc.id, rules)


def changed(range_: Range, rules: list[SecurityGroupRule], number: int) -> Policies:
    more = rule(1 + number % GROUPS, protocol="tcp", ports=(number, number), cidr="0.0.0.0/0")
    return policies_of(range_, [*rules, more])


def main() -> None:
    with own_host():
        asyncio.run(come_and_go("no group", ()))
        asyncio.run(come_and_go("one group", (1,)))
        asyncio.run(come_and_go("five groups", (1, 2, 3, 4, 5)))
        asyncio.run(come_and_go("a public address", (1,), is_public=True))
        asyncio.run(come_and_go("an address of IPv6", (1,), is_dual=True))
        range_ = Range("10.20.0.0/22")
        with router_of(range_) as router:
            rules_change(router, range_)
            ways_change(router, range_)


if __name__ == "__main__":
    main()
