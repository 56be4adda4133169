"""How callers give the settings of a service: what of them makes sense, and their records."""

from typing import cast

from hostless.domain.discovery_rules import dns_refusal
from hostless.domain.service_discovery import (
    DiscoveryService,
    DnsConfig,
    HealthCheckConfig,
    Namespace,
    RoutingPolicy,
)
from hostless.services.servicediscovery import requests
from hostless.services.servicediscovery.errors import InvalidInput
from hostless.services.servicediscovery.namespaces import checked_ttl


def dns_config_of(request: requests.CreateService, namespace: Namespace) -> DnsConfig | None:
    """None for a service that only DiscoverInstances knows. Raises InvalidInput."""
    given = request.dns_config
    if given is None:
        return None
    if namespace.type == "HTTP" or request.type == "HTTP":
        raise InvalidInput("DnsConfig can't be used with an HTTP namespace or service.")
    config = DnsConfig(
        routing_policy=cast(RoutingPolicy, given.routing_policy), dns_records=given.dns_records
    )
    return _checked(config)


def changed_dns(
    service: DiscoveryService, change: requests.DnsConfigChange | None
) -> DnsConfig | None:
    """Times to live can be changed and records left out; types cannot. Raises InvalidInput."""
    before = service.dns_config
    if change is None:
        return before
    if before is None:
        raise InvalidInput("The service has no DNS records.")
    after = DnsConfig(routing_policy=before.routing_policy, dns_records=change.dns_records)
    if not after.types() <= before.types():
        raise InvalidInput("The types of a service's DNS records can't be changed.")
    return _checked(after)


def health_check_of(given: requests.GivenHealthCheck | None) -> HealthCheckConfig | None:
    """Raises InvalidInput."""
    if given is None:
        return None
    if given.type == "TCP" and given.resource_path is not None:
        raise InvalidInput("ResourcePath can't be used with a health check of type TCP.")
    return HealthCheckConfig(
        type=given.type,
        resource_path=given.resource_path or (None if given.type == "TCP" else "/"),
        failure_threshold=given.failure_threshold,
    )


def check_health_checks(
    request: requests.CreateService,
    namespace: Namespace,
    dns: DnsConfig | None,
    check: HealthCheckConfig | None,
) -> None:
    """Raises InvalidInput."""
    if check is None:
        return
    if request.health_check_custom_config is not None:
        raise InvalidInput("Only one of HealthCheckConfig and HealthCheckCustomConfig can be used.")
    if namespace.type == "DNS_PRIVATE":
        raise InvalidInput("HealthCheckConfig can't be used with a private DNS namespace.")
    if dns is not None and "CNAME" in dns.types():
        raise InvalidInput("HealthCheckConfig can't be used with CNAME records.")


def _checked(config: DnsConfig) -> DnsConfig:
    refused = dns_refusal(config)
    if refused is not None:
        raise InvalidInput(refused)
    for record in config.dns_records:
        checked_ttl(record.ttl)
    return config
