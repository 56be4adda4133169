"""Subnets: made in a VPC and a zone, described, changed, deleted.

Sources: the EC2 model and reference of each call. Sentences are EC2's own, except where a comment
says "our words".
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from hostless.domain.addresses import address_count
from hostless.domain.arns import Realm, SubnetId
from hostless.domain.default_vpc import SUBNET_BITS
from hostless.domain.network import Subnet, Vpc
from hostless.domain.new_vpc import acl_association_of
from hostless.domain.quotas import Quotas, is_reached
from hostless.domain.vpc_rules import free_block
from hostless.domain.zones import zone_id
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_vpcs as requests
from hostless.services.ec2.attributes import SUBNET_NEEDS_IPV6, only_attribute
from hostless.services.ec2.describing import page_for, question_of
from hostless.services.ec2.errors import (
    BadCombination,
    BadParameter,
    DryRun,
    HasDependencies,
    MissingParameter,
)
from hostless.services.ec2.errors_gateways import OverQuota
from hostless.services.ec2.errors_vpcs import (
    DefaultSubnetExists,
    DefaultVpcMissing,
    NoFreeBlock,
    NoSuchZone,
)
from hostless.services.ec2.requests import DescribeSubnets
from hostless.services.ec2.tagging import tags_for
from hostless.services.ec2.vpc_dependents import parts_of_subnet, subnet_is_needed
from hostless.services.ec2.vpc_lookup import find_default_vpc, need_subnet, need_vpc
from hostless.services.ec2.vpc_ranges import subnet_ipv6_range, subnet_range, subnets_of
from hostless.services.ec2.vpc_views import subnet_view, subnets_shown
from hostless.services.operation import Answer, Call
from hostless.store.kinds import (
    NETWORK_ACL_ASSOCIATIONS,
    NETWORK_ACLS,
    NETWORK_INTERFACES,
    SUBNETS,
    VPCS,
)
from hostless.store.store import Store

_FIELDS: Mapping[str, str] = {
    "assignIpv6AddressOnCreation": "assigns_ipv6",
    "enableDns64": "has_dns64",
    "enableResourceNameDnsAAAARecordOnLaunch": "has_resource_name_aaaa",
    "enableResourceNameDnsARecordOnLaunch": "has_resource_name_a",
    "mapPublicIpOnLaunch": "maps_public_ip",
}
"""The record's fields by EC2's names of attributes that are true or false."""
_Value: TypeAlias = requests.AttributeBooleanValue | Literal["ip-name", "resource-name"]


class Subnets:
    def __init__(self, store: Store, ids: Ids, quotas: Quotas) -> None:
        self._store = store
        self._ids = ids
        self._quotas = quotas

    async def describe(self, request: DescribeSubnets, call: Call) -> Answer:
        question = question_of(request, request.subnet_ids)
        kind = subnets_shown(call.realm, self._free_addresses)
        page = page_for(question, kind, self._store.all(SUBNETS))
        shown = [self._view(subnet, call.realm) for subnet in page.items]
        return {"Subnets": shown, "NextToken": page.next_token}

    async def create(self, request: requests.CreateSubnet, call: Call) -> Answer:
        vpc = need_vpc(self._store, request.vpc_id)
        _refuse_native(request.ipv6_native)
        cidr = subnet_range(self._store, vpc, request.cidr_block)
        ipv6 = None
        if request.ipv6_cidr_block:
            ipv6 = subnet_ipv6_range(self._store, vpc, request.ipv6_cidr_block, self._ids)
        asked = _asked_zone(request.availability_zone, request.availability_zone_id, call.realm)
        tags = tags_for(request.tag_specifications, "subnet")
        self._check_quota(vpc)
        if request.dry_run:
            raise DryRun
        zone = asked or self._emptiest_zone(vpc, call.realm)
        subnet = replace(self._new(vpc, cidr, zone), ipv6=ipv6, tags=tags)
        await self._add("CreateSubnet", subnet)
        return {"Subnet": self._view(subnet, call.realm)}

    async def create_default(self, request: requests.CreateDefaultSubnet, call: Call) -> Answer:
        """The first free range of the size that default subnets have."""
        zone = _asked_zone(request.availability_zone, request.availability_zone_id, call.realm)
        if zone is None:
            raise MissingParameter("The request must contain the parameter availabilityZone")
        _refuse_native(request.ipv6_native)
        vpc = find_default_vpc(self._store)
        if vpc is None:
            raise DefaultVpcMissing
        there = subnets_of(self._store, vpc)
        if any(other.zone == zone and other.is_default_for_zone for other in there):
            raise DefaultSubnetExists
        self._check_quota(vpc)
        prefix = int(vpc.cidr_block.rpartition("/")[2]) + SUBNET_BITS
        cidr = free_block(vpc.cidr_block, prefix, (each.cidr_block for each in there))
        if cidr is None:
            raise NoFreeBlock("VPC")
        if request.dry_run:
            raise DryRun
        plain = self._new(vpc, cidr, zone)
        subnet = replace(plain, is_default_for_zone=True, maps_public_ip=True)
        await self._add("CreateDefaultSubnet", subnet)
        return {"Subnet": self._view(subnet, call.realm)}

    async def delete(self, request: requests.DeleteSubnet, _: Call) -> Answer:
        subnet = need_subnet(self._store, request.subnet_id)
        if subnet_is_needed(self._store, subnet.id):
            raise HasDependencies("subnet", subnet.id)
        if request.dry_run:
            raise DryRun
        transaction = self._store.transaction("DeleteSubnet")
        for kind, key in parts_of_subnet(self._store, subnet.id):
            transaction.delete(kind, key)
        await transaction.commit()
        return None

    async def modify_attribute(self, request: requests.ModifySubnetAttribute, _: Call) -> Answer:
        subnet = need_subnet(self._store, request.subnet_id)
        asked: tuple[str, _Value] = only_attribute(_attributes_of(request))
        changed = _with_attribute(subnet, *asked)
        transaction = self._store.transaction("ModifySubnetAttribute")
        transaction.put(SUBNETS, changed)
        await transaction.commit()
        return None

    def _new(self, vpc: Vpc, cidr: str, zone: str) -> Subnet:
        id_ = SubnetId(f"subnet-{self._ids.hex(17)}")
        return Subnet(id=id_, vpc_id=vpc.id, cidr_block=cidr, zone=zone)

    async def _add(self, because: str, subnet: Subnet) -> None:
        """With the VPC's default network ACL, as every subnet is born."""
        transaction = self._store.transaction(because)
        transaction.get(VPCS, subnet.vpc_id)
        transaction.put(SUBNETS, subnet)
        for acl in self._store.find(NETWORK_ACLS, "vpc", subnet.vpc_id):
            if acl.is_default:
                association = acl_association_of(subnet, acl, self._ids)
                transaction.put(NETWORK_ACL_ASSOCIATIONS, association)
        await transaction.commit()

    def _check_quota(self, vpc: Vpc) -> None:
        if is_reached(self._quotas.subnets_per_vpc, len(subnets_of(self._store, vpc))):
            raise OverQuota("Subnet", "subnets")

    def _emptiest_zone(self, vpc: Vpc, realm: Realm) -> str:
        """Where the VPC has the fewest subnets; AWS chooses as it likes."""
        zones = [subnet.zone for subnet in subnets_of(self._store, vpc)]
        return min(realm.zones(), key=zones.count)

    def _free_addresses(self, subnet: Subnet) -> int:
        taken = self._store.table(NETWORK_INTERFACES).count("subnet", subnet.id)
        return max(0, address_count(subnet.cidr_block) - taken)

    def _view(self, subnet: Subnet, realm: Realm) -> dict[str, object]:
        return subnet_view(subnet, realm, self._free_addresses(subnet))


