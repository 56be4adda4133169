"""Route tables as EC2 shows them. Whether a route leads anywhere follows from what it targets."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from hostless.domain.arns import Realm, VpcId
from hostless.domain.routing import LOCAL, Route, RouteTable, RouteTableAssociation
from hostless.services.ec2.describing import Described, tags_view
from hostless.services.ec2.gateway_lookup import ROUTE_TABLE_FORM
from hostless.store.kinds import (
    EGRESS_ONLY_GATEWAYS,
    INTERNET_GATEWAYS,
    NAT_GATEWAYS,
    ROUTE_TABLE_ASSOCIATIONS,
    VPC_ENDPOINTS,
)
from hostless.store.store import Store

_LIVE = ("pending", "available")
ASSOCIATED = {"State": "associated"}


_Values: TypeAlias = Callable[[RouteTable], Iterable[str]]
_Filters: TypeAlias = Mapping[str, _Values]


def destination_member(route: Route) -> str:
    """The member of EC2's routes that the destination is in."""
    if route.destination.startswith("pl-"):
        return "DestinationPrefixListId"
    return "DestinationIpv6CidrBlock" if ":" in route.destination else "DestinationCidrBlock"


def target_member(route: Route) -> str:
    if route.target.startswith("nat-"):
        return "NatGatewayId"
    if route.target.startswith("eigw-"):
        return "EgressOnlyInternetGatewayId"
    return "GatewayId"


class RouteTableViews:
    """The route tables of one realm."""

    def __init__(self, realm: Realm, store: Store) -> None:
        self._realm = realm
        self._store = store

    def view(self, table: RouteTable) -> dict[str, object]:
        return {
            "RouteTableId": table.id,
            "VpcId": table.vpc_id,
            "OwnerId": self._realm.account_id,
            "Associations": [_association_view(a) for a in self._associations(table)],
            "Routes": [self._route_view(route, table.vpc_id) for route in table.routes],
            "PropagatingVgws": [],
            "Tags": tags_view(table.tags),
        }

    def described(self) -> Described[RouteTable]:
        return Described(
            form=ROUTE_TABLE_FORM,
            id_of=lambda table: table.id,
            tags_of=lambda table: table.tags,
            filters={
                **self._association_filters(),
                **self._route_filters(),
                "owner-id": lambda table: (self._realm.account_id,),
                "route-table-id": lambda table: (table.id,),
                "transit-gateway-id": lambda table: (),
                "vpc-id": lambda table: (table.vpc_id,),
            },
        )

    def _associations(self, table: RouteTable) -> list[RouteTableAssociation]:
        return self._store.find(ROUTE_TABLE_ASSOCIATIONS, "table", table.id)

    def _route_view(self, route: Route, vpc_id: VpcId) -> dict[str, object]:
        return {
            destination_member(route): route.destination,
            target_member(route): route.target,
            "Origin": route.origin,
            "State": "active" if self._is_active(route.target, vpc_id) else "blackhole",
        }

    def _is_active(self, target: str, vpc_id: VpcId) -> bool:
        """Whether the target is there and belongs to the VPC."""
        if target == LOCAL:
            return True
        gateway = self._store.get(INTERNET_GATEWAYS, target) or self._store.get(
            EGRESS_ONLY_GATEWAYS, target
        )
        if gateway is not None:
            return gateway.vpc_id == vpc_id
        stateful = self._store.get(NAT_GATEWAYS, target) or self._store.get(VPC_ENDPOINTS, target)
        return stateful is not None and stateful.vpc_id == vpc_id and stateful.state in _LIVE

    def _association_filters(self) -> _Filters:
        def each(value_of: Callable[[RouteTableAssociation], str | None]) -> _Values:
            return lambda table: [
                value for a in self._associations(table) if (value := value_of(a)) is not None
            ]

        return {
            "association.gateway-id": lambda table: (),
            "association.main": each(lambda a: "true" if a.subnet_id is None else "false"),
            "association.route-table-association-id": each(lambda a: a.id),
            "association.route-table-id": each(lambda a: a.route_table_id),
            "association.subnet-id": each(lambda a: a.subnet_id),
        }

    def _route_filters(self) -> _Filters:
        def each(member: str) -> _Values:
            return lambda table: [
                str(shown[member])
                for route in table.routes
                if member in (shown := self._route_view(route, table.vpc_id))
            ]

        return {
            "route.destination-cidr-block": each("DestinationCidrBlock"),
            "route.destination-ipv6-cidr-block": each("DestinationIpv6CidrBlock"),
            "route.destination-prefix-list-id": each("DestinationPrefixListId"),
            "route.egress-only-internet-gateway-id": each("EgressOnlyInternetGatewayId"),
            "route.gateway-id": each("GatewayId"),
            "route.instance-id": each("InstanceId"),
            "route.nat-gateway-id": each("NatGatewayId"),
            "route.transit-gateway-id": each("TransitGatewayId"),
            "route.origin": each("Origin"),
            "route.state": each("State"),
            "route.vpc-peering-connection-id": each("VpcPeeringConnectionId"),
        }


def _association_view(association: RouteTableAssociation) -> dict[str, object]:
    view: dict[str, object] = {
        "Main": association.subnet_id is None,
        "RouteTableAssociationId": association.id,
        "RouteTableId": association.route_table_id,
        "AssociationState": ASSOCIATED,
    }
    if association.subnet_id is not None:
        view["SubnetId"] = association.subnet_id
    return view
