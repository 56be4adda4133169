"""Express services: what is said of one beyond the ECS service that it is.

An Express service is a service whose load balancer, listener rule, target group, security groups,
certificate, log group and (unless the caller has one) task definition ECS makes by itself. Defaults
and sentences are the ECS model's, except where a comment says "our words".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from hostless.domain.arns import (
    LogGroupName,
    ServiceArn,
    ServiceRevisionArn,
)
from hostless.domain.container_definitions import ContainerDefinition
from hostless.domain.target_group_rules import AskedCheck, BadTargetGroup, check_for
from hostless.domain.target_groups import TargetCheck
from hostless.domain.task_definitions import TaskDefinition
from hostless.kit.clock import Timestamp

ScalingMetric: TypeAlias = Literal["AVERAGE_CPU", "AVERAGE_MEMORY", "REQUEST_COUNT_PER_TARGET"]
MAIN = "Main"
"""The name of the container that requests go to."""
DEFAULT_CPU = "256"
DEFAULT_MEMORY = "512"
DEFAULT_PORT = 80
DEFAULT_PATH = "/ping"
GRACE_SECONDS = 300
"""Our choice: how long a new task may take until the balancer finds it healthy."""
_LARGEST_PORT = 65_535
_ROLE = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingTarget:
    """target_value: percent, or requests per target. There are min_task_count tasks here: nothing
    scales by metrics yet."""

    min_task_count: int = 1
    max_task_count: int = 20
    auto_scaling_metric: ScalingMetric = "AVERAGE_CPU"
    auto_scaling_target_value: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressConfiguration:
    """What a revision of the service was asked to be, beyond its task definition. scaling_target:
    of the service; one that is changed is changed for all its revisions."""

    revision_arn: ServiceRevisionArn
    health_check_path: str
    scaling_target: ScalingTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressService:
    """endpoint: of its route (`hostless.domain.ingress`), and its key: a later service of the same
    name has another one. service_made_at: when the service was created.

    log_group: the one made for it. configurations: of the revisions that there may be tasks of, the
    newest last. checked_path: the health check path that the target group was given last.
    """

    endpoint: str
    service_arn: ServiceArn
    service_made_at: Timestamp
    infrastructure_role_arn: str
    log_group: LogGroupName | None = None
    configurations: tuple[ExpressConfiguration, ...]
    checked_path: str
    updated_at: Timestamp

    @property
    def newest(self) -> ExpressConfiguration:
        return self.configurations[-1]

    def configuration_of(self, revision_arn: ServiceRevisionArn) -> ExpressConfiguration | None:
        found = (c for c in self.configurations if c.revision_arn == revision_arn)
        return next(found, None)


def scaling_refusal(target: ScalingTarget) -> str | None:
    """Our words."""
    if target.min_task_count < 1:
        return "scalingTarget.minTaskCount must be at least 1."
    if target.max_task_count < target.min_task_count:
        return "scalingTarget.maxTaskCount must not be less than scalingTarget.minTaskCount."
    if target.auto_scaling_target_value < 1:
        return "scalingTarget.autoScalingTargetValue must be at least 1."
    if (
        target.auto_scaling_metric != "REQUEST_COUNT_PER_TARGET"
        and target.auto_scaling_target_value > 100
    ):
        return "scalingTarget.autoScalingTargetValue must be at most 100 for a percentage."
    return None


def infrastructure_role_refusal(arn: str) -> str | None:
    return None if _ROLE.fullmatch(arn) else "infrastructureRoleArn is not valid."  # our words


def check_of_path(path: str, before: TargetCheck | None = None) -> TargetCheck:
    """How the balancer is to find out about tasks; all but the path is as before.

    Raises BadTargetGroup.
    """
    if not path.startswith("/"):
        raise BadTargetGroup("The health check path must start with a forward slash.")
    return check_for("HTTP", "HTTP1", AskedCheck(path=path), before)


def find_main(definition: TaskDefinition) -> ContainerDefinition | None:
    """UpdateService may have brought the service to a definition without one."""
    return next((c for c in definition.container_definitions if c.name == MAIN), None)


def main_port(definition: TaskDefinition) -> int:
    """Of a definition that is right for Express services (`own_definition_refusal`)."""
    main = find_main(definition)
    assert main is not None
    port = main.port_mappings[0].container_port
    assert port is not None
    return port


def own_definition_refusal(definition: TaskDefinition) -> str | None:
    """What keeps a task definition from being an Express service's."""
    return next(_own_definition_refusals(definition), None)


def _own_definition_refusals(definition: TaskDefinition) -> Iterator[str]:
    main = find_main(definition)
    if main is None:
        yield f"The task definition must have a container named {MAIN}."
        return
    mappings = main.port_mappings
    if (
        len(mappings) != 1
        or mappings[0].protocol not in (None, "tcp")
        or mappings[0].container_port is None
        or not mappings[0].name
    ):
        yield (
            f"The container named {MAIN} must have a single TCP port mapping that includes a "
            "container port and port name."
        )
    if "FARGATE" not in definition.compatibilities:
        yield "The task definition must have FARGATE compatibility."


def port_refusal(port: int) -> str | None:
    if not 1 <= port <= _LARGEST_PORT:
        return f"primaryContainer.containerPort must be between 1 and {_LARGEST_PORT}."  # our words
    return None
