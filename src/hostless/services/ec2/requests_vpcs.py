"""What callers ask about VPCs, subnets, DHCP options and the account; shapes of the EC2 model.

The describe calls of VPCs, subnets and zones are in `requests`.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from hostless.services.ec2.requests import Filter
from hostless.services.ec2.requests_security_groups import TagSpecification

VpcAttribute: TypeAlias = Literal[
    "enableDnsSupport", "enableDnsHostnames", "enableNetworkAddressUsageMetrics"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeBooleanValue:
    value: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateVpc:
    cidr_block: str | None = None
    amazon_provided_ipv6_cidr_block: bool | None = None
    ipv6_cidr_block_network_border_group: str | None = None
    instance_tenancy: Literal["default", "dedicated", "host"] | None = None
    tag_specifications: tuple[TagSpecification, ...] = ()
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteVpc:
    vpc_id: str
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateDefaultVpc:
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyVpcTenancy:
    vpc_id: str
    instance_tenancy: Literal["default"]
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyVpcAttribute:
    vpc_id: str
    enable_dns_hostnames: AttributeBooleanValue | None = None
    enable_dns_support: AttributeBooleanValue | None = None
    enable_network_address_usage_metrics: AttributeBooleanValue | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeVpcAttribute:
    vpc_id: str
    attribute: VpcAttribute
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociateVpcCidrBlock:
    vpc_id: str
    cidr_block: str | None = None
    amazon_provided_ipv6_cidr_block: bool | None = None
    ipv6_cidr_block_network_border_group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disassociate:
    """DisassociateVpcCidrBlock and DisassociateSubnetCidrBlock."""

    association_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSubnet:
    vpc_id: str
    cidr_block: str | None = None
    ipv6_cidr_block: str | None = None
    ipv6_native: bool | None = None
    availability_zone: str | None = None
    availability_zone_id: str | None = None
    tag_specifications: tuple[TagSpecification, ...] = ()
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateDefaultSubnet:
    availability_zone: str | None = None
    availability_zone_id: str | None = None
    ipv6_native: bool | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteSubnet:
    subnet_id: str
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifySubnetAttribute:
    subnet_id: str
    assign_ipv6_address_on_creation: AttributeBooleanValue | None = None
    map_public_ip_on_launch: AttributeBooleanValue | None = None
    enable_dns64: AttributeBooleanValue | None = None
    private_dns_hostname_type_on_launch: Literal["ip-name", "resource-name"] | None = None
    enable_resource_name_dns_a_record_on_launch: AttributeBooleanValue | None = None
    enable_resource_name_dns_aaaa_record_on_launch: AttributeBooleanValue | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociateSubnetCidrBlock:
    subnet_id: str
    ipv6_cidr_block: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDhcpConfiguration:
    key: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateDhcpOptions:
    dhcp_configurations: tuple[NewDhcpConfiguration, ...]
    tag_specifications: tuple[TagSpecification, ...] = ()
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteDhcpOptions:
    dhcp_options_id: str
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociateDhcpOptions:
    dhcp_options_id: str
    vpc_id: str
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeDhcpOptions:
    filters: tuple[Filter, ...] = ()
    dhcp_options_ids: tuple[str, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeAccountAttributes:
    attribute_names: tuple[str, ...] = ()
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeRegions:
    region_names: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    all_regions: bool | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeVpnGateways:
    filters: tuple[Filter, ...] = ()
    vpn_gateway_ids: tuple[str, ...] = ()
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeVpcClassicLink:
    """Nothing of it is read: EC2-Classic is gone. Its sibling about DNS is the same."""
