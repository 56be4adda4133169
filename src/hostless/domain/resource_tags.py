"""Rules about tags, and how sets of them join. Source: the ECS model's shape Tag."""

from collections.abc import Iterable, Iterator

import regex

from hostless.domain.isolation import choice_refusal
from hostless.domain.tags import Tag

MOST_TAGS = 50
RESERVED_PREFIX = "aws:"
_ALLOWED = regex.compile(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*")


def _refusals(tags: tuple[Tag, ...]) -> Iterator[str]:
    keys = [tag.key or "" for tag in tags]
    if len(tags) > MOST_TAGS:
        yield f"Tags can not be more than {MOST_TAGS} for a resource."
    for tag in tags:
        key, value = tag.key or "", tag.value or ""
        if not 1 <= len(key) <= 128 or not _ALLOWED.fullmatch(key):
            yield f"Tag key '{key}' is invalid: 1 to 128 letters, digits, spaces and _.:/=+-@."
        if key.lower().startswith(RESERVED_PREFIX):
            yield f"Tag key '{key}' is invalid: keys that start with aws: are reserved for AWS use."
        if len(value) > 256 or not _ALLOWED.fullmatch(value):
            yield f"Tag value '{value}' is invalid: up to 256 letters, digits, spaces and _.:/=+-@."
    if len(set(keys)) < len(keys):
        yield "Tag keys must be unique."
    choice = choice_refusal(tags)
    if choice is not None:
        yield choice


def tags_refusal(tags: tuple[Tag, ...]) -> str | None:
    """What is wrong with tags that a caller gives (our words); None when nothing is."""
    return next(_refusals(tags), None)


def tags_with(tags: tuple[Tag, ...], added: Iterable[Tag]) -> tuple[Tag, ...]:
    """`added` replaces tags of the same key and joins the others."""
    joined = {tag.key: tag for tag in tags}
    for tag in added:
        joined[tag.key] = Tag(key=tag.key, value=tag.value or "")
    return tuple(joined.values())


def tags_without(tags: tuple[Tag, ...], keys: Iterable[str]) -> tuple[Tag, ...]:
    gone = frozenset(keys)
    return tuple(tag for tag in tags if tag.key not in gone)
