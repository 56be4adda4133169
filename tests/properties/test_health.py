"""What health checks add up to: properties and the mutants they must catch."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import strategies as st
from tests.support.mutation import check, survives

from hostless.domain.health import CheckPlan, Course, HealthStatus, begun, checked

Checked = Callable[..., Course]
Begun = Callable[[CheckPlan, float, HealthStatus, float], Course]


@dataclass(frozen=True)
class History:
    """outcomes: of each check, whether it passed and how many seconds it took."""

    plan: CheckPlan
    outcomes: tuple[tuple[bool, int], ...]


plans = st.builds(
    CheckPlan,
    command=st.just(("true",)),
    interval_seconds=st.integers(5, 300),
    timeout_seconds=st.integers(2, 60),
    retries=st.integers(1, 4),
    start_period_seconds=st.integers(0, 300),
)
histories = st.builds(
    History,
    plan=plans,
    outcomes=st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=8).map(tuple),
)


def expected(plan: CheckPlan, past: list[tuple[bool, float]]) -> HealthStatus:
    """The documentation's sentences, said over the whole past; it: passed, begun at."""
    passes = [number for number, (passed, _) in enumerate(past) if passed]
    since = past[passes[-1] + 1 :] if passes else past
    counted = [at for _, at in since if passes or at >= plan.start_period_seconds]
    if len(counted) >= plan.retries:
        return "UNHEALTHY"
    return "HEALTHY" if passes else "UNKNOWN"


def judge_course(subject: Checked, history: History) -> None:
    plan = history.plan
    course = begun(plan, 0.0, "UNKNOWN", 0.0)
    past: list[tuple[bool, float]] = []
    for passed, seconds in history.outcomes:
        at = course.due_at
        course = subject(plan, course, passed=passed, began_at=at, now=at + seconds)
        past.append((passed, at))
        assert course.status == expected(plan, past)
        assert course.due_at == at + seconds + plan.interval_seconds


def judge_beat(subject: Begun, example: tuple[CheckPlan, int, int]) -> None:
    plan, started_at, elapsed = example
    now = started_at + elapsed
    course = subject(plan, started_at, "HEALTHY", now)
    beats = (course.due_at - started_at) / plan.interval_seconds
    assert beats >= 1
    assert beats == int(beats), "in the beat it would have had all along"
    assert now <= course.due_at
    assert course.due_at - now < plan.interval_seconds or beats == 1
    assert (course.status, course.failures) == ("HEALTHY", 0)


def counts_always(plan: CheckPlan, course: Course, **outcome: float) -> Course:
    return checked(replace(plan, start_period_seconds=0), course, **outcome)  # type: ignore[arg-type]


def counts_never_early(plan: CheckPlan, course: Course, **outcome: float) -> Course:
    if outcome["began_at"] < plan.start_period_seconds and not outcome["passed"]:
        return replace(course, due_at=outcome["now"] + plan.interval_seconds)
    return checked(plan, course, **outcome)  # type: ignore[arg-type]


def forgives_nothing(plan: CheckPlan, course: Course, **outcome: float) -> Course:
    after = checked(plan, course, **outcome)  # type: ignore[arg-type]
    return replace(after, failures=max(after.failures, course.failures))


def is_patient(plan: CheckPlan, course: Course, **outcome: float) -> Course:
    return checked(replace(plan, retries=plan.retries + 1), course, **outcome)  # type: ignore[arg-type]


def never_recovers(plan: CheckPlan, course: Course, **outcome: float) -> Course:
    after = checked(plan, course, **outcome)  # type: ignore[arg-type]
    return replace(after, status="UNHEALTHY") if course.status == "UNHEALTHY" else after


def counts_from_the_begin(plan: CheckPlan, course: Course, **outcome: float) -> Course:
    after = checked(plan, course, **outcome)  # type: ignore[arg-type]
    return replace(after, due_at=outcome["began_at"] + plan.interval_seconds)


def at_once(plan: CheckPlan, started_at: float, status: HealthStatus, now: float) -> Course:
    return replace(begun(plan, started_at, status, now), due_at=now)


def an_interval_from_now(
    plan: CheckPlan, started_at: float, status: HealthStatus, now: float
) -> Course:
    return replace(begun(plan, started_at, status, now), due_at=now + plan.interval_seconds)


def test_a_status_is_what_the_whole_past_says() -> None:
    check(judge_course, checked, histories)


@pytest.mark.parametrize(
    "mutant",
    [
        counts_always,
        counts_never_early,
        forgives_nothing,
        is_patient,
        never_recovers,
        counts_from_the_begin,
    ],
)
def test_the_property_of_courses_catches(mutant: Checked) -> None:
    assert not survives(judge_course, mutant, histories)


BEATS = st.tuples(plans, st.integers(0, 1000), st.integers(0, 2000))


def test_a_course_that_is_taken_up_keeps_its_beat() -> None:
    check(judge_beat, begun, BEATS)


@pytest.mark.parametrize("mutant", [at_once, an_interval_from_now])
def test_the_property_of_beats_catches(mutant: Begun) -> None:
    assert not survives(judge_beat, mutant, BEATS)
