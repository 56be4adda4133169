"""What a target group's health check is when little is said of it."""

from dataclasses import replace

import pytest

from hostless.domain.arns import TargetGroupArn
from hostless.domain.target_group_rules import (
    AskedCheck,
    BadTargetGroup,
    check_for,
    code_ranges,
    state_of,
    version_for,
)
from hostless.domain.target_groups import RecordedHealth, Target, TargetProtocol

NOTHING = AskedCheck()
TARGET = Target(
    target_group_arn=TargetGroupArn("g"), id="10.0.0.1", port=80, zone="a", registered_at=1.0
)


@pytest.mark.parametrize(
    ("protocol", "version", "asked", "expected"),
    [
        ("HTTP", None, None, ("HTTP", "/", "200", 5)),
        ("HTTPS", "HTTP2", "HTTPS", ("HTTPS", "/", "200", 5)),
        ("HTTP", "GRPC", None, ("HTTP", "/AWS.ALB/healthcheck", "12", 5)),
        ("TCP", None, None, ("TCP", None, None, 10)),
        ("TLS", None, "HTTP", ("HTTP", "/", "200-399", 6)),
        ("TCP", None, "HTTPS", ("HTTPS", "/", "200-399", 10)),
    ],
)
def test_defaults_are_awss(
    protocol: TargetProtocol,
    version: str | None,
    asked: str | None,
    expected: tuple[object, ...],
) -> None:
    check = check_for(protocol, version_for(protocol, version), AskedCheck(protocol=asked))
    assert (check.protocol, check.path, check.codes, check.timeout_seconds) == expected
    assert (check.interval_seconds, check.healthy_threshold, check.unhealthy_threshold) == (
        30,
        5,
        2,
    )


@pytest.mark.parametrize(
    ("protocol", "version", "asked"),
    [
        ("HTTP", "HTTP1", AskedCheck(protocol="TCP")),
        ("TCP", None, AskedCheck(path="/")),
        ("TCP", None, AskedCheck(http_codes="200")),
        ("HTTP", "HTTP1", AskedCheck(http_codes="199")),
        ("HTTP", "HTTP1", AskedCheck(http_codes="500")),
        ("HTTP", "HTTP1", AskedCheck(http_codes="300-200")),
        ("HTTP", "HTTP1", AskedCheck(http_codes="200,")),
        ("HTTP", "HTTP1", AskedCheck(grpc_codes="0")),
        ("HTTP", "GRPC", AskedCheck(http_codes="200")),
        ("HTTP", "GRPC", AskedCheck(grpc_codes="0-100")),
        ("HTTP", "HTTP1", AskedCheck(interval_seconds=5, timeout_seconds=5)),
        ("HTTP", "HTTP1", AskedCheck(port="http")),
        ("HTTP", "HTTP1", AskedCheck(port="65536")),
        ("HTTP", "HTTP1", AskedCheck(path="/a b")),
        ("HTTP", "HTTP1", AskedCheck(path="/a\nb")),
    ],
)
def test_what_does_not_go_together_is_refused(
    protocol: TargetProtocol, version: str | None, asked: AskedCheck
) -> None:
    with pytest.raises(BadTargetGroup):
        check_for(protocol, version_for(protocol, version), asked)


def test_a_change_keeps_what_is_not_named() -> None:
    first = check_for("HTTP", "HTTP1", AskedCheck(path="/up", interval_seconds=10, port="0080"))
    assert first.port == "80"
    second = check_for("HTTP", "HTTP1", AskedCheck(timeout_seconds=2), first)
    assert second == replace(first, timeout_seconds=2)
    assert check_for("HTTP", "HTTP1", NOTHING, second) == second


def test_another_protocol_of_the_check_has_no_path_left() -> None:
    first = check_for("TCP", None, AskedCheck(protocol="HTTP", path="/up", http_codes="204"))
    second = check_for("TCP", None, AskedCheck(protocol="TCP"), first)
    assert (second.path, second.codes) == (None, None)
    third = check_for("TCP", None, AskedCheck(protocol="HTTP"), second)
    assert (third.path, third.codes) == ("/", "200-399")


def test_only_http_groups_have_a_version() -> None:
    assert version_for("HTTP", None) == "HTTP1"
    assert version_for("TCP", None) is None
    for protocol, version in (("TCP", "HTTP1"), ("HTTP", "HTTP3")):
        with pytest.raises(BadTargetGroup):
            version_for(protocol, version)  # type: ignore[arg-type]


def test_codes_are_ranges() -> None:
    assert list(code_ranges("200,204-206")) == [(200, 200), (204, 206)]


def test_the_state_of_a_target_is_told_by_the_balancer_unless_it_drains_or_is_unused() -> None:
    healthy = replace(TARGET, health=RecordedHealth(state="healthy", since=2.0))
    assert state_of(TARGET, is_in_use=True) == "initial"
    assert state_of(TARGET, is_in_use=False) == "unused"
    assert state_of(healthy, is_in_use=True) == "healthy"
    assert state_of(healthy, is_in_use=False) == "unused"
    assert state_of(replace(healthy, drains_since=3.0), is_in_use=True) == "draining"
