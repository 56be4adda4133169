"""Where access logs go, and what files are called."""

from dataclasses import replace

import pytest
from tests.support.balancing import balancer

from hostless.domain.access_logs import (
    LogDelivery,
    LogDestination,
    destination_of,
    interval_end,
    log_key,
    trial_key,
)
from hostless.domain.arns import LoadBalancerArn, NetworkInterfaceId, Realm

REALM = Realm(account_id="123456789012", region="us-east-2")
DELIVERY = LogDelivery(
    interface_id=NetworkInterfaceId("eni-1"),
    load_balancer_arn=LoadBalancerArn(
        "arn:aws:elasticloadbalancing:us-east-2:123456789012:"
        "loadbalancer/app/my-loadbalancer/1234567890abcdef"
    ),
    address="192.0.2.7",
    destination=LogDestination(bucket="b", prefix="prefix"),
)


def test_a_file_is_called_as_aws_calls_it() -> None:
    end = 1_462_060_800.0
    assert log_key(DELIVERY, REALM, end, "20sg8hgm") == (
        "prefix/AWSLogs/123456789012/elasticloadbalancing/us-east-2/2016/05/01/"
        "123456789012_elasticloadbalancing_us-east-2_app.my-loadbalancer.1234567890abcdef_"
        "20160501T0000Z_192.0.2.7_20sg8hgm.log.gz"
    )
    bare = replace(DELIVERY, destination=LogDestination(bucket="b", prefix=""))
    assert log_key(bare, REALM, end, "x").startswith("AWSLogs/123456789012/")
    arn = LoadBalancerArn(DELIVERY.load_balancer_arn.replace("/app/", "/net/"))
    of_network = log_key(replace(bare, load_balancer_arn=arn), REALM, end, "x")
    assert of_network.endswith("net.my-loadbalancer.1234567890abcdef_20160501T0000Z_x.log.gz")
    assert trial_key(bare.destination, REALM) == "AWSLogs/123456789012/ELBAccessLogTestFile"


@pytest.mark.parametrize(
    ("at", "end"), [(0.0, 300.0), (299.9, 300.0), (300.0, 600.0), (1_000_000_123.5, 1_000_000_200)]
)
def test_intervals_begin_on_the_hour_and_an_instant_at_the_end_is_of_the_next(
    at: float, end: float
) -> None:
    assert interval_end(at, 300.0) == end


def test_logs_go_somewhere_only_when_they_are_asked_for() -> None:
    named = {"access_logs__s3__bucket": "b", "access_logs__s3__prefix": "/a/b/"}
    assert destination_of(balancer(**named)) is None
    asked = balancer(access_logs__s3__enabled="true", **named)
    assert destination_of(asked) == LogDestination(bucket="b", prefix="a/b")
