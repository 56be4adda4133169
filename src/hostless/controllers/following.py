"""How a loop follows the store: every record of a kind, or all of several kinds at once."""

import asyncio
from collections.abc import Iterable
from typing import TypeVar

from hostless.controllers.keyed_loop import KeyedLoop
from hostless.store.kinds import Kind
from hostless.store.store import Store, Watch

R = TypeVar("R")


async def follow_each(loop: KeyedLoop, store: Store, kind: Kind[R]) -> None:
    """A pass for every record that is there or changes, by its key; until cancelled."""
    watch = store.watch(kind)
    try:
        await loop.run(watch)
    finally:
        store.unwatch(kind, watch)


async def follow_as_one(
    loop: KeyedLoop, store: Store, kinds: Iterable[Kind[object]], key: str
) -> None:
    """One pass at first, and one whenever any record of the kinds changes; until cancelled.

    key: the only one there is.
    """

    async def wake_by(kind: Kind[object]) -> None:
        watch = store.watch(kind)
        try:
            while True:
                await watch.changed()
                loop.wake(key)
        finally:
            store.unwatch(kind, watch)

    async with asyncio.TaskGroup() as group:
        group.create_task(loop.run(Watch([key])))  # First: who does not run cannot be woken.
        for kind in kinds:
            group.create_task(wake_by(kind))
