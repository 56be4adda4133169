"""What callers ask about VPC endpoints; shapes of the EC2 model."""

from dataclasses import dataclass

from hostless.services.ec2.requests import Filter
from hostless.services.ec2.requests_security_groups import TagSpecification


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateVpcEndpoint:
    vpc_id: str
    service_name: str | None = None
    vpc_endpoint_type: str | None = None
    policy_document: str | None = None
    route_table_ids: tuple[str, ...] = ()
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    private_dns_enabled: bool | None = None
    ip_address_type: str | None = None
    service_region: str | None = None
    tag_specifications: tuple[TagSpecification, ...] = ()
    client_token: str | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyVpcEndpoint:
    vpc_endpoint_id: str
    reset_policy: bool | None = None
    policy_document: str | None = None
    add_route_table_ids: tuple[str, ...] = ()
    remove_route_table_ids: tuple[str, ...] = ()
    add_subnet_ids: tuple[str, ...] = ()
    remove_subnet_ids: tuple[str, ...] = ()
    add_security_group_ids: tuple[str, ...] = ()
    remove_security_group_ids: tuple[str, ...] = ()
    private_dns_enabled: bool | None = None
    ip_address_type: str | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteVpcEndpoints:
    vpc_endpoint_ids: tuple[str, ...]
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeVpcEndpoints:
    filters: tuple[Filter, ...] = ()
    vpc_endpoint_ids: tuple[str, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeVpcEndpointServices:
    filters: tuple[Filter, ...] = ()
    service_names: tuple[str, ...] = ()
    service_regions: tuple[str, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None
