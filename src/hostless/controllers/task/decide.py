"""What to do next about one task: everything known goes in, a plan comes out. No I/O.

A plan is one step of the life cycle. Deciding it twice is harmless: every action can be repeated,
and after a crash the same facts lead to the same plan.
"""

from dataclasses import dataclass, field, replace

from hostless.compute.seam import ContainerState, FolderMount, TaskObservation, TaskSpec
from hostless.controllers.task.actions import (
    Begin,
    Claim,
    DetachNetwork,
    DrainLogs,
    FollowLogs,
    Forget,
    Launch,
    Plan,
    Record,
    Release,
    Remove,
    Restart,
    Stop,
)
from hostless.controllers.task.changes import (
    ESSENTIAL_EXITED,
    claimed,
    connected,
    ended,
    failed_to_start,
    moved,
    running,
    stop_wanted,
    stopping,
    volume_attached,
    with_seen,
)
from hostless.controllers.task.placing import NO_VACANCY, Vacancy, no_address_reason
from hostless.controllers.task.restarting import due_for_restart, standing
from hostless.controllers.task.shared_volumes import NONE_SHARED, SharedVolumes
from hostless.controllers.task.spec import task_spec_of
from hostless.domain.capacity import NO_CAPACITY
from hostless.domain.network import NetworkInterface
from hostless.domain.start_order import StartOrder, has_to_wait, start_order
from hostless.domain.stop_requests import host_loss, retirement
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import StopRequest, Task
from hostless.kit.clock import Timestamp
from hostless.telemetry.seam import LogSink

DRAIN_LOOK_SECONDS = 0.5
"""How often a task that is still sent to looks whether that is over."""
RECHECK_SECONDS = 60.0
"""A running task is looked at this often even when nobody says that something changed."""
KEPT_SECONDS = 3600.0
"""A stopped task is shown for an hour (ECS API, DescribeTasks: "at least one hour")."""
LONG_AGO: Timestamp = 0.0
"""When the stop signal of a task on a lost host was due: there is no time left to hear it."""
_STARTED: frozenset[ContainerState] = frozenset({"running", "exited"})


def _nothing() -> TaskObservation:
    return TaskObservation(containers={})


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """All that is known about a task at one instant.

    interface: the task's, as recorded. vacancy: what it could have, asked for only while it has
    none. seen: what the backend shows. has_followed_logs: whether this engine follows its logs.
    has_targets: whether load balancers send to it, or have requests under way to it.
    has_endpoints: the same of the proxies of Service Connect. proxy_mount: what its own proxy
    reads. shared: its volumes that outlive it.
    """

    task: Task
    now: Timestamp
    definition: TaskDefinition | None
    interface: NetworkInterface | None = None
    vacancy: Vacancy = NO_VACANCY
    seen: TaskObservation = field(default_factory=_nothing)
    sinks: tuple[LogSink, ...] = ()
    has_followed_logs: bool = True
    has_targets: bool = False
    has_endpoints: bool = False
    proxy_mount: FolderMount | None = None
    shared: SharedVolumes = NONE_SHARED


def decide(view: TaskView) -> Plan:
    """The next step of this task's life."""
    if _has_unfollowed_logs(view):
        follow = FollowLogs(task_id=view.task.id, sinks=view.sinks)
        return Plan(actions=(follow,), recheck_at=view.now)
    if view.task.is_host_lost and view.task.goal == "RUNNING":
        return _record(view, stop_wanted(view.task, host_loss(view.now)), "host lost")
    match view.task.status:
        case "PROVISIONING":
            return _provision(view)
        case "PENDING":
            return _start(view)
        case "ACTIVATING":
            return _activate(view)
        case "RUNNING":
            return _watch(view)
        case "DEACTIVATING":
            return _deactivate(view)
        case "STOPPING":
            return _stop(view)
        case "DEPROVISIONING":
            return _clear_away(view)
        case "STOPPED":
            return _keep(view)


def _has_unfollowed_logs(view: TaskView) -> bool:
    """Whether a container has run, and may have written, before this engine was there."""
    if view.has_followed_logs or not view.sinks or view.task.status in ("PENDING", "STOPPED"):
        return False
    return any(c.runtime_id is not None for c in view.task.containers)


def _record(view: TaskView, after: Task, because: str) -> Plan:
    record = Record(before=view.task, after=after, because=because)
    return Plan(actions=(record,), recheck_at=view.now)


