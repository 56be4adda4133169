"""Load balancers in the world that the sweep asks: what there is, and right requests about it."""

from collections.abc import Iterator
from typing import Any

from tests.support.api_world import World

from hostless.store.kinds import LISTENER_RULES, LISTENERS, LOAD_BALANCERS, TARGET_GROUPS, Kind

_ADDRESS = {"Id": "172.31.0.20"}
_PATH = {"Field": "path-pattern", "Values": ["/a*"]}


def elbv2_furniture(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Operations that make one of everything, one after the other, with their members."""
    usual = usual_elbv2(world)
    yield "CreateLoadBalancer", {**usual["CreateLoadBalancer"], "Name": "web"}
    yield "CreateTargetGroup", {**usual["CreateTargetGroup"], "Name": "pages"}
    yield "CreateTargetGroup", {**usual["CreateTargetGroup"], "Name": "spare"}
    yield "CreateListener", {**usual_elbv2(world)["CreateListener"], "Port": 80}
    yield "CreateRule", {**usual_elbv2(world)["CreateRule"], "Priority": 1}
    yield "RegisterTargets", usual_elbv2(world)["RegisterTargets"]


def usual_elbv2(world: World) -> dict[str, dict[str, Any]]:
    """About the first of each kind that is furnished."""
    balancer = {"LoadBalancerArn": _first(world, LOAD_BALANCERS)}
    groups = [group.arn for group in world.store.all(TARGET_GROUPS)] or ["none"]
    group = {"TargetGroupArn": groups[0]}
    listener = {"ListenerArn": _first(world, LISTENERS)}
    rule = {"RuleArn": _first(world, LISTENER_RULES)}
    subnets = {"Subnets": [subnet.id for subnet in world.network.subnets]}
    actions = [{"Type": "forward", **group}]
    matching = {"Conditions": [_PATH], "Actions": actions}
    draining = {"Key": "deregistration_delay.timeout_seconds", "Value": "10"}
    idle = {"Key": "idle_timeout.timeout_seconds", "Value": "10"}
    server = {"Key": "routing.http.response.server.enabled", "Value": "true"}
    tags = {"ResourceArns": [balancer["LoadBalancerArn"]]}
    return {
        "CreateLoadBalancer": {"Name": "new", **subnets},
        "SetSubnets": {**balancer, **subnets},
        "SetSecurityGroups": {
            **balancer,
            "SecurityGroups": [world.network.parts.security_group.id],
        },
        "SetIpAddressType": {**balancer, "IpAddressType": "ipv4"},
        "ModifyLoadBalancerAttributes": {**balancer, "Attributes": [idle]},
        "CreateListener": {
            **balancer,
            "Protocol": "HTTP",
            "Port": 81,
            "DefaultActions": actions,
        },
        "ModifyListener": {**listener, "DefaultActions": actions},
        "DescribeListeners": balancer,
        "ModifyListenerAttributes": {**listener, "Attributes": [server]},
        "CreateRule": {**listener, "Priority": 2, **matching},
        "ModifyRule": {**rule, **matching},
        "DescribeRules": listener,
        "SetRulePriorities": {"RulePriorities": [{**rule, "Priority": 7}]},
        "CreateTargetGroup": {
            "Name": "new",
            "Protocol": "HTTP",
            "Port": 80,
            "VpcId": world.network.vpc.id,
            "TargetType": "ip",
        },
        "DeleteTargetGroup": {"TargetGroupArn": groups[-1]},
        "ModifyTargetGroupAttributes": {**group, "Attributes": [draining]},
        "RegisterTargets": {**group, "Targets": [_ADDRESS]},
        "DeregisterTargets": {**group, "Targets": [_ADDRESS]},
        "DescribeTargetHealth": {**group, "Targets": [_ADDRESS]},
        "AddTags": {**tags, "Tags": [{"Key": "a", "Value": "b"}]},
        "RemoveTags": {**tags, "TagKeys": ["a"]},
        "DescribeTags": tags,
        "DescribeSSLPolicies": {"Names": ["ELBSecurityPolicy-2016-08"]},
    }


def _first(world: World, kind: Kind[Any]) -> str:
    return next((str(record.arn) for record in world.store.all(kind)), "none")
