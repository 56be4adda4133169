"""What was expected is judged by what was seen, member by member, window by window."""

from dataclasses import replace
from typing import Any

import pytest

from hostless.domain.arns import DeploymentId, Realm, ServiceDeploymentArn
from hostless.domain.deployments import ServiceDeployment
from hostless.domain.services import DeploymentConfiguration
from hostless.simulation.duration import Duration
from hostless.simulation.history import Counts, Moment, Sample, ServiceStory
from hostless.simulation.judging import JUDGES, Verdict, judge
from hostless.simulation.scenario import Expectation, Scale, Scenario, ServiceSetup

FULL = Counts(
    desired=4,
    floor=4,
    ceiling=8,
    healthy=4,
    starting=0,
    stopping=0,
    running=(("one", 4),),
    zones=(("a", 2), ("b", 2)),
    is_stable=True,
)
EMPTY = replace(FULL, healthy=0, starting=4, running=(), zones=(), is_stable=False)
DIP = replace(FULL, healthy=2, running=(("one", 2),), is_stable=False)
END = 1000.0
STEP_AT = 200.0


def story(*samples: tuple[float, Counts], **changes: Any) -> ServiceStory:
    told = ServiceStory("web")
    told.samples = [Sample(at=at, counts=c) for at, c in samples]
    told.revisions = {"one": "web:1", "two": "web:2"}
    for name, value in changes.items():
        setattr(told, name, value)
    return told


def verdict_on(told: ServiceStory, **expected: Any) -> Verdict:
    for name in ("after", "until", "stable_within"):
        if name in expected:
            expected[name] = Duration(expected[name])
    scenario = Scenario(
        service=(ServiceSetup(name="web"),),
        step=(Scale(at=Duration(STEP_AT), service="web", to=4),),
        expect=(Expectation(service="web", **expected),),
    )
    [verdict] = judge(scenario, {"web": told}, {}, END)
    return verdict


def attempt(status: str, target: str = "two") -> ServiceDeployment:
    realm = Realm()
    return ServiceDeployment(
        arn=ServiceDeploymentArn(status),
        service_arn=realm.service_arn("default", "web"),
        cluster_arn=realm.cluster_arn("default"),
        target_revision_arn=target,  # type: ignore[arg-type]
        deployment_id=DeploymentId("ecs-svc/1"),
        deployment_configuration=DeploymentConfiguration(),
        status=status,  # type: ignore[arg-type]
        created_at=0.0,
        updated_at=0.0,
    )


def test_stable_is_counted_from_the_last_step() -> None:
    told = story((0, EMPTY), (60, FULL), (201, DIP), (290, FULL))
    verdict = verdict_on(told, stable_within=100)
    assert verdict.is_met
    assert (verdict.expected, verdict.found) == (
        "stable within 1 min 40 s of 3:20",
        "it took 1 min 30 s",
    )


def test_stable_too_late_is_not_stable_in_time() -> None:
    told = story((0, EMPTY), (60, FULL), (201, DIP), (290, FULL))
    assert not verdict_on(told, stable_within=80).is_met


def test_what_is_stable_for_a_moment_only_is_not_stable() -> None:
    told = story((0, FULL), (201, DIP), (210, FULL), (230, DIP), (500, FULL))
    verdict = verdict_on(told, stable_within=100)
    assert (verdict.is_met, verdict.found) == (False, "it took 5 min")


def test_what_never_becomes_stable_is_told_so() -> None:
    verdict = verdict_on(story((0, EMPTY)), stable_within=100)
    assert (verdict.is_met, verdict.found) == (False, "it never was")


def test_never_below_counts_from_the_first_time_that_all_were_healthy() -> None:
    verdict = verdict_on(story((0, EMPTY), (60, FULL)), never_below=4)
    assert (verdict.is_met, verdict.found) == (True, "it was 4 at least")


def test_a_dip_is_told_with_its_depth_its_length_and_its_begin() -> None:
    told = story((0, EMPTY), (60, FULL), (300, DIP), (345, FULL))
    verdict = verdict_on(told, never_below=3)
    assert (verdict.is_met, verdict.found) == (False, "it was 2; outside for 45 s, first at 5:00")


def test_a_dip_outside_the_window_does_not_count() -> None:
    told = story((0, EMPTY), (60, FULL), (300, DIP), (345, FULL))
    assert verdict_on(told, never_below=3, until=300).is_met
    assert verdict_on(told, never_below=3, after=345).is_met


def test_what_was_never_full_was_below() -> None:
    assert not verdict_on(story((0, EMPTY)), never_below=1).is_met


def test_never_above_counts_what_runs_and_what_starts() -> None:
    told = story((0, EMPTY), (60, replace(FULL, starting=3)))
    assert verdict_on(told, never_above=7).is_met
    assert not verdict_on(told, never_above=6).is_met


@pytest.mark.parametrize(
    ("statuses", "wanted", "is_met"),
    [
        (["SUCCESSFUL"], True, False),
        (["SUCCESSFUL"], False, True),
        (["SUCCESSFUL", "ROLLBACK_SUCCESSFUL"], True, True),
        (["SUCCESSFUL", "ROLLBACK_SUCCESSFUL"], False, False),
        (["SUCCESSFUL", "ROLLBACK_IN_PROGRESS"], True, False),
        (["ROLLBACK_FAILED"], True, False),
    ],
)
def test_a_rollback_is_expected_or_not(statuses: list[str], wanted: bool, is_met: bool) -> None:
    told = story((0, FULL), attempts={status: attempt(status) for status in statuses})
    assert verdict_on(told, rolled_back=wanted).is_met is is_met


def test_the_last_deployment_is_the_one_that_is_meant() -> None:
    attempts = {status: attempt(status) for status in ("SUCCESSFUL", "STOPPED")}
    told = story((0, FULL), attempts=attempts)
    assert verdict_on(told, deployment="STOPPED").is_met
    assert not verdict_on(told, deployment="SUCCESSFUL").is_met


def test_what_runs_at_the_end_of_the_window_counts() -> None:
    told = story((0, EMPTY), (60, FULL), (300, DIP))
    assert verdict_on(told, running=2).is_met
    assert verdict_on(told, running=4, until=300).is_met
    assert verdict_on(told, image="web:1").is_met
    assert not verdict_on(told, image="web:2").is_met
    assert verdict_on(told, zones_used=2).is_met


def test_events_are_searched_within_the_window() -> None:
    told = story((0, FULL), events=[Moment(at=100, text="has reached a steady state.")])
    assert verdict_on(told, event="steady").is_met
    assert not verdict_on(told, event="steady", after=101).is_met
    assert not verdict_on(told, no_event="steady").is_met
    assert verdict_on(told, no_event="unable").is_met


def test_failed_tasks_are_counted() -> None:
    assert verdict_on(story((0, FULL), failed_tasks=2), failed_tasks_at_most=2).is_met
    assert not verdict_on(story((0, FULL), failed_tasks=3), failed_tasks_at_most=2).is_met


def test_everything_that_can_be_expected_is_judged() -> None:
    window = {"service", "after", "until"}
    assert set(Expectation.__dataclass_fields__) - window == set(JUDGES)
