"""Gateways of ECS: how services of some clusters are reached, said once for all of them.

A gateway makes nothing by itself. A service of an associated cluster that has a connector gets a
route (`hostless.domain.ingress`) through a load balancer that the gateway's routes share. Not to be
taken for the gateways of VPCs (`hostless.domain.gateways`). Sentences are the ECS model's, except
where a comment says "our words".
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from hostless.domain.arns import ClusterArn, SecurityGroupId, SubnetId
from hostless.domain.ingress import AccessType
from hostless.domain.load_balancers import Scheme
from hostless.domain.tags import Tag
from hostless.kit.clock import Timestamp

TagPropagation: TypeAlias = Literal["NONE", "GATEWAY"]
AssociationStatus: TypeAlias = Literal["ACTIVE", "DISASSOCIATING"]
MOST_GATEWAYS_OF_CLUSTER = 5
DEFAULT_BALANCERS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LogBucket:
    bucket: str
    prefix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficHeader:
    """The header that tells test traffic of progressive deployments, which are not here yet."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """subnets: of its load balancers; empty for those of the default VPC. inbound_group: lets
    clients in to them, instead of a rule of theirs."""

    arn: str
    name: str
    infrastructure_role_arn: str
    is_protected: bool = True
    scheme: Scheme = "internet-facing"
    subnets: tuple[SubnetId, ...] = ()
    inbound_group: SecurityGroupId | None = None
    most_balancers: int = DEFAULT_BALANCERS
    access_logs: LogBucket | None = None
    test_traffic: TrafficHeader | None = None
    propagate_tags: TagPropagation = "GATEWAY"
    is_updated: bool = False
    tags: tuple[Tag, ...] = ()
    created_at: Timestamp
    updated_at: Timestamp

    @property
    def access_type(self) -> AccessType:
        return "PUBLIC" if self.scheme == "internet-facing" else "PRIVATE"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayAssociation:
    """DISASSOCIATING until no service of the cluster has a route of the gateway any more."""

    gateway_arn: str
    cluster_arn: ClusterArn
    status: AssociationStatus = "ACTIVE"
    created_at: Timestamp

    @property
    def key(self) -> str:
        return association_key(self.gateway_arn, self.cluster_arn)


def association_key(gateway_arn: str, cluster_arn: str) -> str:
    return f"{gateway_arn}\n{cluster_arn}"


def attributes_for(gateway: Gateway) -> dict[str, str]:
    """Of the gateway's load balancers."""
    logs = gateway.access_logs
    attributes = {
        "deletion_protection.enabled": str(gateway.is_protected).lower(),
    }
    if logs is not None:
        attributes["access_logs.s3.enabled"] = "true"
        attributes["access_logs.s3.bucket"] = logs.bucket
        attributes["access_logs.s3.prefix"] = logs.prefix or ""
    return attributes


def spread_tags(gateway: Gateway) -> tuple[Tag, ...]:
    """Those that what is made for the gateway has too."""
    return gateway.tags if gateway.propagate_tags == "GATEWAY" else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorMatcher:
    http_code: str | None = None
    grpc_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorCheck:
    health_check_protocol: str | None = None
    health_check_port: int | None = None
    health_check_path: str | None = None
    health_check_timeout_seconds: int | None = None
    health_check_interval_seconds: int | None = None
    healthy_threshold_count: int | None = None
    unhealthy_threshold_count: int | None = None
    matcher: ConnectorMatcher | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorFilters:
    access_types: tuple[AccessType, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorDelay:
    timeout_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayConnector:
    """How a service is reached by the gateways of its cluster, as it was asked for. port_name: of
    a port of its task definition."""

    port_name: str
    health_check: ConnectorCheck | None = None
    filters: ConnectorFilters | None = None
    deregistration_delay: ConnectorDelay | None = None

    def is_for(self, gateway: Gateway) -> bool:
        wanted = () if self.filters is None else self.filters.access_types
        return not wanted or gateway.access_type in wanted
