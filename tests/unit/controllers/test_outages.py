"""Unit tests of the controller that clears outages away."""

import asyncio

from hostless.controllers.outages import OutageController
from hostless.domain.signals import Outage
from hostless.kit.simulated_time import LoopClock, run_simulated
from hostless.store.kinds import OUTAGES
from hostless.store.outages import is_spot_out, zones_out
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store


async def begin(store: Store, *outages: Outage) -> None:
    transaction = store.transaction("test")
    for outage in outages:
        transaction.put(OUTAGES, outage)
    await transaction.commit()


def test_an_outage_holds_until_its_time_is_over_and_is_gone_then() -> None:
    async def main() -> None:
        clock = LoopClock()
        store = Store(MemoryStorage(), clock)
        now = clock.now()
        async with asyncio.TaskGroup() as group:
            running = group.create_task(OutageController(store, clock).run())
            await begin(
                store,
                Outage(kind="zone", name="us-east-1a", began_at=now, ends_at=now + 600),
                Outage(kind="zone", name="us-east-1b", began_at=now),
                Outage(kind="spot", name="spot", began_at=now, ends_at=now + 60),
            )
            await asyncio.sleep(30)
            assert zones_out(store, clock.now()) == {"us-east-1a", "us-east-1b"}
            assert is_spot_out(store, clock.now())
            await asyncio.sleep(31)
            assert not is_spot_out(store, clock.now())
            await asyncio.sleep(600)
            assert [outage.name for outage in store.all(OUTAGES)] == ["us-east-1b"]
            running.cancel()

    run_simulated(main())


def test_an_outage_made_longer_holds_longer() -> None:
    async def main() -> None:
        clock = LoopClock()
        store = Store(MemoryStorage(), clock)
        now = clock.now()
        outage = Outage(kind="spot", name="spot", began_at=now, ends_at=now + 10)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(OutageController(store, clock).run())
            await begin(store, outage)
            await asyncio.sleep(5)
            await begin(store, Outage(kind="spot", name="spot", began_at=now, ends_at=now + 60))
            await asyncio.sleep(20)
            assert is_spot_out(store, clock.now())
            running.cancel()

    run_simulated(main())
