"""What a VPC endpoint consists of: routes of a gateway's, interfaces and groups of the other kind.

Sentences are EC2's own, except where a comment says "our words".
"""

import functools
import json
from collections.abc import Iterable
from dataclasses import replace

from hostless.domain.addresses import free_address
from hostless.domain.arns import SecurityGroupId
from hostless.domain.endpoint_services import EndpointService
from hostless.domain.network import NetworkInterface, Subnet, Vpc
from hostless.domain.prefix_lists import aws_prefix_lists
from hostless.domain.routing import Route, RouteTable
from hostless.domain.vpc_endpoints import VpcEndpoint
from hostless.kit.ids import Ids
from hostless.network.new_interface import new_interface
from hostless.services.ec2.errors_endpoints import (
    BadEndpoint,
    BadPolicy,
    HasEndpointRoute,
    SubnetFull,
    ZoneTwice,
)
from hostless.services.ec2.gateway_lookup import ROUTE_TABLE_FORM
from hostless.services.ec2.group_lookup import GroupLookup
from hostless.services.ec2.lookup import need
from hostless.services.ec2.vpc_lookup import need_subnet
from hostless.services.operation import Call
from hostless.store.kinds import ROUTE_TABLES, SECURITY_GROUPS, VPC_ENDPOINTS
from hostless.store.network_records import is_address_taken
from hostless.store.store import Store

OPEN_POLICY = json.dumps(
    {
        "Version": "2008-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
    }
)
"""What an endpoint has that is given none."""


def checked_policy(given: str | None) -> str:
    """Raises BadPolicy."""
    if not given:
        return OPEN_POLICY
    try:
        document = json.loads(given)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise BadPolicy
    return given


def list_of(service: EndpointService, call: Call) -> str:
    """The id of the prefix list that a gateway endpoint's routes lead to."""
    return next(each.id for each in aws_prefix_lists(call.realm) if each.name == service.name)


class EndpointParts:
    """Raises EC2's errors; writes nothing."""

    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids
        self._groups = GroupLookup(store)

    def tables(self, vpc_id: str, ids: Iterable[str]) -> list[RouteTable]:
        found = []
        for given in dict.fromkeys(ids):
            table = need(self._store, ROUTE_TABLES, ROUTE_TABLE_FORM, given)
            if table.vpc_id != vpc_id:
                # our words
                raise BadEndpoint(f"Route table {given} does not belong to the VPC {vpc_id}")
            found.append(table)
        return found

    def subnets(self, vpc_id: str, ids: Iterable[str], beside: Iterable[str]) -> list[Subnet]:
        """At most one in a zone. beside: subnets in which the endpoint stays."""
        zones = {need_subnet(self._store, given).zone for given in beside}
        found = []
        for given in dict.fromkeys(ids):
            subnet = need_subnet(self._store, given)
            if subnet.vpc_id != vpc_id:
                # our words
                raise BadEndpoint(f"Subnet {given} does not belong to the VPC {vpc_id}")
            if subnet.zone in zones:
                raise ZoneTwice(given)
            zones.add(subnet.zone)
            found.append(subnet)
        return found

    def groups(self, vpc_id: str, ids: Iterable[str]) -> tuple[SecurityGroupId, ...]:
        found = [self._groups.need(given) for given in dict.fromkeys(ids)]
        for group in found:
            if group.vpc_id != vpc_id:
                # our words
                raise BadEndpoint(f"Security group {group.id} does not belong to the VPC {vpc_id}")
        return tuple(group.id for group in found)

    def default_group(self, vpc_id: str) -> tuple[SecurityGroupId, ...]:
        groups = self._store.find(SECURITY_GROUPS, "vpc", vpc_id)
        return tuple(group.id for group in groups if group.name == "default")

    def interface(self, endpoint: VpcEndpoint, subnet: Subnet, call: Call) -> NetworkInterface:
        """A new one, with an address of the subnet's that nobody has."""
        is_taken = functools.partial(is_address_taken, self._store, subnet.vpc_id)
        address = free_address(subnet.cidr_block, int(self._ids.hex(8), 16), is_taken)
        if address is None:
            raise SubnetFull
        made = new_interface(subnet, address, self._ids.hex(17), call.realm.region, call.now)
        return replace(
            made, kind="vpc_endpoint", owner=endpoint.id, security_groups=endpoint.security_groups
        )

    def check_private_dns(self, vpc: Vpc, service: EndpointService, own_id: str | None) -> None:
        """own_id: of the endpoint that is to have it, which is in nobody's way."""
        if service.private_name is None:
            # our words
            raise BadEndpoint(f"Private DNS is not supported for {service.name}")
        if not (vpc.has_dns_support and vpc.has_dns_hostnames):
            raise BadEndpoint(
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC "
                f"attributes set to true for {vpc.id}"
            )
        for other in self._store.find(VPC_ENDPOINTS, "vpc", vpc.id):
            is_same = other.service_name == service.name and other.has_private_dns
            if is_same and other.id != own_id:
                raise BadEndpoint(
                    "private-dns-enabled cannot be set because there is already a conflicting DNS "
                    f"domain for {service.private_name} in the VPC {vpc.id}"
                )


def with_route(table: RouteTable, prefix_list_id: str, endpoint_id: str) -> RouteTable:
    """Raises HasEndpointRoute."""
    if any(route.destination == prefix_list_id for route in table.routes):
        raise HasEndpointRoute(table.id, prefix_list_id)
    route = Route(destination=prefix_list_id, target=endpoint_id)
    return replace(table, routes=(*table.routes, route))


def without_route(table: RouteTable, endpoint_id: str) -> RouteTable:
    return replace(
        table, routes=tuple(route for route in table.routes if route.target != endpoint_id)
    )
