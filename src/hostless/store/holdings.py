"""What the tasks that have not stopped hold of the machine; what that leaves is domain.capacity.

Counted from an index: as cheap with ten thousand tasks as with ten.
"""

from hostless.domain.capacity import Holding
from hostless.store.kinds import TASKS, size_key
from hostless.store.store import Store


def holdings(store: Store) -> list[Holding]:
    """One for each size of tasks."""
    table = store.table(TASKS)
    sizes = (tuple(map(int, size.split())) for size in table.values("size"))
    return [
        Holding(cpu_units=cpu, memory_mib=memory, tasks=table.count("size", size_key(cpu, memory)))
        for cpu, memory in sizes
    ]
