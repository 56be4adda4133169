"""The services of Cloud Map that tasks of an ECS service are registered with.

Rules: ECS API reference, ServiceRegistry; the sentences are our words.
"""

from hostless.domain.errors import InvalidParameter
from hostless.domain.service_discovery import DiscoveryService
from hostless.domain.services import ServiceRegistry
from hostless.services.ecs import requests_services as requests
from hostless.store.kinds import DISCOVERY_SERVICES
from hostless.store.store import Store

_MOST_REGISTRIES = 1
_REGISTERED_TYPES = ({"A"}, {"SRV"}, set[str]())
"""What a task has an answer to; none: only DiscoverInstances knows it."""
_PORTS = range(65_536)


def registries_of(
    store: Store, asked: tuple[requests.ServiceRegistry, ...]
) -> tuple[ServiceRegistry, ...]:
    """Raises InvalidParameter."""
    if len(asked) > _MOST_REGISTRIES:
        raise InvalidParameter(f"serviceRegistries can have at most {_MOST_REGISTRIES} item.")
    return tuple(_registry(store, each) for each in asked)


def _registry(store: Store, asked: requests.ServiceRegistry) -> ServiceRegistry:
    if not asked.registry_arn:
        raise InvalidParameter("registryArn can not be blank.")
    service = _need_service(store, asked.registry_arn)
    types: set[str] = set() if service.dns_config is None else {*service.dns_config.types()}
    if types not in _REGISTERED_TYPES:
        raise InvalidParameter(
            f"The service registry {service.arn} must have A or SRV records, "
            f"not {' and '.join(sorted(types))}."
        )
    _check_port(asked, types, service)
    return ServiceRegistry(
        registry_arn=service.arn,
        port=asked.port,
        container_name=asked.container_name,
        container_port=asked.container_port,
    )


def _need_service(store: Store, arn: str) -> DiscoveryService:
    service = store.get(DISCOVERY_SERVICES, arn.rsplit("/", 1)[-1])
    if service is None or service.arn != arn:
        raise InvalidParameter(f"The service registry {arn} does not exist.")
    return service


def _check_port(
    asked: requests.ServiceRegistry,
    types: set[str],
    service: DiscoveryService,
) -> None:
    name, port = asked.container_name, asked.container_port
    if (name is None) != (port is None):
        raise InvalidParameter("containerName and containerPort must be given together.")
    if asked.port is not None and port is not None:
        raise InvalidParameter("port can't be given together with containerName and containerPort.")
    if asked.port is not None and asked.port not in _PORTS:
        raise InvalidParameter(f"port must be between 0 and {_PORTS[-1]}.")
    if "SRV" in types and asked.port is None and port is None:
        raise InvalidParameter(
            f"The service registry {service.arn} has SRV records: port, or containerName and "
            "containerPort, must be given."
        )
