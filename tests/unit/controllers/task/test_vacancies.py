"""Unit tests of what a task that needs an address is offered, by way of the whole controller."""

from asyncio import TaskGroup
from dataclasses import replace
from ipaddress import IPv6Address, IPv6Network

import pytest
from tests.support.plant import Plant, in_plant
from tests.support.tasks import definition_of

from hostless.domain.account_settings import ACCOUNT_WIDE, DUAL_STACK_IPV6, AccountSetting
from hostless.domain.network import Ipv6Range
from hostless.store.kinds import ACCOUNT_SETTINGS, NETWORK_INTERFACES, SUBNETS

WEB = definition_of()
RANGE = "2001:db8:1:2::/64"


async def have_ipv6(plant: Plant, *settings: AccountSetting) -> None:
    """In every subnet; settings: of the account."""
    transaction = plant.store.transaction("test")
    for subnet in plant.store.all(SUBNETS):
        range_ = Ipv6Range(association_id="subnet-cidr-assoc-1", cidr_block=RANGE)
        transaction.put(SUBNETS, replace(subnet, ipv6=range_))
    for setting in settings:
        transaction.put(ACCOUNT_SETTINGS, setting)
    await transaction.commit()


def test_tasks_in_a_subnet_with_a_range_of_ipv6_have_an_address_of_it_each() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        await have_ipv6(plant)
        tasks = [await plant.until(await plant.api.run_task(WEB), "RUNNING") for _ in range(3)]
        given = {i.ipv6_address for i in plant.store.all(NETWORK_INTERFACES)}
        assert given == {task.attachment.ipv6_address for task in tasks}
        assert len(given) == 3
        assert all(IPv6Address(each or "") in IPv6Network(RANGE) for each in given)

    in_plant(scene)


@pytest.mark.parametrize("principal", [ACCOUNT_WIDE, "arn:aws:iam::000000000000:user/admin"])
def test_an_account_that_does_not_want_ipv6_gets_none(principal: str) -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        off = AccountSetting(principal_arn=principal, name=DUAL_STACK_IPV6, value="disabled")
        await have_ipv6(plant, off)
        task = await plant.until(await plant.api.run_task(WEB), "RUNNING")
        assert task.attachment.address is not None
        assert task.attachment.ipv6_address is None

    in_plant(scene)


def test_public_addresses_are_given_once_and_are_free_again_with_their_task() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        run = plant.api.run_task
        tasks = [await run(WEB, assigns_public_ip=True) for _ in range(15)]
        ends = [
            await plant.when(task, lambda now: now.status in ("RUNNING", "STOPPED"))
            for task in tasks
        ]
        running = [task for task in ends if task.status == "RUNNING"]
        given = {i.public_address for i in plant.store.all(NETWORK_INTERFACES)}
        assert len(running) == len(given) == 11
        assert all(address and address.startswith("198.18.0.") for address in given)
        reasons = {task.stop_request.reason for task in ends if task.stop_request is not None}
        assert len(reasons) == 1
        assert reasons.pop().endswith(": InsufficientAddressCapacity")
        private = await plant.until(await run(WEB), "RUNNING")
        interface = plant.store.get(NETWORK_INTERFACES, private.attachment.interface_id or "")
        assert interface is not None
        assert interface.public_address is None
        await plant.api.stop_task(running[0].arn)
        await plant.until(running[0], "STOPPED")
        await plant.until(await run(WEB, assigns_public_ip=True), "RUNNING")

    in_plant(scene)
