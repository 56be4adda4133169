"""The controller that has security groups enforced."""

import asyncio
from dataclasses import replace

from tests.support.security_groups import group_id, rule

from hostless.controllers.network.groups import GroupController
from hostless.domain.arns import PrefixListId, VpcId
from hostless.domain.network import SecurityGroup
from hostless.domain.prefix_lists import PrefixList, PrefixListEntry
from hostless.kit.simulated_time import LoopClock, run_simulated
from hostless.network.simulated.fabric import SimulatedFabric
from hostless.store.kinds import PREFIX_LISTS, SECURITY_GROUP_RULES, SECURITY_GROUPS
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store

OPEN, SHUT = rule(1, cidr="0.0.0.0/0"), rule(1, cidr="0.0.0.0/0", is_egress=True)
GROUP = SecurityGroup(id=group_id(1), vpc_id=VpcId("vpc-1"), name="web", description="web")


def test_what_is_enforced_is_what_is_recorded_within_a_second() -> None:
    async def main() -> None:
        clock, fabric = LoopClock(), SimulatedFabric()
        store = Store(MemoryStorage(), clock)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(GroupController(store, fabric, clock).run())
            transaction = store.transaction("test")
            transaction.put(SECURITY_GROUPS, GROUP)
            transaction.put(SECURITY_GROUP_RULES, OPEN)
            await transaction.commit()
            await asyncio.sleep(1)
            assert fabric.policies[GROUP.id].rules == (OPEN,)
            transaction = store.transaction("test")
            transaction.delete(SECURITY_GROUP_RULES, OPEN.id)
            transaction.put(SECURITY_GROUP_RULES, SHUT)
            await transaction.commit()
            await asyncio.sleep(1)
            assert fabric.policies[GROUP.id].rules == (SHUT,)
            transaction = store.transaction("test")
            transaction.delete(SECURITY_GROUPS, GROUP.id)
            transaction.delete(SECURITY_GROUP_RULES, SHUT.id)
            await transaction.commit()
            await asyncio.sleep(1)
            assert fabric.policies == {}
            running.cancel()

    run_simulated(main())


def test_a_changed_prefix_list_is_enforced_within_a_second() -> None:
    named = replace(rule(1), prefix_list_id="pl-1")
    office = PrefixList(
        id=PrefixListId("pl-1"), name="office", family="IPv4", most_entries=2, versions=((),)
    )
    entry = PrefixListEntry(cidr_block="10.1.0.0/16")

    async def main() -> None:
        clock, fabric = LoopClock(), SimulatedFabric()
        store = Store(MemoryStorage(), clock)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(GroupController(store, fabric, clock).run())
            transaction = store.transaction("test")
            transaction.put(SECURITY_GROUPS, GROUP)
            transaction.put(SECURITY_GROUP_RULES, named)
            transaction.put(PREFIX_LISTS, office)
            await transaction.commit()
            await asyncio.sleep(1)
            assert fabric.policies[GROUP.id].rules == ()
            transaction = store.transaction("test")
            transaction.put(PREFIX_LISTS, replace(office, versions=((), (entry,))))
            await transaction.commit()
            await asyncio.sleep(1)
            enforced = fabric.policies[GROUP.id].rules
            assert [each.cidr_ipv4 for each in enforced] == ["10.1.0.0/16"]
            running.cancel()

    run_simulated(main())
