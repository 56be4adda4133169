"""Texts of users as words of a configuration."""

import re

import pytest
from tests.support.balancing import group, target

from hostless.balancer.local.words import in_format, pattern_of, quoted, server_name_of


@pytest.mark.parametrize(
    ("pattern", "text", "does"),
    [
        ("/img/*", "/img/a/b.png", True),
        ("/img/*", "/img", False),
        ("/v?", "/v1", True),
        ("/v?", "/v12", False),
        ("*.example.com", "a.b.example.com", True),
        ("*.example.com", "aexample-com", False),
        ("/a+b(c)[d]{e}$", "/a+b(c)[d]{e}$", True),
        ("/a+b", "/aab", False),
        ("\\d", "1", False),
        ("\\d", "\\d", True),
        ("*", "", True),
    ],
)
def test_only_stars_and_question_marks_stand_for_something(
    pattern: str, text: str, does: bool
) -> None:
    assert bool(re.fullmatch(pattern_of(pattern), text)) is does


def test_a_wildcard_can_be_kept_within_bounds() -> None:
    pattern = pattern_of("a*", any_="[^&]")
    assert re.fullmatch(pattern, "abc")
    assert not re.fullmatch(pattern, "ab&c")


def test_a_quote_does_not_end_the_word_that_it_is_in() -> None:
    assert quoted("it's") == "'it'\\''s'"


def test_a_percent_sign_stays_one_in_a_format() -> None:
    assert in_format("100%[src]") == "100%%[src]"


def test_the_name_of_a_server_tells_nobody_its_address() -> None:
    one, other = (target(group(), "10.0.0.9", port) for port in (80, 81))
    assert "10.0" not in server_name_of(one)
    assert server_name_of(one) != server_name_of(other)
    assert len(server_name_of(one)) == 16
