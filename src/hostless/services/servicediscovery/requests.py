"""Requests of Cloud Map as the gateway hands them over: members in snake case."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hostless.domain.service_discovery import DnsRecord
from hostless.domain.tags import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Soa:
    """ttl: seconds."""

    ttl: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsProperties:
    soa: Soa


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    dns_properties: DnsProperties


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateHttpNamespace:
    name: str
    creator_request_id: str | None = None
    description: str | None = None
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePublicDnsNamespace:
    name: str
    creator_request_id: str | None = None
    description: str | None = None
    tags: tuple[Tag, ...] = ()
    properties: Properties | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePrivateDnsNamespace:
    name: str
    vpc: str
    creator_request_id: str | None = None
    description: str | None = None
    tags: tuple[Tag, ...] = ()
    properties: Properties | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedById:
    """Of namespaces and of services; an ARN does as well."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpNamespaceChange:
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateHttpNamespace:
    id: str
    namespace: HttpNamespaceChange
    updater_request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsNamespaceChange:
    description: str | None = None
    properties: Properties | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateDnsNamespace:
    """Of private and public ones."""

    id: str
    namespace: DnsNamespaceChange
    updater_request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """condition: EQ, IN, BETWEEN or BEGINS_WITH."""

    name: str
    values: tuple[str, ...]
    condition: str = "EQ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Of namespaces, services and operations."""

    next_token: str | None = None
    max_results: int = 100
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenDnsConfig:
    dns_records: tuple[DnsRecord, ...]
    namespace_id: str | None = None
    routing_policy: str = "MULTIVALUE"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenHealthCheck:
    type: str
    resource_path: str | None = None
    failure_threshold: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomHealthCheck:
    """failure_threshold: AWS takes it for 1 whatever is given."""

    failure_threshold: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateService:
    name: str
    namespace_id: str | None = None
    creator_request_id: str | None = None
    description: str | None = None
    dns_config: GivenDnsConfig | None = None
    health_check_config: GivenHealthCheck | None = None
    health_check_custom_config: CustomHealthCheck | None = None
    tags: tuple[Tag, ...] = ()
    type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsConfigChange:
    dns_records: tuple[DnsRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChange:
    description: str | None = None
    dns_config: DnsConfigChange | None = None
    health_check_config: GivenHealthCheck | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateService:
    id: str
    service: ServiceChange


@dataclass(frozen=True, slots=True, kw_only=True)
class GetServiceAttributes:
    service_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateServiceAttributes:
    service_id: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteServiceAttributes:
    """attributes: their keys."""

    service_id: str
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterInstance:
    service_id: str
    instance_id: str
    attributes: Mapping[str, str]
    creator_request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedInstance:
    service_id: str
    instance_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInstances:
    service_id: str
    next_token: str | None = None
    max_results: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateInstanceCustomHealthStatus:
    service_id: str
    instance_id: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GetInstancesHealthStatus:
    service_id: str
    instances: tuple[str, ...] = ()
    next_token: str | None = None
    max_results: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverInstances:
    namespace_name: str
    service_name: str
    max_results: int = 100
    query_parameters: Mapping[str, str] = field(default_factory=dict)
    optional_parameters: Mapping[str, str] = field(default_factory=dict)
    health_status: str = "HEALTHY"
    owner_account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverInstancesRevision:
    namespace_name: str
    service_name: str
    owner_account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOperation:
    operation_id: str
    owner_account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TagResource:
    resource_arn: str
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UntagResource:
    resource_arn: str
    tag_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTagsForResource:
    resource_arn: str
