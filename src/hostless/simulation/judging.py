"""Whether what was expected came true: a verdict on every member of every expectation. Pure."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hostless.domain.deployments import ENDED, ServiceDeployment
from hostless.simulation.duration import clock_face, spoken
from hostless.simulation.history import Counts, Moment, Sample, ServiceStory
from hostless.simulation.scenario import Expectation, Scenario

STEADY_SECONDS = 60.0
"""A service that is stable for a shorter time is on its way to something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """expected, found: sentences without a full stop."""

    service: str
    expected: str
    found: str
    is_met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One expectation with all there is to judge it by. start: of deployments, by attempt's ARN.

    last_step: when the last step was made. end: of the rehearsal.
    """

    expectation: Expectation
    story: ServiceStory
    starts: Mapping[str, float]
    last_step: float
    end: float

    @property
    def since(self) -> float:
        after = self.expectation.after
        return self.last_step if after is None else after

    @property
    def until(self) -> float:
        until = self.expectation.until
        return self.end if until is None else until


_Judge = Callable[[_Case], tuple[str, str, bool]]


def judge(
    scenario: Scenario, stories: Mapping[str, ServiceStory], starts: Mapping[str, float], end: float
) -> tuple[Verdict, ...]:
    """stories: by the service's name. starts: when each attempt began, by its ARN."""
    last_step = max((step.at for step in scenario.step), default=0.0)
    verdicts = []
    for expectation in scenario.expect:
        story = stories.get(expectation.service) or ServiceStory(expectation.service)
        case = _Case(
            expectation=expectation, story=story, starts=starts, last_step=last_step, end=end
        )
        for name, judged in JUDGES.items():
            if getattr(expectation, name) is not None:
                expected, found, is_met = judged(case)
                verdicts.append(
                    Verdict(service=story.name, expected=expected, found=found, is_met=is_met)
                )
    return tuple(verdicts)


def _stretches(
    samples: Sequence[Sample], since: float, until: float
) -> Iterator[tuple[float, float, Counts]]:
    """From when to when what was true, within the window."""
    ends = [sample.at for sample in samples[1:]] + [math.inf]
    for sample, end in zip(samples, ends, strict=True):
        begins, ends_at = max(sample.at, since), min(end, until)
        if begins < ends_at:
            yield begins, ends_at, sample.counts


def _stable_within(case: _Case) -> tuple[str, str, bool]:
    limit = case.expectation.stable_within or 0.0
    expected = f"stable within {spoken(limit)} of {clock_face(case.since)}"
    at = _stable_since(case)
    if at is None:
        return expected, "it never was", False
    return expected, f"it took {spoken(at - case.since)}", at - case.since <= limit


def _stable_since(case: _Case) -> float | None:
    """The first instant from which on the service is stable for a while, or to the end."""
    begun: float | None = None
    for begins, ends, counts in _stretches(case.story.samples, case.since, case.end):
        if not counts.is_stable:
            begun = None
            continue
        begun = begins if begun is None else begun
        if ends - begun >= STEADY_SECONDS or ends == case.end:
            return begun
    return None


def _never_below(case: _Case) -> tuple[str, str, bool]:
    least = case.expectation.never_below or 0
    expected = f"never below {least} healthy"
    after = case.expectation.after
    since = _first_full(case.story.samples, least) if after is None else float(after)
    if since is None:
        return expected, f"{least} were never healthy at all", False
    window = list(_stretches(case.story.samples, since, case.until))
    healthy = [(begins, ends, counts.healthy) for begins, ends, counts in window]
    return expected, *_outside(healthy, lambda count: count < least, min, "least")


def _first_full(samples: Sequence[Sample], least: int) -> float | None:
    """When so many and the desired number were healthy for the first time."""
    full = (s.at for s in samples if s.counts.healthy >= max(least, s.counts.desired))
    return next(full, None)


def _never_above(case: _Case) -> tuple[str, str, bool]:
    most = case.expectation.never_above or 0
    since = case.expectation.after or 0.0
    window = list(_stretches(case.story.samples, since, case.until))
    live = [(begins, ends, counts.live) for begins, ends, counts in window]
    expected = f"never above {most} running or starting"
    return expected, *_outside(live, lambda count: count > most, max, "most")


