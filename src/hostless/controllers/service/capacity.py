"""How many more tasks can be placed, and with which capacity provider.

A strategy's base and weights hold for all live tasks of the service, not for each batch (ECS API,
CapacityProviderStrategyItem). Spot tasks are never replaced by on-demand ones.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hostless.controllers.service.facts import RevisionFacts, ServiceFacts
from hostless.domain.api_limits import launch_bucket
from hostless.domain.capacity_strategy import providers_for
from hostless.domain.fargate_sizes import cpu_units_of, memory_mib_of
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp

SPOT = "FARGATE_SPOT"
MINUTE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """allowed: how many tasks the service may start now; None: any number.

    again_at: when it may start more.
    """

    allowed: int | None = None
    again_at: Timestamp | None = None


def rate_of(facts: ServiceFacts, revision: RevisionFacts) -> Rate:
    """By the limits on task launches, of the service and of the account, where there are any."""
    rates = [_own_rate(facts), *_account_rates(facts, revision)]
    limited = [rate for rate in rates if rate.allowed is not None]
    return min(limited, key=lambda rate: rate.allowed or 0, default=Rate())


def _account_rates(facts: ServiceFacts, revision: RevisionFacts) -> Iterator[Rate]:
    """Of every provider that the tasks may get, for it is not decided yet which each one gets."""
    strategy = revision.revision.capacity_provider_strategy
    buckets = {launch_bucket(item.capacity_provider) for item in strategy}
    for bucket in buckets or {launch_bucket(None)}:
        limit = facts.launch_limits.get(bucket)
        if limit is not None:
            yield Rate(allowed=limit.allowed, again_at=limit.again_at)


def _own_rate(facts: ServiceFacts) -> Rate:
    if facts.starts_per_minute is None:
        return Rate()
    since = facts.now - MINUTE_SECONDS
    recent = [task.created_at for task in facts.tasks if task.created_at > since]
    allowed = max(0, facts.starts_per_minute - len(recent))
    return Rate(allowed=allowed, again_at=min(recent, default=facts.now) + MINUTE_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """providers: of the tasks that can be placed, None for the launch type FARGATE.

    is_at_quota: whether the vCPU quota is why they are not as many as were wanted.
    """

    providers: tuple[str | None, ...] = ()
    is_at_quota: bool = False


def places_of(
    facts: ServiceFacts, revision: RevisionFacts, live: Iterable[Task], wanted: int
) -> Places:
    """Places for up to `wanted` more tasks of the revision.

    Fewer when the machine, the zones or Spot have no room, or the account no quota. live: its
    tasks that stay.
    """
    if wanted <= 0:
        return Places()
    asked = _providers(facts, revision, live, wanted)
    placed = [name for name in asked if not (name == SPOT and facts.is_spot_out)]
    placed = placed[: _room_for(facts, revision)]
    within = _within_quota(facts, revision, placed)
    return Places(providers=within, is_at_quota=len(within) < len(placed))


def _within_quota(
    facts: ServiceFacts, revision: RevisionFacts, placed: list[str | None]
) -> tuple[str | None, ...]:
    if not facts.vcpus.is_limited or revision.definition is None:
        return tuple(placed)
    cpu = cpu_units_of(revision.definition.cpu or "") or 1
    left, within = facts.vcpus, []
    for name in placed:
        if left.fits(name, cpu) != 0:
            within.append(name)
            left = left.minus(name, cpu)
    return tuple(within)


def _providers(
    facts: ServiceFacts, revision: RevisionFacts, live: Iterable[Task], count: int
) -> list[str | None]:
    """What the strategy has for all tasks together, minus what there is."""
    strategy = revision.revision.capacity_provider_strategy
    if not strategy:
        return [None] * count
    existing = Counter(task.capacity_provider_name for task in live)
    asked: list[str | None] = []
    for name in providers_for(strategy, existing.total() + count):
        if existing[name] > 0:
            existing[name] -= 1
        else:
            asked.append(name)
    return asked[:count]


def _room_for(facts: ServiceFacts, revision: RevisionFacts) -> int:
    """How many tasks of its size fit on the machine; none without a zone to go to."""
    definition = revision.definition
    if definition is None or not set(revision.zones) - facts.zones_out:
        return 0
    cpu, memory = cpu_units_of(definition.cpu or ""), memory_mib_of(definition.memory or "")
    if not cpu or not memory:
        return 0
    return max(0, min(facts.room.cpu_units // cpu, facts.room.memory_mib // memory))
