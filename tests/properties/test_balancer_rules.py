"""Rules about load balancers, for anything that a caller may say."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.support.balancer_records import balancer, listener, target_group

from hostless.domain.balancer_attributes import attribute_refusal, attributes_of
from hostless.domain.listeners import Condition, Redirect
from hostless.domain.routing_rules import conditions_refusal, redirect_refusal
from hostless.domain.target_group_rules import (
    AskedCheck,
    BadTargetGroup,
    check_for,
    code_ranges,
    version_for,
)

THINGS: list[Any] = [
    balancer(),
    balancer(type="network", scheme="internal"),
    listener(),
    listener(protocol="HTTPS"),
    listener(protocol="TCP"),
    target_group(),
    target_group(protocol="TCP"),
]
TEXTS = st.text("ab1 /*?\n\r\t\"'#{}%;\\\0\u0663\u00e9", max_size=6)
WORDS = TEXTS | st.sampled_from(
    ["true", "false", "0", "1", "30", "60", "off", "on", "lb_cookie", "app_cookie", "append"]
)
URL_PARTS = TEXTS | st.sampled_from(
    ["#{host}", "#{port}", "/#{path}", "#{query}", "/", "443", "a.test", "#{protocol}", "HTTPS"]
)


@st.composite
def changes(draw: st.DrawFn) -> tuple[Any, dict[str, str]]:
    thing = draw(st.sampled_from(THINGS))
    keys = st.sampled_from(list(attributes_of(thing)))
    return thing, draw(st.dictionaries(keys, WORDS, max_size=3))


@given(changes())
def test_what_is_accepted_for_an_attribute_is_on_one_line_and_may_be_said_again(
    case: tuple[Any, dict[str, str]],
) -> None:
    thing, asked = case
    if attribute_refusal(thing, asked) is None:
        assert all(value.isprintable() for value in asked.values())
        assert attribute_refusal(thing, {**attributes_of(thing), **asked}) is None


@given(
    st.dictionaries(st.sampled_from(["host", "port", "path", "query"]), URL_PARTS, max_size=2),
    st.sampled_from(["#{protocol}", "HTTP", "HTTPS"]),
    st.sampled_from(["HTTP", "HTTPS"]),
)
def test_a_redirect_that_is_accepted_leads_elsewhere_and_is_on_one_line(
    parts: dict[str, str], protocol: str, of_listener: Any
) -> None:
    redirect = Redirect(protocol=protocol, status_code="HTTP_301", **parts)
    if redirect_refusal(redirect, of_listener) is None:
        leads_home = protocol in ("#{protocol}", of_listener)
        place = (redirect.host, redirect.port, redirect.path)
        assert not leads_home or place != ("#{host}", "#{port}", "/#{path}")
        text = f"{''.join(place)}{redirect.query}"
        assert text.isprintable()
        assert " " not in text
        assert redirect.path.startswith("/")


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    right = {
        "host-header": "*.test",
        "path-pattern": "/a",
        "http-request-method": "GET",
        "source-ip": "10.0.0.0/8",
    }
    field: Any = draw(st.sampled_from(list(right)))
    values = st.one_of(*[st.just(right[field])] * 9, TEXTS)
    return Condition(field=field, values=tuple(draw(st.lists(values, max_size=7))))


@given(conditions())
def test_a_condition_that_is_accepted_has_a_few_values_on_one_line(condition: Condition) -> None:
    if conditions_refusal((condition,)) is None:
        assert 1 <= len(condition.values) <= 5
        assert all(each and each.isprintable() and each.isascii() for each in condition.values)


ASKED: dict[str, list[Any]] = {
    "protocol": ["HTTP", "HTTPS", "TCP", "TLS", "x"],
    "port": ["traffic-port", "80", "0", "x"],
    "path": ["/", "/a", "a", "/a b"],
    "http_codes": ["200", "200-599", "200,201-204", "12", ","],
    "grpc_codes": ["0", "0-99", "100"],
    "interval_seconds": [5, 10, 300],
    "timeout_seconds": [2, 5, 10, 120],
    "healthy_threshold": [2, 10],
    "unhealthy_threshold": [2, 10],
}
ONE_THING = st.sampled_from(list(ASKED)).flatmap(
    lambda name: st.sampled_from([{name: value} for value in ASKED[name]])
)
PROTOCOL = st.sampled_from([{"protocol": "HTTP"}, {"protocol": "TCP"}, {}])


@given(
    st.sampled_from(["HTTP", "HTTPS", "TCP", "TLS"]),
    st.none() | st.sampled_from(["HTTP1", "HTTP2", "GRPC"]),
    st.lists(st.builds(lambda one, two: AskedCheck(**{**one, **two}), PROTOCOL, ONE_THING)),
)
def test_a_check_that_is_accepted_can_be_made_however_it_came_about(
    protocol: Any, version: str | None, asked: list[AskedCheck]
) -> None:
    check = None
    for each in asked:
        try:
            check = check_for(protocol, version_for(protocol, version), each, check)
        except BadTargetGroup:
            continue
        assert check.timeout_seconds < check.interval_seconds
        assert (check.protocol == "TCP") == (check.path is None) == (check.codes is None)
        assert check.path is None or check.path.startswith("/")
        assert all(low <= high for low, high in code_ranges(check.codes or "0"))
        assert check_for(protocol, version_for(protocol, version), AskedCheck(), check) == check
