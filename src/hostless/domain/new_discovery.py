"""The records of namespaces and services of Cloud Map that were just asked for.

Cloud Map's own API makes them, and ECS for Service Connect. What may be asked for is checked by
whoever asks.
"""

from hostless.domain.arns import (
    DiscoveryOperationId,
    DiscoveryServiceId,
    NamespaceId,
    Realm,
    ServiceArn,
)
from hostless.domain.service_discovery import DiscoveryService, Namespace, NamespaceType
from hostless.domain.tags import Tag
from hostless.kit.clock import Timestamp
from hostless.kit.ids import Ids

_SERVICE = "servicediscovery"
_ID_LETTERS = 16
MANAGED_BY_ECS = Tag(key="AmazonECSManaged", value="true")
"""On what ECS makes in Cloud Map, as observed."""


def new_operation_id(ids: Ids) -> DiscoveryOperationId:
    """As AWS's: `gv4g5meo7ndmeh4fqskygvk23d2fijwa-k9302yzd`."""
    return DiscoveryOperationId(f"{ids.base32(32)}-{ids.base32(8)}")


def new_namespace(
    realm: Realm,
    name: str,
    kind: NamespaceType,
    ids: Ids,
    now: Timestamp,
    *,
    is_http_name_taken: bool = False,
) -> Namespace:
    """is_http_name_taken: by another namespace; then the HTTP name gets letters of its own."""
    id_ = NamespaceId(f"ns-{ids.base32(_ID_LETTERS)}")
    return Namespace(
        id=id_,
        arn=realm.arn(_SERVICE, f"namespace/{id_}"),
        name=name,
        http_name=f"{name}-{ids.base32(_ID_LETTERS)}" if is_http_name_taken else name,
        type=kind,
        created_at=now,
        operation_id=new_operation_id(ids),
        hosted_zone_id=None if kind == "HTTP" else f"Z{ids.base32(20).upper()}",
    )


def new_discovery_service(
    realm: Realm,
    name: str,
    namespace: Namespace,
    ids: Ids,
    now: Timestamp,
    owner: ServiceArn | None = None,
) -> DiscoveryService:
    """One without DNS. owner: the service of ECS that it is for."""
    id_ = DiscoveryServiceId(f"srv-{ids.base32(_ID_LETTERS)}")
    return DiscoveryService(
        id=id_,
        arn=realm.arn(_SERVICE, f"service/{id_}"),
        name=name,
        namespace_id=namespace.id,
        type="HTTP",
        created_at=now,
        owner=owner,
        tags=() if owner is None else (MANAGED_BY_ECS,),
    )
