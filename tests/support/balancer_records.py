"""Records of load balancers with what a test cares about; the rest is plain."""

from typing import Any

from hostless.domain.arns import (
    ListenerArn,
    ListenerRuleArn,
    LoadBalancerArn,
    SubnetId,
    TargetGroupArn,
    VpcId,
)
from hostless.domain.listeners import Action, FixedResponse, Listener
from hostless.domain.load_balancers import LoadBalancer, SubnetMapping
from hostless.domain.target_groups import TargetCheck, TargetGroup


def balancer(**changes: Any) -> LoadBalancer:
    """An application balancer in one subnet."""
    members: dict[str, Any] = {
        "arn": LoadBalancerArn("arn:lb"),
        "name": "web",
        "type": "application",
        "scheme": "internet-facing",
        "vpc_id": VpcId("vpc-1"),
        "subnets": (SubnetMapping(subnet_id=SubnetId("subnet-1"), zone="us-east-1a"),),
        "dns_name": "web-1.us-east-1.elb.amazonaws.com",
        "created_at": 1.0,
        **changes,
    }
    return LoadBalancer(**members)


def listener(**changes: Any) -> Listener:
    """HTTP on port 80 that answers by itself."""
    members: dict[str, Any] = {
        "arn": ListenerArn("arn:listener"),
        "load_balancer_arn": LoadBalancerArn("arn:lb"),
        "protocol": "HTTP",
        "port": 80,
        "default_action": Action(fixed_response=FixedResponse(status_code="404")),
        "default_rule_arn": ListenerRuleArn("arn:rule"),
        "created_at": 1.0,
        **changes,
    }
    return Listener(**members)


def target_group(**changes: Any) -> TargetGroup:
    """HTTP to port 80 of addresses."""
    check = TargetCheck(
        protocol="TCP",
        interval_seconds=30,
        timeout_seconds=5,
        healthy_threshold=5,
        unhealthy_threshold=2,
    )
    members: dict[str, Any] = {
        "arn": TargetGroupArn("arn:group"),
        "name": "pages",
        "protocol": "HTTP",
        "port": 80,
        "vpc_id": VpcId("vpc-1"),
        "target_type": "ip",
        "health_check": check,
        "created_at": 1.0,
        **changes,
    }
    return TargetGroup(**members)
