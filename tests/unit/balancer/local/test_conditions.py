"""Conditions of rules as ACLs."""

import re

import pytest

from hostless.balancer.local.conditions import acls_of
from hostless.domain.listeners import Condition, QueryPair


def lines_of(*conditions: Condition) -> list[str]:
    return [line for _, lines in acls_of("r", conditions) for line in lines]


@pytest.mark.parametrize(
    ("condition", "line"),
    [
        (
            Condition(field="host-header", values=("*.Example.com",)),
            "acl r-0 req.hdr(host),field(1,:) -m reg -i -- '^.*\\.Example\\.com$'",
        ),
        (Condition(field="path-pattern", values=("/A/*",)), "acl r-0 path -m reg -- '^/A/.*$'"),
        (
            Condition(field="http-header", header_name="X-Kind", values=("a b*",)),
            "acl r-0 'req.fhdr(\"X-Kind\")' -m reg -i -- '^a\\ b.*$'",
        ),
        (
            Condition(field="http-request-method", values=("GET", "PURGE")),
            "acl r-0 method -m str -- 'GET' 'PURGE'",
        ),
        (
            Condition(field="source-ip", values=("10.0.0.0/8", "192.0.2.1/32")),
            "acl r-0 src 10.0.0.0/8 192.0.2.1/32",
        ),
    ],
)
def test_each_kind_of_condition_is_a_test_of_its_own(condition: Condition, line: str) -> None:
    assert lines_of(condition) == [line]


def test_a_header_may_be_named_as_strangely_as_http_allows() -> None:
    condition = Condition(field="http-header", header_name="x'#$%", values=("1",))
    assert lines_of(condition) == ["acl r-0 'req.fhdr(\"x'\\''#$%\")' -m reg -i -- '^1$'"]


def test_one_of_the_values_is_enough_and_all_conditions_are_needed() -> None:
    found = dict(
        acls_of(
            "r",
            (
                Condition(field="path-pattern", values=("/a", "/b")),
                Condition(field="host-header", values=("c",)),
            ),
        )
    )
    assert {name: len(lines) for name, lines in found.items()} == {"r-0": 2, "r-1": 1}


@pytest.mark.parametrize(
    ("pair", "query", "does"),
    [
        (QueryPair(key="v", value="1"), "v=1", True),
        (QueryPair(key="v", value="1"), "a=0&v=1&b=2", True),
        (QueryPair(key="v", value="1"), "av=1", False),
        (QueryPair(key="v", value="1"), "v=12", False),
        (QueryPair(key="v", value="1*"), "v=12", True),
        (QueryPair(key="v", value="*2"), "v=1&w=2", False),
        (QueryPair(value="x"), "k=x", True),
        (QueryPair(value="x"), "x", True),
        (QueryPair(value="x"), "k=xy", False),
        (QueryPair(key="a[]", value="?"), "a[]=1", True),
    ],
)
def test_a_pair_of_the_query_is_found_among_others(pair: QueryPair, query: str, does: bool) -> None:
    (line,) = lines_of(Condition(field="query-string", pairs=(pair,)))
    pattern = line.removeprefix("acl r-0 query -m reg -i '").removesuffix("'")
    assert bool(re.search(pattern, query, re.IGNORECASE)) is does
