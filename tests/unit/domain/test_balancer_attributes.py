"""Attributes of load balancers, listeners and target groups: defaults, ranges, what is refused."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.balancer_records import balancer, listener, target_group

from hostless.domain.balancer_attributes import attribute_refusal, attributes_of
from hostless.domain.listeners import Listener
from hostless.domain.load_balancers import LoadBalancer
from hostless.domain.target_groups import TargetGroup

KINDS: dict[str, Any] = {
    "alb": balancer(),
    "internal alb": balancer(scheme="internal"),
    "nlb": balancer(type="network"),
    "http listener": listener(),
    "https listener": listener(protocol="HTTPS"),
    "tcp listener": listener(protocol="TCP"),
    "tls listener": listener(protocol="TLS"),
    "http group": target_group(),
    "tcp group": target_group(protocol="TCP"),
    "instance group": target_group(protocol="TCP", target_type="instance"),
}
BOUNDS = (
    ("alb", "idle_timeout.timeout_seconds", 1, 4000),
    ("alb", "client_keep_alive.seconds", 60, 604_800),
    ("tcp listener", "tcp.idle_timeout.seconds", 60, 6000),
    ("http group", "deregistration_delay.timeout_seconds", 0, 3600),
    ("http group", "stickiness.lb_cookie.duration_seconds", 1, 604_800),
)


@pytest.mark.parametrize("of", KINDS.values(), ids=KINDS.keys())
def test_every_default_may_be_said(of: LoadBalancer | Listener | TargetGroup) -> None:
    assert attribute_refusal(of, attributes_of(of)) is None


@pytest.mark.parametrize(("name", "key", "least", "most"), BOUNDS)
def test_numbers_have_bounds(name: str, key: str, least: int, most: int) -> None:
    of = KINDS[name]
    for right in (least, most):
        assert attribute_refusal(of, {key: str(right)}) is None
    for wrong in (str(least - 1), str(most + 1), "", "x", "1.5", "٣", "1" * 30):
        assert attribute_refusal(of, {key: wrong}) is not None


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("alb", {"routing.http2.enabled": "True"}),
        ("alb", {"load_balancing.cross_zone.enabled": "false"}),
        ("alb", {"access_logs.s3.enabled": "true"}),
        ("alb", {"access_logs.s3.bucket": "../logs"}),
        ("alb", {"access_logs.s3.bucket": "..."}),
        ("alb", {"access_logs.s3.bucket": "Logs"}),
        ("alb", {"access_logs.s3.prefix": "a/../b"}),
        ("alb", {"access_logs.s3.prefix": "/"}),
        ("alb", {"access_logs.s3.prefix": "my/AWSLogs"}),
        ("alb", {"access_logs.s3.prefix": "a\nb"}),
        ("alb", {"waf.fail_open.enabled": "true"}),
        ("internal alb", {"ipv6.deny_all_igw_traffic": "false"}),
        (
            "http listener",
            {"routing.http.response.x_frame_options.header_value": "DENY\nX: y"},
        ),
        ("http group", {"slow_start.duration_seconds": "29"}),
        ("http group", {"stickiness.type": "source_ip"}),
        ("http group", {"stickiness.type": "app_cookie", "stickiness.enabled": "true"}),
        ("http group", {"stickiness.app_cookie.cookie_name": "AWSALB1"}),
        ("http group", {"stickiness.app_cookie.cookie_name": "a;b"}),
        (
            "http group",
            {
                "slow_start.duration_seconds": "30",
                "load_balancing.algorithm.type": "least_outstanding_requests",
            },
        ),
        ("tcp group", {"stickiness.type": "lb_cookie"}),
        ("tcp group", {"target_health_state.unhealthy.draining_interval_seconds": "1"}),
        (
            "http group",
            {"target_group_health.dns_failover.minimum_healthy_targets.percentage": "101"},
        ),
    ],
)
def test_what_cannot_be_is_refused(name: str, changes: dict[str, str]) -> None:
    assert attribute_refusal(KINDS[name], changes) is not None


def test_what_goes_together_with_what_is_set_already_is_right() -> None:
    slow = replace(KINDS["http group"], attributes={"slow_start.duration_seconds": "30"})
    weighted = {"load_balancing.algorithm.type": "weighted_random"}
    assert attribute_refusal(slow, weighted) is not None
    assert attribute_refusal(slow, {**weighted, "slow_start.duration_seconds": "0"}) is None


def test_what_is_set_wins_over_defaults_that_depend_on_the_thing() -> None:
    shown = attributes_of(replace(KINDS["alb"], attributes={"routing.http2.enabled": "false"}))
    assert shown["routing.http2.enabled"] == "false"
    assert attributes_of(KINDS["internal alb"])["ipv6.deny_all_igw_traffic"] == "true"
    assert attributes_of(KINDS["tcp group"])["preserve_client_ip.enabled"] == "false"
    assert attributes_of(KINDS["instance group"])["preserve_client_ip.enabled"] == "true"
    assert attributes_of(KINDS["tls listener"]) == {}
