"""Unit tests of deciding: what is planned in the situations that matter, as values."""

from dataclasses import replace

from tests.support.task_views import (
    ASKED,
    CLAIMED,
    ENDED,
    INTERFACE,
    MADE,
    NEW,
    NOW,
    PENDING,
    RUNS,
    SINK,
    after,
    kinds,
    seen,
    stopped,
    view,
)

from hostless.controllers.task.actions import (
    Claim,
    DetachNetwork,
    DrainLogs,
    FollowLogs,
    Forget,
    Launch,
    Plan,
    Release,
    Remove,
    Stop,
)
from hostless.controllers.task.changes import (
    connected,
    ended,
    running,
    stopping,
)
from hostless.controllers.task.decide import (
    DRAIN_LOOK_SECONDS,
    KEPT_SECONDS,
    LONG_AGO,
    RECHECK_SECONDS,
    TaskView,
    decide,
)
from hostless.controllers.task.placing import Vacancy
from hostless.domain.arns import ServiceArn
from hostless.domain.tasks import StopRequest, Task


def running_task(**containers: str) -> Task:
    task = running(replace(PENDING, status="ACTIVATING", pull_stopped_at=NOW), NOW)
    statuses = {"main": "RUNNING", "side": "RUNNING", **containers}
    return replace(
        task,
        containers=tuple(
            replace(c, status=statuses[c.name], runtime_id="id", started_at=NOW)  # type: ignore[arg-type]
            for c in task.containers
        ),
    )


def test_a_new_task_claims_an_address_and_is_launched() -> None:
    plan = decide(view(NEW, vacancy=Vacancy(offer=INTERFACE)))
    assert kinds(plan) == [Claim, Launch]
    (claim, _) = plan.actions
    assert isinstance(claim, Claim)
    assert claim.after.attachment.status == "ATTACHING"
    assert claim.after.zone == INTERFACE.zone


def test_a_claimed_address_is_not_claimed_again() -> None:
    assert kinds(decide(view(CLAIMED))) == [Launch]


def test_a_task_that_was_started_before_its_network_was_on_record_is_not_started_again() -> None:
    for task in (CLAIMED, stopped(CLAIMED)):
        assert after(decide(view(task, seen=seen(main=RUNS)))).status == "PENDING"


def test_a_task_whose_containers_were_only_made_is_not_taken_for_connected() -> None:
    made = seen(main=MADE, side=MADE)
    assert kinds(decide(view(CLAIMED, seen=made))) == [Launch]
    assert after(decide(view(stopped(CLAIMED), seen=made))).status == "DEPROVISIONING"


def test_a_task_without_a_free_address_fails() -> None:
    assert after(decide(view(NEW))).goal == "STOPPED"


def test_a_connected_task_is_launched() -> None:
    assert kinds(decide(view(PENDING))) == [Launch]


def test_a_half_started_task_is_started_again() -> None:
    assert Launch in kinds(decide(view(PENDING, seen=seen(main=RUNS))))


def test_a_wholly_started_task_is_not() -> None:
    assert after(decide(view(PENDING, seen=seen(main=RUNS, side=ENDED)))).status == "ACTIVATING"


def test_a_pending_task_of_which_nothing_is_made_is_cleared_away_at_once() -> None:
    task = after(decide(view(stopped(PENDING))))
    assert task.status == "DEPROVISIONING"
    assert all(c.status == "STOPPED" for c in task.containers)


def test_a_pending_task_of_which_something_runs_is_stopped_first() -> None:
    assert after(decide(view(stopped(PENDING), seen=seen(main=RUNS)))).status == "STOPPING"


def test_a_quiet_task_is_looked_at_again_later() -> None:
    plan = decide(view(running_task(), seen=seen(main=RUNS, side=RUNS)))
    assert plan == Plan(recheck_at=NOW + RECHECK_SECONDS)


def test_the_end_of_a_side_container_is_written_down() -> None:
    task = after(decide(view(running_task(), seen=seen(main=RUNS, side=ENDED))))
    assert (task.status, task.goal) == ("RUNNING", "RUNNING")
    assert task.containers[1].exit_code == 5


