"""Ways in that ECS makes for a service by itself, and what was made for them.

A route leads from a name of its own to one service: a rule, a target group and a certificate at a
load balancer that routes of the same place share, and two security groups. Express services have
one each. Written by the ECS API; the ingress controller takes away what no service needs any more.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from hostless.domain.arns import (
    CertificateArn,
    ListenerArn,
    ListenerRuleArn,
    LoadBalancerArn,
    Realm,
    SecurityGroupId,
    ServiceArn,
    TargetGroupArn,
)
from hostless.domain.load_balancers import Scheme
from hostless.domain.tags import Tag
from hostless.kit.clock import Timestamp
from hostless.kit.ids import Ids

AccessType: TypeAlias = Literal["PUBLIC", "PRIVATE"]
MOST_ROUTES_OF_BALANCER = 25
"""Express services that share a load balancer (ECS developer guide, "Express Mode")."""
HTTPS_PORT = 443
MANAGED = Tag(key="AmazonECSManaged", value="true")
"""On everything that ECS makes by itself."""
_DIGITS = 32
_LETTERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressRoute:
    """endpoint: the host name, the route's key. service_made_at: when the service was created; one
    of the same name that was made at another time is another one.

    balancer_group_id: of the balancer, which may be shared; service_group_id: of the tasks, made
    for the route unless is_group_lent; former_group_id: of the tasks before the last change.
    ports: at which the balancer reaches the tasks. Of a gateway's route: arn, gateway_arn, and
    port_name, the port of the task definition.
    """

    endpoint: str
    service_arn: ServiceArn
    service_made_at: Timestamp
    scheme: Scheme
    load_balancer_arn: LoadBalancerArn
    listener_arn: ListenerArn
    rule_arn: ListenerRuleArn
    target_group_arn: TargetGroupArn
    certificate_arn: CertificateArn
    balancer_group_id: SecurityGroupId
    service_group_id: SecurityGroupId
    former_group_id: SecurityGroupId | None = None
    is_group_lent: bool = False
    ports: tuple[int, ...] = ()
    arn: str | None = None
    gateway_arn: str | None = None
    port_name: str | None = None
    created_at: Timestamp
    updated_at: Timestamp

    @property
    def task_groups(self) -> tuple[SecurityGroupId, ...]:
        former = () if self.former_group_id is None else (self.former_group_id,)
        return (self.service_group_id, *former)

    @property
    def access_type(self) -> AccessType:
        return "PUBLIC" if self.scheme == "internet-facing" else "PRIVATE"


def new_endpoint(service_name: str, realm: Realm, ids: Ids) -> str:
    """`sh-0123456789abcdef0123456789abcdef.ecs.us-east-1.on.aws`, as AWS's are seen to be."""
    letters = "".join(c for c in service_name.lower() if c.isalnum())[:_LETTERS] or "ex"
    return f"{letters}-{ids.hex(_DIGITS)}.ecs.{realm.region}.on.aws"
