"""How callers name things: a short name, a name with a revision, or an ARN."""

import re
from dataclasses import dataclass

from hostless.domain.arns import ClusterArn, Realm, ServiceArn, TaskArn
from hostless.domain.clusters import Cluster
from hostless.domain.errors import ClientError, ClusterNotFound, InvalidParameter
from hostless.domain.services import Service
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Task
from hostless.services.ecs.errors import (
    ClusterInactive,
    ServiceNotFound,
    TaskDefinitionNotFound,
)
from hostless.store.kinds import CLUSTERS, SERVICES, TASK_DEFINITIONS, TASKS
from hostless.store.store import Store

DEFAULT_CLUSTER = "default"
_CLUSTER_NAME = re.compile(r"[a-zA-Z0-9_-]{1,255}")
_FAMILY = re.compile(r"[a-zA-Z0-9_-]{1,255}")
_SERVICE_NAME = re.compile(r"[a-zA-Z0-9_-]{1,255}")
_TASK_ID = re.compile(r"[a-f0-9]{32}|[a-f0-9-]{36}")


def _resource_of(arn: str, resource_type: str) -> str:
    """What follows the type in `arn:aws:ecs:R:A:<type>/…`; InvalidParameter for another type."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] != "ecs":
        raise InvalidParameter("Invalid arn syntax.")
    kind, _, rest = parts[5].partition("/")
    if kind != resource_type:
        raise InvalidParameter(f"Unsupported resource type: {kind}")
    return rest


def check_arn(arn: str, resource_type: str) -> None:
    """Raises InvalidParameter for what is no ARN of an ECS resource of this type."""
    _resource_of(arn, resource_type)


def cluster_arn_of(reference: str | None, realm: Realm) -> ClusterArn:
    """The ARN of a cluster named by name, ARN or (None or "") by default."""
    if reference and reference.startswith("arn:"):
        _resource_of(reference, "cluster")
        return ClusterArn(reference)
    name = reference or DEFAULT_CLUSTER
    if not _CLUSTER_NAME.fullmatch(name):
        raise InvalidParameter(f"Cluster must match ^[a-zA-Z0-9\\-_]{{1,255}}$, but was {name}")
    return realm.cluster_arn(name)


def need_cluster(store: Store, reference: str | None, realm: Realm) -> Cluster:
    """The cluster, active or not. Raises ClusterNotFound."""
    cluster = store.get(CLUSTERS, cluster_arn_of(reference, realm))
    if cluster is None:
        raise ClusterNotFound
    return cluster


def need_active_cluster(store: Store, reference: str | None, realm: Realm) -> Cluster:
    """Raises ClusterNotFound, ClusterInactive."""
    cluster = need_cluster(store, reference, realm)
    if cluster.status != "ACTIVE":
        raise ClusterInactive
    return cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionName:
    """revision: None means the newest active one."""

    family: str
    revision: int | None


def definition_name_of(reference: str) -> DefinitionName:
    """Parse `family`, `family:revision` or an ARN. Raises InvalidParameter, ClientError."""
    plain = reference
    if reference.startswith("arn:"):
        plain = _resource_of(reference, "task-definition")
    family, colon, revision = plain.partition(":")
    if not family or not _FAMILY.fullmatch(family):
        raise ClientError("Family contains invalid characters.")
    if colon and not (revision.isascii() and revision.isdigit() and int(revision) > 0):
        raise InvalidParameter(f"Invalid revision number. Number: {revision}")
    return DefinitionName(family=family, revision=int(revision) if colon else None)


def find_definition(store: Store, reference: str, realm: Realm) -> TaskDefinition | None:
    """The definition; without a revision the newest active one of the family."""
    name = definition_name_of(reference)
    if reference.startswith("arn:") and not reference.startswith(realm.arn("ecs", "")):
        return None
    if name.revision is not None:
        return store.get(TASK_DEFINITIONS, realm.task_definition_arn(name.family, name.revision))
    active = [
        definition
        for definition in store.find(TASK_DEFINITIONS, "family", name.family)
        if definition.status == "ACTIVE"
    ]
    return max(active, key=lambda definition: definition.revision, default=None)


def need_active_definition(store: Store, reference: str, realm: Realm) -> TaskDefinition:
    """The definition that new tasks may be made from. Raises InvalidParameter, ClientError."""
    definition = find_definition(store, reference, realm)
    if definition is None:
        raise TaskDefinitionNotFound
    if definition.status != "ACTIVE":
        raise ClientError("TaskDefinition is inactive")
    return definition


def task_arn_of(reference: str, cluster_name: str, realm: Realm) -> TaskArn:
    """The ARN of a task of the cluster, named by id or by ARN. Raises InvalidParameter."""
    if not reference.startswith("arn:"):
        if not _TASK_ID.fullmatch(reference):
            raise InvalidParameter("taskId length should be one of [32,36]")
        return realm.task_arn(cluster_name, reference)
    parts = _resource_of(reference, "task").split("/")
    if not _TASK_ID.fullmatch(parts[-1]) or len(parts) > 2:
        raise InvalidParameter("taskId length should be one of [32,36]")
    if len(parts) == 2:
        _check_same_cluster(parts[0], cluster_name)
    if len(parts) == 1:
        return TaskArn(f"{reference.rsplit('/', 1)[0]}/{cluster_name}/{parts[0]}")
    return TaskArn(reference)


def _check_same_cluster(named: str, cluster_name: str) -> None:
    if named != cluster_name:
        raise InvalidParameter(
            f"Invalid identifier: Identifier is for cluster {named}. Your cluster is {cluster_name}"
        )


def find_task(store: Store, reference: str, cluster_name: str, realm: Realm) -> Task | None:
    return store.get(TASKS, task_arn_of(reference, cluster_name, realm))


def service_arn_of(reference: str, cluster_name: str, realm: Realm) -> ServiceArn:
    """The ARN of a service of the cluster, named by name or ARN (short or long form).

    Raises InvalidParameter.
    """
    if not reference.startswith("arn:"):
        if not _SERVICE_NAME.fullmatch(reference):
            raise InvalidParameter("Invalid service name.")
        return realm.service_arn(cluster_name, reference)
    parts = _resource_of(reference, "service").split("/")
    if not _SERVICE_NAME.fullmatch(parts[-1]) or len(parts) > 2:
        raise InvalidParameter("Invalid service name.")
    if len(parts) == 2:
        _check_same_cluster(parts[0], cluster_name)
        return ServiceArn(reference)
    return ServiceArn(f"{reference.rsplit('/', 1)[0]}/{cluster_name}/{parts[0]}")


def find_service(store: Store, reference: str, cluster_name: str, realm: Realm) -> Service | None:
    return store.get(SERVICES, service_arn_of(reference, cluster_name, realm))


def need_service(store: Store, reference: str, cluster_name: str, realm: Realm) -> Service:
    """The service in any status. Raises InvalidParameter, ServiceNotFound."""
    service = find_service(store, reference, cluster_name, realm)
    if service is None:
        raise ServiceNotFound
    return service


def named_service(store: Store, arn: str, realm: Realm) -> tuple[Cluster, Service | None]:
    """The service of an ARN that says its cluster, or else is of the default one.

    Raises InvalidParameter, ClusterNotFound.
    """
    parts = _resource_of(arn, "service").split("/")
    cluster = need_cluster(store, parts[0] if len(parts) > 1 else None, realm)
    return cluster, store.get(SERVICES, service_arn_of(arn, cluster.name, realm))
