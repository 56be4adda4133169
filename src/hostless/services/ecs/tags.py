"""Tags of clusters, services, task definitions and tasks."""

from dataclasses import replace
from typing import TypeAlias

from hostless.domain.clusters import Cluster
from hostless.domain.errors import ApiError, ClusterNotFound, InvalidParameter
from hostless.domain.resource_tags import MOST_TAGS, tags_refusal, tags_with, tags_without
from hostless.domain.services import Service
from hostless.domain.tags import Tag
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Task
from hostless.services.ecs import requests_account as requests
from hostless.services.ecs.errors import ResourceNotFound
from hostless.services.ecs.views import tags_view
from hostless.services.operation import Answer, Call
from hostless.store.kinds import CLUSTERS, SERVICES, TASK_DEFINITIONS, TASKS
from hostless.store.store import Store, Transaction

_Tagged: TypeAlias = Cluster | Service | TaskDefinition | Task
_OTHER_TYPES = ("container-instance", "capacity-provider", "task-set", "daemon")


class Tags:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def tag(self, request: requests.TagResource, call: Call) -> Answer:
        """Given keys replace those that are there."""
        refusal = tags_refusal(request.tags)
        if refusal is not None:
            raise InvalidParameter(refusal)
        transaction = self._store.transaction("TagResource")
        resource = _need(transaction, request.resource_arn)
        tags = tags_with(resource.tags, request.tags)
        if len(tags) > MOST_TAGS:
            raise InvalidParameter(f"Tags can not be more than {MOST_TAGS} for a resource.")
        await _put(transaction, resource, tags)
        return {}

    async def untag(self, request: requests.UntagResource, call: Call) -> Answer:
        transaction = self._store.transaction("UntagResource")
        resource = _need(transaction, request.resource_arn)
        await _put(transaction, resource, tags_without(resource.tags, request.tag_keys))
        return {}

    async def list_tags(self, request: requests.ListTagsForResource, call: Call) -> Answer:
        """For what is not there it declares no error of its own, unlike the other two."""
        try:
            resource = _need(self._store.transaction("ListTagsForResource"), request.resource_arn)
        except ResourceNotFound as error:
            raise InvalidParameter(error.message) from None
        return {"tags": tags_view(resource.tags)}


def _need(transaction: Transaction, arn: str) -> _Tagged:
    """The resource. Raises InvalidParameter, ClusterNotFound, ResourceNotFound."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[:3] != ["arn", "aws", "ecs"]:
        raise InvalidParameter("Invalid arn syntax.")
    kind = parts[5].partition("/")[0]
    found: _Tagged | None = None
    if kind == "cluster":
        found = transaction.get(CLUSTERS, arn)
        if found is None:
            raise ClusterNotFound
        if found.status != "ACTIVE":
            raise InvalidParameter("The specified cluster is inactive. Specify an active cluster.")
    elif kind == "service":
        found = _find_service(transaction, arn)
    elif kind == "task-definition":
        found = transaction.get(TASK_DEFINITIONS, arn)
    elif kind == "task":
        found = transaction.get(TASKS, arn)
    elif kind not in _OTHER_TYPES:
        raise InvalidParameter(f"Unsupported resource type: {kind}")
    if found is None:
        raise ResourceNotFound
    if isinstance(found, TaskDefinition) and found.status == "DELETE_IN_PROGRESS":
        raise ApiError("The specified resource is inactive.", code="InvalidParameterException")
    return found


def _find_service(transaction: Transaction, arn: str) -> Service | None:
    if arn.count("/") < 2:
        raise InvalidParameter("Long arn format must be used for tagging operations")
    found = transaction.get(SERVICES, arn)
    if found is not None and found.status == "INACTIVE":
        raise InvalidParameter("The specified service is inactive. Specify an active service.")
    return found


async def _put(transaction: Transaction, resource: _Tagged, tags: tuple[Tag, ...]) -> None:
    if tags == resource.tags:
        return
    match resource:
        case Cluster():
            transaction.put(CLUSTERS, replace(resource, tags=tags))
        case Service():
            transaction.put(SERVICES, replace(resource, tags=tags))
        case TaskDefinition():
            transaction.put(TASK_DEFINITIONS, replace(resource, tags=tags))
        case Task():
            transaction.put(TASKS, replace(resource, tags=tags))
    await transaction.commit()
