"""ExecuteCommand's answer and its refusals, in AWS's words."""

import random
from dataclasses import replace
from typing import Any

import pytest

from hostless.domain.arns import NamespaceId, Realm, SubnetId
from hostless.domain.clusters import Cluster
from hostless.domain.errors import ApiError
from hostless.domain.service_connect import TaskConnect
from hostless.domain.tasks import Container, InterfaceAttachment, Placement, Task, TaskOverride
from hostless.kit.clock import SystemClock
from hostless.kit.ids import Ids
from hostless.services.ecs.exec_sessions import ExecSessions
from hostless.services.ecs.execute_command import (
    NOT_ENABLED,
    ExecuteCommand,
    ExecuteCommandRequest,
)
from hostless.services.operation import Answer, Call
from hostless.store.kinds import CLUSTERS, TASKS
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store

REALM = Realm()
CALL = Call(realm=REALM, principal_arn="arn:aws:iam::000000000000:root", request_id="r", now=1.0)
ID = "0123456789abcdef0123456789abcdef"
CLUSTER = Cluster(arn=REALM.cluster_arn("default"), name="default", created_at=1.0)
SUBNET = SubnetId("subnet-1")


def container(name: str) -> Container:
    return Container(
        arn=REALM.container_arn("default", ID, name), name=name, image="busybox", status="RUNNING"
    )


TASK = Task(
    arn=REALM.task_arn("default", ID),
    cluster_arn=CLUSTER.arn,
    definition_arn=REALM.task_definition_arn("web", 1),
    status="RUNNING",
    group="family:web",
    cpu=256,
    memory_mib=512,
    is_execute_command_enabled=True,
    overrides=TaskOverride(),
    containers=(container("web"),),
    placement=Placement(subnets=(SUBNET,), security_groups=()),
    attachment=InterfaceAttachment(id="a", status="ATTACHED", subnet_id=SUBNET),
    created_at=1.0,
)


class Ecs:
    """One cluster, one task, and ExecuteCommand."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self.sessions = ExecSessions(SystemClock(), Ids(random.Random(1)))

    async def execute(self, **members: Any) -> Answer:
        store = Store(MemoryStorage(), SystemClock())
        transaction = store.transaction("a test")
        transaction.put(CLUSTERS, CLUSTER)
        transaction.put(TASKS, self._task)
        await transaction.commit()
        service = ExecuteCommand(store, self.sessions, "ws://127.0.0.1:4566/exec")
        request = ExecuteCommandRequest(
            **{"command": "ls -l", "interactive": True, "task": ID, **members}
        )
        return await service.operation().perform(request, CALL)


async def refusal(task: Task, /, **members: Any) -> tuple[str, str]:
    with pytest.raises(ApiError) as caught:
        await Ecs(task).execute(**members)
    return caught.value.code, caught.value.message


async def test_the_answer_names_everything_a_client_needs() -> None:
    ecs = Ecs(TASK)
    answer: Any = await ecs.execute()
    session = answer.pop("session")
    assert answer == {
        "clusterArn": CLUSTER.arn,
        "containerArn": TASK.containers[0].arn,
        "containerName": "web",
        "interactive": True,
        "taskArn": TASK.arn,
    }
    assert session["streamUrl"] == f"ws://127.0.0.1:4566/exec/{session['sessionId']}"
    opened = ecs.sessions.redeem(session["sessionId"], session["tokenValue"])
    assert opened is not None
    assert (opened.task_id, opened.container, opened.command) == (ID, "web", ("ls", "-l"))


async def test_cluster_and_task_may_be_named_by_arn() -> None:
    assert await Ecs(TASK).execute(cluster=CLUSTER.arn, task=TASK.arn)


async def test_quotes_keep_words_of_a_command_together() -> None:
    ecs = Ecs(TASK)
    answer: Any = await ecs.execute(command="/bin/sh -c 'echo a b'")
    session = answer["session"]
    opened = ecs.sessions.redeem(session["sessionId"], session["tokenValue"])
    assert opened is not None
    assert opened.command == ("/bin/sh", "-c", "echo a b")


@pytest.mark.parametrize(
    ("members", "code", "sentence"),
    [
        (
            {"interactive": False},
            "InvalidParameterException",
            "Interactive is the only mode supported currently.",
        ),
        ({"command": "'"}, "InvalidParameterException", "cannot be split"),
        ({"command": " "}, "InvalidParameterException", "blank"),
        ({"cluster": "other"}, "ClusterNotFoundException", "Cluster not found."),
        ({"task": "short"}, "InvalidParameterException", "task length should be one of [32,36]"),
        (
            {"task": "f" * 32},
            "InvalidParameterException",
            "The referenced task was not found.",
        ),
        ({"container": "db"}, "InvalidParameterException", "Container db is not"),
    ],
)
async def test_bad_input_is_refused(members: dict[str, Any], code: str, sentence: str) -> None:
    found_code, message = await refusal(TASK, **members)
    assert found_code == code
    assert sentence in message


async def test_a_task_run_without_execute_command_is_refused() -> None:
    plain = replace(TASK, is_execute_command_enabled=False)
    assert await refusal(plain) == ("InvalidParameterException", NOT_ENABLED)


async def test_a_task_that_does_not_run_yet_is_refused() -> None:
    early = replace(TASK, status="PENDING")
    assert await refusal(early) == ("InvalidParameterException", NOT_ENABLED)


async def test_one_of_several_containers_must_be_named() -> None:
    pair = replace(TASK, containers=(container("web"), container("sidecar")))
    code, message = await refusal(pair)
    assert code == "InvalidParameterException"
    assert "container name must be specified" in message
    answer: Any = await Ecs(pair).execute(container="sidecar")
    assert answer["containerName"] == "sidecar"


async def test_a_container_that_ended_is_not_connected() -> None:
    ended = replace(TASK, containers=(replace(TASK.containers[0], status="STOPPED"),))
    code, message = await refusal(ended)
    assert code == "TargetNotConnectedException"
    assert message == "The execute command failed due to an internal error. Try again later."


async def test_a_proxy_of_service_connect_is_no_container_to_run_in() -> None:
    connect = TaskConnect(
        container_name="proxy", namespace_id=NamespaceId("ns-1"), namespace="shop"
    )
    task = replace(TASK, connect=connect, containers=(container("proxy"), container("web")))
    answer: Any = await Ecs(task).execute()
    assert answer["containerName"] == "web"
    code, sentence = await refusal(task, container="proxy")
    assert code == "InvalidParameterException"
    assert sentence == "Container proxy is not a container of the task."
