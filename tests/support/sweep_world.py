"""Every service in one world with one of everything in it, asked in process and put back.

What the sweep over AWS's models (tests/properties/test_model_sweep.py) asks its questions of.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import botocore.parsers
import orjson
from botocore.model import OperationModel
from tests.support.api_world import AWSLOGS, ROLE, World, fargate, network
from tests.support.botocore_requests import wire_request
from tests.support.sweep_acm import usual_acm
from tests.support.sweep_discovery import discovery_furniture, usual_discovery
from tests.support.sweep_efs import efs_furniture, let_available, usual_efs
from tests.support.sweep_elbv2 import elbv2_furniture, usual_elbv2
from tests.support.sweep_express import (
    express_furniture,
    gateway_furniture,
    usual_express,
    usual_gateways,
)
from tests.support.sweep_network import network_furniture, usual_network
from tests.support.sweep_routes import routes_furniture, usual_routes
from tests.support.sweep_vpcs import usual_vpcs, vpc_furniture
from tests.support.world_application import application_of

from hostless.domain.settings import Settings
from hostless.kit.naming import snake_case
from hostless.protocols.catalogue import ServiceDescription
from hostless.protocols.messages import WireRequest, WireResponse
from hostless.services.ecs.exec_sessions import ExecSessions
from hostless.services.ecs.execute_command import ExecuteCommand
from hostless.services.logs.operations import logs_api
from hostless.store.kinds import ALL_KINDS, TASKS
from hostless.telemetry.events.store import EventStore

Tables = dict[str, dict[str, object]]
"""By kind and key, every record."""
_INSIGHTS = {"name": "containerInsights", "value": "enabled"}
_ALIASES = {
    "resource": ("*",),
    "rule": ("listener_rule",),
    "provider": ("capacity_provider",),
    "log_stream_name_prefix": ("log_stream",),
}
_WORDS: Mapping[str, Sequence[str]] = {
    "capacity_provider": ("FARGATE", "FARGATE_SPOT", "none"),
    "family": ("web",),
    "family_prefix": ("web",),
    "container": ("app",),
    "container_name": ("app",),
    "image": ("busybox:1",),
    "cpu": ("256", "1024"),
    "memory": ("512", "2048"),
    "network_mode": ("awsvpc", "host"),
    "requires_compatibilities": ("FARGATE", "EC2"),
    "execution_role": (ROLE,),
    "task_role": (ROLE,),
    "platform_version": ("LATEST", "1.4.0", "1.2.0"),
    "include": ("TAGS",),
    "group": ("service:api", "family:web"),
    "command": ("ls",),
    "status": ("ACTIVE", "RUNNING"),
    "instance": ("0123456789abcdef0123456789abcdef",),
    "container_instance": ("0123456789abcdef0123456789abcdef",),
}
"""Words that mean something to an operation, by member name without its ending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """code: of the error; empty when the request was granted."""

    status: int
    code: str
    members: Mapping[str, Any]


