"""Where a route may lead: every kind of target, what it may be given for, and what is refused.

Sentences are EC2's own, except where a comment says "our words". A route within the VPC's own range
would have to lead to an interface: there is none that one could lead to, as AWS's services manage
all of them.
"""

from collections.abc import Iterable
from ipaddress import ip_network

from hostless.domain.routing import LOCAL, RouteTable
from hostless.services.ec2.errors import (
    BadCombination,
    BadParameter,
    IdNotFound,
    MissingParameter,
)
from hostless.services.ec2.errors_gateways import UnsupportedTarget
from hostless.services.ec2.gateway_lookup import (
    EGRESS_ONLY_FORM,
    GATEWAY_FORM,
    NAT_TARGET_FORM,
)
from hostless.services.ec2.lookup import need
from hostless.services.ec2.requests_routes import CreateRoute
from hostless.store.kinds import (
    EGRESS_ONLY_GATEWAYS,
    INTERNET_GATEWAYS,
    NAT_GATEWAYS,
    VPC_ENDPOINTS,
)
from hostless.store.store import Store

ONE_TARGET = (
    "The request must contain exactly one of gatewayId, localGatewayId, carrierGatewayId, "
    "natGatewayId, networkInterfaceId, vpcPeeringConnectionId, egressOnlyInternetGatewayId, "
    "transitGatewayId, vpcEndpointId, coreNetworkArn or instanceId"
)
PREFIX_LIST_ROUTE = "Cannot create or replace a prefix list route targeting a VPC Endpoint."
_NEVER_THERE = {
    "instance_id": ("InstanceID", "instance ID"),
    "vpc_peering_connection_id": ("VpcPeeringConnectionID", "vpcPeeringConnection ID"),
    "transit_gateway_id": ("TransitGatewayID", "transitGateway ID"),
    "local_gateway_id": ("LocalGatewayID", "localGateway ID"),
    "carrier_gateway_id": ("CarrierGatewayID", "carrierGateway ID"),
}
"""Targets of which there are none here: the noun in EC2's code, and in its sentence."""
_TARGETS = (
    *("gateway_id", "nat_gateway_id", "egress_only_internet_gateway_id", "vpc_endpoint_id"),
    *_NEVER_THERE,
)


def check_one(given: Iterable[object], sentence: str) -> None:
    """Raises MissingParameter, BadCombination."""
    count = sum(1 for each in given if each)
    if count == 0:
        raise MissingParameter(sentence)
    if count > 1:
        raise BadCombination(sentence)


class RouteTargets:
    """Raises EC2's errors."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def target_of(self, request: CreateRoute, table: RouteTable, destination: str) -> str:
        """destination: of a route of the table."""
        given = {name: getattr(request, name) for name in _TARGETS}
        check_one(given.values(), ONE_TARGET)
        ((name, target),) = ((name, value) for name, value in given.items() if value)
        if name in _NEVER_THERE:
            noun, spoken = _NEVER_THERE[name]
            raise IdNotFound(noun, spoken, target)
        if name == "nat_gateway_id" or target.startswith("nat-"):
            self._check_nat(target, table, destination)
        elif name == "egress_only_internet_gateway_id":
            self._check_egress_only(target, table, destination)
        elif name == "vpc_endpoint_id" or target.startswith("vpce-"):
            self._refuse_endpoint(target, destination)
        else:
            gateway = need(self._store, INTERNET_GATEWAYS, GATEWAY_FORM, target)
            _check_network(table, gateway.vpc_id, f"network gateway {target}")
        _check_range(table, destination)
        return str(target)

    def _check_nat(self, target: str, table: RouteTable, destination: str) -> None:
        gateway = need(self._store, NAT_GATEWAYS, NAT_TARGET_FORM, target)
        if gateway.state in ("failed", "deleted"):
            raise NAT_TARGET_FORM.not_found(target)
        _check_network(table, gateway.vpc_id, f"NAT gateway {target}")
        if ":" in destination:
            raise BadParameter(  # our words
                f"NAT gateway {target} cannot be the target of the IPv6 route {destination}"
            )

    def _check_egress_only(self, target: str, table: RouteTable, destination: str) -> None:
        gateway = need(self._store, EGRESS_ONLY_GATEWAYS, EGRESS_ONLY_FORM, target)
        _check_network(table, gateway.vpc_id, f"network gateway {target}")
        if "." in destination:
            raise BadParameter(  # our words
                f"Egress-only internet gateway {target} cannot be the target of the IPv4 route "
                f"{destination}"
            )

    def _refuse_endpoint(self, target: str, destination: str) -> None:
        if self._store.get(VPC_ENDPOINTS, target) is None:
            raise IdNotFound("VpcEndpointId", "vpcEndpoint ID", target)
        if destination.startswith("pl-"):
            raise BadParameter(PREFIX_LIST_ROUTE)
        raise UnsupportedTarget(target)


def _check_network(table: RouteTable, vpc_id: str | None, target: str) -> None:
    if vpc_id != table.vpc_id:
        raise BadParameter(f"route table {table.id} and {target} belong to different networks")


def _check_range(table: RouteTable, destination: str) -> None:
    if destination.startswith("pl-"):
        return
    wanted = ip_network(destination)
    for route in table.routes:
        if route.target != LOCAL:
            continue
        own = ip_network(route.destination)
        if own.version == wanted.version and wanted.subnet_of(own):  # type: ignore[arg-type]
            raise BadParameter(
                f"The destination CIDR block {destination} is equal to or more specific than one "
                "of this VPC's CIDR blocks. This route can target only an interface or an instance."
            )
