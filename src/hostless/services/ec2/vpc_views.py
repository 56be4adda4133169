"""VPCs and subnets as EC2 shows them, and the filters by which they are found.

Source of shapes and filters: the EC2 model and its reference of each call.
"""

from collections.abc import Callable

from hostless.domain.arns import Realm
from hostless.domain.network import Ipv6Range, Subnet, Vpc
from hostless.domain.zones import zone_id
from hostless.services.ec2.describing import Described, tags_view, truth
from hostless.services.ec2.vpc_lookup import SUBNET_FORM, VPC_FORM

_AMAZON = "Amazon"
"""The pool of IPv6 addresses that AWS provides."""
ASSOCIATED = "associated"


def vpc_view(
    vpc: Vpc, realm: Realm, *, state: str = "available", ipv6_state: str = ASSOCIATED
) -> dict[str, object]:
    view: dict[str, object] = {
        "VpcId": vpc.id,
        "CidrBlock": vpc.cidr_block,
        "CidrBlockAssociationSet": [
            {
                "AssociationId": primary_association_id(vpc),
                "CidrBlock": vpc.cidr_block,
                "CidrBlockState": {"State": ASSOCIATED},
            }
        ],
        "DhcpOptionsId": vpc.dhcp_options_id or "default",
        "InstanceTenancy": vpc.tenancy,
        "IsDefault": vpc.is_default,
        "OwnerId": realm.account_id,
        "State": state,
        "Tags": tags_view(vpc.tags),
    }
    if vpc.ipv6 is not None:
        view["Ipv6CidrBlockAssociationSet"] = [vpc_ipv6_view(vpc.ipv6, realm, ipv6_state)]
    return view


def vpc_ipv6_view(range_: Ipv6Range, realm: Realm, state: str) -> dict[str, object]:
    return {
        **subnet_ipv6_view(range_, state),
        "NetworkBorderGroup": realm.region,
        "Ipv6Pool": _AMAZON,
    }


def subnet_ipv6_view(range_: Ipv6Range, state: str) -> dict[str, object]:
    return {
        "AssociationId": range_.association_id,
        "Ipv6CidrBlock": range_.cidr_block,
        "Ipv6CidrBlockState": {"State": state},
        "Ipv6AddressAttribute": "public",
        "IpSource": "amazon",
    }


def primary_association_id(vpc: Vpc) -> str:
    return f"vpc-cidr-assoc-{vpc.id.removeprefix('vpc-')}"


def vpcs_shown(realm: Realm) -> Described[Vpc]:
    return Described(
        form=VPC_FORM,
        id_of=lambda vpc: vpc.id,
        tags_of=lambda vpc: vpc.tags,
        filters={
            "cidr": lambda vpc: (vpc.cidr_block,),
            "cidr-block-association.association-id": lambda vpc: (primary_association_id(vpc),),
            "cidr-block-association.cidr-block": lambda vpc: (vpc.cidr_block,),
            "cidr-block-association.state": lambda vpc: (ASSOCIATED,),
            "dhcp-options-id": lambda vpc: (vpc.dhcp_options_id or "default",),
            "ipv6-cidr-block-association.association-id": lambda vpc: (
                each.association_id for each in _ranges(vpc.ipv6)
            ),
            "ipv6-cidr-block-association.ipv6-cidr-block": lambda vpc: (
                each.cidr_block for each in _ranges(vpc.ipv6)
            ),
            "ipv6-cidr-block-association.ipv6-pool": lambda vpc: (
                _AMAZON for _ in _ranges(vpc.ipv6)
            ),
            "ipv6-cidr-block-association.state": lambda vpc: (
                ASSOCIATED for _ in _ranges(vpc.ipv6)
            ),
            "is-default": lambda vpc: truth(vpc.is_default),
            "isDefault": lambda vpc: truth(vpc.is_default),
            "owner-id": lambda vpc: (realm.account_id,),
            "state": lambda vpc: ("available",),
            "vpc-id": lambda vpc: (vpc.id,),
        },
    )


def _ranges(range_: Ipv6Range | None) -> tuple[Ipv6Range, ...]:
    return () if range_ is None else (range_,)