def test_an_essential_end_stop_and_reason_are_one_commit() -> None:
    task = after(decide(view(running_task(), seen=seen(main=ENDED, side=RUNS))))
    assert (task.status, task.goal) == ("DEACTIVATING", "STOPPED")
    assert task.stop_request is not None
    assert task.stop_request.reason == "Essential container in task exited"


def test_the_users_reason_stands_before_a_later_end() -> None:
    task = after(decide(view(stopped(running_task()), seen=seen(main=ENDED, side=RUNS))))
    assert task.stop_request == ASKED


def test_a_task_whose_containers_all_ended_stops_though_none_was_essential() -> None:
    none_essential = running_task()
    none_essential = replace(
        none_essential,
        containers=tuple(replace(c, essential=False) for c in none_essential.containers),
    )
    task = after(decide(view(none_essential, seen=seen(main=ENDED, side=ENDED))))
    assert task.goal == "STOPPED"


def test_a_stopping_task_is_stopped_since_it_began_stopping() -> None:
    task = stopping(stopped(running_task()), NOW + 7)
    (stop,) = decide(view(task, now=NOW + 50, seen=seen(main=RUNS, side=ENDED))).actions
    assert isinstance(stop, Stop)
    assert stop.since == NOW + 7


def test_a_stopped_lost_task_is_not_told_to_stop() -> None:
    task = stopping(stopped(running_task()), NOW)
    plan = decide(view(task, seen=seen(is_lost=True, main=RUNS)))
    assert after(plan).status == "DEPROVISIONING"


def test_clearing_away_drains_before_it_removes_and_removes_before_it_detaches() -> None:
    task = ended(stopping(stopped(running_task()), NOW), NOW)
    assert kinds(decide(view(task))) == [DrainLogs, Remove, DetachNetwork, Release]


def test_a_task_that_never_had_an_interface_detaches_none() -> None:
    task = ended(stopped(NEW), NOW)
    assert kinds(decide(view(task))) == [DrainLogs, Remove, Release]
    assert task.execution_stopped_at is None


def test_a_stopped_task_is_kept_for_an_hour() -> None:
    task = replace(stopped(NEW), status="STOPPED", stopped_at=NOW)
    assert decide(view(task)) == Plan(recheck_at=NOW + KEPT_SECONDS)
    assert kinds(decide(view(task, now=NOW + KEPT_SECONDS))) == [Forget]


def test_an_engine_that_finds_a_running_task_follows_its_logs_first() -> None:
    plan = decide(view(running_task(), sinks=(SINK,), has_followed_logs=False))
    assert kinds(plan) == [FollowLogs]


def test_no_log_is_followed_for_a_task_that_never_ran() -> None:
    plan = decide(
        view(NEW, vacancy=Vacancy(offer=INTERFACE), sinks=(SINK,), has_followed_logs=False)
    )
    assert FollowLogs not in kinds(plan)


def test_times_do_not_step_back_with_the_clock() -> None:
    assert connected(CLAIMED, INTERFACE, NOW - 50).connectivity_at == NOW
    assert stopping(running_task(), NOW - 50).stopping_at == NOW


def test_what_was_attached_is_not_believed_when_the_claim_was_taken_back() -> None:
    assert connected(NEW, INTERFACE, NOW) == NEW


def test_a_task_on_a_lost_host_has_no_time_to_stop() -> None:
    task = replace(stopping(stopped(running_task()), NOW), is_host_lost=True)
    (stop,) = decide(view(task, seen=seen(main=RUNS, side=ENDED))).actions
    assert isinstance(stop, Stop)
    assert stop.since == LONG_AGO


def test_nobody_saw_how_containers_on_a_lost_host_ended() -> None:
    task = replace(stopping(stopped(running_task()), NOW), is_host_lost=True)
    lost = after(decide(view(task, seen=seen(main=ENDED, side=ENDED))))
    assert lost.status == "DEPROVISIONING"
    assert [c.status for c in lost.containers] == ["STOPPED", "STOPPED"]
    assert [c.exit_code for c in lost.containers] == [None, None]


