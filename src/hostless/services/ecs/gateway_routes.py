"""Gateways and clusters, and what is made for services that use gateways: shown, and let go.

Sentences are the ECS model's or after it, except where a comment says "our words".
"""

from dataclasses import replace

from hostless.domain.arns import Realm
from hostless.domain.errors import InvalidParameter
from hostless.domain.ingress import IngressRoute
from hostless.domain.ingress_gateways import (
    MOST_GATEWAYS_OF_CLUSTER,
    GatewayAssociation,
    association_key,
)
from hostless.services.ecs import requests_gateways as requests
from hostless.services.ecs.errors import ResourceNotFound
from hostless.services.ecs.gateway_views import (
    association_view,
    resources_view,
    route_summary,
    route_view,
)
from hostless.services.ecs.gateways import gateway_arn_of, need_gateway
from hostless.services.ecs.listing import ecs_page
from hostless.services.ecs.references import need_active_cluster, need_cluster
from hostless.services.operation import Answer, Call
from hostless.store.ingress import cluster_of, is_route_needed, rules_between
from hostless.store.kinds import (
    GATEWAY_ASSOCIATIONS,
    INGRESS_ROUTES,
    LOAD_BALANCERS,
    SECURITY_GROUP_RULES,
)
from hostless.store.store import Store

_MOST_RESOURCES = 20
_RESOURCES_PAGE = 10


def route_status(store: Store, route: IngressRoute) -> str:
    if not is_route_needed(store, route):
        return "DELETE_IN_PROGRESS"
    balancer = store.get(LOAD_BALANCERS, route.load_balancer_arn)
    if balancer is None or balancer.state == "failed":
        return "CREATE_FAILED"
    return "CREATE_IN_PROGRESS" if balancer.state == "provisioning" else "ACTIVE"


