"""The rows of the table of EC2 operations that are about VPCs, subnets and the account."""

from typing import Any

from hostless.domain.settings import Settings
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests
from hostless.services.ec2 import requests_vpcs as vpc_requests
from hostless.services.ec2.account import Account
from hostless.services.ec2.dhcp_options import DhcpOptionSets
from hostless.services.ec2.ipv6_ranges import Ipv6Ranges
from hostless.services.ec2.subnets import Subnets
from hostless.services.ec2.vpcs import Vpcs
from hostless.services.ec2.vpn_gateways import describe_vpn_gateways
from hostless.services.operation import Operation
from hostless.store.store import Store

_NO_IPAM = "there is no IP Address Manager"
_IPV4_IPAM = dict.fromkeys(("Ipv4IpamPoolId", "Ipv4NetmaskLength"), _NO_IPAM)
_IPV6_IPAM = dict.fromkeys(("Ipv6IpamPoolId", "Ipv6NetmaskLength"), _NO_IPAM)
_NO_OWN_IPV6 = dict.fromkeys(
    ("Ipv6Pool", "Ipv6CidrBlock"),
    "IPv6 ranges are Amazon-provided here",
)
_BORDER = {"Ipv6CidrBlockNetworkBorderGroup": "the region is the only network border group"}
_NO_OUTPOSTS = "there are no Outposts"
_NO_METRICS = "there are no metrics of network addresses yet"
_NO_CLASSIC = "AWS has retired EC2-Classic"


def vpc_operations(store: Store, ids: Ids, settings: Settings) -> tuple[Operation[Any], ...]:
    return (
        *_of_vpcs(Vpcs(store, ids, settings)),
        *_of_subnets(Subnets(store, ids, settings.api_limits.quotas)),
        *_of_ipv6(Ipv6Ranges(store, ids)),
        *_of_dhcp_options(DhcpOptionSets(store, ids)),
        *_of_account(Account(store, settings.api_limits.quotas)),
    )


def _of_vpcs(vpcs: Vpcs) -> tuple[Operation[Any], ...]:
    return (
        Operation(
            name="CreateVpc",
            request=vpc_requests.CreateVpc,
            perform=vpcs.create,
            refused={
                **_IPV4_IPAM,
                **_IPV6_IPAM,
                **_NO_OWN_IPV6,
                "VpcEncryptionControl": "traffic inside of a VPC is not encrypted",
            },
            refused_by_rule=_BORDER,
        ),
        Operation(
            name="CreateDefaultVpc",
            request=vpc_requests.CreateDefaultVpc,
            perform=vpcs.create_default,
        ),
        Operation(name="DeleteVpc", request=vpc_requests.DeleteVpc, perform=vpcs.delete),
        Operation(name="DescribeVpcs", request=requests.DescribeVpcs, perform=vpcs.describe),
        Operation(
            name="DescribeVpcAttribute",
            request=vpc_requests.DescribeVpcAttribute,
            perform=vpcs.describe_attribute,
        ),
        Operation(
            name="ModifyVpcAttribute",
            request=vpc_requests.ModifyVpcAttribute,
            perform=vpcs.modify_attribute,
            not_acted_on={"EnableNetworkAddressUsageMetrics": _NO_METRICS},
        ),
        Operation(
            name="ModifyVpcTenancy",
            request=vpc_requests.ModifyVpcTenancy,
            perform=vpcs.modify_tenancy,
        ),
    )


def _of_subnets(subnets: Subnets) -> tuple[Operation[Any], ...]:
    outposts = (
        *("MapCustomerOwnedIpOnLaunch", "CustomerOwnedIpv4Pool"),
        *("EnableLniAtDeviceIndex", "DisableLniAtDeviceIndex"),
    )
    return (
        Operation(
            name="CreateSubnet",
            request=vpc_requests.CreateSubnet,
            perform=subnets.create,
            refused={**_IPV4_IPAM, **_IPV6_IPAM, "OutpostArn": _NO_OUTPOSTS},
            refused_by_rule={"Ipv6Native": "every subnet has a range of IPv4"},
        ),
        Operation(
            name="CreateDefaultSubnet",
            request=vpc_requests.CreateDefaultSubnet,
            perform=subnets.create_default,
            refused_by_rule={"Ipv6Native": "every subnet has a range of IPv4"},
        ),
        Operation(name="DeleteSubnet", request=vpc_requests.DeleteSubnet, perform=subnets.delete),
        Operation(
            name="DescribeSubnets", request=requests.DescribeSubnets, perform=subnets.describe
        ),
        Operation(
            name="ModifySubnetAttribute",
            request=vpc_requests.ModifySubnetAttribute,
            perform=subnets.modify_attribute,
            refused=dict.fromkeys(outposts, _NO_OUTPOSTS),
            not_acted_on={"EnableDns64": "the resolver makes no IPv6 addresses up"},
        ),
    )


def _of_ipv6(ranges: Ipv6Ranges) -> tuple[Operation[Any], ...]:
    return (
        Operation(
            name="AssociateVpcCidrBlock",
            request=vpc_requests.AssociateVpcCidrBlock,
            perform=ranges.associate_vpc,
            refused={**_IPV4_IPAM, **_IPV6_IPAM, **_NO_OWN_IPV6},
            refused_by_rule={**_BORDER, "CidrBlock": "a VPC has one range of IPv4"},
        ),
        Operation(
            name="DisassociateVpcCidrBlock",
            request=vpc_requests.Disassociate,
            perform=ranges.disassociate_vpc,
        ),
        Operation(
            name="AssociateSubnetCidrBlock",
            request=vpc_requests.AssociateSubnetCidrBlock,
            perform=ranges.associate_subnet,
            refused=_IPV6_IPAM,
        ),
        Operation(
            name="DisassociateSubnetCidrBlock",
            request=vpc_requests.Disassociate,
            perform=ranges.disassociate_subnet,
        ),
    )


def _of_dhcp_options(sets: DhcpOptionSets) -> tuple[Operation[Any], ...]:
    return (
        Operation(
            name="CreateDhcpOptions",
            request=vpc_requests.CreateDhcpOptions,
            perform=sets.create,
        ),
        Operation(
            name="DeleteDhcpOptions",
            request=vpc_requests.DeleteDhcpOptions,
            perform=sets.delete,
        ),
        Operation(
            name="DescribeDhcpOptions",
            request=vpc_requests.DescribeDhcpOptions,
            perform=sets.describe,
        ),
        Operation(
            name="AssociateDhcpOptions",
            request=vpc_requests.AssociateDhcpOptions,
            perform=sets.associate,
        ),
    )


def _of_account(account: Account) -> tuple[Operation[Any], ...]:
    return (
        Operation(
            name="DescribeAvailabilityZones",
            request=requests.DescribeAvailabilityZones,
            perform=account.describe_zones,
        ),
        Operation(
            name="DescribeRegions",
            request=vpc_requests.DescribeRegions,
            perform=account.describe_regions,
        ),
        Operation(
            name="DescribeAccountAttributes",
            request=vpc_requests.DescribeAccountAttributes,
            perform=account.describe_attributes,
        ),
        Operation(
            name="DescribeVpnGateways",
            request=vpc_requests.DescribeVpnGateways,
            perform=describe_vpn_gateways,
        ),
        *(
            Operation(
                name=name,
                request=vpc_requests.DescribeVpcClassicLink,
                perform=account.refuse_classic,
                always_refused=_NO_CLASSIC,
            )
            for name in ("DescribeVpcClassicLink", "DescribeVpcClassicLinkDnsSupport")
        ),
    )
