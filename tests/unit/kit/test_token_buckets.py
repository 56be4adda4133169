"""Token buckets: the burst at once, the refill afterwards, never more."""

from hypothesis import given
from hypothesis import strategies as st

from hostless.kit.token_buckets import Level, Rate, TokenBuckets, level_at, taken

RATE = Rate(burst=5, refill=2.0)


def test_a_bucket_that_was_never_touched_is_full() -> None:
    assert taken(RATE, None, 5, now=100.0) == Level(tokens=0.0, at=100.0)
    assert taken(RATE, None, 6, now=100.0) is None


def test_it_refills_with_time_but_not_beyond_its_burst() -> None:
    empty = Level(tokens=0.0, at=100.0)
    assert level_at(RATE, empty, now=101.5).tokens == 3.0
    assert level_at(RATE, empty, now=1000.0).tokens == 5.0


def test_a_clock_that_goes_back_refills_nothing() -> None:
    empty = Level(tokens=0.0, at=100.0)
    assert level_at(RATE, empty, now=50.0).tokens == 0.0


@given(
    rate=st.builds(Rate, burst=st.integers(1, 50), refill=st.floats(0.1, 100)),
    calls=st.lists(st.tuples(st.floats(0, 10), st.integers(1, 20)), max_size=60),
)
def test_no_span_of_time_grants_more_than_burst_and_refill(
    rate: Rate, calls: list[tuple[float, int]]
) -> None:
    buckets, now = TokenBuckets({"a": rate}), 1000.0
    granted: list[tuple[float, int]] = []
    for pause, count in calls:
        now += pause
        if buckets.take({"a": count}, now):
            granted.append((now, count))
    for first, (begun, _) in enumerate(granted):
        total = 0
        for at, count in granted[first:]:
            total += count
            assert total <= rate.burst + rate.refill * (at - begun) + 1e-6


def test_tokens_come_from_all_buckets_or_none() -> None:
    buckets = TokenBuckets({"a": Rate(burst=3, refill=1), "b": Rate(burst=1, refill=1)})
    assert buckets.take({"a": 1, "b": 1}, 0.0)
    assert not buckets.take({"a": 1, "b": 1}, 0.0)
    assert buckets.take({"a": 2}, 0.0)
    assert not buckets.take({"a": 1}, 0.0)


def test_a_bucket_without_a_rate_has_no_limit() -> None:
    buckets = TokenBuckets({})
    assert all(buckets.take({"a": 1000}, 0.0) for _ in range(100))
    assert buckets.left("a", 0.0) is None
    assert buckets.ready_at("a", 1000, 7.0) == 7.0


def test_who_looks_first_learns_how_much_there_is_and_when_to_come_again() -> None:
    buckets = TokenBuckets({"a": RATE})
    assert buckets.left("a", 10.0) == 5
    assert buckets.take({"a": 5}, 10.0)
    assert buckets.left("a", 10.9) == 1
    assert buckets.ready_at("a", 4, 10.0) == 12.0
    assert buckets.ready_at("a", 900, 10.0) == 12.5
    assert buckets.take({"a": 4}, 12.0)


def test_what_happened_anyway_is_made_up_for_by_waiting() -> None:
    buckets = TokenBuckets({"a": RATE})
    buckets.charge({"a": 7, "b": 9}, 10.0)
    assert buckets.left("a", 10.0) == 0
    assert buckets.left("a", 11.0) == 0
    assert buckets.left("a", 12.0) == 2
