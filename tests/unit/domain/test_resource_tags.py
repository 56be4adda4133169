"""Rules about tags."""

import pytest

from hostless.domain.resource_tags import tags_refusal, tags_with, tags_without
from hostless.domain.tags import Tag


def tag(key: str, value: str = "") -> Tag:
    return Tag(key=key, value=value)


@pytest.mark.parametrize(
    "tags",
    [(), (tag("a"), tag("b", "ü ß 1_.:/=+-@")), tuple(tag(f"k{n}") for n in range(50))],
)
def test_sound_tags_pass(tags: tuple[Tag, ...]) -> None:
    assert tags_refusal(tags) is None


@pytest.mark.parametrize(
    "tags",
    [
        (tag(""),),
        (tag("k" * 129),),
        (tag("a", "v" * 257),),
        (tag("a{}"),),
        (tag("aws:a"),),
        (tag("a"), tag("a")),
        tuple(tag(f"k{n}") for n in range(51)),
    ],
)
def test_unsound_tags_do_not(tags: tuple[Tag, ...]) -> None:
    assert tags_refusal(tags) is not None


def test_a_given_tag_replaces_its_key_and_keeps_the_order() -> None:
    assert tags_with((tag("a", "1"), tag("b")), (tag("a", "2"), Tag(key="c"))) == (
        tag("a", "2"),
        tag("b"),
        tag("c"),
    )
    assert tags_without((tag("a"), tag("b")), ("a", "x")) == (tag("b"),)
