"""How counters become increases."""

from hostless.controllers.metrics.increases import Reading, marks_after, risen, unwrapped


def read(is_one_life: bool, **totals: int) -> Reading:
    return Reading(source="node", totals=totals, is_one_life=is_one_life)


def test_a_source_that_was_never_read_counts_whole() -> None:
    assert risen(read(True, asked=7, failed=0), {}) == {"asked": 7}


def test_only_what_is_more_than_before_counts() -> None:
    assert risen(read(True, asked=7, failed=2), {"asked": 5, "failed": 2}) == {"asked": 2}


def test_a_counter_that_began_anew_counts_what_it_has() -> None:
    reading = read(False, asked=3)
    assert risen(reading, {"asked": 5}) == {"asked": 3}
    assert marks_after(reading, {"asked": 5}) == {"asked": 3}


def test_a_counter_that_wavers_counts_no_step_twice() -> None:
    marks: dict[str, int] = {}
    counted = 0
    for total in (4, 3, 4, 2, 6):
        reading = read(True, own=total)
        counted += risen(reading, marks).get("own", 0)
        marks = marks_after(reading, marks)
    assert counted == 6


def test_a_counter_of_32_bits_goes_on_however_often_it_began_again() -> None:
    assert unwrapped(5, 5) == 5
    assert unwrapped(7, 2**32 - 3) == 2**32 + 7
    assert unwrapped(7, 3 * 2**32 + 5) == 3 * 2**32 + 7
    assert unwrapped(2**32 - 1, 2**32 + 2**31) == 2**33 - 1
