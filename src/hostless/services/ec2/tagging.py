"""What EC2 refuses about tags, and the tags that a request gives to what it makes.

Source: "Tag your Amazon EC2 resources", User Guide. Sentences are EC2's own, except where a
comment says "our words".
"""

from collections.abc import Iterable

from hostless.domain.resource_tags import MOST_TAGS, RESERVED_PREFIX, tags_with
from hostless.domain.tags import Tag
from hostless.services.ec2.errors import BadParameter, MissingParameter, TooManyTags
from hostless.services.ec2.requests_security_groups import TagSpecification

_LONGEST_KEY = 127
_LONGEST_VALUE = 256


def check_tags(tags: Iterable[Tag]) -> None:
    """Raises BadParameter and MissingParameter."""
    seen: set[str] = set()
    for tag in tags:
        key, value = tag.key or "", tag.value or ""
        if not key:
            raise MissingParameter("The request must contain the parameter key")  # our words
        if key.lower().startswith(RESERVED_PREFIX):
            raise BadParameter(
                f"Value ( {key} ) for parameter key is invalid. "
                "Tag keys starting with 'aws:' are reserved for internal use"
            )
        if len(key) > _LONGEST_KEY:
            raise BadParameter(f"Tag key exceeds the maximum length of {_LONGEST_KEY} characters")
        if len(value) > _LONGEST_VALUE:
            raise BadParameter(
                f"Tag value exceeds the maximum length of {_LONGEST_VALUE} characters"
            )
        if key in seen:
            raise BadParameter(f"Duplicate tag key '{key}' specified.")
        seen.add(key)


def joined_tags(tags: tuple[Tag, ...], added: Iterable[Tag]) -> tuple[Tag, ...]:
    """Raises TooManyTags."""
    joined = tags_with(tags, added)
    if len(joined) > MOST_TAGS:
        raise TooManyTags
    return joined


def tags_for(specifications: Iterable[TagSpecification], resource_type: str) -> tuple[Tag, ...]:
    """The tags of a thing to be made. resource_type: what the operation makes."""
    tags: tuple[Tag, ...] = ()
    for specification in specifications:
        if not specification.resource_type:
            raise BadParameter("Tag specification resource type must have a value")
        if specification.resource_type != resource_type:
            raise BadParameter(
                f"'{specification.resource_type}' is not a valid taggable resource type "
                "for this operation."
            )
        if not specification.tags:
            raise BadParameter("Tag specification must have at least one tag")
        tags += specification.tags
    check_tags(tags)
    return joined_tags((), tags)
