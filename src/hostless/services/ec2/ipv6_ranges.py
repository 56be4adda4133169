"""Ranges of IPv6 that VPCs and subnets get and give back.

Sources: the EC2 model and reference of each call. Sentences are EC2's own, except where a comment
says "our words".
"""

import re
from collections.abc import Callable
from dataclasses import replace

from hostless.domain.errors import ApiError
from hostless.domain.network import Ipv6Range, Subnet, Vpc
from hostless.domain.routing import RouteTable
from hostless.domain.security_group_rules import egress_with_range
from hostless.domain.vpc_ipv6 import with_ipv6_rules, with_local_route, without_local_route
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_vpcs as requests
from hostless.services.ec2.attributes import SUBNET_NEEDS_IPV6
from hostless.services.ec2.errors import BadCombination, MissingParameter
from hostless.services.ec2.errors_vpcs import (
    AssociationMalformed,
    PrimaryRangeStays,
    SubnetAssociationNotFound,
    SubnetRangeInUse,
    TooManyRanges,
    VpcAssociationNotFound,
    VpcRangeInUse,
)
from hostless.services.ec2.vpc_lookup import need_subnet, need_vpc
from hostless.services.ec2.vpc_ranges import (
    check_border_group,
    provided_ipv6_range,
    read_cidr,
    subnet_ipv6_range,
    subnets_of,
)
from hostless.services.ec2.vpc_views import (
    primary_association_id,
    subnet_ipv6_view,
    vpc_ipv6_view,
)
from hostless.services.operation import Answer, Call
from hostless.store.kinds import (
    NETWORK_ACLS,
    NETWORK_INTERFACES,
    ROUTE_TABLES,
    SECURITY_GROUP_RULES,
    SECURITY_GROUPS,
    SUBNETS,
    VPCS,
)
from hostless.store.store import Store, Transaction

DEFAULT_GROUP = "default"
MOST_RANGES = 1
"""Of IPv4 and of IPv6 each; AWS allows five."""


