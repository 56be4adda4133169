"""Nobody gets a public address that somebody has, however claims run into each other."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace

from hypothesis import strategies as st
from tests.support.mutation import check, survives
from tests.support.tasks import SUBNETS_OF_TEST, definition_of, new_task

from hostless.controllers.task.records import TaskRecords
from hostless.controllers.task.vacancies import Vacancies
from hostless.domain.arns import AllocationId
from hostless.domain.gateways import AddressPool, ElasticAddress
from hostless.domain.network import NetworkInterface
from hostless.domain.tasks import Task
from hostless.kit.clock import SystemClock
from hostless.kit.ids import Ids
from hostless.store.kinds import (
    ADDRESS_POOLS,
    ELASTIC_ADDRESSES,
    NETWORK_INTERFACES,
    SUBNETS,
    TASKS,
)
from hostless.store.network_records import is_public_address_taken
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store, WriteConflict

POOL = AddressPool(cidr_block="198.18.0.0/29")
"""Three addresses can be had."""
ADDRESSES = ("198.18.0.4", "198.18.0.5", "198.18.0.6")
Claim = Callable[[TaskRecords, Store, Task, NetworkInterface], None]


class Rush:
    """Tasks that look for an address and take it later, while others are kept or given back."""

    def __init__(self, claim: Claim, seed: int) -> None:
        self.store = Store(MemoryStorage(), SystemClock())
        self.records = TaskRecords(self.store)
        self.claim = claim
        self.ids = Ids(random.Random(seed))
        self.vacancies = Vacancies(self.store, self.ids)
        self.offers: dict[int, tuple[Task, NetworkInterface]] = {}
        self.held: dict[int, NetworkInterface] = {}

    async def go(self, steps: list[int]) -> None:
        transaction = self.store.transaction("test")
        transaction.put(ADDRESS_POOLS, POOL)
        for subnet in SUBNETS_OF_TEST:
            transaction.put(SUBNETS, subnet)
        await transaction.commit()
        for step in steps:
            if step < len(ADDRESSES):
                await self._keep_or_let_go(ADDRESSES[step])
            else:
                await self._go_on(step)
            self._judge()

    async def _keep_or_let_go(self, address: str) -> None:
        kept = self.store.find(ELASTIC_ADDRESSES, "address", address)
        transaction = self.store.transaction("test")
        if kept:
            transaction.delete(ELASTIC_ADDRESSES, kept[0].allocation_id)
        elif not is_public_address_taken(self.store, address):
            one = ElasticAddress(
                allocation_id=AllocationId(f"eipalloc-{self.ids.hex(17)}"), public_address=address
            )
            transaction.put(ELASTIC_ADDRESSES, one)
        await transaction.commit()

    async def _go_on(self, number: int) -> None:
        """The task looks for an address; then takes what it found; then gives it back."""
        if number in self.held:
            transaction = self.store.transaction("test")
            transaction.delete(NETWORK_INTERFACES, self.held.pop(number).id)
            await transaction.commit()
        elif number in self.offers:
            task, interface = self.offers.pop(number)
            try:
                self.claim(self.records, self.store, task, interface)
            except WriteConflict:
                return
            self.held[number] = interface
        else:
            task = new_task(definition_of(), self.ids, 0.0, assigns_public_ip=True)
            transaction = self.store.transaction("test")
            transaction.put(TASKS, task)
            await transaction.commit()
            vacancy = self.vacancies.of(task, 0.0)
            assert vacancy.is_pool_empty is (self._taken() == set(ADDRESSES))
            if vacancy.offer is not None:
                assert vacancy.offer.public_address not in self._taken()
                self.offers[number] = task, vacancy.offer

    def _taken(self) -> set[str | None]:
        return {i.public_address for i in self.held.values()} | {
            e.public_address for e in self.store.all(ELASTIC_ADDRESSES)
        }

    def _judge(self) -> None:
        kept = [e.public_address for e in self.store.all(ELASTIC_ADDRESSES)]
        given = [i.public_address for i in self.store.all(NETWORK_INTERFACES)]
        assert len(given) == len(self.held)
        assert sorted(map(str, kept + given)) == sorted({*map(str, kept), *map(str, given)})
        assert {*kept, *given} <= {*ADDRESSES}


def real(records: TaskRecords, store: Store, task: Task, interface: NetworkInterface) -> None:
    records.claim(task, replace(task, zone=interface.zone), interface, "test")


def trusting(records: TaskRecords, store: Store, task: Task, interface: NetworkInterface) -> None:
    """Takes what was free when it looked."""
    transaction = store.transaction("test")
    transaction.put(NETWORK_INTERFACES, interface)
    transaction.submit()


def judge(claim: Claim, example: tuple[list[int], int]) -> None:
    steps, seed = example
    asyncio.run(Rush(claim, seed).go(steps))


def test_a_public_address_is_never_given_twice() -> None:
    numbers = st.integers(0, len(ADDRESSES) + 4)
    examples = st.tuples(st.lists(numbers, max_size=30), st.integers(0, 1000))
    check(judge, real, examples)
    assert not survives(judge, trusting, examples)
