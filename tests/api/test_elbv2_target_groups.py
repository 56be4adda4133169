"""Target groups and targets through a real client: defaults, health as recorded, draining."""

from typing import Any

import pytest
from botocore.exceptions import WaiterError
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread
from tests.support.elbv2 import (
    new_balancer,
    new_group,
    new_listener,
    told_health,
)

from hostless.domain.target_groups import RecordedHealth


@pytest.fixture
def group(elbv2: Any, world: World) -> str:
    return new_group(elbv2, world)


def health_of(elbv2: Any, group: str, **members: Any) -> list[tuple[str, str | None]]:
    shown = elbv2.describe_target_health(TargetGroupArn=group, **members)
    states = [each["TargetHealth"] for each in shown["TargetHealthDescriptions"]]
    return [(each["State"], each.get("Reason")) for each in states]


def test_a_group_shows_awss_defaults(elbv2: Any, world: World, group: str) -> None:
    shown = elbv2.describe_target_groups(Names=["pages"])["TargetGroups"]
    assert shown == [
        {
            "TargetGroupArn": group,
            "TargetGroupName": "pages",
            "Protocol": "HTTP",
            "ProtocolVersion": "HTTP1",
            "Port": 80,
            "VpcId": world.network.vpc.id,
            "HealthCheckProtocol": "HTTP",
            "HealthCheckPort": "traffic-port",
            "HealthCheckEnabled": True,
            "HealthCheckIntervalSeconds": 30,
            "HealthCheckTimeoutSeconds": 5,
            "HealthyThresholdCount": 5,
            "UnhealthyThresholdCount": 2,
            "HealthCheckPath": "/",
            "Matcher": {"HttpCode": "200"},
            "LoadBalancerArns": [],
            "TargetType": "ip",
            "IpAddressType": "ipv4",
        }
    ]


def test_asking_for_the_same_group_again_gives_the_one_there_is(
    elbv2: Any, world: World, group: str
) -> None:
    assert new_group(elbv2, world) == group
    assert refusal(new_group, elbv2=elbv2, world=world, Port=81) == (
        "DuplicateTargetGroupName",
        "A target group with the same name 'pages' exists, but with different settings",
    )


