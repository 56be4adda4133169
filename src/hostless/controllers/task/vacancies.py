"""What the store has free for a task that needs a network interface. Choosing is in `placing`."""

import functools

from hostless.controllers.task.placing import Draw, SubnetRoom, Vacancy, offer_of
from hostless.domain.account_settings import gives_ipv6
from hostless.domain.public_addresses import free_public_address
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp
from hostless.kit.ids import Ids
from hostless.store.kinds import ACCOUNT_SETTINGS, NETWORK_INTERFACES, SUBNETS, TASKS
from hostless.store.network_records import is_address_taken, is_public_address_taken, pool_of
from hostless.store.outages import zones_out
from hostless.store.store import Store
from hostless.store.task_keys import spread_key


class Vacancies:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    def of(self, task: Task, now: Timestamp) -> Vacancy:
        draw = Draw(digits=self._ids.hex(17), start=int(self._ids.hex(8), 16))
        rooms = self._rooms(task, now)
        public_address = self._public_address(task, draw)
        return Vacancy(
            offer=offer_of(task, rooms, draw, now, public_address),
            are_zones_out=rooms == [] and bool(zones_out(self._store, now)),
            is_pool_empty=task.placement.assigns_public_ip and public_address is None,
        )

    def _rooms(self, task: Task, now: Timestamp) -> list[SubnetRoom]:
        """The subnets the task may go to, without those whose zone is out."""
        tasks, interfaces = self._store.table(TASKS), self._store.table(NETWORK_INTERFACES)
        subnets = (self._store.get(SUBNETS, id_) for id_ in task.placement.subnets)
        out = zones_out(self._store, now)
        dual = gives_ipv6(self._store.all(ACCOUNT_SETTINGS), task.arn.split(":")[4])
        return [
            SubnetRoom(
                subnet=subnet,
                group_tasks=tasks.count("spread", spread_key(task, subnet.zone)),
                interfaces=interfaces.count("subnet", subnet.id),
                is_taken=functools.partial(is_address_taken, self._store, subnet.vpc_id),
                gives_ipv6=dual,
            )
            for subnet in subnets
            if subnet is not None and subnet.zone not in out
        ]

    def _public_address(self, task: Task, draw: Draw) -> str | None:
        if not task.placement.assigns_public_ip:
            return None
        is_taken = functools.partial(is_public_address_taken, self._store)
        return free_public_address(pool_of(self._store).cidr_block, draw.start, is_taken)
