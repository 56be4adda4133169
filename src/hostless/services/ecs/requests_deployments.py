"""What callers say about service deployments and revisions; shapes of the ECS model."""

from dataclasses import dataclass
from typing import Literal

from hostless.kit.clock import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedAt:
    before: Timestamp | None = None
    after: Timestamp | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeServiceDeployments:
    service_deployment_arns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListServiceDeployments:
    service: str
    cluster: str | None = None
    status: tuple[str, ...] = ()
    created_at: CreatedAt | None = None
    next_token: str | None = None
    max_results: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopServiceDeployment:
    service_deployment_arn: str
    stop_type: Literal["ABORT", "ROLLBACK"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinueServiceDeployment:
    service_deployment_arn: str
    hook_id: str
    action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeServiceRevisions:
    service_revision_arns: tuple[str, ...] = ()
