"""A service's tasks sorted by what they are good for: one tight loop, for it is run at every pass.

A task is *starting* until it is RUNNING; then *healthy*, *unhealthy*, or *waiting* to be judged.
With neither container health checks nor load balancers it is healthy when it has been RUNNING for
40 seconds; with them, when all of them say so (ECS API, DeploymentConfiguration,
`minimumHealthyPercent`). What was asked to stop is none of these, but counts against the ceiling
as long as it runs. Neither is a healthy one whose host is *retiring*: like one of an old
deployment it holds the service up until another has taken its place. What to do with them is
`rollout`'s business.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hostless.controllers.service.facts import ServiceFacts
from hostless.domain.arns import DeploymentId
from hostless.domain.lifecycle import TaskStatus
from hostless.domain.signals import TargetState
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp

STARTING: frozenset[TaskStatus] = frozenset({"PROVISIONING", "PENDING", "ACTIVATING"})


class Crew:
    """The tasks of one deployment. stopping: asked to stop, but still counted as running.

    leaving: on their way out, no longer counted.
    """

    __slots__ = ("healthy", "leaving", "retiring", "starting", "stopping", "unhealthy", "waiting")

    def __init__(self) -> None:
        self.starting: list[Task] = []
        self.waiting: list[Task] = []
        self.healthy: list[Task] = []
        self.unhealthy: list[Task] = []
        self.retiring: list[Task] = []
        self.stopping = 0
        self.leaving = 0

    @property
    def good(self) -> int:
        """Tasks that do what they are there for, or are about to."""
        return len(self.starting) + len(self.waiting) + len(self.healthy)

    @property
    def occupying(self) -> int:
        """Tasks that count against the ceiling: PROVISIONING to RUNNING."""
        return self.good + len(self.unhealthy) + len(self.retiring) + self.stopping

    def alive(self) -> Iterator[Task]:
        """Every task that has not been asked to stop."""
        yield from self.starting
        yield from self.waiting
        yield from self.healthy
        yield from self.unhealthy
        yield from self.retiring


class Tally:
    """crews: by deployment. ended: stopped tasks that are not counted yet.

    next_judgement_at: when time alone makes a waiting task healthy or unhealthy.
    next_retirement_at: when time alone makes a task retire.
    """

    __slots__ = ("crews", "ended", "next_judgement_at", "next_retirement_at")

    def __init__(self) -> None:
        self.crews: dict[str | None, Crew] = {}
        self.ended: list[Task] = []
        self.next_judgement_at: Timestamp = math.inf
        self.next_retirement_at: Timestamp = math.inf

    def crew(self, id_: str | None) -> Crew:
        found = self.crews.get(id_)
        if found is None:
            found = self.crews[id_] = Crew()
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What is wrong with a task. reason: to stop it. told: in the service's event, of the task."""

    reason: str
    told: str


