"""Protection of tasks from scale-in: asked for, taken back, shown.

The service controller heeds it; it runs out by itself. Details of failures are what the ECS
Developer Guide, "API failure reasons", says of their causes.
"""

from dataclasses import replace

from hostless.domain.errors import InvalidParameter
from hostless.domain.new_service import newest_of
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp
from hostless.services.ecs.references import need_cluster, task_arn_of
from hostless.services.ecs.requests_tasks import GetTaskProtection, UpdateTaskProtection
from hostless.services.ecs.views import View, failure_view
from hostless.services.operation import Answer, Call
from hostless.store.kinds import DEPLOYMENTS, TASKS
from hostless.store.store import Store, Transaction

MOST_UPDATED = 10
MOST_SHOWN = 100
DEFAULT_MINUTES = 120
LONGEST_MINUTES = 2880
_MISSING = (
    "The specified task wasn't found. Verify that the cluster name or ARN and the task ARN or ID "
    "are valid."
)
_NOT_VALID = (
    "The specified task isn't part of an Amazon ECS service. Only Amazon ECS service-managed tasks "
    "can be protected. Verify the task ARN or ID and try again."
)
_BLOCKED = (
    "Can't set task protection as one or more protected tasks are preventing the service "
    "deployment from reaching a steady state. Unset task protection on existing tasks or wait "
    "until task protection expires."
)


class TaskProtection:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, request: GetTaskProtection, call: Call) -> Answer:
        if len(request.tasks) > MOST_SHOWN:
            raise InvalidParameter(f"tasks can have at most {MOST_SHOWN} items.")
        shown, failures = [], []
        for arn in self._arns(request.cluster, request.tasks, call):
            task = self._store.get(TASKS, arn)
            failure = _failure_of(arn, task)
            if task is None or failure is not None:
                failures.append(failure)
            else:
                shown.append(_view(task, call.now))
        return {"protectedTasks": shown, "failures": failures}

    async def update(self, request: UpdateTaskProtection, call: Call) -> Answer:
        """Asked for again, the protection runs from now."""
        minutes = _minutes_of(request)
        if not request.tasks:
            raise InvalidParameter("Tasks cannot be empty.")
        if len(request.tasks) > MOST_UPDATED:
            raise InvalidParameter(f"tasks can have at most {MOST_UPDATED} items.")
        until = call.now + minutes * 60.0 if request.protection_enabled else None
        transaction = self._store.transaction("UpdateTaskProtection")
        shown, failures = [], []
        for arn in self._arns(request.cluster, request.tasks, call):
            failure = self._protect(transaction, arn, until, call.now)
            if failure is not None:
                failures.append(failure)
                continue
            task = transaction.get(TASKS, arn)
            assert task is not None
            shown.append(_view(task, call.now))
        await transaction.commit()
        return {"protectedTasks": shown, "failures": failures}

    def _arns(self, cluster_name: str, tasks: tuple[str, ...], call: Call) -> tuple[str, ...]:
        cluster = need_cluster(self._store, cluster_name, call.realm)
        return tuple(dict.fromkeys(task_arn_of(task, cluster.name, call.realm) for task in tasks))

    def _protect(
        self, transaction: Transaction, arn: str, until: Timestamp | None, now: Timestamp
    ) -> View | None:
        """Why it cannot be; None when it is done."""
        task = transaction.get(TASKS, arn)
        failure = _failure_of(arn, task)
        if task is None or failure is not None:
            return failure
        if until is not None and self._is_blocked(task, now):
            return failure_view(arn, "DEPLOYMENT_BLOCKED", _BLOCKED)
        transaction.put(TASKS, replace(task, protected_until=until))
        return None

    def _is_blocked(self, task: Task, now: Timestamp) -> bool:
        """Whether a deployment waits for this task's end, held up by protected ones already."""
        assert task.service_arn is not None
        newest = newest_of(self._store.find(DEPLOYMENTS, "service", task.service_arn))
        if newest is None or newest.id == task.started_by or newest.rollout_state != "IN_PROGRESS":
            return False
        return any(
            is_protected(other, now)
            for other in self._store.find(TASKS, "service", task.service_arn)
            if other.arn != task.arn and other.started_by != newest.id and other.goal == "RUNNING"
        )


def is_protected(task: Task, now: Timestamp) -> bool:
    return task.protected_until is not None and task.protected_until > now


def _failure_of(arn: str, task: Task | None) -> View | None:
    if task is None or task.status == "STOPPED":
        return failure_view(arn, "MISSING", _MISSING)
    if task.service_arn is None:
        return failure_view(arn, "TASK_NOT_VALID", _NOT_VALID)
    return None


def _minutes_of(request: UpdateTaskProtection) -> int:
    minutes = request.expires_in_minutes
    if minutes is None:
        return DEFAULT_MINUTES
    if not request.protection_enabled:
        return DEFAULT_MINUTES
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise InvalidParameter(  # our words
            f"expiresInMinutes must be between 1 and {LONGEST_MINUTES}."
        )
    return minutes


def _view(task: Task, now: Timestamp) -> View:
    is_on = is_protected(task, now)
    return {
        "taskArn": task.arn,
        "protectionEnabled": is_on,
        "expirationDate": task.protected_until if is_on else None,
    }
