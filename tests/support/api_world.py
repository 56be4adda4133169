"""The services over an empty store, without gateway and controllers: what API tests start from."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
from botocore.exceptions import ClientError
from tests.support.client import TEST_KEY

from hostless.compute.seam import Capabilities
from hostless.domain.arns import Realm
from hostless.domain.default_vpc import DefaultVpc, default_vpc
from hostless.domain.gateways import AddressPool
from hostless.domain.settings import Settings
from hostless.domain.tasks import Task
from hostless.gateway.application import Application
from hostless.gateway.keys import Keys
from hostless.kit.clock import SystemClock
from hostless.kit.ids import Ids
from hostless.services.acm.managed import ManagedCertificates
from hostless.services.acm.operations import acm_api
from hostless.services.ec2.operations import ec2_api
from hostless.services.ecs.operations import ecs_api
from hostless.services.efs.operations import efs_api
from hostless.services.elbv2.operations import elbv2_api
from hostless.services.operation import Call, Operation, ServiceApi
from hostless.services.servicediscovery.operations import service_discovery_api
from hostless.services.sts.operations import sts_api
from hostless.store.kinds import ADDRESS_POOLS, TASKS
from hostless.store.new_networks import default_vpc_records
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store
from hostless.telemetry.buckets import Buckets

EPOCH = 1_700_000_000.0
ROOT = "arn:aws:iam::000000000000:root"
ROLE = "arn:aws:iam::000000000000:role/some-role"
AWSLOGS = {
    "awslogs-group": "/test",
    "awslogs-region": "us-east-1",
    "awslogs-stream-prefix": "t",
}


@dataclass
class HandClock:
    """Shows the time that the test sets."""

    time: float = EPOCH

    def now(self) -> float:
        return self.time


@dataclass
class World:
    """settings and capabilities: as the services get them. Made on the event loop's thread."""

    settings: Settings = field(default_factory=lambda: Settings(state_dir="/nowhere"))
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(
            isolation_levels=("simulated",), cpu_units=64 * 1024, memory_mib=256 * 1024
        )
    )
    clock: HandClock = field(default_factory=HandClock)
    principal: str = ROOT

    def __post_init__(self) -> None:
        self.realm = Realm()
        self.ids = Ids(random.Random(7))
        self.store = Store(MemoryStorage(), self.clock)
        self.network: DefaultVpc = default_vpc(self.realm, "172.31.0.0/16", self.ids)
        self.apis: dict[str, ServiceApi] = {
            api.name: api
            for api in (
                ecs_api(
                    self.store,
                    self.ids,
                    self.settings,
                    self.capabilities,
                    ManagedCertificates(self.ids).put,
                ),
                ec2_api(self.store, self.ids, self.settings),
                service_discovery_api(self.store, self.ids),
                elbv2_api(
                    self.store,
                    self.ids,
                    self.settings.api_limits.quotas,
                    Buckets(Path(self.settings.buckets)),
                ),
                acm_api(self.store, self.ids),
                efs_api(self.store, self.ids),
                sts_api(),
            )
        }

    async def open(self) -> "World":
        """Write the default VPC, as the engine does at its first start."""
        transaction = self.store.transaction("first start")
        transaction.put(ADDRESS_POOLS, AddressPool(cidr_block="198.18.0.0/21"))
        for kind, record in default_vpc_records(self.network):
            transaction.put(kind, record)
        await transaction.commit()
        return self

    def application(self) -> Application:
        """The gateway over these services; its clock is the machine's, for the signatures."""

        async def no_websocket(*_: Any) -> None:
            raise AssertionError("no websocket expected")

        apis = tuple(self.apis.values())
        keys = Keys(TEST_KEY, self.realm)
        return Application(apis, keys, SystemClock(), self.ids, self.settings, no_websocket)

    def operation(self, service: str, name: str) -> Operation[Any]:
        return next(o for o in self.apis[service].operations if o.name == name)

    async def call(self, operation: str, service: str = "ecs", **members: Any) -> Any:
        """Perform an operation; members in snake case. The answer is as the operation gives it."""
        return await self.perform(service, operation, members)

    async def perform(self, service: str, operation: str, members: Mapping[str, Any]) -> Any:
        found = self.operation(service, operation)
        circumstances = Call(
            realm=self.realm,
            principal_arn=self.principal,
            request_id="request",
            now=self.clock.now(),
        )
        request = msgspec.convert(members, type=found.request)
        return await found.perform(request, circumstances)

    def network_configuration(self) -> dict[str, Any]:
        subnets = [subnet.id for subnet in self.network.subnets]
        return {"awsvpc_configuration": {"subnets": subnets}}

    async def set_task(self, arn: str, **changes: Any) -> Task:
        """What the task controller would have done."""
        task = await self.store.update(TASKS, arn, lambda t: replace(t, **changes), "test")
        assert task is not None
        return task


def fargate_definition(**changes: Any) -> dict[str, Any]:
    """Members of RegisterTaskDefinition for one container, in snake case."""
    members: dict[str, Any] = {
        "family": "web",
        "requires_compatibilities": ["FARGATE"],
        "network_mode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "container_definitions": [{"name": "app", "image": "busybox:1"}],
    }
    return {**members, **changes}


def fargate(**changes: Any) -> dict[str, Any]:
    """Members of RegisterTaskDefinition for one container, by AWS's names."""
    members: dict[str, Any] = {
        "family": "web",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{"name": "app", "image": "busybox:1"}],
    }
    return {**members, **changes}


def network(world: World, **changes: Any) -> dict[str, Any]:
    """RunTask's network configuration over all subnets of the default VPC."""
    subnets = [subnet.id for subnet in world.network.subnets]
    return {"networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets, **changes}}}


def service_members(world: World, **changes: Any) -> dict[str, Any]:
    """CreateService's members for two tasks of `web` on all subnets, by AWS's names."""
    members: dict[str, Any] = {
        "serviceName": "web",
        "taskDefinition": "web",
        "desiredCount": 2,
        "launchType": "FARGATE",
        **network(world),
    }
    return {**members, **changes}


def without_none(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What the gateway would show of a view."""
    return {name: value for name, value in answer.items() if value is not None}


def refusal(call: Callable[..., object], **members: Any) -> tuple[str, str]:
    """Code and message of the error that a client's call ends in."""
    try:
        answer = call(**members)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError(f"not refused: {answer}")
