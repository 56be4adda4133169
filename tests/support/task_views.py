"""A task at each point of its life, and what was seen of it, for tests of deciding."""

import random
from dataclasses import replace

from tests.support.tasks import SUBNETS_OF_TEST, definition_of, new_task

from hostless.compute.seam import ContainerObservation, TaskObservation
from hostless.controllers.task.actions import (
    Plan,
    Record,
)
from hostless.controllers.task.changes import (
    claimed,
    connected,
)
from hostless.controllers.task.decide import (
    TaskView,
)
from hostless.controllers.task.placing import Draw, SubnetRoom, offer_of
from hostless.domain.arns import LogGroupName
from hostless.domain.container_definitions import ContainerDefinition
from hostless.domain.tasks import StopRequest, Task
from hostless.kit.ids import Ids
from hostless.telemetry.seam import LogSink

NOW = 100.0
WEB = definition_of(
    ContainerDefinition(name="main", image="m"),
    ContainerDefinition(name="side", image="s", essential=False),
)
NEW = new_task(WEB, Ids(random.Random(0)), NOW)
ROOM = SubnetRoom(
    subnet=SUBNETS_OF_TEST[0], group_tasks=0, interfaces=0, is_taken=lambda address: False
)
_offer = offer_of(NEW, [ROOM], Draw(digits="b" * 17, start=0), NOW)
assert _offer is not None
INTERFACE = _offer
CLAIMED = claimed(NEW, INTERFACE)
PENDING = connected(CLAIMED, INTERFACE, NOW)
MADE = ContainerObservation(state="created", runtime_id="id")
RUNS = ContainerObservation(state="running", runtime_id="id", started_at=NOW)
ENDED = ContainerObservation(
    state="exited", runtime_id="id", started_at=NOW, finished_at=NOW + 1, exit_code=5
)
SINK = LogSink(task_id=NEW.id, container="main", path=None, group=LogGroupName("g"), stream="s")
ASKED = StopRequest(code="UserInitiated", reason="enough", at=NOW)


def view(task: Task, **fields: object) -> TaskView:
    given: dict[str, object] = {
        "interface": INTERFACE if task.attachment.interface_id else None,
        "definition": WEB,
        "now": NOW,
        **fields,
    }
    return TaskView(task=task, **given)  # type: ignore[arg-type]


def seen(is_lost: bool = False, **containers: ContainerObservation) -> TaskObservation:
    return TaskObservation(containers=containers, is_lost=is_lost)


def stopped(task: Task) -> Task:
    return replace(task, goal="STOPPED", stop_request=ASKED)


def kinds(plan: Plan) -> list[type]:
    return [type(action) for action in plan.actions]


def after(plan: Plan) -> Task:
    (record,) = plan.actions
    assert isinstance(record, Record)
    return record.after
