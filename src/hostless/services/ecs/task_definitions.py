"""Task definitions: register, describe, deregister, delete. Listings are in definition_listing."""

from dataclasses import replace

import msgspec

from hostless.domain.definition_defaults import with_defaults
from hostless.domain.errors import ApiError, ClientError, InvalidParameter
from hostless.domain.fargate_sizes import FargateSize, sizes_offered
from hostless.domain.resource_tags import tags_refusal
from hostless.domain.settings import Settings
from hostless.domain.task_definition_rules import compatibilities_of, refusal_of
from hostless.domain.task_definitions import Family, TaskDefinition
from hostless.services.ecs import requests_task_definitions as requests
from hostless.services.ecs.listing import check_include
from hostless.services.ecs.references import definition_name_of, find_definition
from hostless.services.ecs.views import definition_view, failure_view, tags_view
from hostless.services.operation import Answer, Call
from hostless.store.kinds import FAMILIES, TASK_DEFINITIONS
from hostless.store.store import Store, Transaction

LARGEST_DEFINITION = 65_536
"""Bytes of a definition in JSON."""
_MOST_DELETED = 10
_MOST_REVISIONS = 1_000_000


class TaskDefinitions:
    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._sizes = sizes_offered(has_32_vcpu=settings.offers_32_vcpu)

    async def register(self, request: requests.RegisterTaskDefinition, call: Call) -> Answer:
        draft = checked_draft(request, self._sizes, call)
        transaction = self._store.transaction("RegisterTaskDefinition")
        definition = put_definition(transaction, draft, call)
        await transaction.commit()
        shown: dict[str, object] = {"taskDefinition": definition_view(definition)}
        if definition.tags:
            shown["tags"] = tags_view(definition.tags)
        return shown

    async def describe(self, request: requests.DescribeTaskDefinition, call: Call) -> Answer:
        check_include(request.include, ("TAGS",))
        definition = find_definition(self._store, request.task_definition, call.realm)
        if definition is None:
            raise ClientError("Unable to describe task definition.")
        shown: dict[str, object] = {"taskDefinition": definition_view(definition)}
        if "TAGS" in request.include:
            shown["tags"] = tags_view(definition.tags)
        return shown

    async def deregister(self, request: requests.DeregisterTaskDefinition, call: Call) -> Answer:
        if definition_name_of(request.task_definition).revision is None:
            raise ClientError("Revision is missing.")
        found = find_definition(self._store, request.task_definition, call.realm)
        if found is None:
            raise ClientError("Unable to deregister task definition.")
        if found.status == "DELETE_IN_PROGRESS":
            raise ClientError(
                "The task definition could not be deregistered because it is in the process "
                "of being deleted."
            )
        if found.status == "INACTIVE":
            return {"taskDefinition": definition_view(found)}
        inactive = replace(found, status="INACTIVE", deregistered_at=call.now)
        transaction = self._store.transaction("DeregisterTaskDefinition")
        transaction.put(TASK_DEFINITIONS, inactive)
        await transaction.commit()
        return {"taskDefinition": definition_view(inactive)}

    async def delete(self, request: requests.DeleteTaskDefinitions, call: Call) -> Answer:
        if not 1 <= len(request.task_definitions) <= _MOST_DELETED:
            raise InvalidParameter(
                f"taskDefinitions must have between 1 and {_MOST_DELETED} items."
            )
        transaction = self._store.transaction("DeleteTaskDefinitions")
        deleted, failures = [], []
        for reference in request.task_definitions:
            found, why_not = self._deletable(reference, call)
            if found is None:
                failures.append(failure_view(reference, why_not))
                continue
            asked_at = found.delete_requested_at or call.now
            going = replace(found, status="DELETE_IN_PROGRESS", delete_requested_at=asked_at)
            transaction.put(TASK_DEFINITIONS, going)
            deleted.append(definition_view(going))
        await transaction.commit()
        return {"taskDefinitions": deleted, "failures": failures}

    def _deletable(self, reference: str, call: Call) -> tuple[TaskDefinition | None, str]:
        """The definition, or None and why it cannot be deleted."""
        invalid = (
            "The specified task definition identifier is invalid. "
            "Specify a valid name or ARN and try again."
        )
        try:
            if definition_name_of(reference).revision is None:
                return None, invalid
        except ApiError:
            return None, invalid
        found = find_definition(self._store, reference, call.realm)
        if found is None:
            return None, (
                "The specified task definition does not exist. "
                "Specify a valid account, family, revision and try again."
            )
        if found.status == "ACTIVE":
            return None, (
                "The specified task definition is still in ACTIVE status. "
                "Please deregister the target and try again."
            )
        return found, ""


def put_definition(transaction: Transaction, draft: TaskDefinition, call: Call) -> TaskDefinition:
    """The draft as the next revision of its family. Raises ApiError when that has too many."""
    family = transaction.get(FAMILIES, draft.family)
    revision = 1 if family is None else family.last_revision + 1
    if revision > _MOST_REVISIONS:
        raise ApiError(
            "The family has reached its maximum number of revisions.",
            code="LimitExceededException",
        )
    arn = call.realm.task_definition_arn(draft.family, revision)
    definition = replace(draft, arn=arn, revision=revision)
    transaction.put(FAMILIES, Family(name=draft.family, last_revision=revision))
    transaction.put(TASK_DEFINITIONS, definition)
    return definition


def checked_draft(
    request: requests.RegisterTaskDefinition, sizes: tuple[FargateSize, ...], call: Call
) -> TaskDefinition:
    """What is to be registered, without its revision. Raises ClientError."""
    if request.trusted_execution_configuration is not None:
        raise ClientError(
            "Tasks using the Fargate launch type do not support trustedExecutionConfiguration"
        )
    draft = _draft(request, call)
    refusal = tags_refusal(request.tags) or refusal_of(draft, sizes)
    if refusal is not None:
        raise ClientError(refusal)
    draft = with_defaults(draft)
    size = len(msgspec.json.encode(definition_view(draft)))
    if size > LARGEST_DEFINITION:
        raise ClientError(
            f"Actual length: '{size}'. Max allowed length is '{LARGEST_DEFINITION}' bytes."
        )
    return replace(draft, compatibilities=compatibilities_of(draft, sizes))


def _draft(request: requests.RegisterTaskDefinition, call: Call) -> TaskDefinition:
    return TaskDefinition(
        arn=call.realm.task_definition_arn(request.family, 0),
        family=request.family,
        revision=0,
        container_definitions=request.container_definitions,
        cpu=request.cpu,
        memory=request.memory,
        network_mode=request.network_mode,
        task_role_arn=request.task_role_arn or None,
        execution_role_arn=request.execution_role_arn or None,
        volumes=request.volumes,
        placement_constraints=request.placement_constraints,
        requires_compatibilities=request.requires_compatibilities,
        pid_mode=request.pid_mode or None,
        ipc_mode=request.ipc_mode or None,
        proxy_configuration=request.proxy_configuration,
        inference_accelerators=request.inference_accelerators,
        ephemeral_storage=request.ephemeral_storage,
        runtime_platform=request.runtime_platform,
        enable_fault_injection=request.enable_fault_injection,
        registered_at=call.now,
        registered_by=call.principal_arn,
        tags=request.tags,
    )
