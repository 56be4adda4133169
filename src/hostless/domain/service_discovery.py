"""Records of AWS Cloud Map: namespaces, services, instances, and the operations that made them.

What may be said of them is `discovery_rules`' business; how names resolve, `private_names`'.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from hostless.domain.arns import (
    DiscoveryOperationId,
    DiscoveryServiceId,
    InstanceId,
    NamespaceId,
    ServiceArn,
    VpcId,
)
from hostless.domain.tags import Tag
from hostless.kit.clock import Timestamp

NamespaceType: TypeAlias = Literal["DNS_PRIVATE", "DNS_PUBLIC", "HTTP"]
RecordType: TypeAlias = Literal["A", "AAAA", "SRV", "CNAME"]
RoutingPolicy: TypeAlias = Literal["MULTIVALUE", "WEIGHTED"]
ServiceType: TypeAlias = Literal["DNS_HTTP", "HTTP"]
CustomHealth: TypeAlias = Literal["HEALTHY", "UNHEALTHY"]
OperationType: TypeAlias = Literal[
    "CREATE_NAMESPACE",
    "DELETE_NAMESPACE",
    "UPDATE_NAMESPACE",
    "UPDATE_SERVICE",
    "REGISTER_INSTANCE",
    "DEREGISTER_INSTANCE",
]

IPV4, IPV6, PORT = "AWS_INSTANCE_IPV4", "AWS_INSTANCE_IPV6", "AWS_INSTANCE_PORT"
CNAME, INIT_HEALTH = "AWS_INSTANCE_CNAME", "AWS_INIT_HEALTH_STATUS"
ALIAS, EC2_INSTANCE = "AWS_ALIAS_DNS_NAME", "AWS_EC2_INSTANCE_ID"
"""Attributes of instances that AWS gives a meaning (Cloud Map API, RegisterInstance)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """http_name: what DiscoverInstances calls it; unique. vpc_id: of a private one.

    soa_ttl_seconds: how long a name that does not exist may be taken for such; None for HTTP.
    operation_id: of its creation.
    """

    id: NamespaceId
    arn: str
    name: str
    http_name: str
    type: NamespaceType
    created_at: Timestamp
    operation_id: DiscoveryOperationId
    vpc_id: VpcId | None = None
    hosted_zone_id: str | None = None
    soa_ttl_seconds: int | None = None
    description: str | None = None
    creator_request_id: str | None = None
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecord:
    """ttl: seconds."""

    type: RecordType
    ttl: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsConfig:
    routing_policy: RoutingPolicy
    dns_records: tuple[DnsRecord, ...]

    def types(self) -> frozenset[RecordType]:
        return frozenset(record.type for record in self.dns_records)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheckConfig:
    """A check that Route 53 would make from outside; nothing here makes it."""

    type: str
    resource_path: str | None = None
    failure_threshold: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryService:
    """instances_revision: rises with every registration and deregistration.

    owner: the service of ECS that it was made for (Service Connect); it goes with that one's need.
    """

    id: DiscoveryServiceId
    arn: str
    name: str
    namespace_id: NamespaceId
    type: ServiceType
    created_at: Timestamp
    dns_config: DnsConfig | None = None
    health_check: HealthCheckConfig | None = None
    has_custom_health: bool = False
    description: str | None = None
    creator_request_id: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    instances_revision: int = 1
    owner: ServiceArn | None = None
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryInstance:
    """custom_health: as last told; counts only where the service has a custom health check.

    operation_id: of its last registration; None for one that ECS registered.
    """

    id: InstanceId
    service_id: DiscoveryServiceId
    attributes: Mapping[str, str]
    custom_health: CustomHealth
    created_at: Timestamp
    operation_id: DiscoveryOperationId | None = None
    creator_request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryOperation:
    """What became of a request that AWS answers before it is done. targets: ids by kind.

    error_code, error_message: of one that failed.
    """

    id: DiscoveryOperationId
    type: OperationType
    status: Literal["SUCCESS", "FAIL"]
    targets: Mapping[str, str]
    created_at: Timestamp
    namespace_id: NamespaceId | None = None
    service_id: DiscoveryServiceId | None = None
    error_code: str | None = None
    error_message: str | None = None


def instance_key(service_id: DiscoveryServiceId, instance_id: str) -> str:
    return f"{service_id}/{instance_id}"


def with_next_revision(service: DiscoveryService) -> DiscoveryService:
    return replace(service, instances_revision=service.instances_revision + 1)


def host_name_of(service: DiscoveryService, namespace: Namespace) -> str:
    """The name that the service's records have; the service `.` stands for the namespace's own."""
    if service.name == ".":
        return namespace.name
    return f"{service.name}.{namespace.name}"
