"""What callers say about gateways, their routes and their clusters; shapes of the ECS model.

Words of an enum have been checked by the model.
"""

from dataclasses import dataclass

from hostless.domain.ingress_gateways import TagPropagation
from hostless.domain.tags import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenNetwork:
    inbound_security_group: str | None = None
    subnets: tuple[str, ...] = ()
    ip_address_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBucket:
    bucket: str
    prefix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenDestination:
    s3: GivenBucket | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenLogs:
    destination: GivenDestination | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenHeader:
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenTraffic:
    header: GivenHeader | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBalancers:
    """hostSharedAlb, of a new gateway or of a change."""

    network_configuration: GivenNetwork | None = None
    scheme: str | None = None
    access_logs: GivenLogs | None = None
    port: int | None = None
    protocol: str | None = None
    max_alb_count: int | None = None
    http_desync: str | None = None
    test_traffic_rules: GivenTraffic | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenConfiguration:
    host_shared_alb: GivenBalancers | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateGateway:
    name: str
    infrastructure_role_arn: str
    configuration: GivenConfiguration
    client_token: str | None = None
    deletion_protection: bool | None = None
    tags: tuple[Tag, ...] = ()
    propagate_tags: TagPropagation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateGateway:
    gateway: str
    infrastructure_role_arn: str | None = None
    deletion_protection: bool | None = None
    configuration: GivenConfiguration | None = None
    propagate_tags: TagPropagation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedGateway:
    gateway: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayOfCluster:
    gateway: str
    cluster: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeGatewayResources:
    gateway: str
    max_results: int | None = None
    next_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeGatewayRoute:
    gateway_route_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListGateways:
    names: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    max_results: int | None = None
    next_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListGatewayRoutes:
    gateway: str | None = None
    cluster: str | None = None
    service: str | None = None
    service_container_port_name: str | None = None
    status: tuple[str, ...] = ()
    max_results: int | None = None
    next_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListGatewayClusterAssociations:
    gateway: str | None = None
    cluster: str | None = None
    status: tuple[str, ...] = ()
    max_results: int | None = None
    next_token: str | None = None
