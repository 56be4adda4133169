"""What callers ask about elastic addresses; shapes of the EC2 model."""

from dataclasses import dataclass
from typing import Literal

from hostless.services.ec2.requests import Filter
from hostless.services.ec2.requests_security_groups import TagSpecification


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocateAddress:
    domain: Literal["vpc", "standard"] | None = None
    address: str | None = None
    public_ipv4_pool: str | None = None
    network_border_group: str | None = None
    tag_specifications: tuple[TagSpecification, ...] = ()
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseAddress:
    allocation_id: str | None = None
    public_ip: str | None = None
    network_border_group: str | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeAddresses:
    filters: tuple[Filter, ...] = ()
    allocation_ids: tuple[str, ...] = ()
    public_ips: tuple[str, ...] = ()
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeAddressesAttribute:
    """attribute: there is one only, the domain name."""

    allocation_ids: tuple[str, ...] = ()
    attribute: Literal["domain-name"] | None = None
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociateAddress:
    allocation_id: str | None = None
    instance_id: str | None = None
    public_ip: str | None = None
    network_interface_id: str | None = None
    private_ip_address: str | None = None
    allow_reassociation: bool | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisassociateAddress:
    association_id: str | None = None
    public_ip: str | None = None
    dry_run: bool | None = None
