"""RunTask: check everything, write the records of the tasks, all of them or none.

It starts nothing: the task controller sees the records and does. Where tasks may run is decided in
launch_network and launch_platform.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from hostless.compute.seam import Capabilities
from hostless.domain.api_limits import Throttled, launches_of
from hostless.domain.capacity import NO_CAPACITY, Holding, Room, room_left, shortage_of
from hostless.domain.capacity_strategy import providers_for
from hostless.domain.clusters import Cluster
from hostless.domain.errors import InvalidParameter
from hostless.domain.fargate_sizes import sizes_offered
from hostless.domain.isolation import isolation_asked, isolation_given
from hostless.domain.managed_volume_rules import configurations_refusal
from hostless.domain.managed_volumes import VolumeConfiguration, volume_tags
from hostless.domain.new_task import Launch, new_task
from hostless.domain.quotas import VCPU_LIMIT, vcpus_left
from hostless.domain.resource_tags import MOST_TAGS, tags_refusal, tags_with
from hostless.domain.settings import Settings
from hostless.domain.tags import Tag
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.task_overrides import (
    LONGEST_OVERRIDES,
    NO_OVERRIDE,
    overridden,
    override_refusal,
)
from hostless.domain.tasks import IdempotencyToken, Task, TaskOverride
from hostless.kit.ids import Ids
from hostless.kit.token_buckets import TokenBuckets
from hostless.services.client_tokens import token_of
from hostless.services.ecs.errors import TokenConflict
from hostless.services.ecs.launch_network import placement_of
from hostless.services.ecs.launch_outages import is_out
from hostless.services.ecs.launch_platform import (
    AskedLaunch,
    architecture_of,
    check_fargate,
    check_log_drivers,
    platform_of,
    strategy_of,
)
from hostless.services.ecs.lean import lean
from hostless.services.ecs.references import need_active_cluster, need_active_definition
from hostless.services.ecs.requests_tasks import RunTask
from hostless.services.ecs.views import failure_view, task_view
from hostless.services.operation import Answer, Call
from hostless.store.holdings import holdings
from hostless.store.kinds import TASKS, TOKENS
from hostless.store.store import Store

MOST_TASKS = 10
_TOKEN = re.compile(r"[\x21-\x7e]{1,64}")
_STARTED_BY = re.compile(r"[A-Za-z0-9/_-]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A call that was found to be in order. providers: one for each task."""

    cluster: Cluster
    definition: TaskDefinition
    launch: Launch
    providers: tuple[str | None, ...]


class TaskRunner:
    """launches: the buckets that tasks are launched by."""

    def __init__(
        self,
        store: Store,
        ids: Ids,
        settings: Settings,
        capabilities: Capabilities,
        launches: TokenBuckets,
    ) -> None:
        self._store = store
        self._launches = launches
        self._ids = ids
        self._settings = settings
        self._capabilities = capabilities
        self._sizes = sizes_offered(has_32_vcpu=settings.offers_32_vcpu)

    async def run(self, request: RunTask, call: Call) -> Answer:
        plan = self._plan(request, call)
        transaction = self._store.transaction("RunTask")
        token = _token_of(request, plan.cluster)
        if token is not None:
            used = transaction.get(TOKENS, token.key)
            if used is not None:
                return _again(self._store, used, token)
        tasks, failures = self._placed(plan, call)
        if not self._launches.take(launches_of(t.capacity_provider_name for t in tasks), call.now):
            raise Throttled
        for task in tasks:
            transaction.put(TASKS, task)
        if token is not None and tasks:
            arns = tuple(task.arn for task in tasks)
            transaction.put(TOKENS, replace(token, arns=arns, created_at=call.now))
        await transaction.commit()
        return {
            "tasks": [task_view(task, with_tags=True) for task in tasks],
            "failures": failures,
        }

    def _plan(self, request: RunTask, call: Call) -> _Plan:
        """Everything that can be wrong is found here, before anything is written."""
        cluster = need_active_cluster(self._store, request.cluster, call.realm)
        definition = need_active_definition(self._store, request.task_definition, call.realm)
        count = _count_of(request)
        _check_words(request)
        asked = _asked_launch(request)
        strategy = strategy_of(asked, cluster)
        check_fargate(asked, definition)
        check_log_drivers(definition)
        placement = placement_of(self._store, definition, request.network_configuration)
        overrides = request.overrides or NO_OVERRIDE
        _check_overrides(overrides)
        volumes = request.volume_configurations
        refusal = override_refusal(definition, overrides, self._sizes)
        refusal = refusal or configurations_refusal(definition, volumes, is_service=False)
        if refusal is not None:
            raise InvalidParameter(refusal)
        runs = overridden(definition, overrides)
        _check_exec(request, runs)
        tags = _tags_of(request, definition, cluster)
        asked_level = isolation_asked((tags, definition.tags), cluster, self._settings.isolation)
        launch = Launch(
            group=request.group or f"family:{definition.family}",
            placement=placement,
            first_subnet=placement.subnets[0],
            isolation=isolation_given(
                asked_level, self._capabilities.isolation_levels, runs, has_proxy=False
            ),
            cpu_architecture=architecture_of(definition, self._capabilities.cpu_architectures),
            started_by=request.started_by,
            platform_version=platform_of(asked, runs, self._sizes),
            is_execute_command_enabled=bool(request.enable_execute_command),
            overrides=overrides,
            volumes=volumes,
            volume_tags=_volume_tags(volumes, definition),
            tags=tags,
        )
        providers = providers_for(strategy, count) if strategy else (None,) * count
        return _Plan(cluster=cluster, definition=definition, launch=launch, providers=providers)

    def _placed(self, plan: _Plan, call: Call) -> tuple[list[Task], list[Mapping[str, object]]]:
        """The tasks that fit, and why the others cannot be placed."""
        held = holdings(self._store)
        room = self._room(held)
        vcpus = vcpus_left(self._settings.api_limits.quotas, held)
        tasks: list[Task] = []
        failures: list[Mapping[str, object]] = []
        for provider in plan.providers:
            if is_out(self._store, plan.launch.placement, provider, call.now):
                failures.append(failure_view(None, NO_CAPACITY))
                continue
            launch = plan.launch
            if provider is not None:
                launch = replace(launch, capacity_provider_name=provider)
            task = new_task(call.realm, plan.cluster, plan.definition, launch, self._ids, call.now)
            shortage = shortage_of(room, task.cpu, task.memory_mib)
            if vcpus.fits(provider, task.cpu) == 0:
                failures.append(failure_view(None, VCPU_LIMIT))
            elif shortage is not None:
                failures.append(failure_view(None, NO_CAPACITY, shortage))
            else:
                tasks.append(task)
                room = room.minus(task.cpu, task.memory_mib)
                vcpus = vcpus.minus(provider, task.cpu)
        return tasks, failures

    def _room(self, held: list[Holding]) -> Room:
        total = Room(
            cpu_units=self._capabilities.cpu_units, memory_mib=self._capabilities.memory_mib
        )
        return room_left(total, self._settings.over_commit, held)


