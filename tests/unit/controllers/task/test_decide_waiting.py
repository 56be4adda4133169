"""Unit tests of deciding for tasks whose containers wait for each other."""

from dataclasses import replace

from tests.support.task_views import (
    ENDED,
    MADE,
    NOW,
    PENDING,
    RUNS,
    after,
    kinds,
    seen,
    stopped,
    view,
)
from tests.support.tasks import definition_of

from hostless.compute.seam import ContainerObservation
from hostless.controllers.task.actions import (
    Begin,
    Launch,
    Plan,
)
from hostless.controllers.task.changes import (
    with_seen,
)
from hostless.controllers.task.decide import (
    TaskView,
    decide,
)
from hostless.domain.container_definitions import ContainerDefinition, ContainerDependency

WAITING = definition_of(
    ContainerDefinition(
        name="main",
        image="m",
        depends_on=(ContainerDependency(container_name="side", condition="SUCCESS"),),
    ),
    ContainerDefinition(name="side", image="s", essential=False, start_timeout=30),
)


def waiting_view(side: ContainerObservation, **fields: object) -> TaskView:
    """side has been written down as it is seen; main waits for it."""
    observed = seen(main=MADE, side=side)
    return view(with_seen(PENDING, observed), definition=WAITING, seen=observed, **fields)


def test_a_container_that_waits_is_not_let_run_at_the_launch() -> None:
    (launch,) = decide(view(PENDING, definition=WAITING)).actions
    assert isinstance(launch, Launch)
    assert launch.may_run == {"side"}


def test_what_runs_while_others_wait_is_written_down() -> None:
    plan = decide(view(PENDING, definition=WAITING, seen=seen(main=MADE, side=RUNS)))
    assert after(plan).status == "PENDING"
    assert [c.status for c in after(plan).containers] == ["PENDING", "RUNNING"]


def test_a_container_is_waited_for_until_its_time_out() -> None:
    assert decide(waiting_view(RUNS)) == Plan(recheck_at=NOW + 30)


def test_a_container_that_need_not_wait_any_more_is_begun() -> None:
    (begin,) = decide(waiting_view(replace(ENDED, exit_code=0))).actions
    assert isinstance(begin, Begin)
    assert begin.may_run == {"main", "side"}


def test_a_task_that_an_earlier_engine_began_has_its_logs_followed_while_it_waits() -> None:
    assert kinds(decide(waiting_view(RUNS, has_followed_logs=False))) == [Launch]


def test_a_container_that_can_never_start_ends_its_task() -> None:
    task = after(decide(waiting_view(ENDED)))
    assert task.goal == "STOPPED"
    assert task.stop_request is not None
    assert task.stop_request.code == "TaskFailedToStart"
    assert "as dependency did not exit successfully." in task.stop_request.reason
    assert task.containers[0].reason == task.stop_request.reason
    assert task.containers[1].reason is None


def test_an_essential_container_that_ends_while_others_wait_ends_its_task() -> None:
    turned = definition_of(
        ContainerDefinition(name="main", image="m"),
        ContainerDefinition(
            name="side",
            image="s",
            essential=False,
            depends_on=(ContainerDependency(container_name="main", condition="HEALTHY"),),
        ),
    )
    task = after(decide(view(PENDING, definition=turned, seen=seen(main=ENDED, side=MADE))))
    assert task.stop_request is not None
    assert task.stop_request.code == "EssentialContainerExited"
    assert task.containers[0].exit_code == 5


def test_a_task_that_waits_is_told_to_stop_like_any_other() -> None:
    plan = decide(view(stopped(PENDING), definition=WAITING, seen=seen(main=MADE, side=RUNS)))
    assert after(plan).status == "STOPPING"
