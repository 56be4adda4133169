"""Quotas of load balancers: with `--api-limits` one more than allowed is refused in AWS's words."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread, make_client
from tests.support.elbv2 import (
    a_certificate,
    forward_to,
    new_balancer,
    new_group,
    new_listener,
    put,
    subnet_ids,
)

from hostless.domain.api_limits import ApiLimits
from hostless.domain.quotas import Quotas
from hostless.domain.settings import Settings
from hostless.store.kinds import CERTIFICATES

PATH = {"Field": "path-pattern", "Values": ["/a"]}
ONE_EACH = Quotas(
    application_load_balancers=1,
    network_load_balancers=1,
    listeners_per_load_balancer=1,
    rules_per_load_balancer=1,
    certificates_per_load_balancer=1,
    target_groups=2,
    target_groups_per_load_balancer=1,
    targets_per_target_group=1,
)


async def limited() -> World:
    settings = Settings(state_dir="/nowhere", api_limits=ApiLimits(quotas=ONE_EACH))
    return await World(settings=settings).open()


@pytest.fixture
def world(portal: LoopThread) -> World:
    return portal.run(limited())


def code_of(call: Callable[..., object], **members: Any) -> str:
    return refusal(call, **members)[0]


def test_one_more_of_anything_is_too_many(elbv2: Any, world: World, portal: LoopThread) -> None:
    certificates = [a_certificate(world, name) for name in ("a.test", "b.test", "c.test")]
    for record in certificates:
        portal.run(put(world, CERTIFICATES, record))
    first, second, third = ({"CertificateArn": each.arn} for each in certificates)
    balancer = new_balancer(elbv2, world)
    group, other = new_group(elbv2, world), new_group(elbv2, world, Name="other")
    secure = {"Protocol": "HTTPS", "Port": 443, "Certificates": [first]}
    listener = new_listener(elbv2, balancer, group, **secure)
    rule = {"ListenerArn": listener, "Conditions": [PATH], "Actions": forward_to(group)}
    elbv2.create_rule(**rule, Priority=1)
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "172.31.0.20"}])
    elbv2.add_listener_certificates(ListenerArn=listener, Certificates=[second])

    subnets = subnet_ids(world)
    assert code_of(elbv2.create_load_balancer, Name="b", Subnets=subnets) == "TooManyLoadBalancers"
    new_balancer(elbv2, world, Name="net", Type="network")
    assert code_of(elbv2.create_rule, **rule, Priority=2) == "TooManyRules"
    more = {"ListenerArn": listener, "Certificates": [third]}
    assert code_of(elbv2.add_listener_certificates, **more) == "TooManyCertificates"
    elbv2.add_listener_certificates(ListenerArn=listener, Certificates=[second])
    members = {"TargetGroupArn": group, "Targets": [{"Id": "172.31.0.21"}]}
    assert code_of(elbv2.register_targets, **members) == "TooManyTargets"
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "172.31.0.20"}])
    assert code_of(new_group, elbv2=elbv2, world=world, Name="third") == "TooManyTargetGroups"
    assert refusal(elbv2.modify_listener, ListenerArn=listener, DefaultActions=forward_to(other))[
        0
    ] == ("TooManyUniqueTargetGroupsPerLoadBalancer")
    plain = {"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80}
    said = refusal(elbv2.create_listener, **plain, DefaultActions=forward_to(group))
    assert said == (
        "TooManyListeners",
        "You've reached the limit on the number of listeners per load balancer.",
    )


def test_limits_that_hold_are_told(elbv2: Any) -> None:
    limits = elbv2.describe_account_limits()["Limits"]
    told = {each["Name"]: each["Max"] for each in limits}
    assert told["application-load-balancers"] == "1"
    assert told["condition-values-per-alb-rule"] == "5"


def test_without_quotas_only_what_is_always_so_is_told(portal: LoopThread) -> None:
    async def free() -> World:
        return await World().open()

    client = make_client(portal.run(free()).application(), portal, "elbv2")
    told = {each["Name"] for each in client.describe_account_limits()["Limits"]}
    assert "application-load-balancers" not in told
    assert "condition-values-per-alb-rule" in told