def subnet_view(subnet: Subnet, realm: Realm, free_addresses: int) -> dict[str, object]:
    return {
        "SubnetId": subnet.id,
        "SubnetArn": _subnet_arn(subnet, realm),
        "VpcId": subnet.vpc_id,
        "CidrBlock": subnet.cidr_block,
        "AvailabilityZone": subnet.zone,
        "AvailabilityZoneId": zone_id(subnet.zone, realm),
        "AvailableIpAddressCount": free_addresses,
        "DefaultForAz": subnet.is_default_for_zone,
        "MapPublicIpOnLaunch": subnet.maps_public_ip,
        "MapCustomerOwnedIpOnLaunch": False,
        "AssignIpv6AddressOnCreation": subnet.assigns_ipv6,
        "Ipv6CidrBlockAssociationSet": [
            subnet_ipv6_view(each, ASSOCIATED) for each in _ranges(subnet.ipv6)
        ],
        "Ipv6Native": False,
        "EnableDns64": subnet.has_dns64,
        "PrivateDnsNameOptionsOnLaunch": {
            "HostnameType": subnet.hostname_type,
            "EnableResourceNameDnsARecord": subnet.has_resource_name_a,
            "EnableResourceNameDnsAAAARecord": subnet.has_resource_name_aaaa,
        },
        "OwnerId": realm.account_id,
        "State": "available",
        "Tags": tags_view(subnet.tags),
    }


def subnets_shown(realm: Realm, free_addresses: Callable[[Subnet], int]) -> Described[Subnet]:
    on_launch = "private-dns-name-options-on-launch"
    ipv6 = "ipv6-cidr-block-association"
    return Described(
        form=SUBNET_FORM,
        id_of=lambda s: s.id,
        tags_of=lambda s: s.tags,
        filters={
            "availability-zone": lambda s: (s.zone,),
            "availabilityZone": lambda s: (s.zone,),
            "availability-zone-id": lambda s: (zone_id(s.zone, realm),),
            "availabilityZoneId": lambda s: (zone_id(s.zone, realm),),
            "available-ip-address-count": lambda s: (str(free_addresses(s)),),
            "cidr": lambda s: (s.cidr_block,),
            "cidr-block": lambda s: (s.cidr_block,),
            "cidrBlock": lambda s: (s.cidr_block,),
            "customer-owned-ipv4-pool": lambda s: (),
            "default-for-az": lambda s: truth(s.is_default_for_zone),
            "defaultForAz": lambda s: truth(s.is_default_for_zone),
            "enable-dns64": lambda s: truth(s.has_dns64),
            "enable-lni-at-device-index": lambda s: (),
            f"{ipv6}.association-id": lambda s: (r.association_id for r in _ranges(s.ipv6)),
            f"{ipv6}.ipv6-cidr-block": lambda s: (r.cidr_block for r in _ranges(s.ipv6)),
            f"{ipv6}.state": lambda s: (ASSOCIATED for _ in _ranges(s.ipv6)),
            "ipv6-native": lambda s: truth(False),
            "map-customer-owned-ip-on-launch": lambda s: truth(False),
            "map-public-ip-on-launch": lambda s: truth(s.maps_public_ip),
            "outpost-arn": lambda s: (),
            "owner-id": lambda s: (realm.account_id,),
            f"{on_launch}.hostname-type": lambda s: (s.hostname_type,),
            f"{on_launch}.enable-resource-name-dns-a-record": lambda s: truth(
                s.has_resource_name_a
            ),
            f"{on_launch}.enable-resource-name-dns-aaaa-record": lambda s: truth(
                s.has_resource_name_aaaa
            ),
            "state": lambda s: ("available",),
            "subnet-arn": lambda s: (_subnet_arn(s, realm),),
            "subnet-id": lambda s: (s.id,),
            "vpc-id": lambda s: (s.vpc_id,),
        },
    )


def _subnet_arn(subnet: Subnet, realm: Realm) -> str:
    return realm.arn("ec2", f"subnet/{subnet.id}")
