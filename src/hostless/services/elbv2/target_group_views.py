"""How AWS shows target groups and the health of their targets."""

from collections.abc import Mapping, Sequence

from hostless.domain.arns import LoadBalancerArn
from hostless.domain.target_group_rules import state_of
from hostless.domain.target_groups import TRAFFIC_PORT, Target, TargetGroup

View = dict[str, object]
_REASONS: Mapping[str, tuple[str, str]] = {
    "draining": (
        "Target.DeregistrationInProgress",
        "Target deregistration is in progress",
    ),
    "unused": (
        "Target.NotInUse",
        "Target group is not configured to receive traffic from the load balancer",
    ),
    "initial": ("Elb.RegistrationInProgress", "Target registration is in progress"),
}
"""By state, where no balancer has told one: AWS's code and sentence."""


def target_group_view(group: TargetGroup, balancers: Sequence[LoadBalancerArn]) -> View:
    check = group.health_check
    codes = "GrpcCode" if group.protocol_version == "GRPC" else "HttpCode"
    return {
        "TargetGroupArn": group.arn,
        "TargetGroupName": group.name,
        "Protocol": group.protocol,
        "Port": group.port,
        "VpcId": group.vpc_id,
        "HealthCheckProtocol": check.protocol,
        "HealthCheckPort": check.port,
        "HealthCheckEnabled": True,
        "HealthCheckIntervalSeconds": check.interval_seconds,
        "HealthCheckTimeoutSeconds": check.timeout_seconds,
        "HealthyThresholdCount": check.healthy_threshold,
        "UnhealthyThresholdCount": check.unhealthy_threshold,
        "HealthCheckPath": check.path,
        "Matcher": None if check.codes is None else {codes: check.codes},
        "LoadBalancerArns": list(balancers),
        "TargetType": group.target_type,
        "ProtocolVersion": group.protocol_version,
        "IpAddressType": "ipv4",
    }


def health_view(target: Target, group: TargetGroup, *, is_in_use: bool) -> View:
    return {
        "Target": {"Id": target.id, "Port": target.port, "AvailabilityZone": target.zone},
        "HealthCheckPort": _check_port(group, target.port),
        "TargetHealth": _health(target, state_of(target, is_in_use=is_in_use)),
    }


def not_registered_view(id_: str, port: int, group: TargetGroup) -> View:
    return {
        "Target": {"Id": id_, "Port": port},
        "HealthCheckPort": _check_port(group, port),
        "TargetHealth": {
            "State": "unused",
            "Reason": "Target.NotRegistered",
            "Description": "Target is not registered to the target group",
        },
    }


def _health(target: Target, state: str) -> View:
    told = target.health
    if told is not None and told.state == state:
        return {"State": state, "Reason": told.reason, "Description": told.description}
    reason, description = _REASONS.get(state, (None, None))
    return {"State": state, "Reason": reason, "Description": description}


def _check_port(group: TargetGroup, port: int) -> str:
    return str(port) if group.health_check.port == TRAFFIC_PORT else group.health_check.port
