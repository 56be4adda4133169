"""Services and the gateways of their cluster: a connector has each of these make a route to them.

A service's target groups of routes are with its others in its revisions; tasks are registered with
all of them alike. Sentences are the ECS model's or after it, except where a comment says "our
words".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hostless.domain.clusters import Cluster
from hostless.domain.container_definitions import PortMapping
from hostless.domain.deployments import ServiceRevision
from hostless.domain.errors import InvalidParameter
from hostless.domain.ingress import IngressRoute
from hostless.domain.ingress_gateways import (
    ConnectorCheck,
    ConnectorMatcher,
    Gateway,
    GatewayConnector,
    spread_tags,
)
from hostless.domain.new_service import RevisionContent
from hostless.domain.services import MOST_TARGET_GROUPS, Service, ServiceLoadBalancer
from hostless.domain.target_group_rules import AskedCheck, BadTargetGroup, check_for, version_for
from hostless.domain.target_groups import ProtocolVersion, TargetCheck
from hostless.domain.task_definitions import TaskDefinition
from hostless.services.ecs.express_content import subnets_of
from hostless.services.ecs.ingress import IngressMaker, IngressWish
from hostless.services.operation import Call
from hostless.store.kinds import (
    GATEWAY_ASSOCIATIONS,
    GATEWAYS,
    INGRESS_ROUTES,
    TARGET_GROUPS,
)
from hostless.store.store import Store, Transaction

_VERSIONS: Mapping[str, str] = {"http": "HTTP1", "http2": "HTTP2", "grpc": "GRPC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayUser:
    """A service that is to be. present: what it is so far; None for a new one."""

    service: Service
    cluster: Cluster
    definition: TaskDefinition
    present: ServiceRevision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Port:
    container_name: str
    number: int
    version: ProtocolVersion


class GatewayConnectors:
    def __init__(self, store: Store, ingress: IngressMaker) -> None:
        self._store = store
        self._ingress = ingress

    def others(
        self, service: Service, targets: Sequence[ServiceLoadBalancer]
    ) -> tuple[ServiceLoadBalancer, ...]:
        """Those that are not of a gateway's routes."""
        groups = {route.target_group_arn for route in self._routes_of(service)}
        return tuple(target for target in targets if target.target_group_arn not in groups)

    def connect(
        self,
        transaction: Transaction,
        user: GatewayUser,
        content: RevisionContent,
        asked: Sequence[GatewayConnector] | None,
        call: Call,
    ) -> RevisionContent:
        """The content with targets of routes, which are made. content: without such targets.

        asked: None keeps the connector, and the gateways that it leads to so far. A route that is
        not led to any more goes later. Raises InvalidParameter, ClientError.
        """
        present = () if user.present is None else user.present.gateway_connectors
        connectors = tuple(present if asked is None else asked)
        if not connectors:
            return replace(content, gateway_connectors=())
        if len(connectors) > 1:
            raise InvalidParameter("A service supports no more than one gateway connector.")
        connector = connectors[0]
        port = _port_of(connector, user.definition)
        known = {route.gateway_arn: route for route in self._routes_of(user.service)}
        targets = []
        for gateway in self._gateways(connector, user, set(known), keeps=asked is None):
            route = known.get(gateway.arn)
            if route is None:
                wish = self._wish(gateway, connector, port, user, content)
                route = self._ingress.open(transaction, wish, call)
            else:
                self._change(transaction, route, connector, port, user, content, call)
            targets.append(
                ServiceLoadBalancer(
                    target_group_arn=route.target_group_arn,
                    container_name=port.container_name,
                    container_port=port.number,
                )
            )
        every = (*content.load_balancers, *targets)
        if len(every) > MOST_TARGET_GROUPS:
            raise InvalidParameter(  # our words
                f"A service can have at most {MOST_TARGET_GROUPS} target groups, those of its "
                "gateways among them."
            )
        return replace(content, load_balancers=every, gateway_connectors=connectors)

    def _routes_of(self, service: Service) -> list[IngressRoute]:
        return [
            route
            for route in self._store.find(INGRESS_ROUTES, "service", service.arn)
            if route.gateway_arn is not None and route.service_made_at == service.created_at
        ]

    def _gateways(
        self, connector: GatewayConnector, user: GatewayUser, known: set[str | None], *, keeps: bool
    ) -> list[Gateway]:
        """Raises InvalidParameter where there is none."""
        found = []
        for each in self._store.find(GATEWAY_ASSOCIATIONS, "cluster", user.cluster.arn):
            gateway = self._store.get(GATEWAYS, each.gateway_arn)
            is_meant = each.gateway_arn in known if keeps else each.status == "ACTIVE"
            if gateway is not None and is_meant and (keeps or connector.is_for(gateway)):
                found.append(gateway)
        if not found and not keeps:
            raise InvalidParameter(  # our words
                f"No gateway that the connector applies to is associated with the cluster "
                f"{user.cluster.name}."
            )
        return found

    def _wish(
        self,
        gateway: Gateway,
        connector: GatewayConnector,
        port: _Port,
        user: GatewayUser,
        content: RevisionContent,
    ) -> IngressWish:
        return IngressWish(
            service_arn=user.service.arn,
            service_name=user.service.name,
            service_made_at=user.service.created_at,
            subnets=subnets_of(self._store, content.placement),
            port=port.number,
            check=_check_of(connector, port.version),
            tags=spread_tags(gateway),
            version=port.version,
            attributes=_attributes_of(connector),
            port_name=connector.port_name,
            gateway=gateway,
            service_group=content.placement.security_groups[0],
        )

    def _change(
        self,
        transaction: Transaction,
        route: IngressRoute,
        connector: GatewayConnector,
        port: _Port,
        user: GatewayUser,
        content: RevisionContent,
        call: Call,
    ) -> None:
        """Old tasks are reached as before until the next change. The protocol version stays."""
        groups = content.placement.security_groups
        kept = route.service_group_id if route.service_group_id in groups else groups[0]
        moved = replace(
            route,
            service_group_id=kept,
            former_group_id=None if kept == route.service_group_id else route.service_group_id,
            port_name=connector.port_name,
        )
        ports = dict.fromkeys((*route.ports[-1:], port.number))
        if moved != route or tuple(ports) != route.ports:
            self._ingress.let_in(transaction, replace(moved, updated_at=call.now), tuple(ports))
        group = transaction.get(TARGET_GROUPS, route.target_group_arn)
        if group is None:
            return
        after = replace(
            group,
            health_check=_check_of(connector, group.protocol_version or "HTTP1"),
            attributes={**group.attributes, **_attributes_of(connector)},
        )
        if after != group and user.present is not None:
            was = user.present.gateway_connectors
            if not was or was[0] != connector:
                transaction.put(TARGET_GROUPS, after)


