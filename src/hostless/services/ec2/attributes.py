"""Calls of EC2 that change one attribute at a time."""

from collections.abc import Mapping
from typing import TypeVar

from hostless.services.ec2.errors_vpcs import ManyAttributes, NoAttribute

T = TypeVar("T")


def only_attribute(given: Mapping[str, T | None]) -> tuple[str, T]:
    """The one that is given, by EC2's name. Raises NoAttribute, ManyAttributes."""
    found = {name: value for name, value in given.items() if value is not None}
    if len(found) > 1:
        raise ManyAttributes(found)
    for name, value in found.items():
        return name, value
    raise NoAttribute
