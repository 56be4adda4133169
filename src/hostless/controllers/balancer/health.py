"""What becomes of a target's recorded health, of what the balancer's nodes see of it. Pure.

Sources: "Health checks for your target groups" and "Deregistration delay", Application Load
Balancer user guide. A target is healthy when every node that sends to it finds it so.
"""

from collections.abc import Sequence
from dataclasses import replace

from hostless.balancer.seam import SeenTarget
from hostless.domain.balancer_attributes import attributes_of
from hostless.domain.target_groups import RecordedHealth, Target, TargetGroup
from hostless.kit.clock import Timestamp

NOT_LOOKED_AT = SeenTarget(
    state="initial",
    reason="Elb.RegistrationInProgress",
    description="Target registration is in progress",
)


def health_of(
    target: Target, group: TargetGroup, seen: Sequence[SeenTarget | None], now: Timestamp
) -> RecordedHealth | None:
    """seen: by each node, None by one that has not looked. None without any node.

    A new target has as long as it would take to be found unhealthy before it counts as that.
    """
    if not seen:
        return None
    found = [each or NOT_LOOKED_AT for each in seen]
    worst = next((each for each in found if each.state == "unhealthy"), None)
    if worst is None:
        worst = next((each for each in found if each.state != "healthy"), found[0])
    before = target.health
    is_new = before is None or before.state == "initial"
    if worst.state == "unhealthy" and is_new and now < _patience_ends(target, group):
        worst = replace(worst, state="initial")
    is_same = before is not None and before.state == worst.state
    return RecordedHealth(
        state=worst.state,
        reason=worst.reason,
        description=worst.description,
        since=before.since if before is not None and is_same else now,
    )


def _patience_ends(target: Target, group: TargetGroup) -> Timestamp:
    check = group.health_check
    return target.registered_at + check.unhealthy_threshold * check.interval_seconds


def drains_until(target: Target, group: TargetGroup) -> Timestamp | None:
    """When the deregistration delay is over; None for a target that does not drain."""
    if target.drains_since is None:
        return None
    delay = int(attributes_of(group)["deregistration_delay.timeout_seconds"])
    return target.drains_since + delay


def is_drained(target: Target, seen: Sequence[SeenTarget | None]) -> bool:
    """Whether nothing is under way any more: then the delay is not waited for."""
    return target.drains_since is not None and all(each is None or not each.active for each in seen)
