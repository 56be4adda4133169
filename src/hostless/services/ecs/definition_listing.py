"""Listings of task definitions and of their families."""

from hostless.domain.errors import ClientError, InvalidParameter
from hostless.domain.task_definitions import TaskDefinition
from hostless.services.ecs import requests_task_definitions as requests
from hostless.services.ecs.listing import ecs_page
from hostless.services.operation import Answer, Call
from hostless.store.kinds import TASK_DEFINITIONS
from hostless.store.store import Store

_STATUSES = ("ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS")
_FAMILY_STATUSES = ("ACTIVE", "INACTIVE", "ALL")


class DefinitionListing:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def list_definitions(self, request: requests.ListTaskDefinitions, call: Call) -> Answer:
        """By family, then revision. familyPrefix is a whole family's name here, as on AWS."""
        status = request.status or "ACTIVE"
        if status not in _STATUSES:
            raise ClientError("Invalid task definition status.")
        if request.sort not in (None, "ASC", "DESC"):
            raise InvalidParameter("sort should be one of [ASC,DESC]")
        page = ecs_page(
            [found for found in self._named(request.family_prefix) if found.status == status],
            lambda definition: (definition.family, definition.revision),
            f"ListTaskDefinitions {request.family_prefix} {status} {request.sort}",
            max_results=request.max_results,
            token=request.next_token,
            descending=request.sort == "DESC",
        )
        return {
            "taskDefinitionArns": [definition.arn for definition in page.items],
            "nextToken": page.next_token,
        }

    def _named(self, family: str | None) -> list[TaskDefinition]:
        if family:
            return self._store.find(TASK_DEFINITIONS, "family", family)
        return list(self._store.all(TASK_DEFINITIONS))

    async def list_families(
        self, request: requests.ListTaskDefinitionFamilies, call: Call
    ) -> Answer:
        """Families that begin with the prefix; without a status, active and inactive ones."""
        status = request.status or "ALL"
        if status not in _FAMILY_STATUSES:
            raise ClientError("Invalid task definition family status.")
        prefix = request.family_prefix or ""
        is_active: dict[str, bool] = {}
        for definition in self._store.all(TASK_DEFINITIONS):
            if definition.family.startswith(prefix):
                was = is_active.get(definition.family, False)
                is_active[definition.family] = was or definition.status == "ACTIVE"
        page = ecs_page(
            [
                family
                for family, active in is_active.items()
                if status == "ALL" or active == (status == "ACTIVE")
            ],
            lambda family: (family,),
            f"ListTaskDefinitionFamilies {prefix} {status}",
            max_results=request.max_results,
            token=request.next_token,
        )
        return {"families": page.items, "nextToken": page.next_token}