def _provision(view: TaskView) -> Plan:
    task = view.task
    if view.interface is not None and _is_anything_begun(view):
        return _record(view, connected(task, view.interface, view.now), "found connected")
    if task.goal == "STOPPED":
        return _record(view, ended(task, view.now), _why_stopped(task))
    if view.interface is not None:
        return Plan(actions=(_launch(view, view.interface),), recheck_at=view.now)
    offer = view.vacancy.offer
    if offer is None:
        reason = _why_no_place(view)
        return _record(view, failed_to_start(task, reason, None, view.now), "no place")
    claim = Claim(
        before=task,
        after=claimed(task, offer),
        interface=offer,
        because="address chosen",
    )
    launch = _launch(replace(view, task=claim.after), offer)
    return Plan(actions=(claim, launch), recheck_at=view.now)


def _why_no_place(view: TaskView) -> str:
    if view.vacancy.are_zones_out:
        return NO_CAPACITY
    return no_address_reason(view.task, is_pool_empty=view.vacancy.is_pool_empty)


def _launch(view: TaskView, interface: NetworkInterface) -> Launch:
    task = view.task
    return Launch(
        interface=interface,
        sinks=view.sinks,
        spec=_spec(view, task),
        may_run=_order(view, task).may_run,
        connect=task.connect,
        refusal=view.shared.refusal,
    )


def _spec(view: TaskView, task: Task) -> TaskSpec:
    return task_spec_of(task, view.definition, view.proxy_mount, view.shared)


def _order(view: TaskView, task: Task) -> StartOrder:
    assert view.definition is not None, "a task that is to start has a definition"
    return start_order(view.definition.container_definitions, task.containers, view.now)


def _start(view: TaskView) -> Plan:
    task = with_seen(view.task, _standing(view))
    if view.seen.is_lost:
        task = stop_wanted(task, host_loss(view.now))
    if task.goal == "STOPPED":
        after = stopping(task, view.now) if _is_anything_made(view) else ended(task, view.now)
        return _record(view, after, _why_stopped(task))
    if _is_anything_begun(view):
        task = volume_attached(task)
    if _states_of(view) <= _STARTED:
        return _record(view, moved(task, "ACTIVATING"), "all containers started")
    assert view.interface is not None, "an address is claimed before a task is PENDING"
    if _waits(view) and _is_anything_begun(view):
        return _start_more(view, task, view.interface)
    return Plan(actions=(_launch(view, view.interface),), recheck_at=view.now)


def _waits(view: TaskView) -> bool:
    return view.definition is not None and has_to_wait(view.definition.container_definitions)


def _start_more(view: TaskView, task: Task, interface: NetworkInterface) -> Plan:
    """Some containers were begun, others may have to wait for them.

    task: with what is seen. It is written down: health is checked of what is known to run.
    """
    order = _order(view, task)
    wish = _reason_to_stop(view, task)
    if wish is not None:
        return _record(view, stop_wanted(task, wish), wish.reason)
    if order.never is not None:
        never = order.never
        failed = failed_to_start(task, never.reason, never.container, view.now)
        return _record(view, failed, never.reason)
    if task != view.task:
        return _record(view, task, "a container changed")
    if restarts := _restarts(view):
        return Plan(actions=restarts, recheck_at=view.now)
    if not view.has_followed_logs:
        return Plan(actions=(_launch(view, interface),), recheck_at=view.now)
    if order.may_run <= _begun(view):
        until = view.now + RECHECK_SECONDS if order.until is None else order.until
        return Plan(recheck_at=min(until, view.now + RECHECK_SECONDS))
    spec = _spec(view, task)
    refusal = view.shared.refusal
    begin = Begin(interface=interface, spec=spec, may_run=order.may_run, refusal=refusal)
    return Plan(actions=(begin,), recheck_at=view.now)


def _restarts(view: TaskView) -> tuple[Restart, ...]:
    """For each container that ended and is to run anew."""
    due = due_for_restart(view.task, view.definition, view.seen)
    if not due or view.interface is None:
        return ()
    place, spec, refusal = view.interface, _spec(view, view.task), view.shared.refusal
    return tuple(
        Restart(interface=place, spec=spec, container=name, ended=ended, refusal=refusal)
        for name, ended in due.items()
    )


def _standing(view: TaskView) -> TaskObservation:
    return standing(view.seen, due_for_restart(view.task, view.definition, view.seen))


