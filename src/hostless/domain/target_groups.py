"""Target groups, and the targets that are registered with them.

The API and the loop that registers tasks write groups and targets; `Target.health` is the balancer
controller's alone, and so is the end of a target that drains. What may be said of a group is
`target_group_rules`' business.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from hostless.domain.arns import TargetGroupArn, TaskArn, VpcId
from hostless.domain.signals import TargetState
from hostless.domain.tags import Tag
from hostless.kit.clock import Timestamp

TargetProtocol: TypeAlias = Literal["HTTP", "HTTPS", "TCP", "TLS"]
ProtocolVersion: TypeAlias = Literal["HTTP1", "HTTP2", "GRPC"]
CheckProtocol: TypeAlias = Literal["HTTP", "HTTPS", "TCP"]
TargetType: TypeAlias = Literal["ip", "instance"]
TRAFFIC_PORT = "traffic-port"
ALL_ZONES = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetCheck:
    """How the health of a group's targets is found out.

    port: TRAFFIC_PORT (the target's own) or a number. path: of HTTP and HTTPS, for gRPC the method.
    codes: that mean good health, such as `200,202` or `200-299`; of gRPC for a GRPC group; None for
    TCP.
    """

    protocol: CheckProtocol
    port: str = TRAFFIC_PORT
    path: str | None = None
    codes: str | None = None
    interval_seconds: int
    timeout_seconds: int
    healthy_threshold: int
    unhealthy_threshold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroup:
    """protocol_version: None for TCP and TLS. attributes: those that were set;
    `balancer_attributes` knows the others. target_type: a group of type `instance` never has
    targets, for there are no EC2 instances here.
    """

    arn: TargetGroupArn
    name: str
    protocol: TargetProtocol
    protocol_version: ProtocolVersion | None = None
    port: int
    vpc_id: VpcId
    target_type: TargetType
    health_check: TargetCheck
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[Tag, ...] = ()
    created_at: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedHealth:
    """As the balancer sees a target. reason: AWS's code, `Target.FailedHealthChecks` and so on;
    none for a healthy one. since: when the state began."""

    state: TargetState
    reason: str | None = None
    description: str | None = None
    since: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """id: an IPv4 address. zone: by name; ALL_ZONES for an address outside the group's VPC.

    task_arn: of the task that a service registered, if it was one. drains_since: when it was
    deregistered; it takes no new requests from then on, and the balancer's controller deletes the
    record when the deregistration delay is over. health: None until a balancer has looked.
    """

    target_group_arn: TargetGroupArn
    id: str
    port: int
    zone: str
    task_arn: TaskArn | None = None
    registered_at: Timestamp
    drains_since: Timestamp | None = None
    health: RecordedHealth | None = None

    @property
    def key(self) -> str:
        return target_key(self.target_group_arn, self.id, self.port)


def target_key(group: TargetGroupArn, id_: str, port: int) -> str:
    return f"{group} {id_} {port}"


def target_story(target: Target) -> str:
    """The state as a target's story tells it."""
    if target.drains_since is not None:
        return "draining"
    return "initial" if target.health is None else target.health.state
