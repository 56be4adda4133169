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
MAYBE = st.none() | st.sampled_from(["HTTP", "HTTPS", "TCP", "TLS", "x"])
SECONDS = st.none() | st.integers(2, 300)
COUNTS = st.none() | st.integers(2, 10)


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


@given(URL_PARTS, URL_PARTS, URL_PARTS, URL_PARTS, st.sampled_from(["HTTP", "HTTPS"]))
def test_a_redirect_that_is_accepted_leads_elsewhere_and_is_on_one_line(
    host: str, port: str, path: str, query: str, protocol: Any
) -> None:
    redirect = Redirect(host=host, port=port, path=path, query=query, status_code="HTTP_301")
    if redirect_refusal(redirect, protocol) is None:
        assert (host, port, path) != ("#{host}", "#{port}", "/#{path}")
        text = f"{host}{port}{path}{query}"
        assert text.isprintable()
        assert " " not in text
        assert path.startswith("/")


@given(
    st.sampled_from(["host-header", "path-pattern", "http-request-method", "source-ip"]),
    st.lists(TEXTS | st.sampled_from(["/a*", "GET", "10.0.0.0/8", "*.test"])),
)
def test_a_condition_that_is_accepted_has_a_few_values_on_one_line(
    field: Any, values: list[str]
) -> None:
    if conditions_refusal((Condition(field=field, values=tuple(values)),)) is None:
        assert 1 <= len(values) <= 5
        assert all(value and value.isprintable() and value.isascii() for value in values)


@st.composite
def asked_checks(draw: st.DrawFn) -> AskedCheck:
    return AskedCheck(
        protocol=draw(MAYBE),
        port=draw(st.none() | st.sampled_from(["traffic-port", "80", "0", "x"])),
        path=draw(st.none() | st.sampled_from(["/", "/a", "a"])),
        http_codes=draw(st.none() | st.sampled_from(["200", "200-599", "200,201-204", "12", ","])),
        grpc_codes=draw(st.none() | st.sampled_from(["0", "0-99", "100"])),
        interval_seconds=draw(SECONDS),
        timeout_seconds=draw(SECONDS),
        healthy_threshold=draw(COUNTS),
        unhealthy_threshold=draw(COUNTS),
    )


@given(
    st.sampled_from(["HTTP", "HTTPS", "TCP", "TLS"]),
    st.none() | st.sampled_from(["HTTP1", "HTTP2", "GRPC"]),
    st.lists(asked_checks(), min_size=1, max_size=3),
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
