"""Takes away what an engine left outside its state folder, whatever became of engine and folder.

Everything out there is named after the engine, so it is found without any record of it.
"""

import contextlib
from dataclasses import replace

from hostless.compute.local.cgroups import NoCgroups, find_tree
from hostless.domain.settings import Settings
from hostless.engine.outside import balancer_of, fabric_of, opened_backend
from hostless.kit.clock import SystemClock
from hostless.network.local import namespaces


def has_traces(engine_id: str) -> bool:
    """Whether a control group or a network namespace of the engine is there."""
    if any(engine_id in name for name in namespaces.names()):
        return True
    with contextlib.suppress(NoCgroups, OSError):
        trees = find_tree().hierarchies
        return any((tree / "hostless" / engine_id).is_dir() for tree in trees)
    return False


def purged_as(settings: Settings) -> Settings:
    """The settings to purge with: real things are looked for where there are any."""
    if settings.backend == "local" or not has_traces(settings.engine_id):
        return settings
    return replace(settings, backend="local")


async def purge(settings: Settings) -> None:
    """Kill every task and remove everything outside the state folder. No engine may run."""
    await balancer_of(settings, SystemClock()).purge()
    as_is = replace(settings, isolation="container")  # nothing is tried any more
    async with opened_backend(as_is, SystemClock()) as backend:
        await backend.compute.purge()
    await fabric_of(settings).purge()
