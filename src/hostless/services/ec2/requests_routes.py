"""What callers ask about route tables; shapes of the EC2 model."""

from dataclasses import dataclass

from hostless.services.ec2.requests import Filter
from hostless.services.ec2.requests_security_groups import TagSpecification


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRouteTable:
    vpc_id: str
    tag_specifications: tuple[TagSpecification, ...] = ()
    client_token: str | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRouteTable:
    route_table_id: str
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeRouteTables:
    filters: tuple[Filter, ...] = ()
    route_table_ids: tuple[str, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRoute:
    """DeleteRoute, and what all three calls about a route have."""

    route_table_id: str
    destination_cidr_block: str | None = None
    destination_ipv6_cidr_block: str | None = None
    destination_prefix_list_id: str | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRoute(NamedRoute):
    gateway_id: str | None = None
    nat_gateway_id: str | None = None
    egress_only_internet_gateway_id: str | None = None
    vpc_endpoint_id: str | None = None
    instance_id: str | None = None
    vpc_peering_connection_id: str | None = None
    transit_gateway_id: str | None = None
    local_gateway_id: str | None = None
    carrier_gateway_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceRoute(CreateRoute):
    local_target: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociateRouteTable:
    route_table_id: str
    subnet_id: str | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisassociateRouteTable:
    association_id: str
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceRouteTableAssociation:
    association_id: str
    route_table_id: str
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VgwRoutePropagation:
    """EnableVgwRoutePropagation and DisableVgwRoutePropagation."""

    gateway_id: str
    route_table_id: str
    dry_run: bool | None = None
