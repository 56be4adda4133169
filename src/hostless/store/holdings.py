"""What the tasks that have not stopped hold of the machine; what that leaves is domain.capacity.

Counted from an index: as cheap with ten thousand tasks as with ten.
"""

from hostless.domain.capacity import Holding
from hostless.domain.capacity_strategy import SPOT
from hostless.store.kinds import TASKS
from hostless.store.store import Store


def holdings(store: Store) -> list[Holding]:
    """One for each size of tasks, on demand and Spot."""
    table = store.table(TASKS)
    held = []
    for key in table.values("size"):
        cpu, memory, market = key.split()
        held.append(
            Holding(
                cpu_units=int(cpu),
                memory_mib=int(memory),
                tasks=table.count("size", key),
                is_spot=market == SPOT,
            )
        )
    return held
