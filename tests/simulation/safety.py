"""What must hold after every commit, whatever happens: checked on each batch as it is submitted."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import msgspec

from hostless.compute.simulated.machine import SimulatedContainer, SimulatedMachine, SimulatedTask
from hostless.domain.lifecycle import is_allowed
from hostless.domain.network import NetworkInterface
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Container, Task
from hostless.store.kinds import NETWORK_INTERFACES, TASKS
from hostless.store.storage import Batch, Row

_task = msgspec.json.Decoder(Task)
_interface = msgspec.json.Decoder(NetworkInterface)


class Safety:
    """Keeps its own account of what was written and compares every batch with it."""

    def __init__(self, machine: SimulatedMachine) -> None:
        self._machine = machine
        self._tasks: dict[str, Task] = {}
        self._seats: dict[str, str] = {}
        self._runs: dict[tuple[str, str], SimulatedContainer] = {}
        self.commits = 0
        self.definitions: Mapping[str, TaskDefinition] = {}
        """By ARN; what containers wait for is held of their tasks."""

    def look(self, batch: Batch) -> None:
        self.commits += 1
        for row in batch.rows:
            self._note(row, is_checked=True)
        self._check_starts()

    def forgot(self, rows: Iterable[Row]) -> None:
        """What was not durable is gone; what is left is the truth again."""
        self._tasks.clear()
        self._seats.clear()
        for row in rows:
            self._note(row, is_checked=False)

    def _note(self, row: Row, *, is_checked: bool) -> None:
        if row.kind == TASKS.name:
            if row.body is None:
                assert self._tasks.pop(row.key).status == "STOPPED"
                return
            task = _task.decode(row.body)
            if is_checked:
                check_change(self._tasks.get(row.key), task)
            self._tasks[row.key] = task
            self._check_address(task)
        elif row.kind == NETWORK_INTERFACES.name:
            self._note_interface(row)

    def _note_interface(self, row: Row) -> None:
        if row.body is None:
            self._seats = {seat: key for seat, key in self._seats.items() if key != row.key}
            return
        interface = _interface.decode(row.body)
        seats = [f"{interface.vpc_id}/{interface.address}"]
        if interface.public_address is not None:
            seats.append(interface.public_address)
        for seat in seats:
            assert self._seats.get(seat, row.key) == row.key, f"two interfaces with {seat}"
            self._seats[seat] = row.key

    def _check_address(self, task: Task) -> None:
        """A running container lives in the network that its task shows."""
        machine = self._machine.find(task.id)
        if task.status == "RUNNING" and machine is not None:
            for container in machine.containers:
                assert container.address == task.attachment.address, f"elsewhere: {container}"

    def _check_starts(self) -> None:
        for record in self._tasks.values():
            machine = self._machine.find(record.id)
            definition = self.definitions.get(record.definition_arn)
            if machine is not None and definition is not None:
                check_order(machine, definition)
                self._check_restarts(machine, definition)

    def _check_restarts(self, task: SimulatedTask, definition: TaskDefinition) -> None:
        """Nothing is started twice but by a policy, and then after a run that lasted."""
        policies = {c.name: c.restart_policy for c in definition.container_definitions}
        for container in task.containers:
            last = self._runs.get((task.id, container.name), container)
            self._runs[task.id, container.name] = container
            if container.starts <= max(1, last.starts):
                continue
            policy = policies[container.name]
            assert policy is not None, f"started twice: {task}"
            assert container.starts == last.starts + 1, f"started anew twice: {task}"
            assert last.ends_at is not None
            assert last.started_at is not None
            assert container.started_at is not None
            assert last.ends_at <= container.started_at, f"two at a time: {last}, {container}"
            assert last.exit_code not in policy.ignored_exit_codes, f"for nothing: {last}"
            assert last.ends_at - last.started_at >= (policy.restart_attempt_period or 0), last


def check_order(task: SimulatedTask, definition: TaskDefinition) -> None:
    """No container was started before what it waits for had come true, as far as can be seen."""
    for defined in definition.container_definitions:
        target = task.find(defined.name or "")
        if target is None or target.started_at is None:
            continue
        for each in defined.depends_on:
            on = task.find(each.container_name)
            assert on is not None
            if max(on.starts, target.starts) > 1:
                continue  # what was met is over
            assert _was_met(each.condition, on, target.started_at), f"{each}: {task}"


def _was_met(condition: str, on: SimulatedContainer, at: float) -> bool:
    if on.started_at is None or on.started_at > at:
        return False
    match condition:
        case "COMPLETE":
            return on.has_ended(at)
        case "SUCCESS":
            return on.has_ended(at) and on.exit_code == 0
        case "HEALTHY":
            return on.fit_from is not None and on.fit_from <= at
    return True


def check_change(before: Task | None, after: Task) -> None:
    check_times(after)
    if after.status == "STOPPED":
        assert after.stop_request is not None
        assert after.stop_request.reason
        assert after.stopped_at is not None
        assert all(c.status == "STOPPED" for c in after.containers)
    if after.status == "RUNNING":
        assert all(c.started_at is not None for c in after.containers), f"half: {after}"
    if before is None:
        return
    assert is_allowed(before.status, after.status), f"{before.status} -> {after.status}"
    assert not (before.goal == "STOPPED" and after.goal == "RUNNING")
    silent = replace(
        before,
        is_host_lost=after.is_host_lost,
        retires_at=after.retires_at,
        containers=tuple(
            replace(old, health=new.health)
            for old, new in zip(before.containers, after.containers, strict=True)
        ),
    )
    assert after == silent or after.version == before.version + 1
    assert before.stop_request in (None, after.stop_request), "the first reason stands"
    for old, new in zip(before.containers, after.containers, strict=True):
        check_container(old, new)
    check_health(before, after)


def check_health(before: Task, after: Task) -> None:
    """It changes in a running container only, and nothing else changes with it."""
    if _restarts(before) != _restarts(after):
        return  # it begins anew
    healths = tuple(c.health for c in after.containers)
    if healths == tuple(c.health for c in before.containers):
        return
    assert before.goal == "RUNNING"
    changed = [
        (old, new)
        for old, new in zip(before.containers, after.containers, strict=True)
        if old.health != new.health
    ]
    assert len(changed) == 1
    assert changed[0][0].status == "RUNNING"
    assert changed[0][1].health != "UNKNOWN", "what was known is not forgotten"
    containers = tuple(
        replace(old, health=health) for old, health in zip(before.containers, healths, strict=True)
    )
    assert after == replace(before, containers=containers)


def _restarts(task: Task) -> list[int]:
    return [c.restart_count for c in task.containers]


def check_container(before: Container, after: Container) -> None:
    order = ("PENDING", "RUNNING", "STOPPED")
    assert order.index(before.status) <= order.index(after.status), f"{before} -> {after}"
    assert before.runtime_id in (None, after.runtime_id)
    assert before.restart_count <= after.restart_count
    if before.status == "STOPPED":
        assert (before.exit_code, before.finished_at) == (after.exit_code, after.finished_at)


def check_times(task: Task) -> None:
    started = (
        task.created_at,
        task.connectivity_at,
        task.pull_started_at,
        task.pull_stopped_at,
        task.started_at,
    )
    begun = [at for at in started if at is not None]
    assert begun == sorted(begun), f"times out of order: {task}"
    ends = [at for at in (task.stopping_at, task.execution_stopped_at) if at is not None]
    assert all(at >= begun[-1] for at in ends), f"an end before the start: {task}"
    if task.stopped_at is not None:
        assert task.stopped_at >= max([*begun, *ends]), f"stopped before its end: {task}"
