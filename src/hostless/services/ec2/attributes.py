"""Calls of EC2 that change one attribute at a time."""

from collections.abc import Mapping
from typing import TypeVar

from hostless.services.ec2.errors_vpcs import ManyAttributes, NoAttribute

T = TypeVar("T")
SUBNET_NEEDS_IPV6: Mapping[str, str] = {
    "assigns_ipv6": "assign-ipv6-address-on-creation",
    "has_dns64": "enable-dns64",
    "has_resource_name_aaaa": "enable-resource-name-dns-aaaa-record-on-launch",
}
"""Fields of a subnet that are true with a range of IPv6 only; how EC2 spells them in sentences."""


def only_attribute(given: Mapping[str, T | None]) -> tuple[str, T]:
    """The one that is given, by EC2's name. Raises NoAttribute, ManyAttributes."""
    found = {name: value for name, value in given.items() if value is not None}
    if len(found) > 1:
        raise ManyAttributes(found)
    for name, value in found.items():
        return name, value
    raise NoAttribute