@pytest.mark.parametrize(
    ("members", "code", "sentence"),
    [
        (
            {"HealthCheckIntervalSeconds": 5},
            "ValidationError",
            "Health check interval must be greater than the timeout.",
        ),
        (
            {"Name": "a_b"},
            "ValidationError",
            "Target group name 'a_b' can only contain characters that are alphanumeric characters "
            "or hyphens(-)",
        ),
        ({"Protocol": "UDP"}, "InvalidConfigurationRequest", None),
        ({"TargetType": "lambda"}, "InvalidConfigurationRequest", None),
        ({"TargetType": "alb"}, "InvalidConfigurationRequest", None),
        ({"VpcId": "vpc-1"}, "ValidationError", "The VPC ID 'vpc-1' is not found"),
        ({"HealthCheckProtocol": "TCP"}, "ValidationError", None),
        ({"HealthCheckPort": "0"}, "ValidationError", None),
        ({"Matcher": {"HttpCode": "200-500"}}, "ValidationError", None),
        ({"Matcher": {"GrpcCode": "0"}}, "ValidationError", None),
        ({"ProtocolVersion": "HTTP3"}, "ValidationError", None),
        ({"HealthCheckPath": "a"}, "ValidationError", None),
        ({"IpAddressType": "ipv6"}, "InvalidConfigurationRequest", None),
        ({"HealthCheckEnabled": False}, "ValidationError", None),
        ({"Port": None}, "ValidationError", "A port must be specified"),
        ({"TargetControlPort": 3000}, "ValidationError", None),
    ],
)
def test_what_a_group_cannot_be_is_refused(
    elbv2: Any, world: World, members: dict[str, Any], code: str, sentence: str | None
) -> None:
    asked = {
        "Name": "pages",
        "Protocol": "HTTP",
        "Port": 80,
        "VpcId": world.network.vpc.id,
        "TargetType": "ip",
        **members,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    said = refusal(elbv2.create_target_group, **given)
    assert said[0] == code
    assert sentence in (None, said[1])
    assert elbv2.describe_target_groups()["TargetGroups"] == []


def test_a_check_can_be_changed_in_part(elbv2: Any, group: str) -> None:
    changed = elbv2.modify_target_group(
        TargetGroupArn=group,
        HealthCheckPath="/health",
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
        Matcher={"HttpCode": "200,204-206"},
    )["TargetGroups"][0]
    assert changed["HealthCheckPath"] == "/health"
    assert changed["Matcher"] == {"HttpCode": "200,204-206"}
    assert changed["HealthyThresholdCount"] == 5
    code, _ = refusal(elbv2.modify_target_group, TargetGroupArn=group, HealthCheckTimeoutSeconds=5)
    assert code == "ValidationError"


def test_attributes_of_groups(elbv2: Any, world: World, group: str) -> None:
    def shown(arn: str) -> dict[str, str]:
        answer = elbv2.describe_target_group_attributes(TargetGroupArn=arn)
        return {each["Key"]: each["Value"] for each in answer["Attributes"]}

    assert shown(group)["deregistration_delay.timeout_seconds"] == "300"
    assert shown(group)["stickiness.type"] == "lb_cookie"
    given = [{"Key": "deregistration_delay.timeout_seconds", "Value": "0"}]
    elbv2.modify_target_group_attributes(TargetGroupArn=group, Attributes=given)
    assert shown(group)["deregistration_delay.timeout_seconds"] == "0"
    network = new_group(elbv2, world, Name="net", Protocol="TCP")
    assert shown(network)["stickiness.type"] == "source_ip"
    assert shown(network)["preserve_client_ip.enabled"] == "false"
    cookie = [{"Key": "stickiness.type", "Value": "lb_cookie"}]
    call = elbv2.modify_target_group_attributes
    assert refusal(call, TargetGroupArn=network, Attributes=cookie)[0] == (
        "InvalidConfigurationRequest"
    )


def test_a_target_is_unused_until_a_balancer_uses_its_group_and_then_as_recorded(
    elbv2: Any, world: World, group: str, portal: LoopThread
) -> None:
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "172.31.0.20"}])
    assert health_of(elbv2, group) == [("unused", "Target.NotInUse")]
    new_listener(elbv2, new_balancer(elbv2, world), group)
    shown = elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert shown == [
        {
            "Target": {"Id": "172.31.0.20", "Port": 80, "AvailabilityZone": "us-east-1a"},
            "HealthCheckPort": "80",
            "TargetHealth": {
                "State": "initial",
                "Reason": "Elb.RegistrationInProgress",
                "Description": "Target registration is in progress",
            },
        }
    ]
    quick = {"Delay": 0, "MaxAttempts": 1}
    with pytest.raises(WaiterError):
        elbv2.get_waiter("target_in_service").wait(TargetGroupArn=group, WaiterConfig=quick)
    key = f"{group} 172.31.0.20 80"
    portal.run(told_health(world, key, RecordedHealth(state="healthy", since=1.0)))
    elbv2.get_waiter("target_in_service").wait(TargetGroupArn=group, WaiterConfig=quick)
    bad = RecordedHealth(
        state="unhealthy", reason="Target.Timeout", description="Request timed out", since=2.0
    )
    portal.run(told_health(world, key, bad))
    assert health_of(elbv2, group) == [("unhealthy", "Target.Timeout")]


