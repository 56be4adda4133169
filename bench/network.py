"""What an interface with its security groups costs, and a changed rule among many interfaces.

On a host of its own (namespaces of this process), as root: nothing of the machine is touched. The
interfaces are real; of the thousand of the last part only the places in groups are, as links have
no part in it.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from tests.contract.network_suite import Range
from tests.support.layouts import layout_with
from tests.support.networks import new_engine_id, own_host
from tests.support.security_groups import Policies, carrying, everything_passes, policies, rule

from hostless.domain.arns import NetworkInterfaceId
from hostless.domain.network import NetworkInterface
from hostless.domain.security_groups import SecurityGroupRule
from hostless.network.local import namespaces
from hostless.network.local.enforcement import GroupEnforcement
from hostless.network.local.fabric import LocalFabric
from hostless.network.local.names import vpc_plan_of
from hostless.network.local.router import open_router
from hostless.network.local.rtnetlink import Rtnetlink

T = TypeVar("T")
INTERFACES, MANY, GROUPS, RULES_OF_A_GROUP, CHANGES = 100, 1000, 20, 10, 50


async def timed(call: Callable[[T], Awaitable[object]], argument: T) -> float:
    started = time.perf_counter()
    await call(argument)
    return 1000 * (time.perf_counter() - started)


def told(milliseconds: list[float]) -> str:
    ranked = sorted(milliseconds)
    p95 = ranked[int(0.95 * len(ranked))]
    return f"median {statistics.median(ranked):.2f} ms, p95 {p95:.2f} ms"


async def come_and_go(title: str, groups: tuple[int, ...]) -> None:
    range_ = Range("10.20.0.0/22")
    fabric = LocalFabric(new_engine_id(), "us-east-1")
    interfaces = [carrying(range_.interface(number), *groups) for number in range(INTERFACES)]
    try:
        await fabric.lay_out(layout_with((range_.vpc,), range_.subnets))
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


def rules_change() -> None:
    range_, rules = Range("10.20.0.0/22"), many_rules()
    interfaces = many_interfaces(range_)
    plan = vpc_plan_of(new_engine_id(), range_.vpc, range_.subnets)
    namespaces.prepare_folder()
    with Rtnetlink() as host:
        router = open_router(host, plan)
    try:
        router.groups.open(frozenset())
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
        successor = GroupEnforcement(plan)
        ids = frozenset(interface.id for interface in interfaces)
        found = timed_change(lambda: successor.open(ids))
        filled = timed_change(lambda: successor.enforce(whole, interfaces))
        successor.close()
        print(f"  found again by the next engine: {found:.0f} ms, filled anew: {filled:.0f} ms")
    finally:
        router.close()
        namespaces.drop(plan.namespace)


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
        rules_change()


if __name__ == "__main__":
    main()
