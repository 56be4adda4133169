"""VPCs, subnets and availability zones, as describe calls.

Source of shapes and filters: the EC2 model and its reference of each call.
"""

import ipaddress
from dataclasses import dataclass

from hostless.domain.arns import Realm
from hostless.domain.network import Subnet, Vpc
from hostless.domain.zones import zone_id
from hostless.services.ec2 import requests
from hostless.services.ec2.describing import (
    Described,
    IdForm,
    Question,
    page_for,
    tags_view,
    truth,
)
from hostless.services.ec2.errors import BadParameter
from hostless.services.ec2.vpc_lookup import SUBNET_FORM, VPC_FORM
from hostless.services.operation import Answer, Call
from hostless.store.kinds import NETWORK_INTERFACES, SUBNETS, VPCS
from hostless.store.store import Store

_RESERVED_ADDRESSES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    name: str
    id: str


class Vpcs:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def describe_vpcs(self, request: requests.DescribeVpcs, call: Call) -> Answer:
        question = Question(
            ids=request.vpc_ids,
            filters=request.filters,
            next_token=request.next_token,
            max_results=request.max_results,
            dry_run=request.dry_run,
        )
        page = page_for(question, _vpcs(call.realm), self._store.all(VPCS))
        shown = [_vpc_view(vpc, call.realm) for vpc in page.items]
        return {"Vpcs": shown, "NextToken": page.next_token}

    async def describe_subnets(self, request: requests.DescribeSubnets, call: Call) -> Answer:
        question = Question(
            ids=request.subnet_ids,
            filters=request.filters,
            next_token=request.next_token,
            max_results=request.max_results,
            dry_run=request.dry_run,
        )
        kind = self._subnets(call.realm)
        page = page_for(question, kind, self._store.all(SUBNETS))
        shown = [self._subnet_view(subnet, call.realm) for subnet in page.items]
        return {"Subnets": shown, "NextToken": page.next_token}

    async def describe_zones(
        self, request: requests.DescribeAvailabilityZones, call: Call
    ) -> Answer:
        realm = call.realm
        zones = [Zone(name=name, id=zone_id(name, realm)) for name in realm.zones()]
        wanted = request.zone_names or tuple(zone.name for zone in zones)
        ids = request.zone_ids or tuple(zone.id for zone in zones)
        known = {zone.name for zone in zones} | {zone.id for zone in zones}
        for given in (*wanted, *ids):
            if given not in known:
                raise BadParameter(f"Invalid availability zone: [{given}]")
        question = Question(filters=request.filters, dry_run=request.dry_run)
        asked = (zone for zone in zones if zone.name in wanted and zone.id in ids)
        page = page_for(question, _zones(realm), asked)
        return {"AvailabilityZones": [_zone_view(zone, realm) for zone in page.items]}

    def _free_addresses(self, subnet: Subnet) -> int:
        size = ipaddress.IPv4Network(subnet.cidr_block).num_addresses
        taken = self._store.table(NETWORK_INTERFACES).count("subnet", subnet.id)
        return max(0, size - _RESERVED_ADDRESSES - taken)

    def _subnets(self, realm: Realm) -> Described[Subnet]:
        return Described(
            form=SUBNET_FORM,
            id_of=lambda s: s.id,
            tags_of=lambda s: s.tags,
            filters={
                "availability-zone": lambda s: (s.zone,),
                "availabilityZone": lambda s: (s.zone,),
                "availability-zone-id": lambda s: (zone_id(s.zone, realm),),
                "availabilityZoneId": lambda s: (zone_id(s.zone, realm),),
                "available-ip-address-count": lambda s: (str(self._free_addresses(s)),),
                "cidr": lambda s: (s.cidr_block,),
                "cidr-block": lambda s: (s.cidr_block,),
                "cidrBlock": lambda s: (s.cidr_block,),
                "default-for-az": lambda s: truth(s.is_default_for_zone),
                "defaultForAz": lambda s: truth(s.is_default_for_zone),
                "map-public-ip-on-launch": lambda s: truth(s.maps_public_ip),
                "owner-id": lambda s: (realm.account_id,),
                "state": lambda s: ("available",),
                "subnet-arn": lambda s: (_subnet_arn(s, realm),),
                "subnet-id": lambda s: (s.id,),
                "vpc-id": lambda s: (s.vpc_id,),
                "ipv6-native": lambda s: truth(False),
            },
        )

    def _subnet_view(self, subnet: Subnet, realm: Realm) -> dict[str, object]:
        return {
            "SubnetId": subnet.id,
            "SubnetArn": _subnet_arn(subnet, realm),
            "VpcId": subnet.vpc_id,
            "CidrBlock": subnet.cidr_block,
            "AvailabilityZone": subnet.zone,
            "AvailabilityZoneId": zone_id(subnet.zone, realm),
            "AvailableIpAddressCount": self._free_addresses(subnet),
            "DefaultForAz": subnet.is_default_for_zone,
            "MapPublicIpOnLaunch": subnet.maps_public_ip,
            "MapCustomerOwnedIpOnLaunch": False,
            "AssignIpv6AddressOnCreation": False,
            "Ipv6CidrBlockAssociationSet": [],
            "Ipv6Native": False,
            "EnableDns64": False,
            "PrivateDnsNameOptionsOnLaunch": {
                "HostnameType": "ip-name",
                "EnableResourceNameDnsARecord": False,
                "EnableResourceNameDnsAAAARecord": False,
            },
            "OwnerId": realm.account_id,
            "State": "available",
            "Tags": tags_view(subnet.tags),
        }


