"""The task definitions of Express services: made from what the caller says, or the caller's own.

Sentences are AWS's own, except where a comment says "our words".
"""

from dataclasses import replace

from hostless.domain.container_definitions import (
    ContainerDefinition,
    LogConfiguration,
    PortMapping,
)
from hostless.domain.errors import InvalidParameter
from hostless.domain.express_services import (
    DEFAULT_CPU,
    DEFAULT_MEMORY,
    DEFAULT_PORT,
    MAIN,
    own_definition_refusal,
    port_refusal,
)
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.volumes import RuntimePlatform
from hostless.kit.either import either
from hostless.services.ecs.references import need_active_definition
from hostless.services.ecs.requests_express import GivenContainer, GivenExpress, GivenLogs
from hostless.services.ecs.requests_task_definitions import RegisterTaskDefinition
from hostless.services.operation import Call
from hostless.store.store import Store

STREAM_PREFIX = "ecs"
_LONGEST_FAMILY = 255
_NOT_BOTH = (
    ("primary_container", "primaryContainer"),
    ("execution_role_arn", "executionRoleArn"),
    ("task_role_arn", "taskRoleArn"),
    ("cpu", "cpu"),
    ("memory", "memory"),
    ("cpu_architecture", "cpuArchitecture"),
)


def own_definition(store: Store, request: GivenExpress, call: Call) -> TaskDefinition | None:
    """The caller's, when he names one. Raises InvalidParameter, ClientError."""
    if not request.task_definition_arn:
        return None
    for name, said in _NOT_BOTH:
        if getattr(request, name) is not None:
            raise InvalidParameter(  # our words
                f"You can't specify {said} together with taskDefinitionArn."
            )
    definition = need_active_definition(store, request.task_definition_arn, call.realm)
    refusal = own_definition_refusal(definition)
    if refusal is not None:
        raise InvalidParameter(refusal)
    return definition


def family_of(cluster_name: str, service_name: str) -> str:
    return f"{cluster_name}-{service_name}"[:_LONGEST_FAMILY]


def first_definition(
    request: GivenExpress, family: str, log_group: str, architecture: str, region: str
) -> RegisterTaskDefinition:
    """For a new service. Raises InvalidParameter."""
    if request.primary_container is None:
        raise InvalidParameter(  # our words
            "You must specify primaryContainer or taskDefinitionArn."
        )
    if not request.execution_role_arn:
        raise InvalidParameter(  # our words
            "You must specify executionRoleArn when you don't specify taskDefinitionArn."
        )
    logs = GivenLogs(log_group=log_group, log_stream_prefix=STREAM_PREFIX)
    blank = ContainerDefinition(name=MAIN, essential=True, log_configuration=_logging(logs, region))
    asked = replace(
        request.primary_container,
        container_port=either(request.primary_container.container_port, DEFAULT_PORT),
    )
    return RegisterTaskDefinition(
        family=family,
        container_definitions=(_container(blank, asked, region),),
        task_role_arn=request.task_role_arn,
        execution_role_arn=request.execution_role_arn,
        network_mode="awsvpc",
        requires_compatibilities=("FARGATE",),
        cpu=request.cpu or DEFAULT_CPU,
        memory=request.memory or DEFAULT_MEMORY,
        runtime_platform=RuntimePlatform(
            cpu_architecture=request.cpu_architecture or architecture,
            operating_system_family="LINUX",
        ),
    )


def next_definition(
    request: GivenExpress, before: TaskDefinition, family: str, region: str
) -> RegisterTaskDefinition:
    """What is not named stays, in the container too. Raises InvalidParameter."""
    containers = before.container_definitions
    if request.primary_container is not None:
        containers = tuple(
            _container(each, request.primary_container, region) if each.name == MAIN else each
            for each in containers
        )
    platform = before.runtime_platform
    if request.cpu_architecture is not None:
        platform = RuntimePlatform(
            cpu_architecture=request.cpu_architecture, operating_system_family="LINUX"
        )
    return RegisterTaskDefinition(
        family=family,
        container_definitions=containers,
        task_role_arn=either(request.task_role_arn, before.task_role_arn),
        execution_role_arn=either(request.execution_role_arn, before.execution_role_arn),
        network_mode=before.network_mode,
        volumes=before.volumes,
        requires_compatibilities=before.requires_compatibilities,
        cpu=either(request.cpu, before.cpu),
        memory=either(request.memory, before.memory),
        pid_mode=before.pid_mode,
        proxy_configuration=before.proxy_configuration,
        ephemeral_storage=before.ephemeral_storage,
        runtime_platform=platform,
        enable_fault_injection=before.enable_fault_injection,
    )


def _container(
    before: ContainerDefinition, asked: GivenContainer, region: str
) -> ContainerDefinition:
    mappings = before.port_mappings
    if asked.container_port is not None:
        refusal = port_refusal(asked.container_port)
        if refusal is not None:
            raise InvalidParameter(refusal)
        name = f"{MAIN.lower()}-{asked.container_port}-tcp"
        mappings = (
            PortMapping(
                container_port=asked.container_port,
                host_port=asked.container_port,
                protocol="tcp",
                name=name,
                app_protocol="http",
            ),
        )
    logs, credentials = asked.aws_logs_configuration, asked.repository_credentials
    return replace(
        before,
        image=asked.image,
        port_mappings=mappings,
        log_configuration=before.log_configuration if logs is None else _logging(logs, region),
        repository_credentials=(
            before.repository_credentials if credentials is None else credentials.kept()
        ),
        command=either(asked.command, before.command),
        environment=either(asked.environment, before.environment),
        secrets=either(asked.secrets, before.secrets),
    )


def _logging(logs: GivenLogs, region: str) -> LogConfiguration:
    options = {
        "awslogs-group": logs.log_group,
        "awslogs-region": region,
        "awslogs-stream-prefix": logs.log_stream_prefix,
    }
    return LogConfiguration(log_driver="awslogs", options=options)
