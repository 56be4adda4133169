"""Namespaces of Cloud Map as ECS's callers name them for Service Connect: by name or by ARN.

Several private namespaces may have one name, each in a VPC: a name means the cluster's default one
where that is called so, else the oldest.
"""

import re
from dataclasses import replace

from hostless.domain.clusters import Cluster, ServiceConnectDefaults
from hostless.domain.errors import ApiError, InvalidParameter
from hostless.domain.new_discovery import MANAGED_BY_ECS, new_namespace
from hostless.domain.service_discovery import Namespace
from hostless.kit.ids import Ids
from hostless.services.operation import Call
from hostless.store.kinds import NAMESPACES
from hostless.store.store import Store, Transaction

_NAME = re.compile(r'[^<>"/]{1,1024}')
"""ECS API, ClusterServiceConnectDefaultsRequest."""


class NamespaceNotFound(ApiError):
    """The sentence is AWS's, as observed."""

    code = "NamespaceNotFoundException"

    def __init__(self, reference: str) -> None:
        super().__init__(f"Failed to retrieve namespace for {reference}")


def need_namespace(store: Store, reference: str, cluster: Cluster | None = None) -> Namespace:
    """Raises NamespaceNotFound."""
    namespace = _find(store, reference, cluster)
    if namespace is None:
        raise NamespaceNotFound(reference)
    return namespace


def find_default_namespace(store: Store, cluster: Cluster) -> Namespace | None:
    """None also when it has been deleted."""
    defaults = cluster.service_connect_defaults
    arn = None if defaults is None else defaults.namespace
    return None if arn is None else _find_by_arn(store, arn)


def defaults_of(
    asked: ServiceConnectDefaults | None,
    transaction: Transaction,
    store: Store,
    ids: Ids,
    call: Call,
) -> ServiceConnectDefaults | None:
    """A cluster's default namespace by ARN, as ECS keeps it; None for none, and for an empty name.

    A name that there is no namespace of becomes one of calls of the API only (same source as the
    name's rule). Raises NamespaceNotFound for an ARN, InvalidParameter (our words).
    """
    if asked is None or not asked.namespace:
        return None
    found = _found_or_made(asked.namespace, transaction, store, ids, call)
    return ServiceConnectDefaults(namespace=found.arn)


def _found_or_made(
    reference: str, transaction: Transaction, store: Store, ids: Ids, call: Call
) -> Namespace:
    if reference.startswith("arn:"):
        return need_namespace(store, reference)
    if not _NAME.fullmatch(reference):
        raise InvalidParameter(
            'The namespace must have up to 1024 characters, other than < > " and /.'
        )
    found = _find(store, reference, None)
    if found is not None:
        return found
    is_taken = bool(store.find(NAMESPACES, "http_name", reference))
    bare = new_namespace(call.realm, reference, "HTTP", ids, call.now, is_http_name_taken=is_taken)
    made = replace(bare, tags=(MANAGED_BY_ECS,))
    transaction.put(NAMESPACES, made)
    return made


def _find(store: Store, reference: str, cluster: Cluster | None) -> Namespace | None:
    if reference.startswith("arn:"):
        return _find_by_arn(store, reference)
    default = None if cluster is None else find_default_namespace(store, cluster)
    if default is not None and default.name == reference:
        return default
    named = (n for n in store.find(NAMESPACES, "name", reference.lower()) if n.name == reference)
    return min(named, key=lambda n: n.created_at, default=None)


def _find_by_arn(store: Store, arn: str) -> Namespace | None:
    found = store.get(NAMESPACES, arn.rsplit("/", 1)[-1])
    return found if found is not None and found.arn == arn else None