def _port_of(connector: GatewayConnector, definition: TaskDefinition) -> _Port:
    for container in definition.container_definitions:
        for mapping in container.port_mappings:
            if mapping.name == connector.port_name and mapping.container_port is not None:
                if mapping.protocol == "udp":
                    raise InvalidParameter(  # our words
                        f"The port {connector.port_name} of the task definition is not a TCP port."
                    )
                return _Port(
                    container_name=container.name or "",
                    number=mapping.container_port,
                    version=_version_of(mapping),
                )
    raise InvalidParameter(  # our words
        f"The port name {connector.port_name} does not exist in the task definition."
    )


def _version_of(mapping: PortMapping) -> ProtocolVersion:
    version = version_for("HTTP", _VERSIONS.get(mapping.app_protocol or "http"))
    return version or "HTTP1"


def _check_of(connector: GatewayConnector, version: ProtocolVersion) -> TargetCheck:
    given = connector.health_check or ConnectorCheck()
    matcher = given.matcher or ConnectorMatcher()
    port = given.health_check_port
    asked = AskedCheck(
        protocol=given.health_check_protocol,
        port=None if port is None else str(port),
        path=given.health_check_path,
        http_codes=matcher.http_code,
        grpc_codes=matcher.grpc_code,
        interval_seconds=given.health_check_interval_seconds,
        timeout_seconds=given.health_check_timeout_seconds,
        healthy_threshold=given.healthy_threshold_count,
        unhealthy_threshold=given.unhealthy_threshold_count,
    )
    try:
        return check_for("HTTP", version, asked)
    except BadTargetGroup as error:
        raise InvalidParameter(str(error)) from error


def _attributes_of(connector: GatewayConnector) -> Mapping[str, str]:
    delay = connector.deregistration_delay
    seconds = None if delay is None else delay.timeout_seconds
    return {} if seconds is None else {"deregistration_delay.timeout_seconds": str(seconds)}
