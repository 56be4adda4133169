"""How many tasks to start and to stop, of which kind: the arithmetic of a rolling update.

At least `floor` healthy tasks through the scheduler's own doing, at most `ceiling` tasks running or
starting, at every instant (ECS API, DeploymentConfiguration). Which tasks these are is `victims`'
business; whether starting is allowed at all, `backoff`'s and `capacity`'s.
"""

from dataclasses import dataclass

from hostless.domain.services import DeploymentConfiguration


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    desired: int
    floor: int
    ceiling: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the service stands. occupying: all its tasks from PROVISIONING to RUNNING.

    stopping: those of them that were asked to stop. startable: how many tasks of the PRIMARY
    deployment may be started now as far as failures go; placeable: as far as the machine goes.
    The pairs are of the PRIMARY deployment and of all others together; tasks that retire count as
    healthy ones of others, whatever deployment they are of. fallback_startable: how many
    of the last completed deployment may be started and find room, 0 unless the PRIMARY one is
    failing; fallback_starting: how many are, 0 likewise.
    """

    bounds: Bounds
    starting: int = 0
    waiting: int = 0
    healthy: int = 0
    unhealthy: int = 0
    other_starting: int = 0
    other_waiting: int = 0
    other_healthy: int = 0
    other_unhealthy: int = 0
    stopping: int = 0
    fallback_startable: int = 0
    fallback_starting: int = 0
    startable: int = 0
    placeable: int = 0
    is_given_up: bool = False
    is_rebalancing: bool = False

    @property
    def good(self) -> int:
        return self.starting + self.waiting + self.healthy

    @property
    def occupying(self) -> int:
        others = self.other_starting + self.other_waiting + self.other_healthy
        unhealthy = self.unhealthy + self.other_unhealthy
        return self.good + others + unhealthy + self.stopping

    @property
    def holding(self) -> int:
        """Healthy tasks, and old ones that only have not been RUNNING for long enough."""
        return self.healthy + self.other_healthy + self.other_waiting

    @property
    def idle_others(self) -> int:
        """Old tasks that do not hold the service up, nor are about to."""
        return self.other_starting - self.fallback_starting + self.other_unhealthy


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """start_fallback: of the last completed deployment, where the PRIMARY one fails and too few are
    left. stop_good: of the PRIMARY deployment, to scale in. stop_unhealthy: of it, to be replaced.

    stop_others: of those that hold the service up; stop_idle_others: whether those that do not
    (starting, unhealthy) are stopped too. unplaced: tasks that should start and find no room on the
    machine. is_stuck: neither starting nor stopping is possible under the configuration.
    """

    start: int = 0
    start_fallback: int = 0
    stop_good: int = 0
    stop_unhealthy: int = 0
    stop_others: int = 0
    stop_idle_others: bool = False
    unplaced: int = 0
    is_stuck: bool = False


def bounds_of(desired: int, configuration: DeploymentConfiguration) -> Bounds:
    """The floor rounds up, the ceiling rounds down."""
    return Bounds(
        desired=desired,
        floor=-(-desired * configuration.minimum_healthy_percent // 100),
        ceiling=desired * configuration.maximum_percent // 100,
    )


def moves_of(standing: Standing) -> Moves:
    """The next step. Unhealthy tasks are replaced start-first where the ceiling permits."""
    if standing.is_given_up:
        return _shrink_only(standing)
    desired = standing.bounds.desired
    target = desired + (1 if standing.is_rebalancing else 0)
    wanted = min(max(0, target - standing.good), standing.startable)
    under_ceiling = max(0, standing.bounds.ceiling - standing.occupying)
    fallback = min(_missing_fallback(standing), under_ceiling)
    under_ceiling -= fallback
    start = min(wanted, under_ceiling, standing.placeable)
    idle_others = standing.idle_others
    blocked = max(0, wanted - start - standing.stopping - idle_others)
    stop_others = _stop_others(standing, blocked)
    stop_unhealthy = _stop_unhealthy(standing, blocked - stop_others)
    stop_good = max(0, standing.good - target)
    steps = (start, fallback, stop_others, stop_unhealthy, stop_good, idle_others)
    return Moves(
        start=start,
        start_fallback=fallback,
        stop_good=stop_good,
        stop_unhealthy=stop_unhealthy,
        stop_others=stop_others,
        stop_idle_others=idle_others > 0,
        unplaced=max(0, min(wanted, desired - standing.good, under_ceiling) - start),
        is_stuck=(
            wanted > 0
            and standing.good < desired
            and under_ceiling == 0
            and not any(steps)
            and standing.stopping + standing.starting + standing.waiting == 0
            and standing.other_starting == 0
        ),
    )


def _missing_fallback(standing: Standing) -> int:
    """Tasks of the old version that make up for lost ones while the new version is failing.

    A task that is lost during a deployment is replaced by one of its own revision (Amazon ECS
    Developer Guide, "Deploy Amazon ECS services by replacing tasks").
    """
    held = standing.holding + standing.fallback_starting
    return min(max(0, standing.bounds.floor - held), standing.fallback_startable)


def _shrink_only(standing: Standing) -> Moves:
    """A deployment that was given up starts nothing; older ones carry the service as they are."""
    others = standing.other_waiting + standing.other_healthy
    extra = max(0, standing.good + others - standing.bounds.desired)
    stop_good = min(extra, standing.good)
    idle = standing.idle_others
    return Moves(
        stop_good=stop_good,
        stop_others=min(extra - stop_good, others),
        stop_idle_others=idle > 0 and standing.good + others + idle > standing.bounds.desired,
        stop_unhealthy=standing.unhealthy,
    )


def _stop_others(standing: Standing, blocked: int) -> int:
    """Old tasks go when new ones hold the service up, or when they are in the way."""
    stoppable = min(
        standing.other_healthy + standing.other_waiting,
        max(0, standing.holding - standing.bounds.floor),
    )
    surplus = max(0, standing.holding - standing.bounds.desired)
    return min(stoppable, surplus + blocked)


def _stop_unhealthy(standing: Standing, blocked: int) -> int:
    """Those that were replaced; where there is no room for replacements, one after the other."""
    replaced = max(0, standing.healthy + standing.unhealthy - standing.bounds.desired)
    if replaced:
        return min(replaced, standing.unhealthy)
    is_next = standing.starting + standing.stopping == 0
    return 1 if standing.unhealthy and blocked > 0 and is_next else 0
