"""That what the kernel tells of its clock is read as it says it."""

from hostless.kit.clock_error import read_clock_error


def test_the_bound_is_no_less_than_nothing() -> None:
    found = read_clock_error()
    assert found is None or found.bound_milliseconds >= 0
