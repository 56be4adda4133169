"""From a path that a task asks for to what it is told. docs/metadata.md has the paths.

The sentences are amazon-ecs-agent's (`agent/handlers/v4/tmdsstate.go`). Another task's id is
answered like one that nobody has.
"""

import re
from dataclasses import dataclass

from hostless.compute.seam import ComputeBackend
from hostless.domain.arns import VpcId
from hostless.domain.tasks import Container
from hostless.kit.clock import Clock
from hostless.kit.clock_error import read_clock_error
from hostless.network.seam import NetworkFabric
from hostless.services.task_metadata.reading import Reader
from hostless.services.task_metadata.stats_views import stats_view
from hostless.services.task_metadata.subject import Subject, find_subject
from hostless.services.task_metadata.views import Version, container_view, tags_view, task_view
from hostless.store.store import Store

_PATH = re.compile(r"/(?P<version>v3|v4)/(?P<id>[^/]*)(?P<what>.*)", re.DOTALL)
_VERSIONS: dict[str, Version] = {"v3": "v3", "v4": "v4"}
_NO_CONTAINER = "unable to get container ID from request: unable to get docker ID from"
_NO_TASK = "unable to get task arn from request: unable to get task Arn from"
_UNKNOWN = {
    "": f"container metadata handler: {_NO_CONTAINER}",
    "/stats": f"container stats handler: {_NO_TASK}",
    "/task": f"task metadata handler: {_NO_TASK}",
    "/taskWithTags": f"task metadata handler: {_NO_TASK}",
    "/task/stats": f"task stats handler: {_NO_TASK}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """status: HTTP's. body: what JSON can say."""

    status: int
    body: object


class TaskMetadata:
    def __init__(
        self, store: Store, compute: ComputeBackend, fabric: NetworkFabric, clock: Clock
    ) -> None:
        self._store = store
        self._compute = compute
        self._clock = clock
        self._reader = Reader(compute, fabric, clock)

    async def answer(self, vpc_id: VpcId, address: str, path: str) -> Told:
        """vpc_id, address: whose question it is."""
        asked = _PATH.fullmatch(path)
        if asked is None or asked["what"] not in _UNKNOWN:
            return Told(status=404, body="404 page not found")
        version, id_, what = _VERSIONS[asked["version"]], asked["id"], asked["what"]
        subject = find_subject(self._store, vpc_id, address)
        container = None if subject is None else subject.find(id_)
        if subject is None or container is None:
            sentence = f"{version.upper()} {_UNKNOWN[what]} v3 endpoint ID: {id_}"
            return Told(status=404, body=sentence)
        match what:
            case "":
                return Told(status=200, body=container_view(subject, container, version))
            case "/stats":
                return await self._container_stats(subject, container, version)
            case "/task/stats":
                return await self._task_stats(subject, version)
            case _:
                return await self._task(subject, version, with_tags=what == "/taskWithTags")

    async def _task(self, subject: Subject, version: Version, *, with_tags: bool) -> Told:
        task = subject.task
        found = (await self._compute.stats({task.id: ()})).get(task.id)
        storage = None if found is None else found.storage
        view = task_view(subject, version, storage, read_clock_error(), self._clock.now())
        return Told(status=200, body={**view, **(tags_view(subject) if with_tags else {})})

    async def _container_stats(
        self, subject: Subject, container: Container, version: Version
    ) -> Told:
        found = (await self._stats(subject, version)).get(container.name)
        if found is None:
            id_ = subject.runtime_id(container)
            return Told(status=500, body=f"Unable to get container stats for: {id_}")
        return Told(status=200, body=found)

    async def _task_stats(self, subject: Subject, version: Version) -> Told:
        """A container that does not run has null."""
        found = await self._stats(subject, version)
        return Told(
            status=200,
            body={
                subject.runtime_id(each): found.get(each.name) for each in subject.task.containers
            },
        )

    async def _stats(self, subject: Subject, version: Version) -> dict[str, dict[str, object]]:
        readings = await self._reader.read(subject.task)
        if readings is None:
            return {}
        vcpus = max(1, self._compute.capabilities.cpu_units // 1024)
        names = [each.name for each in subject.task.containers]
        views = {name: stats_view(subject.task, name, readings, vcpus) for name in names}
        if version == "v3":
            for view in filter(None, views.values()):
                view.pop("network_rate_stats", None)
        return {name: view for name, view in views.items() if view is not None}