def test_a_deregistered_target_drains_while_its_group_is_in_use(
    elbv2: Any, world: World, group: str
) -> None:
    balancer = new_balancer(elbv2, world)
    listener = new_listener(elbv2, balancer, group)
    one, other = {"Id": "172.31.0.20"}, {"Id": "172.31.16.20", "Port": 8080}
    elbv2.register_targets(TargetGroupArn=group, Targets=[one, other])
    elbv2.deregister_targets(TargetGroupArn=group, Targets=[one, {"Id": "172.31.0.99"}])
    assert health_of(elbv2, group, Targets=[one]) == [
        ("draining", "Target.DeregistrationInProgress")
    ]
    assert health_of(elbv2, group, Targets=[other]) == [("initial", "Elb.RegistrationInProgress")]
    elbv2.register_targets(TargetGroupArn=group, Targets=[one])
    assert health_of(elbv2, group, Targets=[one]) == [("initial", "Elb.RegistrationInProgress")]
    elbv2.delete_listener(ListenerArn=listener)
    elbv2.deregister_targets(TargetGroupArn=group, Targets=[one])
    assert health_of(elbv2, group, Targets=[one]) == [("unused", "Target.NotRegistered")]
    quick = {"Delay": 0, "MaxAttempts": 1}
    elbv2.get_waiter("target_deregistered").wait(
        TargetGroupArn=group, Targets=[one], WaiterConfig=quick
    )
    assert len(health_of(elbv2, group)) == 1


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        (
            {"Id": "172.31.0.20", "AvailabilityZone": "all"},
            "The IP address '172.31.0.20' is within the VPC, and cannot have its Availability "
            "Zone overridden to 'all' from 'us-east-1a'",
        ),
        (
            {"Id": "10.4.40.87"},
            "The Availability Zone is required for IP address '10.4.40.87' because it is not in "
            "the VPC",
        ),
        (
            {"Id": "10.4.40.87", "AvailabilityZone": "eu-west-1a"},
            "You must specify a valid Availability Zone or select 'all' for all enabled "
            "Availability zones, since the IP address '10.4.40.87' is outside the VPC",
        ),
        ({"Id": "8.8.8.8", "AvailabilityZone": "all"}, None),
        ({"Id": "web.local"}, "The IP address 'web.local' is not a valid IPv4 address"),
    ],
)
def test_addresses_that_cannot_be_targets_are_refused(
    elbv2: Any, group: str, target: dict[str, Any], sentence: str | None
) -> None:
    good = {"Id": "172.31.0.21"}
    code, said = refusal(elbv2.register_targets, TargetGroupArn=group, Targets=[good, target])
    assert code == "ValidationError"
    assert sentence in (None, said)
    assert health_of(elbv2, group) == []


def test_a_group_of_instances_has_no_targets_for_there_are_no_instances(
    elbv2: Any, world: World
) -> None:
    group = new_group(elbv2, world, TargetType="instance")
    code, _ = refusal(elbv2.register_targets, TargetGroupArn=group, Targets=[{"Id": "i-1"}])
    assert code == "InvalidTarget"
    assert refusal(elbv2.register_targets, TargetGroupArn=group, Targets=[{"Id": "10.0.0.1"}]) == (
        "ValidationError",
        "Instance ID '10.0.0.1' is not valid",
    )


def test_a_group_in_use_cannot_be_deleted(elbv2: Any, world: World, group: str) -> None:
    listener = new_listener(elbv2, new_balancer(elbv2, world), group)
    assert refusal(elbv2.delete_target_group, TargetGroupArn=group) == (
        "ResourceInUse",
        f"Target group '{group}' is currently in use by a listener or a rule",
    )
    elbv2.delete_listener(ListenerArn=listener)
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "172.31.0.20"}])
    elbv2.delete_target_group(TargetGroupArn=group)
    elbv2.delete_target_group(TargetGroupArn=group)
    assert refusal(elbv2.describe_target_health, TargetGroupArn=group) == (
        "TargetGroupNotFound",
        f"Target group '{group}' not found",
    )
    assert refusal(elbv2.describe_target_groups, Names=["pages"]) == (
        "TargetGroupNotFound",
        "One or more target groups not found",
    )


def test_groups_are_found_by_their_balancer(elbv2: Any, world: World, group: str) -> None:
    new_group(elbv2, world, Name="other")
    balancer = new_balancer(elbv2, world)
    new_listener(elbv2, balancer, group)
    shown = elbv2.describe_target_groups(LoadBalancerArn=balancer)["TargetGroups"]
    assert [(each["TargetGroupArn"], each["LoadBalancerArns"]) for each in shown] == [
        (group, [balancer])
    ]
