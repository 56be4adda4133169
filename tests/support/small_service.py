"""A small set of operations over four services and three protocols, to test the gateway with."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.client import TEST_KEY

from hostless.domain.arns import Realm
from hostless.domain.errors import ApiError, ClusterNotFound
from hostless.domain.settings import Settings
from hostless.domain.tags import Tag
from hostless.gateway.application import Application
from hostless.gateway.keys import Keys
from hostless.kit.clock import Clock, SystemClock
from hostless.kit.ids import Ids
from hostless.services.operation import Answer, Call, Operation, ServiceApi
from hostless.store.storage import StorageFailed
from hostless.store.store import WriteConflict


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCluster:
    cluster_name: str = "default"
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeTasks:
    tasks: tuple[str, ...]
    cluster: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTask:
    task_definition: str | None = None
    count: int = 1
    launch_type: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateLogGroup:
    log_group_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeSubnets:
    subnet_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterView:
    cluster_name: str
    tags: tuple[Tag, ...]
    status: str = "ACTIVE"
    not_in_the_model: int = 1


class SmallService:
    """Remembers what it was asked for; fails in the ways that it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, Call]] = []
        self.failures: list[Exception] = []

    async def create_cluster(self, request: CreateCluster, call: Call) -> Answer:
        self.calls.append((request, call))
        if self.failures:
            raise self.failures.pop()
        return {"cluster": ClusterView(cluster_name=request.cluster_name, tags=request.tags)}

    async def describe_tasks(self, request: DescribeTasks, call: Call) -> Answer:
        raise ClusterNotFound

    async def run_task(self, request: RunTask, call: Call) -> Answer:
        self.calls.append((request, call))
        if request.task_definition is None:
            raise ApiError("TaskDefinition cannot be empty.", code="ClientException")
        return {"tasks": [], "failures": []}

    async def create_log_group(self, request: CreateLogGroup, call: Call) -> Answer:
        return None

    async def describe_subnets(self, request: DescribeSubnets, call: Call) -> Answer:
        if request.subnet_ids:
            name = request.subnet_ids[0]
            sentence = f"The subnet ID '{name}' does not exist"
            raise ApiError(sentence, code="InvalidSubnetID.NotFound")
        return {"Subnets": [{"SubnetId": "subnet-1", "AvailableIpAddressCount": 4091}]}

    async def get_caller_identity(self, request: Nothing, call: Call) -> Answer:
        return {"UserId": "x", "Account": call.realm.account_id, "Arn": call.principal_arn}

    def apis(self) -> Sequence[ServiceApi]:
        ecs: tuple[Operation[Any], ...] = (
            Operation(name="CreateCluster", request=CreateCluster, perform=self.create_cluster),
            Operation(name="DescribeTasks", request=DescribeTasks, perform=self.describe_tasks),
            Operation(
                name="RunTask",
                request=RunTask,
                perform=self.run_task,
                refused={"placementStrategy": "Fargate places tasks itself"},
                not_acted_on={"group": "shown again only"},
            ),
        )
        logs = Operation(
            name="CreateLogGroup", request=CreateLogGroup, perform=self.create_log_group
        )
        ec2 = Operation(
            name="DescribeSubnets", request=DescribeSubnets, perform=self.describe_subnets
        )
        sts = Operation(name="GetCallerIdentity", request=Nothing, perform=self.get_caller_identity)
        return (
            ServiceApi(name="ecs", validation_style="InvalidParameterException", operations=ecs),
            ServiceApi(name="logs", validation_style="ValidationException", operations=(logs,)),
            ServiceApi(name="ec2", validation_style="EC2", operations=(ec2,)),
            ServiceApi(name="sts", validation_style="ValidationException", operations=(sts,)),
        )


def small_application(
    service: SmallService, *, clock: Clock | None = None, accepts_any_key: bool = False
) -> Application:
    """The gateway over a SmallService; the admin key is TEST_KEY."""

    async def no_websocket(*_: Any) -> None:
        raise AssertionError("no websocket expected")

    settings = Settings(state_dir="/nowhere", accepts_any_key=accepts_any_key)
    return Application(
        service.apis(),
        Keys(TEST_KEY, Realm()),
        clock or SystemClock(),
        Ids(random.Random(1)),
        settings,
        no_websocket,
    )


CONFLICT = WriteConflict("somebody else")
STORE_FAILURE = StorageFailed("disk full")
