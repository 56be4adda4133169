"""Namespaces, services, instances and operations as Cloud Map shows them."""

from collections.abc import Mapping

from hostless.domain.arns import Realm
from hostless.domain.service_discovery import (
    DiscoveryInstance,
    DiscoveryOperation,
    DiscoveryService,
    Namespace,
)


def namespace_summary(namespace: Namespace, service_count: int, realm: Realm) -> dict[str, object]:
    dns = None
    if namespace.type != "HTTP":
        soa = {"TTL": namespace.soa_ttl_seconds}
        dns = {"HostedZoneId": namespace.hosted_zone_id, "SOA": soa}
    return {
        "Id": namespace.id,
        "Arn": namespace.arn,
        "ResourceOwner": realm.account_id,
        "Name": namespace.name,
        "Type": namespace.type,
        "Description": namespace.description,
        "ServiceCount": service_count,
        "Properties": {
            "DnsProperties": dns,
            "HttpProperties": {"HttpName": namespace.http_name},
        },
        "CreateDate": namespace.created_at,
    }


def namespace_view(namespace: Namespace, service_count: int, realm: Realm) -> dict[str, object]:
    summary = namespace_summary(namespace, service_count, realm)
    return {**summary, "CreatorRequestId": namespace.creator_request_id}


def service_summary(
    service: DiscoveryService, instance_count: int, realm: Realm
) -> dict[str, object]:
    """An API-only service shows an empty DnsConfig's absence, as AWS does."""
    dns, check = service.dns_config, service.health_check
    return {
        "Id": service.id,
        "Arn": service.arn,
        "ResourceOwner": realm.account_id,
        "Name": service.name,
        "Type": service.type,
        "Description": service.description,
        "InstanceCount": instance_count,
        "DnsConfig": None if dns is None else _dns_view(service),
        "HealthCheckConfig": check,
        "HealthCheckCustomConfig": {"FailureThreshold": 1} if service.has_custom_health else None,
        "CreateDate": service.created_at,
        "CreatedByAccount": realm.account_id,
    }


def service_view(service: DiscoveryService, instance_count: int, realm: Realm) -> dict[str, object]:
    return {
        **service_summary(service, instance_count, realm),
        "NamespaceId": service.namespace_id,
        "CreatorRequestId": service.creator_request_id,
    }


def _dns_view(service: DiscoveryService) -> Mapping[str, object]:
    assert service.dns_config is not None
    return {
        "NamespaceId": service.namespace_id,
        "RoutingPolicy": service.dns_config.routing_policy,
        "DnsRecords": [
            {"Type": record.type, "TTL": record.ttl} for record in service.dns_config.dns_records
        ],
    }


def instance_summary(instance: DiscoveryInstance, realm: Realm) -> dict[str, object]:
    return {
        "Id": instance.id,
        "Attributes": instance.attributes,
        "CreatedByAccount": realm.account_id,
    }


def instance_view(instance: DiscoveryInstance, realm: Realm) -> dict[str, object]:
    return {
        **instance_summary(instance, realm),
        "CreatorRequestId": instance.creator_request_id,
    }


def health_of(instance: DiscoveryInstance, service: DiscoveryService) -> str:
    """UNKNOWN where nothing says: without a check, and of checks that nobody makes here."""
    return instance.custom_health if service.has_custom_health else "UNKNOWN"


def operation_view(operation: DiscoveryOperation, realm: Realm) -> dict[str, object]:
    return {
        "Id": operation.id,
        "OwnerAccount": realm.account_id,
        "Type": operation.type,
        "Status": operation.status,
        "ErrorCode": operation.error_code,
        "ErrorMessage": operation.error_message,
        "CreateDate": operation.created_at,
        "UpdateDate": operation.created_at,
        "Targets": operation.targets,
    }
