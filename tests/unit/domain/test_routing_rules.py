"""Which conditions and actions listeners may have."""

from typing import Any

import pytest

from hostless.domain.arns import TargetGroupArn
from hostless.domain.listeners import (
    Condition,
    FixedResponse,
    Forward,
    QueryPair,
    Redirect,
    WeightedTargetGroup,
)
from hostless.domain.routing_rules import (
    conditions_refusal,
    fixed_response_refusal,
    forward_refusal,
    redirect_refusal,
)


def path(*values: str) -> Condition:
    return Condition(field="path-pattern", values=values)


def host(*values: str) -> Condition:
    return Condition(field="host-header", values=values)


def header(name: str, *values: str) -> Condition:
    return Condition(field="http-header", header_name=name, values=values)


@pytest.mark.parametrize(
    "conditions",
    [
        (path("/img/*"),),
        (path("/a", "/b"), host("*.example.com", "www.example.org")),
        (header("X-A", "one two"), header("X-B", "*")),
        (Condition(field="http-request-method", values=("GET", "VERSION-CONTROL")),),
        (Condition(field="source-ip", values=("10.0.0.0/8", "2001:db8::/32")),),
        (
            Condition(
                field="query-string", pairs=(QueryPair(value="a"), QueryPair(key="b", value="c"))
            ),
        ),
    ],
)
def test_conditions_of_awss_kinds_are_right(conditions: tuple[Condition, ...]) -> None:
    assert conditions_refusal(conditions) is None


@pytest.mark.parametrize(
    "conditions",
    [
        (),
        (path(),),
        (path("/a"), path("/b")),
        (path("/1", "/2", "/3", "/4", "/5", "/6"),),
        (path("/1", "/2", "/3"), host("1", "2", "3")),
        (path("/******a*"),),
        (path("/" + "a" * 128),),
        (path("/a b"),),
        (path("/a\n"),),
        (host("a/b"),),
        (header("Host", "a"),),
        (header("a b", "c"),),
        (header("a" * 41, "c"),),
        (header("a", "b\r\nc"),),
        (Condition(field="http-header", values=("a",)),),
        (Condition(field="http-request-method", values=("get",)),),
        (Condition(field="source-ip", values=("10.0.0.1",)),),
        (Condition(field="source-ip", values=("10.0.0.0/33",)),),
        (Condition(field="query-string", pairs=(QueryPair(key="a", value=""),)),),
    ],
)
def test_other_conditions_are_refused(conditions: tuple[Condition, ...]) -> None:
    assert conditions_refusal(conditions) is not None


def test_the_sentence_about_too_many_values_is_awss() -> None:
    many = path("/1", "/2", "/3", "/4", "/5", "/6")
    assert conditions_refusal((many,)) == "A rule can only have '5' condition values"


@pytest.mark.parametrize(
    ("protocol", "changes"),
    [
        ("HTTP", {"protocol": "HTTPS"}),
        ("HTTP", {"protocol": "HTTPS", "port": "443"}),
        ("HTTP", {"port": "8080"}),
        ("HTTPS", {"host": "www.#{host}"}),
        ("HTTPS", {"path": "/new/#{path}"}),
    ],
)
def test_redirects_that_lead_elsewhere_are_right(protocol: Any, changes: dict[str, str]) -> None:
    assert redirect_refusal(Redirect(status_code="HTTP_301", **changes), protocol) is None


@pytest.mark.parametrize(
    ("protocol", "changes"),
    [
        ("HTTP", {}),
        ("HTTP", {"protocol": "HTTP"}),
        ("HTTP", {"query": "a=b"}),
        ("HTTPS", {"protocol": "HTTP"}),
        ("HTTP", {"port": "0"}),
        ("HTTP", {"port": "65536"}),
        ("HTTP", {"port": "#{host}"}),
        ("HTTP", {"path": "new"}),
        ("HTTP", {"path": "/#{method}"}),
        ("HTTP", {"host": "a\r\nb"}),
    ],
)
def test_other_redirects_are_refused(protocol: Any, changes: dict[str, str]) -> None:
    assert redirect_refusal(Redirect(status_code="HTTP_302", **changes), protocol) is not None


def groups(*weights: int) -> tuple[WeightedTargetGroup, ...]:
    return tuple(
        WeightedTargetGroup(target_group_arn=TargetGroupArn(str(number)), weight=weight)
        for number, weight in enumerate(weights)
    )


def test_a_forward_has_up_to_five_groups_with_weights() -> None:
    assert forward_refusal(Forward(target_groups=groups(0, 999))) is None
    twice = groups(1) * 2
    for wrong in (groups(1, 1, 1, 1, 1, 1), groups(1000), groups(-1), twice):
        assert forward_refusal(Forward(target_groups=wrong)) is not None
    for seconds in (0, 604_801):
        sticky = Forward(target_groups=groups(1), stickiness_seconds=seconds)
        assert forward_refusal(sticky) is not None


def test_a_fixed_response_has_one_of_five_types() -> None:
    plain = FixedResponse(status_code="200", content_type="text/plain")
    assert fixed_response_refusal(plain) is None
    assert fixed_response_refusal(FixedResponse(status_code="200")) is None
    picture = FixedResponse(status_code="200", content_type="image/png")
    assert fixed_response_refusal(picture) is not None