def _asked_launch(request: RunTask) -> AskedLaunch:
    return AskedLaunch(
        launch_type=request.launch_type,
        capacity_provider_strategy=request.capacity_provider_strategy,
        platform_version=request.platform_version,
        enable_execute_command=bool(request.enable_execute_command),
        placement_constraints=request.placement_constraints,
        placement_strategy=request.placement_strategy,
    )


def _count_of(request: RunTask) -> int:
    count = 1 if request.count is None else request.count
    if count < 1:
        raise InvalidParameter("count cannot be less than 1.")
    if count > MOST_TASKS:
        raise InvalidParameter(f"count cannot be greater than {MOST_TASKS}.")
    return count


def _check_words(request: RunTask) -> None:
    if request.client_token is not None and not _TOKEN.fullmatch(request.client_token):
        raise InvalidParameter("clientToken must have 1 to 64 characters from 33 to 126 of ASCII.")
    if request.started_by and not _STARTED_BY.fullmatch(request.started_by):
        raise InvalidParameter(
            "startedBy can have up to 128 letters, numbers, hyphens, slashes and underscores."
        )
    if (request.group or "").startswith("service:"):
        raise InvalidParameter("Invalid namespace for group.")
    if request.propagate_tags == "SERVICE":
        raise InvalidParameter("Only task definition tags can be propagated to standalone tasks.")
    refusal = tags_refusal(request.tags)
    if refusal is not None:
        raise InvalidParameter(refusal)


def _check_overrides(overrides: TaskOverride) -> None:
    if overrides == NO_OVERRIDE:
        return
    if len(msgspec.json.encode(lean(overrides)).decode()) > LONGEST_OVERRIDES:
        raise InvalidParameter(f"Container Overrides length must be at most {LONGEST_OVERRIDES}")


def _check_exec(request: RunTask, runs: TaskDefinition) -> None:
    if request.enable_execute_command and not runs.task_role_arn:
        raise InvalidParameter(
            "The execute command failed because a valid task role is not being used. Specify a "
            "valid task role in your task definition or as a task override and try again."
        )


def _tags_of(request: RunTask, definition: TaskDefinition, cluster: Cluster) -> tuple[Tag, ...]:
    inherited = definition.tags if request.propagate_tags == "TASK_DEFINITION" else ()
    tags = tags_with(inherited, request.tags)
    if len(tags) > MOST_TAGS:
        raise InvalidParameter(f"Tags can not be more than {MOST_TAGS} for a resource.")
    if request.enable_ecs_managed_tags:
        tags = tags_with(tags, (Tag(key="aws:ecs:clusterName", value=cluster.name),))
    return tags


def _volume_tags(
    volumes: tuple[VolumeConfiguration, ...], definition: TaskDefinition
) -> tuple[Tag, ...]:
    for each in volumes:
        if each.managed_ebs_volume is not None:
            return volume_tags(each.managed_ebs_volume, definition.tags)
    return ()


def _token_of(request: RunTask, cluster: Cluster) -> IdempotencyToken | None:
    """The token as it would be kept; None when the caller gave none."""
    if request.client_token is None:
        return None
    rest = replace(request, client_token=None)
    return token_of("RunTask", cluster.arn, request.client_token, rest)


def _again(store: Store, used: IdempotencyToken, token: IdempotencyToken) -> Answer:
    """The answer to a call that was made before: the same tasks, as they are now."""
    if used.fingerprint != token.fingerprint:
        raise TokenConflict(used.arns)
    found = [task for arn in used.arns if (task := store.get(TASKS, arn)) is not None]
    return {"tasks": [task_view(task, with_tags=True) for task in found], "failures": []}
