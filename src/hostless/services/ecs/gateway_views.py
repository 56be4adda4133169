"""Gateways, their routes and what was made for them, as ECS shows them.

Shapes: `Gateway`, `GatewaySummary`, `GatewayRoute`, `ElbGatewayResources`, `GatewayConnection` of
the ECS model.
"""

from collections.abc import Sequence

from hostless.domain.arns import Realm
from hostless.domain.ingress import HTTPS_PORT, IngressRoute
from hostless.domain.ingress_gateways import Gateway, GatewayAssociation
from hostless.services.ecs.lean import lean
from hostless.services.ecs.views import View, tags_view


def status_of(gateway: Gateway) -> str:
    return "UPDATE_COMPLETE" if gateway.is_updated else "ACTIVE"


def gateway_view(gateway: Gateway, balancers: int) -> View:
    """balancers: how many it has now."""
    network: View = {"subnets": gateway.subnets, "ipAddressType": "ipv4"}
    if gateway.inbound_group is not None:
        network["inboundSecurityGroup"] = gateway.inbound_group
    shared: View = {
        "networkConfiguration": network,
        "scheme": gateway.scheme,
        "port": HTTPS_PORT,
        "protocol": "HTTPS",
        "maxAlbCount": gateway.most_balancers,
        "currentAlbCount": balancers,
        "httpDesync": "defensive",
    }
    if gateway.access_logs is not None:
        shared["accessLogs"] = {"destination": {"s3": lean(gateway.access_logs)}}
    if gateway.test_traffic is not None:
        shared["testTrafficRules"] = {"header": lean(gateway.test_traffic)}
    return {
        "gatewayArn": gateway.arn,
        "name": gateway.name,
        "status": status_of(gateway),
        "infrastructureRoleArn": gateway.infrastructure_role_arn,
        "deletionProtection": gateway.is_protected,
        "configuration": {"hostSharedAlb": shared},
        "accessType": gateway.access_type,
        "propagateTags": gateway.propagate_tags,
        "tags": tags_view(gateway.tags),
        "createdAt": gateway.created_at,
        "updatedAt": gateway.updated_at,
    }


def gateway_summary(gateway: Gateway) -> View:
    return {
        "gatewayArn": gateway.arn,
        "name": gateway.name,
        "status": status_of(gateway),
        "createdAt": gateway.created_at,
    }


def association_view(association: GatewayAssociation) -> View:
    return {
        "gatewayArn": association.gateway_arn,
        "clusterArn": association.cluster_arn,
        "status": association.status,
    }


def route_view(route: IngressRoute, status: str, realm: Realm, rules: Sequence[str]) -> View:
    """rules: ids of the balancer's security group's rules that are about the route's tasks."""
    group = {
        "arn": group_arn(route.balancer_group_id, realm),
        "ruleArns": [realm.arn("ec2", f"security-group-rule/{rule}") for rule in rules],
    }
    made = {
        "acmCertificateArn": route.certificate_arn,
        "loadBalancerArn": route.load_balancer_arn,
        "listenerArn": route.listener_arn,
        "listenerRuleArn": route.rule_arn,
        "testListenerRuleArns": [],
        "loadBalancerSecurityGroups": [group],
        "serviceSecurityGroupArn": group_arn(route.service_group_id, realm),
    }
    return {
        "gatewayRouteArn": route.arn,
        "serviceArn": route.service_arn,
        "serviceContainerPortName": route.port_name,
        "status": status,
        "serviceUrl": f"https://{route.endpoint}",
        "resources": {"hostSharedAlb": [made]},
    }


def route_summary(route: IngressRoute, status: str, cluster_arn: str) -> View:
    return {
        "gatewayRouteArn": route.arn,
        "gatewayArn": route.gateway_arn,
        "clusterArn": cluster_arn,
        "serviceArn": route.service_arn,
        "serviceContainerPortName": route.port_name,
        "status": status,
    }


def resources_view(routes: Sequence[IngressRoute]) -> View:
    """routes: all that go through one load balancer."""
    first = routes[0]
    return {
        "loadBalancerArn": first.load_balancer_arn,
        "listenerArn": first.listener_arn,
        "securityGroup": first.balancer_group_id,
        "gatewayRouteArns": [route.arn for route in routes],
    }


def connection_view(route: IngressRoute, status: str, realm: Realm) -> View:
    made = {
        "acmCertificateArn": route.certificate_arn,
        "loadBalancerArn": route.load_balancer_arn,
        "loadBalancerSecurityGroupArns": [group_arn(route.balancer_group_id, realm)],
        "listenerArn": route.listener_arn,
        "listenerRuleArn": route.rule_arn,
        "targetGroupArn": route.target_group_arn,
    }
    return {
        "gatewayArn": route.gateway_arn,
        "gatewayRouteArn": route.arn,
        "portName": route.port_name,
        "serviceUrl": f"https://{route.endpoint}",
        "accessType": route.access_type,
        "status": status,
        "resources": {"hostSharedAlb": [made]},
    }


def group_arn(group_id: str, realm: Realm) -> str:
    return realm.arn("ec2", f"security-group/{group_id}")
