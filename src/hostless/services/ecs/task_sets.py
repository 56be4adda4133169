"""Task sets: parts of services whose deployments something outside controls, which none here is.

A service of the ECS deployment controller has no task sets and gets none.
"""

from dataclasses import dataclass
from typing import Any

from hostless.domain.arns import Realm
from hostless.domain.errors import ApiError
from hostless.domain.services import Service
from hostless.services.ecs.errors import ServiceNotActive, UnsupportedFeature
from hostless.services.ecs.listing import check_include
from hostless.services.ecs.references import need_cluster, need_service
from hostless.services.ecs.views import failure_view
from hostless.services.operation import Answer, Call, Operation
from hostless.store.store import Store

_WHY = "task sets belong to the EXTERNAL deployment controller, which is not here yet"


class TaskSetNotFound(ApiError):
    code = "TaskSetNotFoundException"

    def __init__(self) -> None:
        super().__init__("The specified task set wasn't found.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTaskSet:
    """What the set would be made of is not looked at."""

    cluster: str
    service: str
    task_definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTaskSet:
    """UpdateTaskSet, DeleteTaskSet and UpdateServicePrimaryTaskSet name a set of a service."""

    cluster: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeTaskSets:
    cluster: str
    service: str
    task_sets: tuple[str, ...] = ()
    include: tuple[str, ...] = ()


class TaskSets:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def create(self, request: CreateTaskSet, call: Call) -> Answer:
        self._need_service(request.cluster, request.service, call.realm)
        raise UnsupportedFeature(
            "Task sets are for services with the EXTERNAL deployment controller, "
            "which is not supported here yet. Change the service with UpdateService."
        )

    async def change(self, request: ChangeTaskSet, call: Call) -> Answer:
        self._need_service(request.cluster, request.service, call.realm)
        raise TaskSetNotFound

    async def describe(self, request: DescribeTaskSets, call: Call) -> Answer:
        check_include(request.include, ("TAGS",))
        service = self._need_service(request.cluster, request.service, call.realm)
        path = service.arn.partition(":service/")[2]
        arns = [
            name if name.startswith("arn:") else call.realm.arn("ecs", f"task-set/{path}/{name}")
            for name in dict.fromkeys(request.task_sets)
        ]
        return {"taskSets": [], "failures": [failure_view(arn, "MISSING") for arn in arns]}

    def _need_service(self, cluster: str, reference: str, realm: Realm) -> Service:
        """Raises ClusterNotFound, InvalidParameter, ServiceNotFound, ServiceNotActive."""
        found = need_cluster(self._store, cluster, realm)
        service = need_service(self._store, reference, found.name, realm)
        if service.status != "ACTIVE":
            raise ServiceNotActive
        return service


def task_set_operations(store: Store) -> tuple[Operation[Any], ...]:
    noun = TaskSets(store)
    return (
        Operation(
            name="CreateTaskSet", request=CreateTaskSet, perform=noun.create, always_refused=_WHY
        ),
        Operation(
            name="UpdateTaskSet", request=ChangeTaskSet, perform=noun.change, always_refused=_WHY
        ),
        Operation(
            name="DeleteTaskSet", request=ChangeTaskSet, perform=noun.change, always_refused=_WHY
        ),
        Operation(
            name="UpdateServicePrimaryTaskSet",
            request=ChangeTaskSet,
            perform=noun.change,
            always_refused=_WHY,
        ),
        Operation(name="DescribeTaskSets", request=DescribeTaskSets, perform=noun.describe),
    )