def _outside(
    window: Sequence[tuple[float, float, int]],
    is_wrong: Callable[[int], bool],
    worst_of: Callable[[Iterable[int]], int],
    word: str,
) -> tuple[str, bool]:
    """What the worst count was and, if it was ever wrong, since when and for how long."""
    if not window:
        return "nothing was seen in that time", False
    worst = worst_of(count for _, _, count in window)
    wrong = [(begins, ends) for begins, ends, count in window if is_wrong(count)]
    if not wrong:
        return f"it was {worst} at {word}", True
    length = sum(ends - begins for begins, ends in wrong)
    found = f"it was {worst}; outside for {spoken(length)}, first at {clock_face(wrong[0][0])}"
    return found, False


def _attempts(case: _Case) -> list[ServiceDeployment]:
    return [a for a in case.story.attempts.values() if case.starts.get(a.arn, 0.0) <= case.until]


def _rolled_back(case: _Case) -> tuple[str, str, bool]:
    wanted = bool(case.expectation.rolled_back)
    expected = "a deployment is rolled back" if wanted else "no deployment is rolled back"
    back = [a for a in _attempts(case) if a.status in ("ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")]
    back += [a for a in _attempts(case) if a.status == "ROLLBACK_IN_PROGRESS"]
    if not back:
        return expected, "none was", not wanted
    label = case.story.revisions.get(back[0].target_revision_arn, "")
    is_met = wanted and any(a.status == "ROLLBACK_SUCCESSFUL" for a in back)
    return expected, f"{label}: {back[0].status}", is_met


def _deployment(case: _Case) -> tuple[str, str, bool]:
    wanted = case.expectation.deployment
    attempts = _attempts(case)
    if not attempts:
        return f"the last deployment ends {wanted}", "there was none", False
    found = attempts[-1].status
    suffix = "" if found in ENDED else ", still under way"
    return f"the last deployment ends {wanted}", f"it is {found}{suffix}", found == wanted


def _running(case: _Case) -> tuple[str, str, bool]:
    found = _at_end(case)
    count = 0 if found is None else found.all_running
    expected = f"{case.expectation.running} running at {clock_face(case.until)}"
    return expected, f"{count} were", count == case.expectation.running


def _image(case: _Case) -> tuple[str, str, bool]:
    found = _at_end(case)
    running = () if found is None else found.running
    labels = sorted({case.story.revisions.get(arn, arn).split(" #")[0] for arn, _ in running})
    expected = f"only {case.expectation.image} runs at {clock_face(case.until)}"
    return (
        expected,
        f"there was {', '.join(labels) or 'nothing'}",
        labels == [case.expectation.image],
    )


def _at_end(case: _Case) -> Counts | None:
    stretches = list(_stretches(case.story.samples, 0.0, case.until))
    return stretches[-1][2] if stretches else None


def _event(case: _Case) -> tuple[str, str, bool]:
    text = case.expectation.event or ""
    found = next(_saying(case, text), None)
    answer = "there was none" if found is None else f"at {clock_face(found.at)}"
    return f"an event says {text!r}", answer, found is not None


def _no_event(case: _Case) -> tuple[str, str, bool]:
    text = case.expectation.no_event or ""
    found = next(_saying(case, text), None)
    answer = "none does" if found is None else f"one does at {clock_face(found.at)}: {found.text}"
    return f"no event says {text!r}", answer, found is None


def _saying(case: _Case, text: str) -> Iterator[Moment]:
    since = case.expectation.after or 0.0
    return (m for m in case.story.events if text in m.text and since <= m.at <= case.until)


def _zones_used(case: _Case) -> tuple[str, str, bool]:
    found = _at_end(case)
    zones: Iterable[tuple[str, int]] = () if found is None else found.zones
    shown = ", ".join(f"{zone} {count}" for zone, count in zones) or "none"
    count = sum(1 for _ in zones)
    expected = f"tasks run in {case.expectation.zones_used} zones at {clock_face(case.until)}"
    return expected, shown, count == case.expectation.zones_used


def _failed_tasks(case: _Case) -> tuple[str, str, bool]:
    most = case.expectation.failed_tasks_at_most or 0
    count = case.story.failed_tasks
    return f"at most {most} tasks fail to start", f"{count} did", count <= most


JUDGES: Mapping[str, _Judge] = {
    "stable_within": _stable_within,
    "never_below": _never_below,
    "never_above": _never_above,
    "rolled_back": _rolled_back,
    "deployment": _deployment,
    "running": _running,
    "image": _image,
    "event": _event,
    "no_event": _no_event,
    "zones_used": _zones_used,
    "failed_tasks_at_most": _failed_tasks,
}
"""By the member of an expectation."""
