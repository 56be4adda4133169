"""What really became of every container, kept from the machine before it forgets."""

from hostless.compute.seam import TaskObservation
from hostless.compute.simulated.backend import SimulatedBackend
from hostless.domain.arns import TaskId
from hostless.domain.tasks import Container, Task
from hostless.kit.clock import Clock


class Truth:
    """Looks at a task when it is taken off the machine."""

    def __init__(self, backend: SimulatedBackend, clock: Clock) -> None:
        self._clock = clock
        self._machine = backend.machine
        self._last: dict[TaskId, TaskObservation] = {}
        self._remove = self._machine.remove
        self._machine.remove = self._remembering_remove  # type: ignore[method-assign]

    def _remembering_remove(self, task_id: TaskId) -> None:
        task = self._machine.find(task_id)
        if task is not None:
            self._last[task_id] = task.seen(self._clock.now())
        self._remove(task_id)

    def check(self, task: Task) -> None:
        """The record of a stopped task says of each container what really became of it."""
        if task.status != "STOPPED" or task.is_host_lost:  # nobody could see how that ended
            return
        if task.stop_request is not None and task.stop_request.code == "EssentialContainerExited":
            assert any(c.essential and c.exit_code is not None for c in task.containers)
        seen = self._last.get(task.id, TaskObservation(containers={}))
        for container in task.containers:
            real = seen.containers.get(container.name)
            if real is None or real.started_at is None:
                assert container.started_at is None, f"never ran: {container}"
                assert container.exit_code is None
            else:
                assert _ended(container) == (real.started_at, real.finished_at, real.exit_code)


def _ended(container: Container) -> tuple[float | None, float | None, int | None]:
    return container.started_at, container.finished_at, container.exit_code