class Ipv6Ranges:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    async def associate_vpc(self, request: requests.AssociateVpcCidrBlock, call: Call) -> Answer:
        vpc = need_vpc(self._store, request.vpc_id)
        if request.cidr_block and request.amazon_provided_ipv6_cidr_block:
            # our words
            raise BadCombination(
                "The parameter cidrBlock cannot be used with the parameter "
                "amazonProvidedIpv6CidrBlock"
            )
        if request.cidr_block:
            read_cidr(request.cidr_block)
            raise TooManyRanges(vpc.id, MOST_RANGES)
        if not request.amazon_provided_ipv6_cidr_block:
            # our words
            raise MissingParameter(
                "The request must contain the parameter cidrBlock or amazonProvidedIpv6CidrBlock"
            )
        check_border_group(request.ipv6_cidr_block_network_border_group, call.realm.region)
        if vpc.ipv6 is not None:
            raise TooManyRanges(vpc.id, MOST_RANGES)
        range_ = provided_ipv6_range(self._store, self._ids)
        transaction = self._store.transaction("AssociateVpcCidrBlock")
        transaction.put(VPCS, replace(vpc, ipv6=range_))
        self._change_tables(vpc, transaction, lambda t: with_local_route(t, range_.cidr_block))
        for acl in self._store.find(NETWORK_ACLS, "vpc", vpc.id):
            transaction.put(NETWORK_ACLS, with_ipv6_rules(acl))
        for group in self._store.find(SECURITY_GROUPS, "vpc", vpc.id):
            if group.name == DEFAULT_GROUP:
                rules = self._store.find(SECURITY_GROUP_RULES, "group", group.id)
                for rule in egress_with_range(group, rules, self._ids):
                    transaction.put(SECURITY_GROUP_RULES, rule)
        await transaction.commit()
        view = vpc_ipv6_view(range_, call.realm, "associating")
        return {"VpcId": vpc.id, "Ipv6CidrBlockAssociation": view}

    async def disassociate_vpc(self, request: requests.Disassociate, call: Call) -> Answer:
        given = request.association_id
        vpc, range_ = self._vpc_with(given)
        if any(subnet.ipv6 is not None for subnet in subnets_of(self._store, vpc)):
            raise VpcRangeInUse(vpc.id, range_.cidr_block)
        transaction = self._store.transaction("DisassociateVpcCidrBlock")
        transaction.put(VPCS, replace(vpc, ipv6=None))
        self._change_tables(vpc, transaction, lambda t: without_local_route(t, range_.cidr_block))
        await transaction.commit()
        view = vpc_ipv6_view(range_, call.realm, "disassociating")
        return {"VpcId": vpc.id, "Ipv6CidrBlockAssociation": view}

    async def associate_subnet(self, request: requests.AssociateSubnetCidrBlock, _: Call) -> Answer:
        subnet = need_subnet(self._store, request.subnet_id)
        if not request.ipv6_cidr_block:
            # our words
            raise MissingParameter("The request must contain the parameter ipv6CidrBlock")
        vpc = need_vpc(self._store, subnet.vpc_id)
        range_ = subnet_ipv6_range(self._store, vpc, request.ipv6_cidr_block, self._ids)
        if subnet.ipv6 is not None:
            raise TooManyRanges(subnet.id, MOST_RANGES)
        transaction = self._store.transaction("AssociateSubnetCidrBlock")
        transaction.get(VPCS, vpc.id)
        transaction.put(SUBNETS, replace(subnet, ipv6=range_))
        await transaction.commit()
        view = subnet_ipv6_view(range_, "associating")
        return {"SubnetId": subnet.id, "Ipv6CidrBlockAssociation": view}

    async def disassociate_subnet(self, request: requests.Disassociate, _: Call) -> Answer:
        given = request.association_id
        subnet, range_ = self._subnet_with(given)
        interfaces = self._store.find(NETWORK_INTERFACES, "subnet", subnet.id)
        if any(interface.ipv6_address is not None for interface in interfaces):
            # our words
            raise SubnetRangeInUse(given, "a network interface of its subnet has an address of it")
        for field, name in SUBNET_NEEDS_IPV6.items():
            if getattr(subnet, field):
                raise SubnetRangeInUse(given, f"its subnet has {name} set to true")
        transaction = self._store.transaction("DisassociateSubnetCidrBlock")
        transaction.put(SUBNETS, replace(subnet, ipv6=None))
        await transaction.commit()
        view = subnet_ipv6_view(range_, "disassociating")
        return {"SubnetId": subnet.id, "Ipv6CidrBlockAssociation": view}

    def _vpc_with(self, association_id: str) -> tuple[Vpc, Ipv6Range]:
        for vpc in self._store.all(VPCS):
            if association_id == primary_association_id(vpc):
                raise PrimaryRangeStays(association_id)
            if vpc.ipv6 is not None and vpc.ipv6.association_id == association_id:
                return vpc, vpc.ipv6
        raise _unknown("vpc", association_id, VpcAssociationNotFound(association_id))

    def _subnet_with(self, association_id: str) -> tuple[Subnet, Ipv6Range]:
        for subnet in self._store.all(SUBNETS):
            if subnet.ipv6 is not None and subnet.ipv6.association_id == association_id:
                return subnet, subnet.ipv6
        raise _unknown("subnet", association_id, SubnetAssociationNotFound(association_id))

    def _change_tables(
        self, vpc: Vpc, transaction: Transaction, change: Callable[[RouteTable], RouteTable]
    ) -> None:
        for table in self._store.find(ROUTE_TABLES, "vpc", vpc.id):
            transaction.put(ROUTE_TABLES, change(table))


def _unknown(noun: str, given: str, not_found: ApiError) -> ApiError:
    if re.fullmatch(rf"{noun}-cidr-assoc-[0-9a-f]{{8,17}}", given) is None:
        return AssociationMalformed(noun, given)
    return not_found
