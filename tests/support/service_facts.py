"""Facts about a service, made up: for decisions without a store. And plans carried out on them."""

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tests.support.services import content_for, definition_for
from tests.support.tasks import CLUSTER, REALM

from hostless.controllers.service.facts import EventMemory, RevisionFacts, ServiceFacts
from hostless.controllers.service.news import in_full, started
from hostless.controllers.service.plan import Plan, Starts
from hostless.domain.arns import DeploymentId, ServiceRevisionArn, SubnetId, TaskArn
from hostless.domain.capacity import Room
from hostless.domain.deployments import Deployment
from hostless.domain.new_service import Rollout, begin_rollout
from hostless.domain.services import Service
from hostless.domain.stop_requests import asked_to_stop
from hostless.domain.tasks import (
    Container,
    InterfaceAttachment,
    Placement,
    StopRequest,
    Task,
    TaskOverride,
)
from hostless.kit.ids import Ids

NOW = 1_000_000.0
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
PLENTY = Room(cpu_units=10**9, memory_mib=10**9)
SERVICE = Service(
    arn=REALM.service_arn("default", "web"),
    cluster_arn=CLUSTER.arn,
    name="web",
    desired_count=2,
    revision_arn=ServiceRevisionArn(""),
    created_at=NOW - 10_000,
)
IDS = Ids(random.Random(5))
_PLACEMENT = Placement(subnets=(SubnetId("subnet-a"),), security_groups=())
_COMPLETED = {"rollout_state": "COMPLETED"}


def rollout_of(
    service: Service = SERVICE,
    others: Iterable[Deployment] = (),
    *,
    image: str = "web@sha256:1",
    at: float = NOW,
    **content: Any,
) -> Rollout:
    """With a digest in the image, so that nothing has to be resolved first."""
    what = content_for(definition_for(image), **content)
    return begin_rollout(REALM, service, what, others, IDS, at)


def facts_with(
    *rollouts: Rollout, service: Service = SERVICE, checks_health: bool = False, **more: Any
) -> ServiceFacts:
    """Of the last rollout the attempt is under way, the earlier ones are completed."""
    check = {} if not checks_health else {"health_check": _check()}
    image = rollouts[-1].revision.container_images[0].image
    revisions = {
        r.revision.arn: RevisionFacts(
            revision=r.revision, definition=definition_for(image, **check), zones=ZONES
        )
        for r in rollouts
    }
    earlier = [replace(r.deployment, rollout_state="COMPLETED") for r in rollouts[:-1]]
    facts = ServiceFacts(
        now=NOW,
        service=service,
        deployments=(*earlier, rollouts[-1].deployment),
        attempts=(rollouts[-1].service_deployment,),
        revision_keys=tuple(revisions),
        revisions=revisions,
        room=PLENTY,
    )
    return replace(facts, **more)


def settled(facts: ServiceFacts) -> ServiceFacts:
    """As after the last rollout has ended well."""
    return replace(
        facts,
        deployments=tuple(replace(d, rollout_state="COMPLETED") for d in facts.deployments),
        attempts=(),
    )


def _check() -> Any:
    from hostless.domain.container_definitions import HealthCheck

    return HealthCheck(command=("CMD", "true"))


def task_of(
    deployment_id: str,
    status: str = "RUNNING",
    *,
    age: float = 100.0,
    health: str = "UNKNOWN",
    zone: str | None = ZONES[0],
    digest: str | None = None,
    **more: Any,
) -> Task:
    """age: seconds since it was asked for; it was RUNNING right away."""
    created_at = NOW - age
    container = Container(
        arn=REALM.container_arn("default", IDS.hex(32), IDS.uuid()),
        name="main",
        image="web",
        image_digest=digest,
        health=health,  # type: ignore[arg-type]
    )
    task = Task(
        arn=TaskArn(REALM.task_arn("default", IDS.hex(32))),
        cluster_arn=CLUSTER.arn,
        definition_arn=definition_for("web").arn,
        status=status,  # type: ignore[arg-type]
        group="service:web",
        started_by=deployment_id,
        service_arn=SERVICE.arn,
        cpu=256,
        memory_mib=512,
        overrides=TaskOverride(),
        containers=(container,),
        placement=_PLACEMENT,
        zone=zone,
        attachment=InterfaceAttachment(
            id=IDS.uuid(), status="ATTACHED", subnet_id=SubnetId("subnet-a")
        ),
        created_at=created_at,
        started_at=created_at if status in ("RUNNING", "DEACTIVATING", "STOPPING") else None,
    )
    return replace(task, **more)


def failed_start(deployment_id: str, **more: Any) -> Task:
    request = StopRequest(code="TaskFailedToStart", reason="no", at=NOW - 1)
    return task_of(
        deployment_id, "STOPPED", goal="STOPPED", stop_request=request, stopped_at=NOW, **more
    )


def carried_out(facts: ServiceFacts, plan: Plan) -> ServiceFacts:
    """What is known after the plan was performed, at the same instant."""
    counted = {task.arn for task in plan.counted}
    stops = {stop.task.arn: stop.reason for stop in plan.stops}
    tasks = [
        _stopped(task, stops[task.arn], facts.now) if task.arn in stops else task
        for task in facts.tasks
        if task.arn not in counted
    ]
    messages = [news.message for news in plan.news]
    for starts in plan.starts:
        fresh = _started(starts, facts.now)
        tasks += fresh
        messages.append(started(fresh).message)
    messages += [news.message for news in plan.late_news]
    return replace(
        facts,
        service=plan.service or facts.service,
        tasks=tasks,
        deployments=_replaced(facts.deployments, plan.deployments, plan.forgotten.deployments),
        attempts=_attempts(facts, plan),
        revisions=_revisions(facts, plan),
        revision_keys=tuple(k for k in facts.revision_keys if k not in plan.forgotten.revisions),
        events=_remembering(facts, [message for message in messages if message is not None]),
    )


def _attempts(facts: ServiceFacts, plan: Plan) -> Any:
    after = {attempt.arn: attempt for attempt in facts.attempts}
    after |= {attempt.arn: attempt for attempt in plan.attempts}
    return tuple(a for a in after.values() if a.arn not in plan.forgotten.attempts)


def _revisions(facts: ServiceFacts, plan: Plan) -> Any:
    after = dict(facts.revisions)
    for revision in plan.revisions:
        after[revision.arn] = replace(after[revision.arn], revision=revision)
    return after


def _replaced(before: Any, changed: Any, gone: Any) -> Any:
    after = {each.id: each for each in before} | {each.id: each for each in changed}
    return tuple(each for each in after.values() if each.id not in gone)


def _stopped(task: Task, reason: str, now: float) -> Task:
    request = StopRequest(code="ServiceSchedulerInitiated", reason=reason, at=now)
    return replace(asked_to_stop(task, request), is_counted=True)


def _started(starts: Starts, now: float) -> list[Task]:
    return [
        replace(
            task_of(starts.deployment.id, "PROVISIONING", zone=None),
            created_at=now,
            capacity_provider_name=provider,
        )
        for provider in starts.providers
    ]


def _remembering(facts: ServiceFacts, messages: list[str]) -> EventMemory:
    memory = facts.events
    for message in (in_full(facts.service.name, m) for m in messages):
        is_steady = message.endswith("steady state.")
        memory = replace(
            memory,
            last_number=memory.last_number + 1,
            last_message=message,
            steady_at=facts.now if is_steady else memory.steady_at,
            told_at={**memory.told_at, message: facts.now},
        )
    return memory


def deployment_id(number: int) -> DeploymentId:
    return DeploymentId(f"ecs-svc/{number:019}")
