"""What is seen of a container while, and after, it is started anew."""

from dataclasses import replace
from pathlib import Path

from hostless.compute.local.restarts import (
    find_last_run,
    last_run_of,
    seen_after,
    write_last_run,
)
from hostless.compute.seam import ContainerObservation

ENDED = ContainerObservation(
    state="exited",
    runtime_id="id",
    started_at=1.25,
    finished_at=2.5,
    exit_code=3,
    reason="why",
    restarts=1,
)
LAST = last_run_of(ENDED, 2)
ABSENT = ContainerObservation(state="absent")
MADE = ContainerObservation(state="created", runtime_id="id")
RUNS = ContainerObservation(state="running", runtime_id="id", started_at=3.0)


def test_a_container_that_was_never_restarted_is_what_it_is() -> None:
    assert seen_after(RUNS, None, "id") == RUNS


def test_until_the_next_run_begins_a_container_is_what_it_was_at_its_end() -> None:
    for seen in (replace(ENDED, restarts=0), ABSENT, MADE):
        assert seen_after(seen, LAST, "id") == ENDED


def test_the_next_run_counts_as_a_restart() -> None:
    assert seen_after(RUNS, LAST, "id") == replace(RUNS, restarts=2)


def test_what_is_noted_is_found_to_the_last_digit(tmp_path: Path) -> None:
    path = tmp_path / "note"
    assert find_last_run(path) is None
    run = replace(LAST, started_at=1795463921.1234567)
    write_last_run(path, run)
    assert find_last_run(path) == run
