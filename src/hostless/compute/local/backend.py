"""The compute backend of this machine: conmon and an OCI runtime per container, no daemon.

Knows the order of things; how each is done is in the modules beside it. Nothing outside the root
folder is touched but control groups under `hostless/`.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from weakref import WeakValueDictionary

from hostless.compute.images.image import Image
from hostless.compute.local.execution import ExecOrder, start_exec
from hostless.compute.local.failures import resource_reason
from hostless.compute.local.folders import Folders
from hostless.compute.local.forerunning import begin_in_order
from hostless.compute.local.lane import Lane
from hostless.compute.local.lanes import NoSuchLevel
from hostless.compute.local.metering import Meter
from hostless.compute.local.monitor import hold_writer
from hostless.compute.local.pulling import Images, Pulling
from hostless.compute.local.records import (
    find_record,
    is_lost,
    task_ids_in,
)
from hostless.compute.local.runtimes import RuntimeFailed
from hostless.compute.local.site import (
    Site,
    machine_architecture,
    machine_cpu_units,
    machine_memory_mib,
    open_site,
)
from hostless.compute.local.stopping import Stopper
from hostless.compute.local.watch import TaskWatch
from hostless.compute.order import is_allowed
from hostless.compute.seam import (
    Capabilities,
    ExecFailed,
    ExecProcess,
    PulledImage,
    StartFailed,
    TaskObservation,
    TaskSpec,
)
from hostless.compute.stats import TaskStats
from hostless.domain.arns import TaskId
from hostless.domain.isolation import IsolationChoice
from hostless.domain.network import NetworkPlace
from hostless.kit.clock import Clock, Timestamp


class LocalBackend:
    """isolation: what tasks get that choose none; what works here is seen in `capabilities`."""

    def __init__(
        self,
        root: Path,
        engine_id: str,
        images: Images,
        clock: Clock,
        isolation: IsolationChoice = "container",
    ) -> None:
        self._root = root
        self._engine_id = engine_id
        self._pulling = Pulling(images, clock)
        self._clock = clock
        self._isolation = isolation
        self._watch = TaskWatch()
        self._locks: WeakValueDictionary[TaskId, asyncio.Lock] = WeakValueDictionary()
        self._pulled: dict[TaskId, dict[str, Image]] = {}
        self._site: Site | None = None

    @property
    def _open_site(self) -> Site:
        assert self._site is not None, "open() comes first"
        return self._site

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            isolation_levels=self._open_site.lanes.working,
            cpu_units=machine_cpu_units(),
            memory_mib=machine_memory_mib(),
            cpu_architectures=(machine_architecture(),),
        )

    async def pull(self, task: TaskSpec) -> Mapping[str, PulledImage]:
        images = await self._pulling.pull(self._open_site.folders, task)
        self._pulled[task.id] = images
        return {name: PulledImage(digest=image.digest) for name, image in images.items()}

    async def start(
        self,
        task: TaskSpec,
        place: NetworkPlace,
        connected: Awaitable[object] | None = None,
        may_run: frozenset[str] | None = None,
    ) -> None:
        site = self._open_site
        lane = await _need_lane(site, task)
        async with self._lock(task.id):
            if is_lost(site.folders, task.id):
                return  # as can be observed; nothing is made anew
            images = self._pulled.pop(task.id, None) or self._pulling.find(site.folders, task)
            if images is None:
                images = await self._pulling.pull(site.folders, task)
            try:
                joins_early = lane.runtime.joins_unconnected and not _sets_network(task)
                if connected is not None and not joins_early:
                    await connected
                due = await site.workers.start(lane.starter.create, task, images, place)
                if connected is not None and joins_early:
                    await connected
                allowed = [order for order in due if is_allowed(order.spec, may_run)]
                await begin_in_order(site.workers, site.folders, lane, allowed)
            finally:
                self._follow(task, lane, [spec.name for spec in task.containers])

    async def restart(
        self, task: TaskSpec, place: NetworkPlace, container: str, restarts: int
    ) -> None:
        site = self._open_site
        lane = await _need_lane(site, task)
        async with self._lock(task.id):
            if is_lost(site.folders, task.id):
                return
            images = self._pulling.find(site.folders, task)
            if images is None:
                images = await self._pulling.pull(site.folders, task)
            work = (task, images, place, container, restarts)
            try:
                await site.workers.start(lane.starter.restart, *work)
            finally:
                self._follow(task, lane, [container])

    async def stop(self, task: TaskSpec, since: Timestamp) -> None:
        record = find_record(self._open_site.folders.record(task.id))
        stopper = Stopper(
            self._open_site.folders, self._open_site.workers, self._watch, self._clock
        )
        async with self._lock(task.id):
            await stopper.stop(task, record, self._lane_of(task.id), since)

    async def remove(self, task_id: TaskId) -> None:
        site = self._open_site
        self._pulled.pop(task_id, None)
        site.left_behind.forget(task_id)
        async with self._lock(task_id):
            await site.workers.run(self._lane_of(task_id).sweeper.remove, task_id)

    async def observe(self, task_id: TaskId) -> TaskObservation:
        site = self._open_site
        record = find_record(site.folders.record(task_id))
        if record is None:
            return TaskObservation(containers={}, is_lost=is_lost(site.folders, task_id))
        observer = self._lane_of(task_id).observer
        found = {
            c.spec.name: observer.observe_one(task_id, site.folders.container(task_id, c.spec.name))
            for c in record.containers
        }
        return TaskObservation(containers=found)

    async def task_ids(self) -> frozenset[TaskId]:
        site = self._open_site
        folders = site.folders
        found = task_ids_in(folders.tasks) | task_ids_in(folders.bundles)
        return found | site.groups.task_ids()

    def on_change(self, hint: Callable[[TaskId], None]) -> None:
        self._watch.on_change(hint)

    def log_file(self, task_id: TaskId, container: str) -> Path | None:
        return Folders(root=self._root.resolve()).container(task_id, container).log

    async def exec(
        self,
        task_id: TaskId,
        container: str,
        command: tuple[str, ...],
        *,
        has_terminal: bool,
        is_health_check: bool = False,
    ) -> ExecProcess:
        site = self._open_site
        lane = self._lane_of(task_id)
        folder = site.folders.container(task_id, container)
        if lane.observer.observe_one(task_id, folder).state != "running":
            raise ExecFailed(f"container {container} is not running")
        try:
            client = lane.runtime.exec_client(folder.runtime_id)
        except RuntimeFailed as error:
            raise ExecFailed(str(error)) from error
        order = ExecOrder(
            client=client,
            killer=functools.partial(lane.runtime.killer, folder.runtime_id),
            container=folder.runtime_id,
            command=command,
            has_terminal=has_terminal,
            is_session=not is_health_check,
        )
        return await start_exec(site.folders.execs, order)

    async def stats(
        self, tasks: Mapping[TaskId, Sequence[str]], *, is_thorough: bool = False
    ) -> Mapping[TaskId, TaskStats]:
        site = self._open_site
        runtimes = {id_: self._lane_of(id_).runtime for id_ in tasks} if is_thorough else {}
        meter = Meter(site.folders, site.groups, self._clock)
        return await site.workers.run(meter.read, tasks, runtimes)

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._site = await loop.run_in_executor(
            None, open_site, self._root, self._engine_id, self._clock, self._isolation
        )
        self._watch.open(self._site.folders.exits)
        self._watch.on_change(self._site.left_behind.end)
        for task_id in await self.task_ids():
            record = find_record(self._site.folders.record(task_id))
            if record is not None:
                names = [container.spec.name for container in record.containers]
                self._follow(record.task, self._lane_of(task_id), names)
                for name in names:  # an engine that was killed may have held them
                    hold_writer(self._root, task_id, name, is_held=False)
                self._site.left_behind.end(task_id)

    async def close(self) -> None:
        if self._site is not None:
            self._watch.close()
            self._site.close()
            self._site = None

    async def purge(self) -> None:
        site = self._open_site
        for task_id in await self.task_ids():
            await self.remove(task_id)
        self._watch.close()
        await asyncio.get_running_loop().run_in_executor(None, site.purge)

    def _follow(self, task: TaskSpec, lane: Lane, names: Sequence[str]) -> None:
        """Hear of the end of the task's processes. names: of its containers."""
        self._open_site.left_behind.note(task, names)
        for name in names:
            folder = self._open_site.folders.container(task.id, name)
            process = lane.observer.process_of(folder)
            if process is not None:
                self._watch.follow(task.id, process)
        self._open_site.left_behind.end(task.id)  # of those that have ended already

    def _lane_of(self, task_id: TaskId) -> Lane:
        """By the task's record; a task without one has nothing that runtimes could tell apart."""
        record = find_record(self._open_site.folders.record(task_id))
        return self._open_site.lanes.of(record.task.isolation if record else "container")

    def _lock(self, task_id: TaskId) -> asyncio.Lock:
        return self._locks.setdefault(task_id, asyncio.Lock())


async def _need_lane(site: Site, task: TaskSpec) -> Lane:
    """Where it is to be started. Raises StartFailed."""
    if task.isolation in site.lanes.working:
        return site.lanes.of(task.isolation)
    try:
        return await site.workers.run(site.lanes.need, task.isolation)
    except NoSuchLevel as error:
        raise StartFailed(resource_reason(str(error))) from error


def _sets_network(task: TaskSpec) -> bool:
    """What is set of a link can be set once the link is there."""
    names = (name for spec in task.containers for name, _ in spec.system_controls)
    return any(name.startswith("net.") for name in names)
