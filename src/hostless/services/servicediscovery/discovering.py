"""DiscoverInstances: who offers a service, by the names that its users know."""

from collections.abc import Mapping, Sequence
from random import Random

from hostless.domain.service_discovery import DiscoveryInstance, DiscoveryService, Namespace
from hostless.kit.ids import Ids
from hostless.services.operation import Answer, Call
from hostless.services.servicediscovery import requests
from hostless.services.servicediscovery.errors import NamespaceNotFound, ServiceNotFound
from hostless.services.servicediscovery.views import health_of
from hostless.store.kinds import DISCOVERY_INSTANCES, DISCOVERY_SERVICES, NAMESPACES
from hostless.store.store import Store


class Discovering:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    async def discover(self, request: requests.DiscoverInstances, call: Call) -> Answer:
        """In random order, as AWS's reference says."""
        namespace, service = self._need(
            request.namespace_name, request.service_name, request.owner_account, call
        )
        every = self._store.find(DISCOVERY_INSTANCES, "service", service.id)
        found = chosen(every, service, request)
        Random(self._ids.hex(16)).shuffle(found)
        return {
            "Instances": [
                {
                    "InstanceId": each.id,
                    "NamespaceName": namespace.http_name,
                    "ServiceName": service.name,
                    "HealthStatus": health_of(each, service),
                    "Attributes": each.attributes,
                }
                for each in found[: request.max_results]
            ],
            "InstancesRevision": service.instances_revision,
        }

    async def revision(self, request: requests.DiscoverInstancesRevision, call: Call) -> Answer:
        _, service = self._need(
            request.namespace_name, request.service_name, request.owner_account, call
        )
        return {"InstancesRevision": service.instances_revision}

    def _need(
        self, namespace_name: str, service_name: str, owner: str | None, call: Call
    ) -> tuple[Namespace, DiscoveryService]:
        found = self._store.find(NAMESPACES, "http_name", namespace_name)
        if not found or owner not in (None, call.realm.account_id):
            raise NamespaceNotFound(f"Failed to locate namespace: {namespace_name}")
        namespace = found[0]
        services = self._store.find(DISCOVERY_SERVICES, "namespace", namespace.id)
        for service in services:
            if service.name == service_name:
                return namespace, service
        raise ServiceNotFound(f"Failed to locate service: {service_name}")


def chosen(
    every: Sequence[DiscoveryInstance],
    service: DiscoveryService,
    request: requests.DiscoverInstances,
) -> list[DiscoveryInstance]:
    """Those that have the health and the attributes asked for."""
    matching = [each for each in every if _has(each, request.query_parameters)]
    if request.optional_parameters:
        both = [each for each in matching if _has(each, request.optional_parameters)]
        matching = both or matching
    wanted = request.health_status
    if wanted == "ALL" or not service.has_custom_health:
        return matching
    if wanted == "UNHEALTHY":
        return [each for each in matching if each.custom_health == "UNHEALTHY"]
    healthy = [each for each in matching if each.custom_health == "HEALTHY"]
    return healthy or (matching if wanted == "HEALTHY_OR_ELSE_ALL" else [])


def _has(instance: DiscoveryInstance, attributes: Mapping[str, str]) -> bool:
    return attributes.items() <= instance.attributes.items()