def test_a_host_that_is_lost_takes_the_task_with_it_whatever_it_was_doing() -> None:
    for task in (NEW, CLAIMED, PENDING, running_task()):
        lost = after(decide(view(replace(task, is_host_lost=True))))
        assert lost.goal == "STOPPED"
        assert lost.stop_request is not None
        assert lost.stop_request.code == "InfrastructureHealth"


def test_a_standalone_task_stops_when_it_is_retired_and_not_before() -> None:
    task = replace(running_task(), retires_at=NOW + 5)
    runs = seen(main=RUNS, side=RUNS)
    assert decide(view(task, seen=runs)) == Plan(recheck_at=NOW + 5)
    retired = after(decide(view(task, now=NOW + 5, seen=runs)))
    assert retired.stop_request == StopRequest(
        code="ServiceSchedulerInitiated",
        reason="ECS is performing maintenance on the underlying infrastructure hosting the task",
        at=NOW + 5,
    )


def test_a_services_task_is_left_to_its_service_when_it_is_retired() -> None:
    task = replace(running_task(), retires_at=NOW, service_arn=ServiceArn("web"))
    plan = decide(view(task, now=NOW + 5, seen=seen(main=RUNS, side=RUNS)))
    assert plan == Plan(recheck_at=NOW + 5 + RECHECK_SECONDS)


def test_a_task_that_finds_every_zone_out_fails_in_fargates_words() -> None:
    failed = after(decide(view(NEW, vacancy=Vacancy(are_zones_out=True))))
    assert failed.stop_request is not None
    assert failed.stop_request.code == "TaskFailedToStart"
    assert failed.stop_request.reason.startswith("Capacity is unavailable at this time.")


def test_a_task_whose_subnets_are_full_fails_in_fargates_words() -> None:
    failed = after(decide(view(NEW)))
    assert failed.stop_request is not None
    assert failed.stop_request.code == "TaskFailedToStart"
    assert failed.stop_request.reason == (
        "Unexpected EC2 error while attempting to Create Network Interface with public IP "
        "assignment disabled in subnet 'subnet-a': InsufficientFreeAddressesInSubnet"
    )


def test_a_task_that_finds_no_public_address_fails_in_ec2s_words() -> None:
    public = replace(NEW, placement=replace(NEW.placement, assigns_public_ip=True))
    failed = after(decide(view(public, vacancy=Vacancy(is_pool_empty=True))))
    assert failed.stop_request is not None
    assert failed.stop_request.code == "TaskFailedToStart"
    assert failed.stop_request.reason == (
        "Unexpected EC2 error while attempting to Create Network Interface with public IP "
        "assignment enabled in subnet 'subnet-a': InsufficientAddressCapacity"
    )


def leaving_task(**fields: object) -> TaskView:
    task = replace(stopped(running_task()), status="DEACTIVATING")
    return view(task, **{"seen": seen(main=RUNS, side=RUNS), "has_targets": True, **fields})


def test_a_task_is_not_told_to_stop_while_balancers_send_to_it() -> None:
    plan = decide(leaving_task())
    assert plan == Plan(recheck_at=NOW + DRAIN_LOOK_SECONDS)
    assert after(decide(leaving_task(has_targets=False))).status == "STOPPING"


def test_a_task_is_not_told_to_stop_while_proxies_send_to_it() -> None:
    plan = decide(leaving_task(has_targets=False, has_endpoints=True))
    assert plan == Plan(recheck_at=NOW + DRAIN_LOOK_SECONDS)
    lost = leaving_task(has_targets=False, has_endpoints=True, seen=seen(is_lost=True, main=RUNS))
    assert after(decide(lost)).status == "STOPPING"


def test_nobody_waits_for_balancers_once_nothing_of_the_task_runs() -> None:
    assert after(decide(leaving_task(seen=seen(main=ENDED, side=ENDED)))).status == "STOPPING"
    assert after(decide(leaving_task(seen=seen(is_lost=True, main=RUNS)))).status == "STOPPING"
    told = leaving_task()
    told = replace(told, task=replace(told.task, is_host_lost=True))
    assert after(decide(told)).status == "STOPPING"
