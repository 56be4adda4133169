"""What callers ask about gateways of every kind; shapes of the EC2 model."""

from dataclasses import dataclass
from typing import Literal

from hostless.services.ec2.requests import Filter
from hostless.services.ec2.requests_security_groups import TagSpecification


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateInternetGateway:
    tag_specifications: tuple[TagSpecification, ...] = ()
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InternetGatewayAttachment:
    """AttachInternetGateway and DetachInternetGateway."""

    internet_gateway_id: str
    vpc_id: str
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteInternetGateway:
    internet_gateway_id: str
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeInternetGateways:
    filters: tuple[Filter, ...] = ()
    internet_gateway_ids: tuple[str, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateEgressOnlyInternetGateway:
    vpc_id: str
    tag_specifications: tuple[TagSpecification, ...] = ()
    client_token: str | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteEgressOnlyInternetGateway:
    egress_only_internet_gateway_id: str
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeEgressOnlyInternetGateways:
    filters: tuple[Filter, ...] = ()
    egress_only_internet_gateway_ids: tuple[str, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateNatGateway:
    subnet_id: str | None = None
    allocation_id: str | None = None
    connectivity_type: Literal["private", "public"] | None = None
    private_ip_address: str | None = None
    availability_mode: Literal["zonal", "regional"] | None = None
    tag_specifications: tuple[TagSpecification, ...] = ()
    client_token: str | None = None
    dry_run: bool | None = None

    @property
    def is_public(self) -> bool:
        return self.connectivity_type != "private"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteNatGateway:
    nat_gateway_id: str
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeNatGateways:
    filter: tuple[Filter, ...] = ()
    nat_gateway_ids: tuple[str, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None
