"""Drills: what may happen to tasks on Fargate, made to happen here.

A drill writes into the records what the platform would have done; the controllers go on from there
as they would have. Nothing here touches a container.
"""

from collections.abc import Callable

from hostless.domain.drills import (
    has_host,
    interrupted,
    is_interruptible,
    is_retirable,
    retiring,
    with_lost_host,
)
from hostless.domain.signals import Outage
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp
from hostless.kit.ids import Ids
from hostless.services.instants import iso_milliseconds
from hostless.services.operation import Answer, Call
from hostless.services.own.choosing import BadRequest, Choosing, NothingThere
from hostless.services.own.drill_requests import (
    EndOfSpotOutage,
    EndOfZoneLoss,
    HostLoss,
    ListDrills,
    Retirement,
    SpotDrill,
    ZoneLoss,
)
from hostless.store.kinds import OUTAGES, SUBNETS, TASKS
from hostless.store.outages import outages_at
from hostless.store.store import Store

LONGEST_SECONDS = 366 * 86_400.0
"""That a drill may last or wait."""
SPOT_OUTAGE = "spot"
"""The one outage of the kind `spot` has this name."""


class Drills:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._choosing = Choosing(store, ids)

    async def spot(self, request: SpotDrill, call: Call) -> Answer:
        """Reclaim running Spot tasks and, for a while, have no Spot capacity."""
        among = self._choosing.among(request.cluster, request.service, call.realm)
        running = [task for task in among if is_interruptible(task)]
        tasks = self._choosing.some(running, request.count, request.share)
        outage = None
        if request.duration_seconds is not None:
            ends_at = _later(call.now, request.duration_seconds, "durationSeconds")
            outage = Outage(kind="spot", name=SPOT_OUTAGE, began_at=call.now, ends_at=ends_at)
        return await self._hit(
            "spot", tasks, lambda task: interrupted(task, call.now), outage=outage
        )

    async def zone_loss(self, request: ZoneLoss, call: Call) -> Answer:
        """Lose the host of every task in the zone, and place no new one there until it ends."""
        self._need_zone(request.zone)
        tasks = [t for t in self._store.all(TASKS) if t.zone == request.zone and has_host(t)]
        ends_at = None
        if request.duration_seconds is not None:
            ends_at = _later(call.now, request.duration_seconds, "durationSeconds")
        outage = Outage(kind="zone", name=request.zone, began_at=call.now, ends_at=ends_at)
        return await self._hit(
            "zone-loss", tasks, lambda task: with_lost_host(task, call.now), outage=outage
        )

    async def host_loss(self, request: HostLoss, call: Call) -> Answer:
        """Lose the hosts of the named tasks, or of some at random."""
        if request.tasks:
            if request.count is not None or request.service is not None:
                raise BadRequest("Name tasks, or give a service or a count.")
            tasks = self._choosing.named(request.tasks, request.cluster, call.realm, has_host)
        else:
            among = self._choosing.among(request.cluster, request.service, call.realm)
            alive = [task for task in among if has_host(task)]
            if not alive:
                raise NothingThere("There is no task that runs.")
            count = 1 if request.count is None else request.count
            tasks = self._choosing.some(alive, count, None)
        return await self._hit("host-loss", tasks, lambda task: with_lost_host(task, call.now))

    async def retire(self, request: Retirement, call: Call) -> Answer:
        """Have the hosts of tasks emptied, after the wait period."""
        at = _later(call.now, request.after_seconds, "afterSeconds", least=0.0)
        if request.tasks:
            if request.service is not None or request.all:
                raise BadRequest("Name tasks, or a service, or ask for all.")
            tasks = self._choosing.named(request.tasks, request.cluster, call.realm, is_retirable)
        elif request.service is not None or request.all:
            among = self._choosing.among(request.cluster, request.service, call.realm)
            tasks = [task for task in among if is_retirable(task)]
        else:
            raise BadRequest("Name tasks, or a service, or ask for all.")
        answer = await self._hit("retire", tasks, lambda task: retiring(task, at))
        return {**answer, "retiresAt": iso_milliseconds(at)}

    async def end_zone_loss(self, request: EndOfZoneLoss, call: Call) -> Answer:
        return await self._end(f"zone/{request.zone}", f"Zone {request.zone} is not out.")

    async def end_spot_outage(self, request: EndOfSpotOutage, call: Call) -> Answer:
        return await self._end(f"spot/{SPOT_OUTAGE}", "There is Spot capacity.")

    async def current(self, request: ListDrills, call: Call) -> Answer:
        """The outages that hold, and the tasks that are to be retired."""
        retire = [t for t in self._store.all(TASKS) if t.retires_at and is_retirable(t)]
        return {
            "outages": [_outage_view(each) for each in outages_at(self._store, call.now)],
            "retiring": [_task_view(task) for task in retire],
        }

    async def _hit(
        self,
        drill: str,
        tasks: list[Task],
        change: Callable[[Task], Task],
        *,
        outage: Outage | None = None,
    ) -> dict[str, object]:
        """Everything at once: either the whole drill happens or nothing of it."""
        transaction = self._store.transaction(f"drill {drill}")
        hit = [change(task) for task in tasks]
        for before, after in zip(tasks, hit, strict=True):
            assert transaction.get(TASKS, before.arn) is before, "nothing was awaited in between"
            transaction.put(TASKS, after)
        if outage is not None:
            transaction.put(OUTAGES, outage)
        await transaction.commit()
        return {
            "drill": drill,
            "tasks": [_task_view(task) for task in hit],
            "outage": None if outage is None else _outage_view(outage),
        }

    async def _end(self, key: str, refusal: str) -> Answer:
        transaction = self._store.transaction("drill ended")
        outage = transaction.get(OUTAGES, key)
        if outage is None:
            raise NothingThere(refusal)
        transaction.delete(OUTAGES, key)
        await transaction.commit()
        return {"ended": _outage_view(outage)}

    def _need_zone(self, zone: str) -> None:
        zones = sorted({subnet.zone for subnet in self._store.all(SUBNETS)})
        if zone not in zones:
            raise NothingThere(f"There is no zone {zone}; there are {', '.join(zones)}.")


def _later(now: Timestamp, seconds: float, member: str, *, least: float = 0.001) -> Timestamp:
    if not least <= seconds <= LONGEST_SECONDS:
        raise BadRequest(f"{member} must be seconds, {least:g} to {LONGEST_SECONDS:.0f}.")
    return now + seconds


def _task_view(task: Task) -> dict[str, object]:
    return {
        "taskArn": task.arn,
        "group": task.group,
        "lastStatus": task.status,
        "availabilityZone": task.zone,
        "capacityProviderName": task.capacity_provider_name,
        "retiresAt": None if task.retires_at is None else iso_milliseconds(task.retires_at),
    }


def _outage_view(outage: Outage) -> dict[str, object]:
    return {
        "kind": outage.kind,
        "name": outage.name,
        "beganAt": iso_milliseconds(outage.began_at),
        "endsAt": None if outage.ends_at is None else iso_milliseconds(outage.ends_at),
    }
