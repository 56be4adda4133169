"""Which tasks a drill hits: by name, by service and cluster, and how many of them."""

import math
from collections.abc import Callable, Sequence

from hostless.domain.arns import Realm, ServiceArn, name_of
from hostless.domain.errors import ApiError
from hostless.domain.tasks import Task
from hostless.kit.ids import Ids
from hostless.services.ecs.references import need_cluster, task_arn_of
from hostless.store.kinds import SERVICES, TASKS
from hostless.store.store import Store


class BadRequest(ApiError):
    """A member makes no sense."""

    code = "ValidationException"
    status = 400


class NothingThere(ApiError):
    """What the request names is not there."""

    code = "ResourceNotFoundException"
    status = 404


class Choosing:
    """Reads the store; changes nothing."""

    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    def among(self, cluster: str | None, service: str | None, realm: Realm) -> list[Task]:
        """The service's tasks, or the cluster's, or all; the oldest first. Raises ApiError."""
        if service is not None:
            return self._store.find(TASKS, "service", self._service(cluster, service, realm))
        if cluster is not None:
            arn = need_cluster(self._store, cluster, realm).arn
            return self._store.find(TASKS, "cluster", arn)
        return list(self._store.all(TASKS))

    def named(
        self,
        names: Sequence[str],
        cluster: str | None,
        realm: Realm,
        is_fit: Callable[[Task], bool],
    ) -> list[Task]:
        """Raises NothingThere, and BadRequest for one that `is_fit` does not take."""
        found = []
        for name in dict.fromkeys(names):
            where = cluster or (name.split("/")[1] if name.count("/") == 2 else None)
            arn = task_arn_of(name, need_cluster(self._store, where, realm).name, realm)
            task = self._store.get(TASKS, arn)
            if task is None:
                raise NothingThere(f"There is no task {name}.")
            if not is_fit(task):
                raise BadRequest(f"Task {task.id} is {task.status} and on its way out already.")
            found.append(task)
        return found

    def some(self, tasks: list[Task], count: int | None, share: float | None) -> list[Task]:
        """So many of them at random, or so large a part, or all; in their order."""
        if count is not None and share is not None:
            raise BadRequest("Give count or share, not both.")
        if count is not None and count < 1:
            raise BadRequest("count must be at least 1.")
        if share is not None and not 0 < share <= 1:
            raise BadRequest("share must be greater than 0 and at most 1.")
        if share is not None:
            count = math.ceil(share * len(tasks))
        if count is None or count >= len(tasks):
            return tasks
        lots = {task.arn: self._ids.hex(16) for task in tasks}
        drawn = set(sorted(lots, key=lots.__getitem__)[:count])
        return [task for task in tasks if task.arn in drawn]

    def _service(self, cluster: str | None, service: str, realm: Realm) -> ServiceArn:
        if service.startswith("arn:"):
            arn = ServiceArn(service)
        else:
            found = need_cluster(self._store, cluster, realm)
            arn = realm.service_arn(found.name, service)
        if self._store.get(SERVICES, arn) is None:
            raise NothingThere(f"There is no service {name_of(service)}.")
        return arn
