"""Container instances, their agents and attributes: this account has none, and answers like it.

Listings are empty, what is named is missing, and nothing can be placed on it. Nobody can register
one either: tasks run on Fargate.
"""

import re
from collections.abc import Mapping

from hostless.domain.errors import ApiError, ClientError, InvalidParameter
from hostless.services.ecs import requests_instances as requests
from hostless.services.ecs.errors import ContainerInstanceNotFound, TaskDefinitionNotFound
from hostless.services.ecs.listing import check_empty_page, check_include
from hostless.services.ecs.references import find_definition, need_active_cluster, need_cluster
from hostless.services.ecs.views import failure_view
from hostless.services.operation import Answer, Call
from hostless.store.store import Store

_INSTANCE = re.compile(r"[a-f0-9]{32}|[a-f0-9-]{36}")
_FIELDS = ("TAGS", "CONTAINER_INSTANCE_HEALTH")
_MOST_DESCRIBED = 100
_MOST_CHANGED = 10
_MOST_ATTRIBUTES = 10
_TARGET_TYPE = "container-instance"


class ContainerInstances:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def list_instances(self, request: requests.ListContainerInstances, call: Call) -> Answer:
        need_cluster(self._store, request.cluster, call.realm)
        check_empty_page("ListContainerInstances", request.max_results, request.next_token)
        return {"containerInstanceArns": []}

    async def describe(self, request: requests.DescribeContainerInstances, call: Call) -> Answer:
        check_include(request.include, _FIELDS)
        failures = self._missing(request, _MOST_DESCRIBED, call)
        return {"containerInstances": [], "failures": failures}

    async def update_state(
        self, request: requests.UpdateContainerInstancesState, call: Call
    ) -> Answer:
        if request.status not in ("ACTIVE", "DRAINING"):
            raise InvalidParameter("Container instance status should be one of [ACTIVE,DRAINING]")
        failures = self._missing(request, _MOST_CHANGED, call)
        return {"containerInstances": [], "failures": failures}

    async def start_task(self, request: requests.StartTask, call: Call) -> Answer:
        """Every instance fails; the definition is checked as where there are some."""
        need_active_cluster(self._store, request.cluster, call.realm)
        failures = self._missing(request, _MOST_CHANGED, call)
        definition = find_definition(self._store, request.task_definition, call.realm)
        if definition is None:
            raise TaskDefinitionNotFound
        if definition.status != "ACTIVE":
            raise ClientError("TaskDefinition is inactive")
        return {"tasks": [], "failures": failures}

    async def change_one(
        self,
        request: requests.DeregisterContainerInstance | requests.UpdateContainerAgent,
        call: Call,
    ) -> Answer:
        """Deregister one, or update its agent. Raises, because there is none."""
        cluster = need_cluster(self._store, request.cluster, call.realm)
        _instance_arn(request.container_instance, cluster.name, call)
        raise ContainerInstanceNotFound

    async def change_attributes(self, request: requests.ChangeAttributes, call: Call) -> Answer:
        """Put or delete attributes. Raises for the first target, because there is none."""
        cluster = need_cluster(self._store, request.cluster, call.realm)
        if not 1 <= len(request.attributes) <= _MOST_ATTRIBUTES:
            raise InvalidParameter(f"attributes must have between 1 and {_MOST_ATTRIBUTES} items.")
        for attribute in request.attributes:
            if attribute.target_type not in (None, _TARGET_TYPE):
                raise InvalidParameter(f"target type should be one of [{_TARGET_TYPE}]")
            if not attribute.target_id:
                raise InvalidParameter("TargetId cannot be empty.")
            _instance_arn(attribute.target_id, cluster.name, call)
        raise ApiError("The specified target wasn't found.", code="TargetNotFoundException")

    async def list_attributes(self, request: requests.ListAttributes, call: Call) -> Answer:
        need_cluster(self._store, request.cluster, call.realm)
        if request.attribute_value and not request.attribute_name:
            raise InvalidParameter("You must specify an attribute name to filter by value.")
        check_empty_page("ListAttributes", request.max_results, request.next_token)
        return {"attributes": []}

    def _missing(
        self,
        request: requests.DescribeContainerInstances
        | requests.UpdateContainerInstancesState
        | requests.StartTask,
        most: int,
        call: Call,
    ) -> list[Mapping[str, object]]:
        """A failure for each instance that is named. Raises for none or too many."""
        cluster = need_cluster(self._store, request.cluster, call.realm)
        named = request.container_instances
        if not named:
            raise InvalidParameter("Container instances cannot be empty.")
        if len(named) > most:
            raise InvalidParameter(f"instanceIds can have at most {most} items.")
        arns = dict.fromkeys(_instance_arn(name, cluster.name, call) for name in named)
        return [failure_view(arn, "MISSING") for arn in arns]


def _instance_arn(reference: str, cluster_name: str, call: Call) -> str:
    """The ARN of an instance named by id or ARN. Raises InvalidParameter."""
    if not reference.startswith("arn:"):
        if not _INSTANCE.fullmatch(reference):
            raise InvalidParameter("instanceId length should be one of [32,36]")
        return call.realm.arn("ecs", f"container-instance/{cluster_name}/{reference}")
    parts = reference.split(":", 5)
    if len(parts) < 6 or parts[2] != "ecs":
        raise InvalidParameter("Invalid arn syntax.")
    kind, _, rest = parts[5].partition("/")
    if kind != "container-instance":
        raise InvalidParameter(f"Unsupported resource type: {kind}")
    if not _INSTANCE.fullmatch(rest.rpartition("/")[2]):
        raise InvalidParameter("instanceId length should be one of [32,36]")
    return reference