FAILED_CHECKS = Complaint(
    reason="Task failed container health checks", told="failed container health checks."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """How the health of a deployment's tasks is told. checked: containers with health checks.

    target_groups: with the port that each sends to.
    """

    checked: frozenset[str] = frozenset()
    target_groups: tuple[tuple[str, int], ...] = ()
    target_states: Mapping[str, TargetState]

    @property
    def is_strict(self) -> bool:
        """Whether anything but time says that a task is healthy."""
        return bool(self.checked or self.target_groups)

    def complaint(self, task: Task) -> Complaint | None:
        """Why the task is unhealthy; None when nothing says so."""
        for container in task.containers:
            if container.health == "UNHEALTHY" and container.name in self.checked:
                return FAILED_CHECKS
        for group, port in self.target_groups:
            if self.target_states.get(f"{task.arn} {group}") == "unhealthy":
                return Complaint(
                    reason=f"Task failed ELB health checks in (target-group {group})",
                    told=(
                        f"(port {port}) is unhealthy in (target-group {group}) due to "
                        "(reason Health checks failed)."
                    ),
                )
        return None

    def approves(self, task: Task) -> bool:
        """Whether everything that is asked says that the task is healthy."""
        for container in task.containers:
            if container.name in self.checked and container.health != "HEALTHY":
                return False
        return all(
            self.target_states.get(f"{task.arn} {group}") == "healthy"
            for group, _ in self.target_groups
        )


def judge_of(facts: ServiceFacts, id_: DeploymentId | str | None) -> Judge:
    """Of a deployment that nobody knows, nothing but time is asked."""
    deployment = None if id_ is None else facts.deployment(DeploymentId(id_))
    revision = None if deployment is None else facts.revisions.get(deployment.revision_arn)
    if revision is None:
        return Judge(target_states=facts.target_states)
    return Judge(
        checked=revision.checked_containers,
        target_groups=tuple(
            (balancer.target_group_arn, balancer.container_port)
            for balancer in revision.revision.load_balancers
        ),
        target_states=facts.target_states,
    )


def ready_count(facts: ServiceFacts, id_: DeploymentId, crew: Crew) -> int:
    """Tasks of a deployment that do what they are there for.

    RUNNING is enough where nothing checks health; that a task has been so for 40 seconds matters
    only for the floor.
    """
    unjudged = 0 if judge_of(facts, id_).is_strict else len(crew.waiting)
    return len(crew.healthy) + unjudged


def tally(facts: ServiceFacts) -> Tally:
    """Every task in its place."""
    result = Tally()
    now = facts.now
    settled_before = now - facts.healthy_after_seconds
    next_started = math.inf
    judges: dict[str | None, Judge | None] = {}
    for task in facts.tasks:
        id_ = task.started_by
        crew = result.crews.get(id_)
        if crew is None:
            crew = result.crew(id_)
            judge = judge_of(facts, id_)
            judges[id_] = judge if judge.is_strict else None
        status = task.status
        if status == "STOPPED":
            result.ended.append(task)
        elif status == "RUNNING":
            strict = judges[id_]
            started = task.started_at or now
            if task.goal == "STOPPED" or task.is_host_lost:
                crew.stopping += 1
            elif strict is not None:
                _judge(facts, result, crew, strict, task)
            elif started <= settled_before:
                _put_healthy(result, crew, task, now)
            else:
                crew.waiting.append(task)
                if task.retires_at is not None:
                    _note_retirement(result, task, started + facts.healthy_after_seconds)
                if started < next_started:
                    next_started = started
        elif status in STARTING:
            if task.goal == "STOPPED":
                crew.stopping += 1
            else:
                crew.starting.append(task)
        else:
            crew.leaving += 1
    settles_at = next_started + facts.healthy_after_seconds
    result.next_judgement_at = min(result.next_judgement_at, settles_at)
    return result


def _put_healthy(result: Tally, crew: Crew, task: Task, now: Timestamp) -> None:
    if task.retires_at is None:
        crew.healthy.append(task)
    elif task.is_retired(now):
        crew.retiring.append(task)
    else:
        crew.healthy.append(task)
        _note_retirement(result, task, now)


def _note_retirement(result: Tally, task: Task, healthy_at: Timestamp) -> None:
    retires_at = max(task.retires_at or healthy_at, healthy_at)
    result.next_retirement_at = min(result.next_retirement_at, retires_at)


def _judge(facts: ServiceFacts, result: Tally, crew: Crew, judge: Judge, task: Task) -> None:
    if judge.approves(task):
        _put_healthy(result, crew, task, facts.now)
        return
    grace = facts.service.health_check_grace_period_seconds or 0
    heard_at = (task.started_at or facts.now) + grace
    if judge.complaint(task) is None:
        crew.waiting.append(task)
    elif facts.now < heard_at:
        crew.waiting.append(task)
        result.next_judgement_at = min(result.next_judgement_at, heard_at)
    else:
        crew.unhealthy.append(task)
