"""How often AWS lets an account call ECS and start tasks; off unless the engine is told otherwise.

AWS's figures: "Request throttling for the Amazon ECS API", API Reference, and "AWS Fargate
throttling quotas", Developer Guide. All operations of a group share one token bucket.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hostless.domain.capacity_strategy import SPOT
from hostless.domain.errors import ApiError
from hostless.domain.quotas import AWS_QUOTAS, Quotas
from hostless.kit.token_buckets import Rate

OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "cluster-modify": (
        *("CreateCluster", "DeleteCluster", "UpdateCluster", "UpdateClusterSettings"),
        "PutClusterCapacityProviders",
    ),
    "cluster-read": ("DescribeClusters", "ListClusters"),
    "task-definition-modify": ("DeregisterTaskDefinition", "RegisterTaskDefinition"),
    "task-definition-read": (
        *("DescribeTaskDefinition", "ListTaskDefinitions", "ListTaskDefinitionFamilies"),
    ),
    "task-definition-delete": ("DeleteTaskDefinitions",),
    "capacity-provider-modify": (
        *("CreateCapacityProvider", "DeleteCapacityProvider", "UpdateCapacityProvider"),
    ),
    "capacity-provider-read": ("DescribeCapacityProviders",),
    "tag-modify": ("TagResource", "UntagResource"),
    "tag-read": ("ListTagsForResource",),
    "setting-modify": ("DeleteAccountSetting", "PutAccountSetting", "PutAccountSettingDefault"),
    "setting-read": ("ListAccountSettings",),
    "cluster-resource-modify": (
        *("DeleteAttributes", "DeregisterContainerInstance", "ExecuteCommand", "PutAttributes"),
        *("RunTask", "StartTask", "StopTask", "UpdateContainerAgent"),
        "UpdateContainerInstancesState",
    ),
    "cluster-resource-read": (
        *("DescribeContainerInstances", "DescribeTasks", "ListAttributes"),
        *("ListContainerInstances", "ListTasks"),
    ),
    "agent-modify": (
        *("RegisterContainerInstance", "SubmitAttachmentStateChanges"),
        *("SubmitContainerStateChange", "SubmitTaskStateChange"),
    ),
    "service-modify": ("CreateService", "DeleteService", "UpdateService"),
    "service-read": ("DescribeServices", "ListServices"),
    "service-deployment": ("DescribeServiceDeployments", "ListServiceDeployments"),
    "service-revision": ("DescribeServiceRevisions",),
    "task-protection": ("GetTaskProtection", "UpdateTaskProtection"),
    "namespace-read": ("ListServicesByNamespace",),
}
"""ECS's operations by group; the rest has no published limit."""
RUN_TASK = "run-task"
"""Calls of RunTask, beside those of its group."""
ON_DEMAND_LAUNCH = "launch-on-demand"
SPOT_LAUNCH = "launch-spot"
"""Tasks that begin, whoever asked for them."""
BUCKETS = (*OPERATIONS, RUN_TASK, ON_DEMAND_LAUNCH, SPOT_LAUNCH)
AWS_RATES: Mapping[str, Rate] = {
    "cluster-modify": Rate(burst=20, refill=1),
    "cluster-read": Rate(burst=50, refill=20),
    "task-definition-modify": Rate(burst=20, refill=1),
    "task-definition-read": Rate(burst=50, refill=20),
    "task-definition-delete": Rate(burst=5, refill=1),
    "capacity-provider-modify": Rate(burst=10, refill=1),
    "capacity-provider-read": Rate(burst=50, refill=20),
    "tag-modify": Rate(burst=20, refill=10),
    "tag-read": Rate(burst=50, refill=20),
    "setting-modify": Rate(burst=10, refill=1),
    "setting-read": Rate(burst=50, refill=20),
    "cluster-resource-modify": Rate(burst=100, refill=40),
    "cluster-resource-read": Rate(burst=100, refill=20),
    "agent-modify": Rate(burst=200, refill=120),
    "service-modify": Rate(burst=50, refill=5),
    "service-read": Rate(burst=100, refill=20),
    "service-deployment": Rate(burst=50, refill=20),
    "service-revision": Rate(burst=50, refill=20),
    "task-protection": Rate(burst=200, refill=80),
    "namespace-read": Rate(burst=10, refill=1),
    RUN_TASK: Rate(burst=100, refill=20),
    ON_DEMAND_LAUNCH: Rate(burst=100, refill=20),
    SPOT_LAUNCH: Rate(burst=100, refill=20),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiLimits:
    """rates: by the names of BUCKETS; what is not there has no limit."""

    rates: Mapping[str, Rate] = field(default_factory=dict)
    quotas: Quotas = field(default_factory=Quotas)


NO_LIMITS = ApiLimits()
AWS_LIMITS = ApiLimits(rates=AWS_RATES, quotas=AWS_QUOTAS)


class Throttled(ApiError):
    """AWS's words; its clients wait and ask again."""

    code = "ThrottlingException"
    status = 400

    def __init__(self) -> None:
        super().__init__("Rate exceeded")


def buckets_of(operation: str) -> tuple[str, ...]:
    """The buckets that a call of an ECS operation takes a token from."""
    groups = tuple(name for name, members in OPERATIONS.items() if operation in members)
    return (*groups, RUN_TASK) if operation == "RunTask" else groups


def launch_bucket(provider: str | None) -> str:
    """The bucket that a new task takes a token from. provider: None for the launch type."""
    return SPOT_LAUNCH if provider == SPOT else ON_DEMAND_LAUNCH


def launches_of(providers: Iterable[str | None]) -> Mapping[str, int]:
    """Tokens by bucket for new tasks with these capacity providers."""
    return Counter(launch_bucket(provider) for provider in providers)
