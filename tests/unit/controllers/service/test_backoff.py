"""How failed starts hold back the next ones."""

from dataclasses import replace
from itertools import pairwise

from tests.support.service_facts import NOW, failed_start, rollout_of, task_of

from hostless.controllers.service.backoff import (
    LONGEST_PAUSE_SECONDS,
    after_failed_start,
    is_failed_start,
    pause_seconds,
    relieved,
    tries_of,
)
from hostless.domain.tasks import StopRequest

DEPLOYMENT = rollout_of().deployment
ID = DEPLOYMENT.id


def test_pauses_double_up_to_a_quarter_of_an_hour() -> None:
    pauses = [pause_seconds(rounds) for rounds in range(1, 40)]
    assert pauses[:4] == [1, 2, 4, 8]
    assert all(a < b or a == b == LONGEST_PAUSE_SECONDS for a, b in pairwise(pauses))
    assert pauses[-1] == 900


def test_failures_of_one_round_count_as_one() -> None:
    once = after_failed_start(DEPLOYMENT, failed_start(ID, age=5), NOW)
    assert (once.failed_rounds, once.next_start_at) == (1, NOW + 1)
    assert after_failed_start(once, failed_start(ID, age=5), NOW + 0.5) == once
    late = replace(failed_start(ID), created_at=NOW + 2)
    twice = after_failed_start(once, late, NOW + 3)
    assert (twice.failed_rounds, twice.next_start_at) == (2, NOW + 5)
    assert relieved(twice).next_start_at is None


def test_only_tasks_that_hardly_ran_failed_to_start() -> None:
    assert is_failed_start(failed_start(ID))
    ended = StopRequest(code="EssentialContainerExited", reason="exit", at=NOW)
    crashed = task_of(ID, age=100, stop_request=ended)
    assert is_failed_start(replace(crashed, status="STOPPED", stopping_at=NOW - 97))
    assert not is_failed_start(replace(crashed, status="STOPPED", stopping_at=NOW - 60))
    asked = replace(ended, code="UserInitiated")
    assert not is_failed_start(replace(failed_start(ID), stop_request=asked))


def test_one_is_tried_until_the_image_is_known_and_more_after_failures() -> None:
    assert tries_of(DEPLOYMENT, is_resolved=True) is None
    assert tries_of(DEPLOYMENT, is_resolved=False) == 1
    failing = replace(DEPLOYMENT, failed_rounds=3)
    assert tries_of(failing, is_resolved=False) == 8
    assert tries_of(failing, is_resolved=True) == 64
