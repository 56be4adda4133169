"""How callers name namespaces, services and instances: by id or by ARN."""

from collections.abc import Callable

from hostless.domain.arns import Realm
from hostless.domain.service_discovery import (
    DiscoveryInstance,
    DiscoveryService,
    Namespace,
    instance_key,
)
from hostless.services.servicediscovery.errors import (
    InstanceNotFound,
    NamespaceNotFound,
    ServiceNotFound,
)
from hostless.store.kinds import DISCOVERY_INSTANCES, DISCOVERY_SERVICES, NAMESPACES, Kind, R
from hostless.store.store import Store, Transaction

SERVICE = "servicediscovery"


def need_namespace(reads: Store | Transaction, given: str, realm: Realm) -> Namespace:
    """Raises NamespaceNotFound."""
    found = _find(reads, NAMESPACES, given, realm, "namespace")
    if found is None:
        raise NamespaceNotFound(f"Failed to locate namespace: {given}")
    return found


def need_service(reads: Store | Transaction, given: str, realm: Realm) -> DiscoveryService:
    """Raises ServiceNotFound."""
    found = _find(reads, DISCOVERY_SERVICES, given, realm, "service")
    if found is None:
        raise ServiceNotFound(f"Failed to locate service: {given}")
    return found


def need_instance(
    reads: Store | Transaction, service: DiscoveryService, given: str
) -> DiscoveryInstance:
    """Raises InstanceNotFound."""
    found = reads.get(DISCOVERY_INSTANCES, instance_key(service.id, given))
    if found is None:
        raise InstanceNotFound(f"No instance with ID {given} exists in service {service.id}.")
    return found


def id_in(given: str, realm: Realm, noun: str) -> str:
    """What an id or an ARN of a namespace or service names; an ARN of elsewhere names nothing."""
    return given.removeprefix(realm.arn(SERVICE, f"{noun}/"))


def _find(
    reads: Store | Transaction, kind: Kind[R], given: str, realm: Realm, noun: str
) -> R | None:
    get: Callable[[Kind[R], str], R | None] = reads.get
    return get(kind, id_in(given, realm, noun))
