"""How long a deployment waits after starts that failed, and how many it then tries.

A task that never got to RUNNING makes the pause between attempts grow, up to 15 minutes; failures
after that do not (Amazon ECS Developer Guide, "Amazon ECS service throttle logic"). The lengths in
between are ours. A new revision starts without a past.
"""

from dataclasses import replace

from hostless.domain.deployments import Deployment
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 900.0
CONSISTENT_ROUNDS = 4
"""So many rounds of failed starts in a row are told as "unable to consistently start tasks"."""
BARELY_RAN_SECONDS = 5.0
"""A container that ended so soon never got to RUNNING on AWS, which learns of both at once."""
_MOST_DOUBLINGS = 30


def is_failed_start(task: Task) -> bool:
    """Whether a stopped task never really ran, by its own fault."""
    if task.stop_request is None:
        return False
    if task.stop_request.code not in ("TaskFailedToStart", "EssentialContainerExited"):
        return False
    return ran_seconds(task) < BARELY_RAN_SECONDS


def ran_seconds(task: Task) -> float:
    """Between RUNNING and the end; 0 when it never was."""
    ended_at = task.execution_stopped_at or task.stopping_at or task.stopped_at
    if task.started_at is None or ended_at is None:
        return 0.0
    return ended_at - task.started_at


def pause_seconds(rounds: int) -> float:
    """After so many rounds in a row in which a start failed."""
    return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(rounds - 1, _MOST_DOUBLINGS))


def after_failed_start(deployment: Deployment, task: Task, now: Timestamp) -> Deployment:
    """The first failure of a round of starts makes the next round wait; the others change nothing.

    A round is what was started since the last pause ended.
    """
    if deployment.next_start_at is not None and task.created_at < deployment.next_start_at:
        return deployment
    rounds = deployment.failed_rounds + 1
    return replace(deployment, failed_rounds=rounds, next_start_at=now + pause_seconds(rounds))


def relieved(deployment: Deployment) -> Deployment:
    """A task got to RUNNING: nothing has to wait any more."""
    return replace(deployment, failed_rounds=0, next_start_at=None)


def tries_of(deployment: Deployment, *, is_resolved: bool) -> int | None:
    """How many tasks may be starting at once; None: any number.

    While the digests of the images are not known it is one, so that all others run the same
    (version consistency); after failures, twice as many each round, so that a broken deployment is
    found out in the end however many failures that takes.
    """
    if deployment.failed_rounds == 0 and is_resolved:
        return None
    doublings = min(deployment.failed_rounds + (3 if is_resolved else 0), _MOST_DOUBLINGS)
    return 1 << doublings
