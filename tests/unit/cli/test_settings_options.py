"""Unit tests of flags that are more than a word: what is taken, and what is refused and how."""

import click
import pytest

from hostless.cli.settings_options import watermarks


@pytest.mark.parametrize(
    ("text", "shares"), [("85:80", (0.85, 0.8)), ("90:90", (0.9, 0.9)), ("100:0.5", (1.0, 0.005))]
)
def test_watermarks_are_percents_of_the_disk(text: str, shares: tuple[float, float]) -> None:
    assert watermarks(text) == pytest.approx(shares)


@pytest.mark.parametrize("text", ["", "85", "80:85", "101:50", "50:0", "-1:-2", "a:b", "nan:1"])
def test_watermarks_that_cannot_be_are_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not HIGH:LOW in percent, such as 85:80"):
        watermarks(text)
