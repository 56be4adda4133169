"""Sets of DHCP options: what tasks of a VPC are told about names and time."""

from dataclasses import dataclass

from hostless.domain.arns import DhcpOptionsId
from hostless.domain.tags import Tag

AMAZON_PROVIDED = "AmazonProvidedDNS"
"""Stands for the VPC's own resolver in `domain-name-servers`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpOption:
    """key: `domain-name`, `domain-name-servers`, `ntp-servers`, …"""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpOptions:
    id: DhcpOptionsId
    options: tuple[DhcpOption, ...]
    tags: tuple[Tag, ...] = ()
