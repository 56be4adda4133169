"""What a rehearsal came to, for a person to read: picture, story, verdicts. Pure.

Colours are click's; whoever prints takes them out where no terminal is.
"""

import functools
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields

import click

from hostless.simulation.chart import axis, bars, columns, marks
from hostless.simulation.duration import Duration, clock_face, spoken
from hostless.simulation.history import Counts, ServiceStory
from hostless.simulation.rehearsal import Rehearsal, TakenStep
from hostless.simulation.scenario import STEPS, RestartEngine, Step

_NAME_WIDTH = 20
_LONGEST_LINE = 160
_ALIKE = 3
"""Events that follow each other and say the same are folded when there are more of them."""


def report_of(rehearsal: Rehearsal) -> str:
    """Several lines, without the last line's end."""
    return "\n".join(_lines(rehearsal))


def _lines(rehearsal: Rehearsal) -> Iterator[str]:
    scenario = rehearsal.scenario
    if scenario.title:
        yield click.style(scenario.title, bold=True)
    yield f"{spoken(scenario.end)} rehearsed, seed {scenario.seed}, {rehearsal.commits} commits"
    for story in rehearsal.stories:
        yield ""
        yield from _picture(story, rehearsal)
    yield ""
    yield from _timeline(rehearsal)
    yield ""
    yield from _verdicts(rehearsal)


def _picture(story: ServiceStory, rehearsal: Rehearsal) -> Iterator[str]:
    if not story.samples:
        return
    end = rehearsal.scenario.end
    top = max(max(s.counts.live, s.counts.desired) for s in story.samples)
    yield click.style(story.name, bold=True)
    steps = marks([taken.step.at for taken in rehearsal.steps], end)
    if steps:
        yield _row("steps", steps)
    for arn, label in story.revisions.items():
        values = columns(story.samples, end, functools.partial(_running, arn), max)
        if any(values):
            yield _row(label, bars(values, top), "green")
    starting = columns(story.samples, end, lambda counts: counts.starting, max)
    if any(starting):
        yield _row("starting", bars(starting, top), "cyan")
    healthy = columns(story.samples, end, lambda counts: counts.healthy, min)
    known = [value for value in healthy if value is not None]
    yield _row("healthy (least)", bars(healthy, top), "green") + f"  {min(known)} to {max(known)}"
    wanted = columns(story.samples, end, lambda counts: counts.desired, max)
    yield _row("desired", bars(wanted, top)) + f"  {story.samples[-1].counts.desired}"
    ticks, times = axis(end)
    yield _row("", ticks)
    yield _row("", times)


def _running(arn: str, counts: Counts) -> int:
    return dict(counts.running).get(arn, 0)


