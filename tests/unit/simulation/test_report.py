"""What a person reads of a rehearsal."""

import click

from hostless.simulation.duration import Duration
from hostless.simulation.history import Moment, ServiceStory
from hostless.simulation.judging import Verdict
from hostless.simulation.rehearsal import Rehearsal, TakenStep
from hostless.simulation.report import report_of, step_in_words
from hostless.simulation.scenario import (
    Deploy,
    LoseZone,
    ReclaimSpot,
    RestartEngine,
    Scale,
    Scenario,
    ServiceSetup,
)

TASK = "0123456789abcdef0123456789abcdef"


def rehearsal(*events: Moment, refusal: str | None = None, is_met: bool = True) -> Rehearsal:
    story = ServiceStory("web")
    story.events = list(events)
    step = Scale(at=Duration(60), service="web", to=3)
    return Rehearsal(
        scenario=Scenario(title="A title", service=(ServiceSetup(name="web"),), step=(step,)),
        steps=(TakenStep(step=step, done_at=60.0, refusal=refusal),),
        stories=(story,),
        verdicts=(Verdict(service="web", expected="this", found="that", is_met=is_met),),
        commits=1,
    )


def lines_of(told: Rehearsal) -> list[str]:
    return [line.strip() for line in click.unstyle(report_of(told)).splitlines() if line.strip()]


def started(at: float) -> Moment:
    return Moment(at=at, text=f"(service web) has started 2 tasks: (task {TASK}) (task {TASK}).")


def test_events_stand_between_the_steps_with_short_names_of_tasks() -> None:
    lines = lines_of(rehearsal(started(30), Moment(at=90, text="(service web) is steady.")))
    assert lines[2:5] == [
        "0:30  (service web) has started 2 tasks: (task 01234567) (task 01234567).",
        "1:00  1. scale web to=3",
        "1:30  (service web) is steady.",
    ]


def test_many_events_that_say_the_same_are_folded() -> None:
    lines = lines_of(rehearsal(*(started(at) for at in range(5))))
    assert lines[2].startswith("0:00  (service web) has started 2 tasks")
    assert lines[3] == "… 4 more of this kind, until 0:04"
    assert lines[4].startswith("1:00")


def test_verdicts_come_last() -> None:
    assert lines_of(rehearsal())[-1] == "ok      web: this: that"
    assert lines_of(rehearsal(is_met=False))[-1] == "failed  web: this: that"


def test_a_step_that_was_refused_is_a_failure() -> None:
    refused = rehearsal(refusal="Service was not ACTIVE.")
    assert not refused.is_met
    assert "failed  scale web to=3 was refused: Service was not ACTIVE." in lines_of(refused)


def test_a_step_is_told_as_the_scenario_says_it() -> None:
    at = Duration(60)
    assert step_in_words(Deploy(at=at, service="web", image="web:2")) == "deploy web image=web:2"
    assert step_in_words(LoseZone(at=at, zone="z", lasts=Duration(90))) == (
        "zone-loss z lasts=1 min 30 s"
    )
    assert step_in_words(ReclaimSpot(at=at)) == "spot share=1.0"
    assert step_in_words(RestartEngine(at=at)) == "restart-engine down_for=1 s"