class GatewayRoutes:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def associate(self, request: requests.GatewayOfCluster, call: Call) -> Answer:
        """One that is associated already stays so."""
        gateway = need_gateway(self._store, request.gateway, call.realm)
        cluster = need_active_cluster(self._store, request.cluster, call.realm)
        transaction = self._store.transaction("AssociateGatewayWithCluster")
        found = transaction.get(GATEWAY_ASSOCIATIONS, association_key(gateway.arn, cluster.arn))
        of_cluster = self._store.find(GATEWAY_ASSOCIATIONS, "cluster", cluster.arn)
        if found is None and len(of_cluster) >= MOST_GATEWAYS_OF_CLUSTER:
            raise InvalidParameter(
                "A single cluster can be associated with up to "
                f"{MOST_GATEWAYS_OF_CLUSTER} gateways."
            )
        active = GatewayAssociation(
            gateway_arn=gateway.arn, cluster_arn=cluster.arn, created_at=call.now
        )
        if found is not None:
            active = replace(found, status="ACTIVE")
        transaction.put(GATEWAY_ASSOCIATIONS, active)
        await transaction.commit()
        return association_view(active)

    async def disassociate(self, request: requests.GatewayOfCluster, call: Call) -> Answer:
        """It is gone at once when no service of the cluster uses the gateway."""
        gateway = need_gateway(self._store, request.gateway, call.realm)
        cluster = need_cluster(self._store, request.cluster, call.realm)
        transaction = self._store.transaction("DisassociateGatewayFromCluster")
        found = transaction.get(GATEWAY_ASSOCIATIONS, association_key(gateway.arn, cluster.arn))
        if found is None:
            raise ResourceNotFound
        going = replace(found, status="DISASSOCIATING")
        routes = self._store.find(INGRESS_ROUTES, "gateway", gateway.arn)
        if any(cluster_of(route) == cluster.arn for route in routes):
            transaction.put(GATEWAY_ASSOCIATIONS, going)
        else:
            transaction.delete(GATEWAY_ASSOCIATIONS, found.key)
        await transaction.commit()
        return association_view(going)

    async def list_associations(
        self, request: requests.ListGatewayClusterAssociations, call: Call
    ) -> Answer:
        gateway = request.gateway and gateway_arn_of(request.gateway, call.realm)
        cluster = request.cluster and _cluster_arn(request.cluster, call.realm)
        found = [
            each
            for each in self._store.all(GATEWAY_ASSOCIATIONS)
            if (not gateway or each.gateway_arn == gateway)
            and (not cluster or each.cluster_arn == cluster)
            and (not request.status or each.status in request.status)
        ]
        page = ecs_page(
            found,
            lambda each: (each.key,),
            f"ListGatewayClusterAssociations {gateway} {cluster} {sorted(request.status)}",
            max_results=request.max_results,
            token=request.next_token,
        )
        return {
            "gatewayClusterAssociations": [association_view(each) for each in page.items],
            "nextToken": page.next_token,
        }

    async def describe_route(self, request: requests.DescribeGatewayRoute, call: Call) -> Answer:
        found = (r for r in self._store.all(INGRESS_ROUTES) if r.arn == request.gateway_route_arn)
        route = next(found, None)
        if route is None or route.arn is None:
            raise ResourceNotFound
        status = route_status(self._store, route)
        of_balancer = self._store.find(SECURITY_GROUP_RULES, "group", route.balancer_group_id)
        between = rules_between(self._store, route)
        rules = [rule.id for rule in of_balancer if rule.id in between]
        return {"gatewayRoute": route_view(route, status, call.realm, rules)}

    async def list_routes(self, request: requests.ListGatewayRoutes, call: Call) -> Answer:
        gateway = request.gateway and need_gateway(self._store, request.gateway, call.realm).arn
        cluster = request.cluster and _cluster_arn(request.cluster, call.realm)
        found = [
            (route, status)
            for route in self._store.all(INGRESS_ROUTES)
            if route.gateway_arn is not None
            and (not gateway or route.gateway_arn == gateway)
            and (not cluster or cluster_of(route) == cluster)
            and (not request.service or _is_of(route, request.service))
            and request.service_container_port_name in (None, "", route.port_name)
            and (status := route_status(self._store, route))
            and (not request.status or status in request.status)
        ]
        page = ecs_page(
            found,
            lambda each: (each[0].arn or "",),
            f"ListGatewayRoutes {gateway} {cluster} {request.service} "
            f"{request.service_container_port_name} {sorted(request.status)}",
            max_results=request.max_results,
            token=request.next_token,
        )
        return {
            "gatewayRoutes": [route_summary(r, status, cluster_of(r)) for r, status in page.items],
            "nextToken": page.next_token,
        }

    async def describe_resources(
        self, request: requests.DescribeGatewayResources, call: Call
    ) -> Answer:
        gateway = need_gateway(self._store, request.gateway, call.realm)
        most = request.max_results
        if most is not None and not 1 <= most <= _MOST_RESOURCES:
            raise InvalidParameter(f"maxResults must be between 1 and {_MOST_RESOURCES}.")
        by_balancer: dict[str, list[IngressRoute]] = {}
        for route in self._store.find(INGRESS_ROUTES, "gateway", gateway.arn):
            by_balancer.setdefault(route.load_balancer_arn, []).append(route)
        page = ecs_page(
            list(by_balancer.values()),
            lambda routes: (routes[0].load_balancer_arn,),
            f"DescribeGatewayResources {gateway.arn}",
            max_results=most,
            token=request.next_token,
            default_size=_RESOURCES_PAGE,
        )
        shown = [resources_view(routes) for routes in page.items]
        return {
            "gatewayResources": {
                "gatewayArn": gateway.arn,
                "resources": {"hostSharedAlb": shown},
            },
            "nextToken": page.next_token,
        }


def _cluster_arn(reference: str, realm: Realm) -> str:
    return reference if reference.startswith("arn:") else realm.arn("ecs", f"cluster/{reference}")


def _is_of(route: IngressRoute, service: str) -> bool:
    return service in (route.service_arn, route.service_arn.rpartition("/")[2])