def _begun(view: TaskView) -> frozenset[str]:
    seen = view.seen.containers
    return frozenset(name for name, each in seen.items() if each.state in _STARTED)


def _activate(view: TaskView) -> Plan:
    if view.task.goal == "STOPPED":
        return _record(view, moved(view.task, "DEACTIVATING"), _why_stopped(view.task))
    return _record(view, running(view.task, view.now), "nothing to announce it to")


def _deactivate(view: TaskView) -> Plan:
    """A container is told to stop once nobody sends to the task any more."""
    is_lost = view.seen.is_lost or view.task.is_host_lost
    if (view.has_targets or view.has_endpoints) and "running" in _states_of(view) and not is_lost:
        return Plan(recheck_at=view.now + DRAIN_LOOK_SECONDS)
    return _record(view, stopping(view.task, view.now), "out of use")


def _watch(view: TaskView) -> Plan:
    task = with_seen(view.task, _standing(view))
    wish = _reason_to_stop(view, task)
    if wish is not None:
        task = stop_wanted(task, wish)
    if task.goal == "STOPPED":
        task = with_seen(task, view.seen)
        return _record(view, moved(task, "DEACTIVATING"), _why_stopped(task))
    if task != view.task:
        return _record(view, task, "a container changed")
    if restarts := _restarts(view):
        return Plan(actions=restarts, recheck_at=view.now)
    recheck_at = view.now + RECHECK_SECONDS
    if task.retires_at is not None and not task.is_retired(view.now):
        recheck_at = min(recheck_at, task.retires_at)
    return Plan(recheck_at=recheck_at)


def _reason_to_stop(view: TaskView, task: Task) -> StopRequest | None:
    """Why a running task has to stop by itself. Who replaces a service's task retires it, too."""
    if _is_gone(view):
        return host_loss(view.now)
    if _has_essential_ended(task):
        return StopRequest(code="EssentialContainerExited", reason=ESSENTIAL_EXITED, at=view.now)
    if task.service_arn is None and task.is_retired(view.now):
        return retirement(task, view.now)
    return None


def _stop(view: TaskView) -> Plan:
    task = view.task
    if "running" in _states_of(view) and not view.seen.is_lost:
        spec = _spec(view, task)
        since = LONG_AGO if task.is_host_lost else task.stopping_at or view.now
        return Plan(actions=(Stop(spec=spec, since=since),), recheck_at=view.now)
    if not task.is_host_lost:  # nobody could have seen how its containers ended
        task = with_seen(task, view.seen)
    return _record(view, ended(task, view.now), "no container runs")


def _clear_away(view: TaskView) -> Plan:
    task_id = view.task.id
    interface_id = view.task.attachment.interface_id
    detach = () if interface_id is None else (DetachNetwork(interface_id=interface_id),)
    return Plan(
        actions=(
            DrainLogs(task_id=task_id),
            Remove(task_id=task_id),
            *detach,
            Release(before=view.task, interface_id=interface_id),
        ),
        recheck_at=view.now,
    )


def _keep(view: TaskView) -> Plan:
    until = (view.task.stopped_at or view.now) + KEPT_SECONDS
    if view.now < until:
        return Plan(recheck_at=until)
    return Plan(actions=(Forget(task=view.task),))


def _states_of(view: TaskView) -> set[ContainerState]:
    """The states of the task's containers, those of which nothing is there included."""
    seen = view.seen.containers
    return {seen[c.name].state if c.name in seen else "absent" for c in view.task.containers}


def _is_anything_made(view: TaskView) -> bool:
    return _states_of(view) != {"absent"}


def _is_anything_begun(view: TaskView) -> bool:
    """Whether a process ran; containers may be made before their network."""
    return not _states_of(view) <= {"absent", "created"}


def _is_gone(view: TaskView) -> bool:
    """Whether the host is lost, or lost its memory of a container that ran (it was rebooted)."""
    seen = view.seen.containers
    return view.seen.is_lost or any(
        c.status == "RUNNING" and (c.name not in seen or seen[c.name].state == "absent")
        for c in view.task.containers
    )


def _has_essential_ended(task: Task) -> bool:
    """True also when all containers ended and none was called essential."""
    ends = [c for c in task.containers if c.status == "STOPPED"]
    return any(c.essential for c in ends) or len(ends) == len(task.containers)


def _why_stopped(task: Task) -> str:
    return "asked to stop" if task.stop_request is None else task.stop_request.reason
