"""A task's life in sentences."""

from datetime import timedelta
from typing import Any

import pytest
from tests.support.fake_api import START, task_view

from hostless.cli.durations import short_duration
from hostless.cli.story import story_of, troubles_of


def stopped(stop_code: str, reason: str, /, **container: Any) -> dict[str, Any]:
    return task_view(
        lastStatus="STOPPED",
        stopCode=stop_code,
        stoppedReason=reason,
        stoppedAt=START + timedelta(seconds=9),
        containers=[{"name": "web", "image": "127.0.0.1:5000/nope:1", **container}],
    )


def test_a_running_task_tells_how_it_came_to_run() -> None:
    assert [moment.what for moment in story_of(task_view())] == [
        "asked for by a caller of RunTask",
        "network ready, address 172.31.0.10",
        "all containers run",
    ]
    assert troubles_of(task_view()) == []


def test_an_image_that_cannot_be_pulled_says_which_and_what_to_check() -> None:
    reason = "CannotPullContainerError: 127.0.0.1:5000/nope:1: not found"
    [trouble] = troubles_of(stopped("TaskFailedToStart", reason))
    assert trouble.what == "could not pull the image: 127.0.0.1:5000/nope:1: not found"
    assert "Check the name and tag" in trouble.advice


def test_the_same_reason_of_task_and_container_is_told_once() -> None:
    reason = "CannotPullContainerError: 127.0.0.1:5000/nope:1: not found"
    assert len(troubles_of(stopped("TaskFailedToStart", reason, reason=reason))) == 1


def test_a_container_out_of_memory_says_how_much_it_had() -> None:
    [trouble] = troubles_of(
        stopped(
            "EssentialContainerExited",
            "Essential container in task exited",
            exitCode=137,
            reason="OutOfMemoryError: Container killed due to memory usage",
        )
    )
    assert trouble.what == "web was killed: it needed more than its 512 MiB of memory"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, "ended with code 1"),
        (139, "(SIGSEGV)"),
        (127, "not found"),
        (143, "ended with code 143"),
    ],
)
def test_an_exit_code_is_told_in_words(code: int, words: str) -> None:
    [trouble] = troubles_of(stopped("EssentialContainerExited", "Essential …", exitCode=code))
    assert words in trouble.what


@pytest.mark.parametrize("code", [0, 143])
def test_a_task_that_ended_when_it_was_told_to_has_no_trouble(code: int) -> None:
    assert troubles_of(stopped("UserInitiated", "Task stopped by user", exitCode=code)) == []


def test_a_task_that_had_to_be_killed_says_why() -> None:
    [trouble] = troubles_of(stopped("UserInitiated", "Task stopped by user", exitCode=137))
    assert "did not end when it was told to" in trouble.what


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((-1, "0.0s"), (0.44, "0.4s"), (12.3, "12s"), (119, "119s"), (120, "2m")),
        *((7199, "119m"), (7200, "2h"), (86_400, "1d"), (200_000, "2d")),
    ],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert short_duration(seconds) == text
