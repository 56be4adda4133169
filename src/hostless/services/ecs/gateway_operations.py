"""The part of the table of ECS operations that is about gateways."""

from typing import Any

from hostless.services.ecs import not_acted_on
from hostless.services.ecs import requests_gateways as requests
from hostless.services.ecs.gateway_routes import GatewayRoutes
from hostless.services.ecs.gateways import Gateways
from hostless.services.operation import Operation
from hostless.store.store import Store


def gateway_operations(store: Store) -> tuple[Operation[Any], ...]:
    noun, routes = Gateways(store), GatewayRoutes(store)
    by_rule = not_acted_on.REFUSED_BY_RULE_IN_GATEWAYS
    mutable = ("httpDesync",)
    return (
        Operation(
            name="CreateGateway",
            request=requests.CreateGateway,
            perform=noun.create,
            refused=not_acted_on.REFUSED_IN_GATEWAYS,
            refused_by_rule=by_rule,
            not_acted_on=not_acted_on.GATEWAYS,
        ),
        Operation(
            name="UpdateGateway",
            request=requests.UpdateGateway,
            perform=noun.update,
            refused=not_acted_on.REFUSED_IN_GATEWAYS,
            refused_by_rule={n: why for n, why in by_rule.items() if n.endswith(mutable)},
            not_acted_on=not_acted_on.GATEWAYS,
        ),
        Operation(name="DescribeGateway", request=requests.NamedGateway, perform=noun.describe),
        Operation(name="DeleteGateway", request=requests.NamedGateway, perform=noun.delete),
        Operation(name="ListGateways", request=requests.ListGateways, perform=noun.list_gateways),
        Operation(
            name="AssociateGatewayWithCluster",
            request=requests.GatewayOfCluster,
            perform=routes.associate,
        ),
        Operation(
            name="DisassociateGatewayFromCluster",
            request=requests.GatewayOfCluster,
            perform=routes.disassociate,
        ),
        Operation(
            name="ListGatewayClusterAssociations",
            request=requests.ListGatewayClusterAssociations,
            perform=routes.list_associations,
        ),
        Operation(
            name="DescribeGatewayResources",
            request=requests.DescribeGatewayResources,
            perform=routes.describe_resources,
        ),
        Operation(
            name="DescribeGatewayRoute",
            request=requests.DescribeGatewayRoute,
            perform=routes.describe_route,
        ),
        Operation(
            name="ListGatewayRoutes",
            request=requests.ListGatewayRoutes,
            perform=routes.list_routes,
        ),
    )
