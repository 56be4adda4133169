"""Following rests as long as it works, once a burst is over."""

import pytest

from hostless.telemetry.follow.pace import BURST_SECONDS, Pace


def test_a_burst_is_read_without_a_rest() -> None:
    pace = Pace()
    assert pace.pause_after(BURST_SECONDS - 0.1, now=100.0) == 0.0


def test_what_lasts_is_read_half_of_the_time() -> None:
    pace, now, rested = Pace(), 0.0, 0.0
    for _ in range(1000):
        now += 0.1
        pause = pace.pause_after(0.1, now)
        now, rested = now + pause, rested + pause
    assert rested / now == pytest.approx(0.5, abs=0.03)


def test_rest_makes_room_for_another_burst() -> None:
    pace = Pace()
    assert pace.pause_after(BURST_SECONDS + 1, now=10.0) > 0.0
    assert pace.pause_after(BURST_SECONDS, now=1000.0) == 0.0