def _row(name: str, text: str, colour: str | None = None) -> str:
    shown = name if len(name) < _NAME_WIDTH else f"…{name[-_NAME_WIDTH + 2 :]}"
    styled = text if colour is None else click.style(text, fg=colour)
    return f"  {shown:<{_NAME_WIDTH}}{styled}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """order: of lines of one instant. kind: lines of one kind that follow each other are folded."""

    at: float
    order: int
    text: str
    kind: str = ""


def _timeline(rehearsal: Rehearsal) -> Iterator[str]:
    lines = [
        _Line(at=taken.step.at, order=0, text=click.style(_told(number, taken), bold=True))
        for number, taken in enumerate(rehearsal.steps, start=1)
    ]
    for story in rehearsal.stories:
        lines += [_Line(at=m.at, order=1, text=f"{story.name}: {m.text}") for m in story.news]
        lines += [
            _Line(at=m.at, order=2, text=_with_short_ids(m.text), kind=_without_names(m.text))
            for m in story.events
        ]
    lines.sort(key=lambda line: (line.at, line.order))
    for kind, group in itertools.groupby(lines, key=lambda line: line.kind):
        yield from _folded(list(group), is_foldable=bool(kind))


def _folded(lines: list[_Line], *, is_foldable: bool) -> Iterator[str]:
    """Of many lines that say the same of other tasks, the first and how many more there are."""
    shown = lines if len(lines) <= _ALIKE or not is_foldable else lines[:1]
    for line in shown:
        yield f"  {clock_face(line.at):>8}  {_cut(line.text)}"
    if len(shown) < len(lines):
        more = len(lines) - len(shown)
        yield f"  {'':>8}  … {more} more of this kind, until {clock_face(lines[-1].at)}"


def _with_short_ids(text: str) -> str:
    return re.sub(r"\(task ([0-9a-f]{8})[0-9a-f]{24}\)", r"(task \1)", text)


def _without_names(text: str) -> str:
    return re.sub(r" \d+ |:? \(task .*", " ", text)


def _told(number: int, taken: TakenStep) -> str:
    text = f"{number}. {step_in_words(taken.step)}"
    if taken.refusal is not None:
        return f"{text}: refused: {taken.refusal}"
    if isinstance(taken.step, RestartEngine):
        return f"{text}, up again at {clock_face(taken.done_at)}"
    return text


def step_in_words(step: Step) -> str:
    """`deploy web image=web:2`: as the scenario says it, in one line."""
    word = next(word for word, record in STEPS.items() if isinstance(step, record))
    words = [word]
    for each in fields(step):
        value = getattr(step, each.name)
        if each.name == "at" or value in (None, False):
            continue
        shown = spoken(value) if isinstance(value, Duration) else str(value)
        words.append(shown if each.name in ("service", "zone", "name") else f"{each.name}={shown}")
    return " ".join(words)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_LINE else f"{text[: _LONGEST_LINE - 1]}…"


def _verdicts(rehearsal: Rehearsal) -> Iterator[str]:
    for taken in rehearsal.steps:
        if taken.refusal is not None:
            told = f"{step_in_words(taken.step)} was refused: {taken.refusal}"
            yield f"{click.style('failed', fg='red')}  {told}"
    for verdict in rehearsal.verdicts:
        word = (
            click.style("ok    ", fg="green") if verdict.is_met else click.style("failed", fg="red")
        )
        yield f"{word}  {verdict.service}: {verdict.expected}: {verdict.found}"
    if not rehearsal.verdicts:
        yield "nothing was expected: add [[expect]] tables to have the outcome judged"


def facts_of(rehearsal: Rehearsal) -> dict[str, object]:
    """All of it for `--json`. Times are seconds from the start."""
    scenario = rehearsal.scenario
    return {
        "title": scenario.title,
        "seed": scenario.seed,
        "seconds": float(scenario.end),
        "commits": rehearsal.commits,
        "passed": rehearsal.is_met,
        "steps": [
            {
                "at": float(taken.step.at),
                "doneAt": taken.done_at,
                "step": step_in_words(taken.step),
                "refusal": taken.refusal,
            }
            for taken in rehearsal.steps
        ],
        "services": [_facts_of_service(story) for story in rehearsal.stories],
        "verdicts": [
            {"service": v.service, "expected": v.expected, "found": v.found, "passed": v.is_met}
            for v in rehearsal.verdicts
        ],
    }


def _facts_of_service(story: ServiceStory) -> dict[str, object]:
    return {
        "name": story.name,
        "events": [{"at": moment.at, "message": moment.text} for moment in story.events],
        "deployments": [
            {
                "arn": attempt.arn,
                "target": story.revisions.get(attempt.target_revision_arn),
                "status": attempt.status,
                "reason": attempt.status_reason,
            }
            for attempt in story.attempts.values()
        ],
        "samples": [
            {
                "at": sample.at,
                "desired": sample.counts.desired,
                "floor": sample.counts.floor,
                "ceiling": sample.counts.ceiling,
                "healthy": sample.counts.healthy,
                "starting": sample.counts.starting,
                "stopping": sample.counts.stopping,
                "running": {
                    story.revisions.get(arn, arn): count for arn, count in sample.counts.running
                },
                "zones": dict(sample.counts.zones),
                "stable": sample.counts.is_stable,
            }
            for sample in story.samples
        ],
    }
