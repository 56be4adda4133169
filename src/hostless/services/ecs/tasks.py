"""Tasks that exist: stop, describe, list. RunTask is in run_task."""

from hostless.domain.clusters import Cluster
from hostless.domain.errors import InvalidParameter
from hostless.domain.stop_requests import asked_to_stop
from hostless.domain.tasks import StopRequest, Task
from hostless.services.ecs.errors import ContainerInstanceNotFound, TaskNotFound
from hostless.services.ecs.listing import check_include, ecs_page
from hostless.services.ecs.references import need_cluster, need_service, task_arn_of
from hostless.services.ecs.requests_tasks import DescribeTasks, ListTasks, StopTask
from hostless.services.ecs.views import failure_view, task_view
from hostless.services.operation import Answer, Call
from hostless.store.kinds import TASKS
from hostless.store.store import Store

MOST_DESCRIBED = 100
_LAUNCH_TYPES = ("EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES")
_STATUSES = ("RUNNING", "PENDING", "STOPPED")
_LONGEST_REASON = 1024
_USER_REASON = "Task stopped by user"


class Tasks:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def stop(self, request: StopTask, call: Call) -> Answer:
        """Ask for the end; the first reason stands, and a stopped task stays as it is."""
        cluster = need_cluster(self._store, request.cluster, call.realm)
        arn = task_arn_of(request.task, cluster.name, call.realm)
        reason = request.reason or _USER_REASON
        if len(reason) > _LONGEST_REASON:
            raise InvalidParameter(f"reason can have at most {_LONGEST_REASON} characters.")
        wish = StopRequest(code="UserInitiated", reason=reason, at=call.now)
        task = await self._store.update(TASKS, arn, lambda t: asked_to_stop(t, wish), "StopTask")
        if task is None:
            raise TaskNotFound
        return {"task": task_view(task)}

    async def describe(self, request: DescribeTasks, call: Call) -> Answer:
        check_include(request.include, ("TAGS",))
        if not request.tasks:
            raise InvalidParameter("Tasks cannot be empty.")
        if len(request.tasks) > MOST_DESCRIBED:
            raise InvalidParameter(f"taskIds can have at most {MOST_DESCRIBED} items.")
        cluster = need_cluster(self._store, request.cluster, call.realm)
        arns = [task_arn_of(name, cluster.name, call.realm) for name in request.tasks]
        with_tags = "TAGS" in request.include
        shown, failures = [], []
        for arn in dict.fromkeys(arns):
            task = self._store.get(TASKS, arn)
            if task is None:
                failures.append(failure_view(arn, "MISSING"))
            else:
                shown.append(task_view(task, with_tags=with_tags))
        return {"tasks": shown, "failures": failures}

    async def list_tasks(self, request: ListTasks, call: Call) -> Answer:
        _check_filters(request)
        cluster = need_cluster(self._store, request.cluster, call.realm)
        if request.container_instance or request.daemon_name:
            raise ContainerInstanceNotFound
        filters = (
            request.family,
            request.started_by,
            request.service_name,
            request.desired_status,
            request.launch_type,
        )
        page = ecs_page(
            [task.arn for task in self._asked(cluster, request, call) if _matches(task, request)],
            lambda arn: (arn,),
            f"ListTasks {cluster.arn} {filters}",
            max_results=request.max_results,
            token=request.next_token,
        )
        return {"taskArns": page.items, "nextToken": page.next_token}

    def _asked(self, cluster: Cluster, request: ListTasks, call: Call) -> list[Task]:
        """The tasks to look through. Raises ServiceNotFound."""
        if not request.service_name:
            return self._store.find(TASKS, "cluster", cluster.arn)
        service = need_service(self._store, request.service_name, cluster.name, call.realm)
        if request.desired_status != "STOPPED":
            return self._store.find(TASKS, "service", service.arn)
        found = self._store.find(TASKS, "cluster", cluster.arn)
        return [task for task in found if task.service_arn == service.arn]


def _check_filters(request: ListTasks) -> None:
    others = (request.container_instance, request.family, request.service_name)
    if request.started_by and any(others):
        raise InvalidParameter("startedBy cannot be combined with other filters.")
    if request.family and request.service_name:
        raise InvalidParameter("family and serviceName cannot both be specified.")
    if request.launch_type not in (None, *_LAUNCH_TYPES):
        raise InvalidParameter(f"launchType should be one of [{','.join(_LAUNCH_TYPES)}]")
    if request.desired_status not in (None, *_STATUSES):
        raise InvalidParameter(f"desiredStatus should be one of [{','.join(_STATUSES)}]")


def _matches(task: Task, request: ListTasks) -> bool:
    """desiredStatus is RUNNING unless given; PENDING never matches, as on AWS."""
    return (
        task.goal == (request.desired_status or "RUNNING")
        and request.launch_type in (None, task.launch_type)
        and request.started_by in (None, "", task.started_by)
        and request.family in (None, "", _family_of(task))
    )


def _family_of(task: Task) -> str:
    return task.definition_arn.rsplit("/", 1)[-1].split(":")[0]
