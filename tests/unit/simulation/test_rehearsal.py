"""Whole rehearsals in small: every kind of step, restarts in between, refusals, the same again."""

import pytest

from hostless.simulation.acting import StepRefused
from hostless.simulation.reading import scenario_of
from hostless.simulation.rehearsal import Rehearsal, rehearse
from hostless.simulation.report import facts_of
from hostless.simulation.scenario import STEPS

EVERY_STEP = """\
lasts = "90m"

[[behaviour]]
pull_seconds = [1.0, 5.0]

[[service]]
name = "web"
desired = 3
alarms = ["errors"]
health_check = {interval = 10}
health_check_grace_period = "30s"
capacity = [{provider = "FARGATE", base = 1, weight = 1}, {provider = "FARGATE_SPOT", weight = 1}]

[[service]]
name = "worker"
desired = 2
zones = ["us-east-1a", "us-east-1b"]
stop_timeout = 5

[[step]]
at = "5m"
do = "deploy"
service = "web"
image = "app:2"
cpu = 512
memory = 1024
maximum_percent = 150

[[step]]
at = "5m10s"
do = "stop-deployment"
service = "web"

[[step]]
at = "10m"
do = "deploy"
service = "web"
image = "app:3"

[[step]]
at = "10m20s"
do = "alarm"
name = "errors"

[[step]]
at = "12m"
do = "alarm"
name = "errors"
state = "OK"

[[step]]
at = "15m"
do = "scale"
service = "worker"
to = 4

[[step]]
at = "20m"
do = "stop-tasks"
service = "worker"
tasks = 2

[[step]]
at = "25m"
do = "zone-loss"
zone = "us-east-1a"
lasts = "5m"

[[step]]
at = "35m"
do = "spot"
share = 1.0
service = "web"

[[step]]
at = "40m"
do = "host-loss"
service = "web"
tasks = 2

[[step]]
at = "45m"
do = "retire"
service = "web"

[[step]]
at = "50m"
do = "deploy"
service = "web"
force = true

[[step]]
at = "50m5s"
do = "restart-engine"
down_for = "30s"

[[step]]
at = "65m"
do = "delete"
service = "worker"

[[expect]]
service = "web"
after = "65m"
running = 3
stable_within = "1m"
"""


def rehearsed(text: str) -> Rehearsal:
    return rehearse(scenario_of(text))


def test_every_kind_of_step_can_be_taken() -> None:
    rehearsal = rehearsed(EVERY_STEP)
    assert {type(taken.step) for taken in rehearsal.steps} == set(STEPS.values())
    assert [taken.refusal for taken in rehearsal.steps] == [None] * len(rehearsal.steps)
    assert rehearsal.is_met
    web, worker = rehearsal.stories
    statuses = [attempt.status for attempt in web.attempts.values()]
    assert statuses[:2] == ["SUCCESSFUL", "ROLLBACK_SUCCESSFUL"]
    assert statuses[-1] == "SUCCESSFUL"
    assert worker.last is not None
    assert worker.last.live == 0


def test_the_same_scenario_gives_the_same_story() -> None:
    assert facts_of(rehearsed(EVERY_STEP)) == facts_of(rehearsed(EVERY_STEP))


def test_a_request_while_the_engine_is_down_is_made_again() -> None:
    text = """\
[[service]]
name = "web"

[[step]]
at = "5m"
do = "restart-engine"
down_for = "2m"

[[step]]
at = "6m"
do = "scale"
service = "web"
to = 2

[[expect]]
service = "web"
running = 2
"""
    rehearsal = rehearsed(text)
    assert rehearsal.is_met
    assert rehearsal.steps[1].done_at >= 7 * 60.0


def test_a_service_that_cannot_be_created_is_told_in_the_words_of_the_api() -> None:
    with pytest.raises(StepRefused, match="No Fargate configuration exists"):
        rehearsed('[[service]]\nname = "web"\ncpu = 333\n')
