"""The rows of the table of EC2 operations that are about route tables."""

from typing import Any

from hostless.domain.quotas import Quotas
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_routes as requests
from hostless.services.ec2.route_tables import RouteTables
from hostless.services.ec2.routes import Routes
from hostless.services.operation import Operation
from hostless.store.store import Store

_NONE_HERE = "there are none here: it does not exist, as AWS says it"
_NO_TARGETS = {
    "NetworkInterfaceId": "every network interface is managed by Fargate or another service",
    "CoreNetworkArn": "there are no core networks here",
    "OdbNetworkArn": "there are no ODB networks here",
}
_NEVER_THERE = {
    "InstanceId": _NONE_HERE,
    "VpcPeeringConnectionId": _NONE_HERE,
    "TransitGatewayId": _NONE_HERE,
    "LocalGatewayId": _NONE_HERE,
    "CarrierGatewayId": _NONE_HERE,
    "VpcEndpointId": "gateway endpoints put their routes into tables themselves, others have none",
}
_NO_EDGES = {
    "GatewayId": "packets that come in by a gateway are not routed by tables",
    "PublicIpv4Pool": "there are no pools of addresses that somebody brought",
}
_NO_VGW = "there are no virtual private gateways: none exists, as AWS says it"


def route_table_operations(store: Store, ids: Ids, quotas: Quotas) -> tuple[Operation[Any], ...]:
    tables, routes = RouteTables(store, ids, quotas), Routes(store, quotas)
    return (
        Operation(
            name="CreateRouteTable", request=requests.CreateRouteTable, perform=tables.create
        ),
        Operation(
            name="DeleteRouteTable", request=requests.DeleteRouteTable, perform=tables.delete
        ),
        Operation(
            name="DescribeRouteTables",
            request=requests.DescribeRouteTables,
            perform=tables.describe,
        ),
        Operation(
            name="AssociateRouteTable",
            request=requests.AssociateRouteTable,
            perform=tables.associate,
            refused=_NO_EDGES,
        ),
        Operation(
            name="DisassociateRouteTable",
            request=requests.DisassociateRouteTable,
            perform=tables.disassociate,
        ),
        Operation(
            name="ReplaceRouteTableAssociation",
            request=requests.ReplaceRouteTableAssociation,
            perform=tables.replace_association,
        ),
        Operation(
            name="CreateRoute",
            request=requests.CreateRoute,
            perform=routes.create,
            refused=_NO_TARGETS,
            refused_by_rule=_NEVER_THERE,
        ),
        Operation(
            name="ReplaceRoute",
            request=requests.ReplaceRoute,
            perform=routes.replace,
            refused=_NO_TARGETS,
            refused_by_rule=_NEVER_THERE,
        ),
        Operation(name="DeleteRoute", request=requests.NamedRoute, perform=routes.delete),
        *(
            Operation(
                name=name,
                request=requests.VgwRoutePropagation,
                perform=tables.propagate,
                always_refused=_NO_VGW,
            )
            for name in ("EnableVgwRoutePropagation", "DisableVgwRoutePropagation")
        ),
    )
