"""ECS ExecuteCommand: open a session in which a client runs a command inside a container.

The answer is AWS's; what speaks at `streamUrl` is a small protocol of our own
(docs/exec-protocol.md). Running the command is not decided here: the session waits for its client.
"""

import shlex
from dataclasses import dataclass

from hostless.domain.clusters import Cluster
from hostless.domain.errors import ApiError, InvalidParameter
from hostless.domain.tasks import Container, Task
from hostless.services.ecs.exec_sessions import ExecSessions
from hostless.services.ecs.references import find_task, need_cluster
from hostless.services.operation import Answer, Call, Operation
from hostless.store.store import Store

ID_LENGTHS = (32, 36)
NOT_ENABLED = (
    "The execute command failed because execute command was not enabled when the task was run or "
    "the execute command agent isn’t running. Wait and try again or run a new task with execute "
    "command enabled and try again."
)


class TargetNotConnected(ApiError):
    """The container of a running task does not run."""

    code = "TargetNotConnectedException"

    def __init__(self) -> None:
        super().__init__("The execute command failed due to an internal error. Try again later.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecuteCommandRequest:
    """command: split into words as a shell does, but not run by one (as the SSM agent does).

    container: may be left out when the task has only one.
    """

    command: str
    interactive: bool
    task: str
    cluster: str | None = None
    container: str | None = None


class ExecuteCommand:
    """stream_url: where sessions are served, `ws://host:port/exec`."""

    def __init__(self, store: Store, sessions: ExecSessions, stream_url: str) -> None:
        self._store = store
        self._sessions = sessions
        self._stream_url = stream_url

    def operation(self) -> Operation[ExecuteCommandRequest]:
        return Operation(
            name="ExecuteCommand", request=ExecuteCommandRequest, perform=self._perform
        )

    async def _perform(self, request: ExecuteCommandRequest, call: Call) -> Answer:
        command = words_of(request)
        cluster = need_cluster(self._store, request.cluster, call.realm)
        task = self._need_task(request.task, cluster, call)
        container = need_container(task, request.container)
        session = self._sessions.open(task.id, container.name, command)
        return {
            "clusterArn": cluster.arn,
            "containerArn": container.arn,
            "containerName": container.name,
            "interactive": True,
            "session": {
                "sessionId": session.id,
                "streamUrl": f"{self._stream_url}/{session.id}",
                "tokenValue": session.token,
            },
            "taskArn": task.arn,
        }

    def _need_task(self, reference: str, cluster: Cluster, call: Call) -> Task:
        if not reference.startswith("arn:") and len(reference) not in ID_LENGTHS:
            lengths = ",".join(map(str, ID_LENGTHS))
            raise InvalidParameter(f"task length should be one of [{lengths}]")
        task = find_task(self._store, reference, cluster.name, call.realm)
        if task is None:
            raise InvalidParameter("The referenced task was not found.")
        return task


def words_of(request: ExecuteCommandRequest) -> tuple[str, ...]:
    """Program and arguments. Raises InvalidParameter."""
    if not request.interactive:
        raise InvalidParameter("Interactive is the only mode supported currently.")
    try:
        words = tuple(shlex.split(request.command))
    except ValueError as error:
        raise InvalidParameter(f"command cannot be split into words: {error}.") from error
    if not words:
        raise InvalidParameter("command can not be blank.")
    return words


def need_container(task: Task, name: str | None) -> Container:
    """The container to run in. Raises InvalidParameter or TargetNotConnected."""
    if not task.is_execute_command_enabled or task.status != "RUNNING":
        raise InvalidParameter(NOT_ENABLED)
    containers = [each for each in task.containers if not task.is_proxy(each)]
    if name is None and len(containers) > 1:
        raise InvalidParameter(
            "The container name must be specified for a task with multiple containers."
        )
    wanted = [each for each in containers if name in (None, each.name)]
    if not wanted:
        raise InvalidParameter(f"Container {name} is not a container of the task.")
    if wanted[0].status != "RUNNING":
        raise TargetNotConnected
    return wanted[0]