class SweepWorld:
    """Made on the event loop's thread; `furnish` before the first question."""

    def __init__(self, folder: Path) -> None:
        self.world = World(settings=Settings(state_dir="/nowhere", accepts_any_key=True))
        self.events = EventStore(folder, self.world.clock)
        self.world.apis.setdefault("logs", logs_api(self.world.store, self.events))
        self._add_exec()
        self.application = application_of(self.world)
        self.descriptions = {name: ServiceDescription(name) for name in self.world.apis}
        self._furnished: Tables = {}

    def _add_exec(self) -> None:
        api = self.world.apis["ecs"]
        if any(operation.name == "ExecuteCommand" for operation in api.operations):
            return
        sessions = ExecSessions(self.world.clock, self.world.ids)
        command = ExecuteCommand(self.world.store, sessions, "ws://nowhere")
        self.world.apis["ecs"] = replace(api, operations=(*api.operations, command.operation()))

    def operations(self) -> list[tuple[str, OperationModel]]:
        """Everything that is served, by service."""
        return [
            (api.name, self.descriptions[api.name].model.operation_model(operation.name))
            for api in self.world.apis.values()
            for operation in api.operations
        ]

    def always_refused(self) -> set[str]:
        """Operations of which the tables say so."""
        apis = self.world.apis.values()
        return {each.name for api in apis for each in api.operations if each.always_refused}

    def protocol_of(self, service: str) -> str:
        """The one that botocore speaks with the service."""
        return str(self.descriptions[service].model.resolved_protocol)

    def usual(self, service: str, operation: str) -> dict[str, Any]:
        """Members of a right request that are not required and yet needed here."""
        usual = {
            "ecs": self._usual_ecs,
            "logs": _usual_logs,
            "ec2": self._usual_ec2,
            "servicediscovery": lambda: usual_discovery(self.world),
            "elbv2": lambda: usual_elbv2(self.world),
            "acm": lambda: usual_acm(self.world),
            "efs": lambda: usual_efs(self.world),
        }
        return usual.get(service, dict)().get(operation, {})

    def _usual_ecs(self) -> dict[str, dict[str, Any]]:
        runs = {"taskDefinition": "web", "launchType": "FARGATE", **network(self.world)}
        logging = {"logDriver": "awslogs", "options": AWSLOGS}
        container = {"name": "app", "image": "busybox:1", "logConfiguration": logging}
        return {
            "RegisterTaskDefinition": fargate(
                containerDefinitions=[container],
                executionRoleArn=ROLE,
                taskRoleArn=ROLE,
                tags=[{"key": "a", "value": "b"}],
            ),
            "RunTask": {**runs, "enableExecuteCommand": True},
            "CreateService": {**runs, "serviceName": "new", "desiredCount": 1},
            **usual_express(self.world),
            **usual_gateways(self.world),
            "PutAccountSetting": {"name": "containerInsights", "value": "enabled"},
            "PutAccountSettingDefault": {"name": "containerInsights", "value": "enabled"},
            "ExecuteCommand": {"interactive": True},
            "UpdateClusterSettings": {"settings": [_INSIGHTS]},
            "DeleteCluster": {"cluster": "other"},
            "TagResource": {"tags": [{"key": "a", "value": "b"}]},
        }

    def _usual_ec2(self) -> dict[str, dict[str, Any]]:
        """About one group that has rules, and another that nothing depends on."""
        group = self.world.network.parts.security_group.id
        permission = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 9}
        there = {**permission, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
        new = {**permission, "IpRanges": [{"CidrIp": "10.9.0.0/16"}]}
        adding = {"GroupId": group, "IpPermissions": [new]}
        existing = {"GroupId": group, "IpPermissions": [there]}
        rule = {"IpProtocol": "-1", "CidrIpv4": "10.1.0.0/16"}
        own = next(each.id for each in self.world.network.parts.rules if each.is_egress)
        update = {"SecurityGroupRuleId": own, "SecurityGroupRule": rule}
        return {
            "CreateTags": {"Resources": [group], "Tags": [{"Key": "a", "Value": "b"}]},
            "DeleteTags": {"Resources": [group], "Tags": [{"Key": "a", "Value": "b"}]},
            "ModifySecurityGroupRules": {"GroupId": group, "SecurityGroupRules": [update]},
            "UpdateSecurityGroupRuleDescriptionsIngress": existing,
            "UpdateSecurityGroupRuleDescriptionsEgress": existing,
            "CreateSecurityGroup": {"GroupName": "new", "Description": "new"},
            "DeleteSecurityGroup": {"GroupName": "web"},
            "AuthorizeSecurityGroupIngress": adding,
            "AuthorizeSecurityGroupEgress": adding,
            "RevokeSecurityGroupIngress": existing,
            "RevokeSecurityGroupEgress": existing,
            **usual_network(self.world),
            **usual_vpcs(self.world),
            **usual_routes(self.world),
        }

    async def furnish(self) -> None:
        """One of everything that can be made here."""
        await self.world.open()
        definition = self.usual("ecs", "RegisterTaskDefinition")
        ec2 = self._usual_ec2()
        service_members = {**self.usual("ecs", "CreateService"), "serviceName": "api"}
        for service, name, members in (
            ("ecs", "CreateCluster", {"capacityProviders": ["FARGATE", "FARGATE_SPOT"]}),
            ("ecs", "CreateCluster", {"clusterName": "other"}),
            ("ecs", "RegisterTaskDefinition", definition),
            ("ecs", "RegisterTaskDefinition", definition),
            ("ecs", "CreateService", service_members),
            ("ecs", "RunTask", {"count": 2, **self.usual("ecs", "RunTask")}),
            ("ec2", "CreateSecurityGroup", {"GroupName": "web", "Description": "web"}),
            ("ec2", "AuthorizeSecurityGroupIngress", ec2["RevokeSecurityGroupIngress"]),
            ("ec2", "AuthorizeSecurityGroupEgress", ec2["RevokeSecurityGroupEgress"]),
            *(("ec2", name, members) for name, members in network_furniture(self.world)),
            ("acm", "RequestCertificate", usual_acm(self.world)["RequestCertificate"]),
            ("logs", "CreateLogGroup", {"logGroupName": "/test", "tags": {"a": "b"}}),
            ("logs", "CreateLogStream", {"logGroupName": "/test", "logStreamName": "one"}),
        ):
            served = (operation.name for operation in self.world.apis[service].operations)
            if name not in served:
                continue
            await self._make(service, name, members)
        for furniture in (vpc_furniture, routes_furniture):
            for name, members in furniture(self.world):
                await self._make("ec2", name, members)
        if "servicediscovery" in self.world.apis:
            await self._furnish_discovery()
        await self._furnish_efs()
        if "elbv2" in self.world.apis:
            for name, members in elbv2_furniture(self.world):
                await self._make("elbv2", name, members)
            made = express_furniture(self.world)
            await self._make("ecs", "CreateExpressGatewayService", made)
            for name, members in gateway_furniture(self.world):
                await self._make("ecs", name, members)
        for task in list(self.world.store.all(TASKS)):
            running = tuple(replace(each, status="RUNNING") for each in task.containers)
            await self.world.set_task(
                task.arn, status="RUNNING", zone="us-east-1a", containers=running
            )
        self._furnished = self.tables()

    async def _furnish_discovery(self) -> None:
        """A private namespace with one service and one instance of it."""
        made = 0
        while (step := discovery_furniture(self.world, made)) is not None:
            await self._make("servicediscovery", *step)
            made += 1

    async def _furnish_efs(self) -> None:
        if "efs" in self.world.apis:
            await self._make("efs", "CreateFileSystem", {"CreationToken": "one"})
            await let_available(self.world)
            for name, members in efs_furniture(self.world):
                await self._make("efs", name, members)

    async def _make(self, service: str, name: str, members: dict[str, Any]) -> None:
        operation = self.descriptions[service].model.operation_model(name)
        answered = await self.ask(service, operation, members)
        assert answered.code == "", (name, answered)

    async def ask(
        self, service: str, model: OperationModel, members: dict[str, Any], *, is_raw: bool = False
    ) -> Answered:
        """Send it as botocore would (raw: as JSON, whatever its types) and read the answer."""
        protocol = self.protocol_of(service)
        request = wire_request(model, protocol, {} if is_raw else members)
        if is_raw:
            request = replace(
                request, body=orjson.dumps(members, _plain, orjson.OPT_PASSTHROUGH_DATETIME)
            )
        signed = _addressed(request, self.descriptions[service].signing_name)
        response = await self.application.answer(signed)
        return _answered(response, protocol, model)

    def tables(self) -> Tables:
        store = self.world.store
        return {kind.name: {kind.key(r): r for r in store.all(kind)} for kind in ALL_KINDS}

    async def put_back(self) -> None:
        """Everything as it was furnished."""
        transaction = self.world.store.transaction("put back")
        now = self.tables()
        for kind in ALL_KINDS:
            before, after = self._furnished[kind.name], now[kind.name]
            for key in after.keys() - before.keys():
                transaction.delete(kind, key)
            for key, record in before.items():
                if after.get(key) is not record:
                    transaction.put(kind, record)
        await transaction.commit()
        self._furnished = self.tables()

    def known(self, member: str) -> list[str]:
        """Names of what there is that a member of this name may mean."""
        name = _stem(snake_case(member))
        kinds = (name, *_ALIASES.get(name, ()))
        found = [
            str(value)
            for kind, records in self._furnished.items()
            if kind in kinds or "*" in kinds or name in (f"{kind}_name", f"default_{kind}")
            for record in records.values()
            for attribute in ("arn", "name", "id")
            if (value := getattr(record, attribute, None))
        ]
        return [*_WORDS.get(name, ()), *dict.fromkeys(found)][:12]

    def close(self) -> None:
        self.events.close()


def _usual_logs() -> dict[str, dict[str, Any]]:
    arn = {"resourceArn": "arn:aws:logs:us-east-1:000000000000:log-group:/test"}
    reading = ("DescribeLogStreams", "GetLogEvents", "FilterLogEvents")
    tagging = ("TagResource", "UntagResource", "ListTagsForResource")
    return {
        "CreateLogGroup": {"logGroupName": "/new"},
        "CreateLogStream": {"logStreamName": "new"},
        **{name: {"logGroupName": "/test"} for name in reading},
        **dict.fromkeys(tagging, arn),
    }


def _stem(name: str) -> str:
    """`cluster_arn`, `clusters` and `cluster` are all about clusters."""
    for ending in ("_arns", "_ids", "_names", "_arn", "_name", "_id", "_identifier"):
        name = name.removesuffix(ending)
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _addressed(request: WireRequest, signing_name: str) -> WireRequest:
    """With the scope of a signature, which names the service in the query protocols."""
    scope = f"x/20260101/us-east-1/{signing_name}/aws4_request"
    text = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    signed = {"authorization": text, "x-amz-date": "20260101T000000Z"}
    return replace(request, headers={**request.headers, **signed})


def _answered(response: WireResponse, protocol: str, model: OperationModel) -> Answered:
    """The answer as botocore reads it."""
    parser = botocore.parsers.create_parser(protocol)
    read: Callable[..., Any] = parser.parse
    members = read(
        {
            "status_code": response.status,
            "headers": {name.title(): value for name, value in response.headers},
            "body": response.body,
        },
        model.output_shape,
    )
    code = str(members.get("Error", {}).get("Code", "")) if response.status >= 300 else ""
    if response.status >= 300 and not code:
        code = "(none)"
    return Answered(status=response.status, code=code, members=members)


def _plain(value: object) -> object:
    """What JSON has no form for."""
    if isinstance(value, bytes):
        return "YWJj"
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(type(value).__name__)
