"""Whether a state folder is of the account, region and backend that an engine is started with.

Names in the folder are made of account and region, and tasks live in one backend: an engine with
others would show what it cannot stop. What must be installed or free is not asked here.
"""

from hostless.domain.settings import Settings
from hostless.store.kinds import CLUSTERS, SUBNETS, TASK_DEFINITIONS, TASKS
from hostless.store.store import Store


class StateOfAnother(Exception):
    """The state belongs to another account, region or backend; the message says to which."""


def check_belongs(store: Store, settings: Settings) -> None:
    """Raises StateOfAnother. An empty store belongs to anybody."""
    for what, asked, kept in (
        ("region", settings.realm.region, _regions(store)),
        ("account", settings.realm.account_id, _accounts(store)),
        ("backend", settings.backend, _backends(store)),
    ):
        others = sorted(kept - {asked})
        if others:
            raise StateOfAnother(
                f"what {settings.state_dir} holds is of {what} {others[0]}, not {asked}"
            )


def _regions(store: Store) -> set[str]:
    """A zone is its region's name and a letter."""
    return {subnet.zone[:-1] for subnet in store.all(SUBNETS)}


def _accounts(store: Store) -> set[str]:
    arns: list[str] = [cluster.arn for cluster in store.all(CLUSTERS)]
    arns += [definition.arn for definition in store.all(TASK_DEFINITIONS)]
    return {arn.split(":")[4] for arn in arns}


def _backends(store: Store) -> set[str]:
    """Of tasks that have begun and not stopped."""
    levels = {task.isolation for task in store.all(TASKS) if task.status != "STOPPED"}
    return {"simulated" if level == "simulated" else "local" for level in levels - {None}}
