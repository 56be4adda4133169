"""What holds for every decision about a task; each property has a mutant that breaks it."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.simulation.safety import check_times
from tests.support.tasks import SUBNETS_OF_TEST, definition_of, new_task

from hostless.compute.seam import ContainerObservation, TaskObservation
from hostless.controllers.task.actions import (
    Claim,
    Forget,
    Launch,
    Plan,
    Record,
    Remove,
    Stop,
)
from hostless.controllers.task.decide import TaskView, decide
from hostless.controllers.task.placing import Draw, SubnetRoom, Vacancy, offer_of
from hostless.domain.container_definitions import ContainerDefinition
from hostless.domain.lifecycle import MOVES, is_allowed
from hostless.domain.tasks import Container, StopRequest, Task
from hostless.kit.ids import Ids
from hostless.kit.simulated_time import EPOCH

Decide = Callable[[TaskView], Plan]
Property = Callable[[TaskView, Plan], None]

NAMES = ("one", "two", "three")
DEFINITION = definition_of(
    *(ContainerDefinition(name=name, image=name, essential=name != "three") for name in NAMES)
)
TASK = new_task(DEFINITION, Ids(random.Random(1)), EPOCH)
ROOM = SubnetRoom(
    subnet=SUBNETS_OF_TEST[0], group_tasks=0, interfaces=0, is_taken=lambda address: False
)
INTERFACE = offer_of(TASK, [ROOM], Draw(digits="a" * 17, start=5), EPOCH)
ORDER = list(MOVES)
STARTING = (Launch, Claim)


def reached(status: str, state: str) -> bool:
    return ORDER.index(status) >= ORDER.index(state)  # type: ignore[arg-type]


begun = st.one_of(
    st.just(ContainerObservation(state="running", runtime_id="id-1", started_at=EPOCH + 4)),
    st.builds(
        lambda code, at: ContainerObservation(
            state="exited",
            runtime_id="id-1",
            started_at=EPOCH + 4,
            finished_at=EPOCH + at,
            exit_code=code,
        ),
        st.sampled_from((None, 0, 1, 137)),
        st.integers(5, 20),
    ),
)
observations = st.one_of(
    st.just(ContainerObservation(state="absent")),
    st.just(ContainerObservation(state="created", runtime_id="id-1")),
    begun,
)


def container_at(container: Container, status: str, is_ended: bool) -> Container:
    """As it would be recorded when the task has come to `status`."""
    if not reached(status, "ACTIVATING"):
        return container
    container = replace(container, status="RUNNING", runtime_id="id-1", started_at=EPOCH + 4)
    if is_ended or reached(status, "DEPROVISIONING"):
        container = replace(container, status="STOPPED", finished_at=EPOCH + 6, exit_code=0)
    return container


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    status = draw(st.sampled_from((*ORDER, "PENDING", "RUNNING", "RUNNING")))
    is_stopped = reached(status, "DEACTIVATING") or draw(st.integers(0, 2)) == 2
    has_interface = status != "PROVISIONING" or draw(st.booleans())
    attachment = TASK.attachment
    if has_interface and INTERFACE is not None:
        attachment = replace(attachment, status="ATTACHED", interface_id=INTERFACE.id)
    ended = draw(st.tuples(*(st.booleans() for _ in NAMES)))
    times = {
        "connectivity_at": EPOCH + 1 if reached(status, "PENDING") else None,
        "pull_started_at": EPOCH + 1 if reached(status, "PENDING") else None,
        "pull_stopped_at": EPOCH + 2 if reached(status, "ACTIVATING") else None,
        "started_at": EPOCH + 4 if reached(status, "RUNNING") else None,
        "stopping_at": EPOCH + 5 if reached(status, "STOPPING") else None,
        "execution_stopped_at": EPOCH + 6 if reached(status, "DEPROVISIONING") else None,
        "stopped_at": EPOCH + 7 if status == "STOPPED" else None,
    }
    request = StopRequest(code="UserInitiated", reason="enough", at=EPOCH + 3)
    return replace(
        TASK,
        status=status,
        goal="STOPPED" if is_stopped else "RUNNING",
        stop_request=request if is_stopped else None,
        attachment=attachment,
        containers=tuple(
            container_at(c, status, e) for c, e in zip(TASK.containers, ended, strict=True)
        ),
        **times,  # type: ignore[arg-type]
    )


@st.composite
def views(draw: st.DrawFn) -> TaskView:
    task = draw(tasks())
    has_interface = task.attachment.interface_id is not None
    several = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, observations))
    all_begun = st.fixed_dictionaries(dict.fromkeys(NAMES, begun))
    seen = draw(several | all_begun)
    return TaskView(
        task=task,
        now=EPOCH + draw(st.floats(-100, 10_000)),
        definition=DEFINITION,
        interface=INTERFACE if has_interface else None,
        vacancy=Vacancy(offer=INTERFACE if not has_interface and draw(st.booleans()) else None),
        seen=TaskObservation(containers=seen, is_lost=draw(st.integers(0, 9)) == 9),
        has_followed_logs=True,
        has_targets=draw(st.booleans()),
    )


FIND = (Phase.generate,)
"""To catch a mutant is enough; its smallest failure is of no interest."""


def holds(decide_it: Decide, check: Property, phases: tuple[Phase, ...] = tuple(Phase)) -> None:
    @settings(
        max_examples=300 if phases != FIND else 3000,
        phases=phases,
        derandomize=True,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(views())
    def always(view: TaskView) -> None:
        check(view, decide_it(view))

    always()


def writes_of(plan: Plan) -> list[tuple[Task, Task]]:
    return [(a.before, a.after) for a in plan.actions if isinstance(a, Record | Claim)]


def every_move_is_in_the_table(view: TaskView, plan: Plan) -> None:
    for before, after in writes_of(plan):
        assert is_allowed(before.status, after.status)


def a_stopped_goal_stays_stopped(view: TaskView, plan: Plan) -> None:
    for before, after in writes_of(plan):
        assert before.goal == "RUNNING" or after.goal == "STOPPED"


def nothing_is_begun_for_a_task_that_has_to_stop(view: TaskView, plan: Plan) -> None:
    if view.task.goal == "STOPPED":
        assert not any(isinstance(action, STARTING) for action in plan.actions)


def nothing_is_started_when_all_was_started(view: TaskView, plan: Plan) -> None:
    seen = view.seen.containers
    was_claimed = view.interface is not None
    if was_claimed and all(n in seen and seen[n].state in ("running", "exited") for n in NAMES):
        assert not any(isinstance(action, Launch) for action in plan.actions)


def nothing_is_removed_before_its_end_is_written_down(view: TaskView, plan: Plan) -> None:
    if any(isinstance(action, Remove) for action in plan.actions):
        assert all(c.status == "STOPPED" for c in view.task.containers)
        assert view.task.status == "DEPROVISIONING"


def only_a_task_in_stopping_is_stopped(view: TaskView, plan: Plan) -> None:
    if any(isinstance(action, Stop) for action in plan.actions):
        assert view.task.status == "STOPPING"
        assert not view.seen.is_lost


def no_container_is_told_to_stop_while_balancers_send_to_it(view: TaskView, plan: Plan) -> None:
    runs = any(each.state == "running" for each in view.seen.containers.values())
    is_lost = view.seen.is_lost or view.task.is_host_lost
    if view.task.status == "DEACTIVATING" and view.has_targets and runs and not is_lost:
        assert plan.actions == ()
        assert plan.recheck_at is not None
    elif view.task.status == "DEACTIVATING":
        assert [after.status for _, after in writes_of(plan)] == ["STOPPING"], "for no reason"


def times_stay_in_order_though_the_clock_steps_back(view: TaskView, plan: Plan) -> None:
    for _, after in writes_of(plan):
        check_times(after)


def no_task_is_left_alone_for_ever(view: TaskView, plan: Plan) -> None:
    is_over = any(isinstance(action, Forget) for action in plan.actions)
    assert plan.recheck_at is not None or is_over
    assert plan.actions or plan.recheck_at > view.now  # type: ignore[operator]


def an_essential_end_stops_a_running_task(view: TaskView, plan: Plan) -> None:
    seen = view.seen.containers
    if view.task.status == "RUNNING" and "one" in seen and seen["one"].state == "exited":
        ends = [(after.goal, after.status) for _, after in writes_of(plan)]
        assert ends == [("STOPPED", "DEACTIVATING")]


def what_is_written_is_a_change(view: TaskView, plan: Plan) -> None:
    for before, after in writes_of(plan):
        assert before != after


def leaps_to_the_end(view: TaskView) -> Plan:
    return changed(decide(view), lambda task: replace(task, status="STOPPED"))


def forgives(view: TaskView) -> Plan:
    return changed(decide(view), lambda task: replace(task, goal="RUNNING"))


def ignores_the_goal(view: TaskView) -> Plan:
    return decide(replace(view, task=replace(view.task, goal="RUNNING")))


def is_blind(view: TaskView) -> Plan:
    return decide(replace(view, seen=TaskObservation(containers={})))


def is_hopeful(view: TaskView) -> Plan:
    alive = ContainerObservation(state="running", runtime_id="id-1", started_at=EPOCH + 4)
    seen = {
        name: alive if found.state == "exited" else found
        for name, found in view.seen.containers.items()
    }
    return decide(replace(view, seen=replace(view.seen, containers=seen)))


def hurries_to_remove(view: TaskView) -> Plan:
    if view.task.status != "STOPPING":
        return decide(view)
    return decide(replace(view, task=replace(view.task, status="DEPROVISIONING")))


def stops_at_once(view: TaskView) -> Plan:
    if view.task.status != "DEACTIVATING":
        return decide(view)
    return decide(replace(view, task=replace(view.task, status="STOPPING")))


def forgets_the_balancers(view: TaskView) -> Plan:
    return decide(replace(view, has_targets=False))


def believes_the_clock(view: TaskView) -> Plan:
    return changed(
        decide(view),
        lambda task: replace(task, stopping_at=task.stopping_at and view.now),
    )


def waits_for_a_hint(view: TaskView) -> Plan:
    plan = decide(view)
    return plan if plan.actions else Plan()


def writes_for_nothing(view: TaskView) -> Plan:
    plan = decide(view)
    if plan.actions:
        return plan
    return replace(plan, actions=(Record(before=view.task, after=view.task, because=""),))


def changed(plan: Plan, change: Callable[[Task], Task]) -> Plan:
    return replace(
        plan,
        actions=tuple(
            replace(action, after=change(action.after))
            if isinstance(action, Record | Claim)
            else action
            for action in plan.actions
        ),
    )


@pytest.mark.parametrize(
    ("check", "mutant"),
    [
        (every_move_is_in_the_table, leaps_to_the_end),
        (a_stopped_goal_stays_stopped, forgives),
        (nothing_is_begun_for_a_task_that_has_to_stop, ignores_the_goal),
        (nothing_is_started_when_all_was_started, is_blind),
        (nothing_is_removed_before_its_end_is_written_down, hurries_to_remove),
        (only_a_task_in_stopping_is_stopped, stops_at_once),
        (no_container_is_told_to_stop_while_balancers_send_to_it, forgets_the_balancers),
        (times_stay_in_order_though_the_clock_steps_back, believes_the_clock),
        (no_task_is_left_alone_for_ever, waits_for_a_hint),
        (an_essential_end_stops_a_running_task, is_hopeful),
        (what_is_written_is_a_change, writes_for_nothing),
    ],
    ids=lambda value: value.__name__,
)
def test_it_holds_for_every_decision_and_its_mutant_is_caught(
    check: Property, mutant: Decide
) -> None:
    holds(decide, check)
    with pytest.raises(AssertionError):
        holds(mutant, check, FIND)
