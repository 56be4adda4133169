"""Times as a person writes and reads them."""

import pytest

from hostless.simulation.duration import clock_face, duration_of, spoken


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90s", 90.0), ("5m", 300.0), ("1h30m", 5400.0), ("1d", 86400.0), ("0.5s", 0.5), (7, 7.0)],
)
def test_a_time_is_understood(written: object, seconds: float) -> None:
    assert duration_of(written) == seconds


@pytest.mark.parametrize("written", ["", "5", "m5", "5m1h", "-5s", -1, True, None, [1]])
def test_what_is_no_time_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="is no time"):
        duration_of(written)


@pytest.mark.parametrize("written", [float("inf"), 1e300, "32d", 10**400])
def test_a_time_that_no_rehearsal_lasts_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="is too long"):
        duration_of(written)


def test_an_instant_is_shown_as_on_a_clock() -> None:
    assert [clock_face(at) for at in (0, 61.9, 3600, 36061)] == [
        "0:00",
        "1:01",
        "1:00:00",
        "10:01:01",
    ]


def test_a_length_is_said_in_words() -> None:
    assert [spoken(seconds) for seconds in (0, 59.6, 60, 200, 3600, 3900)] == [
        "0 s",
        "1 min",
        "1 min",
        "3 min 20 s",
        "1 h",
        "1 h 5 min",
    ]