def _asked_zone(name: str | None, id_: str | None, realm: Realm) -> str | None:
    """The zone's name; None when AWS is to choose."""
    by_id = {zone_id(zone, realm): zone for zone in realm.zones()}
    if name and id_:
        # our words
        raise BadCombination(
            "The parameter availabilityZoneId cannot be used with the parameter availabilityZone"
        )
    if name and name not in realm.zones():
        raise NoSuchZone(name, "availabilityZone", realm.zones())
    if id_ and id_ not in by_id:
        raise NoSuchZone(id_, "availabilityZoneId", by_id)
    return by_id[id_] if id_ else name or None


def _refuse_native(is_native: bool | None) -> None:
    if is_native:
        # our words
        raise BadParameter(
            "Value (true) for parameter ipv6Native is invalid. "
            "Every subnet here has a range of IPv4."
        )


def _attributes_of(
    request: requests.ModifySubnetAttribute,
) -> Mapping[str, _Value | None]:
    return {
        "assignIpv6AddressOnCreation": request.assign_ipv6_address_on_creation,
        "enableDns64": request.enable_dns64,
        "enableResourceNameDnsAAAARecordOnLaunch": (
            request.enable_resource_name_dns_aaaa_record_on_launch
        ),
        "enableResourceNameDnsARecordOnLaunch": request.enable_resource_name_dns_a_record_on_launch,
        "mapPublicIpOnLaunch": request.map_public_ip_on_launch,
        "privateDnsHostnameTypeOnLaunch": request.private_dns_hostname_type_on_launch,
    }


def _with_attribute(subnet: Subnet, name: str, value: _Value) -> Subnet:
    if not isinstance(value, requests.AttributeBooleanValue):
        return replace(subnet, hostname_type=value)
    field, is_on = _FIELDS[name], bool(value.value)
    if is_on:
        _check_ipv6(subnet, field)
    change: dict[str, Any] = {field: is_on}
    return replace(subnet, **change)


def _check_ipv6(subnet: Subnet, field: str) -> None:
    name = SUBNET_NEEDS_IPV6.get(field)
    if name is not None and subnet.ipv6 is None:
        raise BadParameter(
            f"Invalid value 'true' for {name}. Cannot set {name} to true unless the subnet "
            f"({subnet.id}) has an IPv6 CIDR block associated with it."
        )