def _subnet_arn(subnet: Subnet, realm: Realm) -> str:
    return realm.arn("ec2", f"subnet/{subnet.id}")


def _vpcs(realm: Realm) -> Described[Vpc]:
    return Described(
        form=VPC_FORM,
        id_of=lambda vpc: vpc.id,
        tags_of=lambda vpc: vpc.tags,
        filters={
            "cidr": lambda vpc: (vpc.cidr_block,),
            "cidr-block-association.cidr-block": lambda vpc: (vpc.cidr_block,),
            "cidr-block-association.state": lambda vpc: ("associated",),
            "dhcp-options-id": lambda vpc: ("default",),
            "is-default": lambda vpc: truth(vpc.is_default),
            "isDefault": lambda vpc: truth(vpc.is_default),
            "owner-id": lambda vpc: (realm.account_id,),
            "state": lambda vpc: ("available",),
            "vpc-id": lambda vpc: (vpc.id,),
        },
    )


def _vpc_view(vpc: Vpc, realm: Realm) -> dict[str, object]:
    association = {
        "AssociationId": f"vpc-cidr-assoc-{vpc.id.removeprefix('vpc-')}",
        "CidrBlock": vpc.cidr_block,
        "CidrBlockState": {"State": "associated"},
    }
    return {
        "VpcId": vpc.id,
        "CidrBlock": vpc.cidr_block,
        "CidrBlockAssociationSet": [association],
        "DhcpOptionsId": "default",
        "InstanceTenancy": "default",
        "IsDefault": vpc.is_default,
        "OwnerId": realm.account_id,
        "State": "available",
        "Tags": tags_view(vpc.tags),
    }


def _zones(realm: Realm) -> Described[Zone]:
    return Described(
        form=IdForm(noun="AvailabilityZone", spoken="availability zone", prefix=""),
        id_of=lambda zone: zone.name,
        tags_of=lambda zone: (),
        filters={
            "group-name": lambda zone: (f"{realm.region}-zg-1",),
            "message": lambda zone: (),
            "opt-in-status": lambda zone: ("opt-in-not-required",),
            "parent-zone-id": lambda zone: (),
            "parent-zone-name": lambda zone: (),
            "region-name": lambda zone: (realm.region,),
            "state": lambda zone: ("available",),
            "zone-id": lambda zone: (zone.id,),
            "zone-name": lambda zone: (zone.name,),
            "zone-type": lambda zone: ("availability-zone",),
        },
    )


def _zone_view(zone: Zone, realm: Realm) -> dict[str, object]:
    return {
        "ZoneName": zone.name,
        "ZoneId": zone.id,
        "RegionName": realm.region,
        "GroupName": f"{realm.region}-zg-1",
        "NetworkBorderGroup": realm.region,
        "OptInStatus": "opt-in-not-required",
        "State": "available",
        "ZoneType": "availability-zone",
        "Messages": [],
    }
