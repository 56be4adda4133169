"""What limits starts: room, zones, Spot, rates, images that are not known yet."""

from dataclasses import replace
from typing import Any

from tests.support.service_facts import NOW, SERVICE, ZONES, facts_with, rollout_of, task_of

from hostless.controllers.service.capacity import places_of, rate_of
from hostless.controllers.service.decide import decide
from hostless.controllers.service.digests import digests_of, resolved, unresolved
from hostless.controllers.service.facts import ServiceFacts
from hostless.controllers.service.moving import MOST_STARTS
from hostless.controllers.service.spread import in_words, is_uneven, zone_counts
from hostless.domain.capacity import Room
from hostless.domain.clusters import CapacityProviderStrategyItem

STRATEGY = (
    CapacityProviderStrategyItem(capacity_provider="FARGATE", weight=1, base=2),
    CapacityProviderStrategyItem(capacity_provider="FARGATE_SPOT", weight=1),
)
MIXED = rollout_of(launch_type=None, capacity_provider_strategy=STRATEGY)
PLAIN = rollout_of(image="web:latest")


def providers(facts: ServiceFacts, wanted: int, **live: int) -> tuple[str | None, ...]:
    tasks = [
        task_of("d", capacity_provider_name=name)
        for name, count in live.items()
        for _ in "x" * count
    ]
    (revision,) = facts.revisions.values()
    return places_of(facts, revision, tasks, wanted).providers


def test_base_and_weights_hold_for_all_tasks_together() -> None:
    facts = facts_with(MIXED)
    assert providers(facts, 4).count("FARGATE") == 3
    assert providers(facts, 2, FARGATE=3, FARGATE_SPOT=1) == ("FARGATE", "FARGATE_SPOT")
    assert providers(facts, 1, FARGATE=2, FARGATE_SPOT=2) == ("FARGATE",)
    assert providers(facts, 2, FARGATE_SPOT=2) == ("FARGATE", "FARGATE")


def test_spot_is_not_replaced_by_on_demand() -> None:
    facts = facts_with(MIXED, is_spot_out=True)
    assert providers(facts, 4) == ("FARGATE",) * 3


def test_no_more_start_than_fit_and_none_without_a_zone() -> None:
    assert len(providers(facts_with(PLAIN, room=Room(cpu_units=600, memory_mib=9999)), 4)) == 2
    assert len(providers(facts_with(PLAIN, room=Room(cpu_units=9999, memory_mib=600)), 4)) == 1
    assert not providers(facts_with(PLAIN, zones_out=frozenset(ZONES)), 4)


def test_a_wish_for_more_tasks_than_fit_into_memory_is_worked_at_like_any_other() -> None:
    service = replace(SERVICE, desired_count=2**31 - 1)
    boundless = Room(cpu_units=10**15, memory_mib=10**15)
    for failed_rounds in (0, 40):
        rollout = rollout_of(service, image="web@sha256:1")
        deployment = replace(rollout.deployment, failed_rounds=failed_rounds)
        rollout = replace(rollout, deployment=deployment)
        plan = decide(facts_with(rollout, service=service, room=boundless))
        [starts] = plan.starts
        assert len(starts.providers) == MOST_STARTS
        assert plan.recheck_at == NOW, "the next ones follow at once"


def test_a_launch_rate_counts_the_last_minute() -> None:
    tasks = [task_of("d", age=age) for age in (1, 30, 59, 61, 100)]
    facts = facts_with(PLAIN, tasks=tasks, starts_per_minute=5)
    rate = rate_of(facts, revision())
    assert (rate.allowed, rate.again_at) == (2, NOW + 1)
    assert rate_of(replace(facts, starts_per_minute=None), revision()).allowed is None


def revision(**changes: Any) -> Any:
    (facts,) = facts_with(PLAIN).revisions.values()
    return replace(facts, **changes)


def test_the_first_digest_that_is_found_is_the_revisions() -> None:
    facts = revision()
    assert unresolved(facts) == {"main"}
    first, second = (task_of("d", digest=f"sha256:{n}") for n in (1, 2))
    found = resolved(facts, [task_of("d"), first, second])
    assert digests_of(found) == {"main": "sha256:1"}
    assert unresolved(replace(facts, revision=found)) == frozenset()
    assert resolved(replace(facts, revision=found), [second]) == found


def test_an_image_with_a_digest_or_without_consistency_needs_no_finding_out() -> None:
    (pinned,) = facts_with(rollout_of()).revisions.values()
    assert unresolved(pinned) == frozenset()
    facts = revision()
    container = replace(facts.definition.container_definitions[0], version_consistency="disabled")
    definition = replace(facts.definition, container_definitions=(container,))
    assert unresolved(replace(facts, definition=definition)) == frozenset()


def test_zones_are_uneven_when_they_differ_by_more_than_one() -> None:
    tasks = [task_of("d", zone=ZONES[n]) for n in (0, 0, 1)]
    counts = zone_counts(tasks, ZONES)
    assert is_uneven(counts)
    assert not is_uneven(zone_counts(tasks, ZONES[:2]))
    assert in_words(counts) == (
        "2 tasks in us-east-1a, 1 tasks in us-east-1b, 0 tasks in us-east-1c"
    )
