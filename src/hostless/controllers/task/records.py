"""The one place where the task controller writes task records: every rule of a record is held here.

A move must be in the table, a stopped goal stays stopped, an address is held once, and `version`
rises by one with every change. Commits show at once and become durable in order; `settled` waits.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from hostless.controllers.task.block_volumes import follow_volume, put_volume
from hostless.domain.arns import NetworkInterfaceId, TaskArn
from hostless.domain.lifecycle import IllegalMove, check_move, is_allowed
from hostless.domain.network import NetworkInterface
from hostless.domain.tasks import Task
from hostless.store.kinds import NETWORK_INTERFACES, TASKS
from hostless.store.network_records import is_address_taken, is_public_address_taken
from hostless.store.store import Store, Transaction, WriteConflict


class TaskRecords:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._undurable: dict[TaskArn, asyncio.Future[None]] = {}

    def write(self, before: Task, after: Task, because: str) -> None:
        """Replace `before`. Raises WriteConflict when the task is no longer that."""
        self._submit(self._changing(before, after, because), before.arn)

    def claim(self, before: Task, after: Task, interface: NetworkInterface, because: str) -> None:
        """Write task and interface together. Raises WriteConflict, also for a taken address."""
        for each in (interface.address, interface.ipv6_address):
            if each is not None and is_address_taken(self._store, interface.vpc_id, each):
                raise WriteConflict(f"{each} of {interface.vpc_id} is taken")
        public = interface.public_address
        if public is not None and is_public_address_taken(self._store, public):
            raise WriteConflict(f"{public} is taken")
        transaction = self._changing(before, after, because)
        transaction.put(NETWORK_INTERFACES, interface)
        put_volume(self._store, transaction, after, interface)
        self._submit(transaction, before.arn)

    def release(
        self, before: Task, after: Task, interface_id: NetworkInterfaceId | None, because: str
    ) -> None:
        """Write the task and delete its interface. Raises WriteConflict."""
        transaction = self._changing(before, after, because)
        if interface_id is not None:
            transaction.delete(NETWORK_INTERFACES, interface_id)
        self._submit(transaction, before.arn)

    def change(self, arn: TaskArn, change: Callable[[Task], Task], because: str) -> None:
        """Write down what came of an action, on whatever the task is by now."""
        task = self._store.get(TASKS, arn)
        if task is not None and (after := change(task)) != task:
            self.write(task, after, because)

    async def forget(self, task: Task) -> None:
        """Delete the record, durably. Raises StorageFailed: then it is there still."""
        transaction = self._store.transaction("an hour has passed")
        if transaction.get(TASKS, task.arn) == task:
            transaction.delete(TASKS, task.arn)
            await transaction.commit()

    async def settled(self, arn: TaskArn) -> None:
        """Return when all that was written about this task is durable. Raises StorageFailed."""
        durable = self._undurable.pop(arn, None)
        if durable is not None:
            await asyncio.shield(durable)

    def story(self, arn: str) -> str:
        entries = self._store.story(TASKS, arn)
        return "; ".join(f"{e.at:.3f} {e.before}->{e.after} ({e.because})" for e in entries)

    def _changing(self, before: Task, after: Task, because: str) -> Transaction:
        self._check(before, after)
        transaction = self._store.transaction(because)
        if transaction.get(TASKS, before.arn) != before:
            raise WriteConflict(f"{before.arn} has changed")
        transaction.put(TASKS, replace(after, version=before.version + 1))
        follow_volume(transaction, before, after)
        return transaction

    def _check(self, before: Task, after: Task) -> None:
        if not is_allowed(before.status, after.status):
            check_move(before.status, after.status, self.story(before.arn))
        if before.goal == "STOPPED" != after.goal:
            raise IllegalMove(f"goal STOPPED may not change; so far: {self.story(before.arn)}")

    def _submit(self, transaction: Transaction, arn: TaskArn) -> None:
        self._undurable[arn] = transaction.submit()
