"""Load balancers made to measure for tests: plans of nodes and what is in them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.support.certificates import Signed

from hostless.balancer.seam import CertificateFiles, NodePlan
from hostless.domain.arns import (
    CertificateArn,
    ListenerArn,
    ListenerRuleArn,
    LoadBalancerArn,
    NetworkInterfaceId,
    SubnetId,
    TargetGroupArn,
    VpcId,
)
from hostless.domain.listeners import (
    Action,
    Condition,
    Forward,
    Listener,
    ListenerRule,
    WeightedTargetGroup,
)
from hostless.domain.load_balancers import LoadBalancer, LoadBalancerNode
from hostless.domain.network import NetworkPlace
from hostless.domain.target_groups import Target, TargetCheck, TargetGroup

ELB = "arn:aws:elasticloadbalancing:us-east-1:000000000000:"
CERTIFICATE = CertificateArn("arn:aws:acm:us-east-1:000000000000:certificate/1")
VPC = VpcId("vpc-00000000000000001")
CHECK = TargetCheck(
    protocol="HTTP",
    path="/health",
    codes="200-299",
    interval_seconds=5,
    timeout_seconds=2,
    healthy_threshold=2,
    unhealthy_threshold=2,
)


def balancer(type_: Any = "application", **attributes: str) -> LoadBalancer:
    """attributes: with `__` for a dot."""
    return LoadBalancer(
        arn=LoadBalancerArn(f"{ELB}loadbalancer/app/web/0123456789abcdef"),
        name="web",
        type=type_,
        scheme="internal",
        vpc_id=VPC,
        subnets=(),
        dns_name="internal-web-1.us-east-1.elb.amazonaws.com",
        attributes={name.replace("__", "."): value for name, value in attributes.items()},
        created_at=0.0,
    )


def group(name: str = "blue", **changes: Any) -> TargetGroup:
    made = TargetGroup(
        arn=TargetGroupArn(f"{ELB}targetgroup/{name}/{name.encode().hex():0>16}"),
        name=name,
        protocol="HTTP",
        protocol_version="HTTP1",
        port=8080,
        vpc_id=VPC,
        target_type="ip",
        health_check=CHECK,
        created_at=0.0,
    )
    return replace(made, **changes)


def target(of: TargetGroup, id_: str, port: int = 8080, **changes: Any) -> Target:
    made = Target(target_group_arn=of.arn, id=id_, port=port, zone="us-east-1a", registered_at=0.0)
    return replace(made, **changes)


def forward(*groups: TargetGroup, weights: Sequence[int] = (), stays: int | None = None) -> Action:
    weights = weights or (1,) * len(groups)
    return Action(
        forward=Forward(
            target_groups=tuple(
                WeightedTargetGroup(target_group_arn=each.arn, weight=weight)
                for each, weight in zip(groups, weights, strict=True)
            ),
            stickiness_seconds=stays,
        )
    )


def listener(action: Action, port: int = 80, protocol: Any = "HTTP", **changes: Any) -> Listener:
    made = Listener(
        arn=ListenerArn(f"{ELB}listener/app/web/0123456789abcdef/{port:0>16}"),
        load_balancer_arn=balancer().arn,
        protocol=protocol,
        port=port,
        default_action=action,
        default_rule_arn=ListenerRuleArn(f"{ELB}listener-rule/app/web/0/{port}/default"),
        default_certificate=CERTIFICATE if protocol in ("HTTPS", "TLS") else None,
        created_at=0.0,
    )
    return replace(made, **changes)


def certificate_files(*names: str) -> CertificateFiles:
    """Signed by itself."""
    made = Signed(*names)
    return CertificateFiles(
        certificate=made.pem.decode(), chain="", private_key=made.key_pem().decode()
    )


def rule(of: Listener, priority: int, action: Action, *conditions: Condition) -> ListenerRule:
    return ListenerRule(
        arn=ListenerRuleArn(f"{ELB}listener-rule/app/web/0/{of.port}/{priority}"),
        listener_arn=of.arn,
        load_balancer_arn=of.load_balancer_arn,
        priority=priority,
        conditions=conditions,
        action=action,
        created_at=0.0,
    )


def plan_of(
    of: LoadBalancer,
    listeners: Sequence[Listener],
    *,
    rules: Sequence[ListenerRule] = (),
    targets: Mapping[str, Sequence[Target]] | None = None,
    groups: Sequence[TargetGroup] = (),
    place: NetworkPlace | None = None,
    certificates: Mapping[CertificateArn, CertificateFiles] | None = None,
) -> NodePlan:
    """targets: by the group's name. place: None for one that nobody looks at."""
    here = place or NetworkPlace(
        namespace_path=None, address="10.0.0.4", host_name="lb", hosts=(), resolver_lines=()
    )
    node = LoadBalancerNode(
        subnet_id=SubnetId("subnet-00000000000000001"),
        zone="us-east-1a",
        interface_id=NetworkInterfaceId("eni-00000000000000001"),
        address=here.address,
    )
    return NodePlan(
        load_balancer=of,
        node=node,
        place=here,
        listeners=tuple(listeners),
        rules={
            each.arn: tuple(
                sorted((r for r in rules if r.listener_arn == each.arn), key=lambda r: r.priority)
            )
            for each in listeners
        },
        groups={each.arn: each for each in groups},
        targets={each.arn: tuple((targets or {}).get(each.name, ())) for each in groups},
        certificates=certificates or {},
    )
