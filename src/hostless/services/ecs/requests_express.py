"""What callers say about Express services; shapes of the ECS model.

None means "the default" when one is made, and "as it is" when one is changed.
"""

from dataclasses import dataclass

from hostless.domain.container_definitions import KeyValuePair, RepositoryCredentials, Secret
from hostless.domain.express_services import ScalingMetric
from hostless.domain.tags import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenLogs:
    log_group: str
    log_stream_prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCredentials:
    credentials_parameter: str | None = None

    def kept(self) -> RepositoryCredentials | None:
        named = self.credentials_parameter
        return None if not named else RepositoryCredentials(credentials_parameter=named)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenContainer:
    image: str
    container_port: int | None = None
    aws_logs_configuration: GivenLogs | None = None
    repository_credentials: GivenCredentials | None = None
    command: tuple[str, ...] | None = None
    environment: tuple[KeyValuePair, ...] | None = None
    secrets: tuple[Secret, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenNetwork:
    security_groups: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenScaling:
    min_task_count: int | None = None
    max_task_count: int | None = None
    auto_scaling_metric: ScalingMetric | None = None
    auto_scaling_target_value: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenExpress:
    """What both making and changing name."""

    execution_role_arn: str | None = None
    health_check_path: str | None = None
    primary_container: GivenContainer | None = None
    task_role_arn: str | None = None
    network_configuration: GivenNetwork | None = None
    cpu: str | None = None
    memory: str | None = None
    cpu_architecture: str | None = None
    scaling_target: GivenScaling | None = None
    task_definition_arn: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateExpressGatewayService(GivenExpress):
    infrastructure_role_arn: str
    service_name: str | None = None
    cluster: str | None = None
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateExpressGatewayService(GivenExpress):
    service_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeExpressGatewayService:
    service_arn: str
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteExpressGatewayService:
    service_arn: str
