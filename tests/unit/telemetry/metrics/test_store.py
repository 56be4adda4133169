"""The store of samples: minutes, bounds, and what the next engine knows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from hostless.telemetry.frames import framed
from hostless.telemetry.metrics import store as module
from hostless.telemetry.metrics.catalogue import ALB, ECS, ENGINE, INSIGHTS, series_of
from hostless.telemetry.metrics.journal import SUFFIX, Journal
from hostless.telemetry.metrics.series import Sample, Series, of_events, of_spread, of_value
from hostless.telemetry.metrics.store import (
    DETAILS_KEPT_SECONDS,
    KEPT_SECONDS,
    MetricStore,
)

REQUESTS = series_of(ALB, "RequestCount", LoadBalancer="app/front/1")
TIMES = series_of(ALB, "TargetResponseTime", LoadBalancer="app/front/1")
ACTIVE = series_of(ALB, "ActiveConnectionCount", LoadBalancer="app/front/1")
TASKS = series_of(ENGINE, "TaskCount", Status="RUNNING")
T0 = 1_800_000_000.0


def requests(number: int, series: Series = REQUESTS) -> list[Sample]:
    return [Sample(series=series, statistics=of_events(number))]


def sums(store: MetricStore, series: Series = REQUESTS) -> list[tuple[float, float]]:
    return [(minute - T0, each.sum) for minute, each in store.read(series, 0, T0 * 2)]


def saved(folder: Path, now: float) -> MetricStore:
    store = MetricStore(folder)
    store.load(now)
    return store


def test_samples_of_a_minute_become_one_statistic_set(tmp_path: Path) -> None:
    store = MetricStore(tmp_path)
    for seconds, number in ((1, 2), (59.9, 3), (60, 5)):
        store.put(T0 + seconds, requests(number), {})
    assert sums(store) == [(0, 5.0), (60, 5.0)]
    assert store.read(REQUESTS, T0, T0 + 60)[0][1] == of_events(5)


def test_reading_begins_with_the_first_minute_and_ends_before_the_last(tmp_path: Path) -> None:
    store = MetricStore(tmp_path)
    for minute in range(5):
        store.put(T0 + minute * 60, requests(1), {})
    assert [m - T0 for m, _ in store.read(REQUESTS, T0 + 60, T0 + 180)] == [60, 120]


def test_minutes_are_added_up_for_each_series(tmp_path: Path) -> None:
    store = MetricStore(tmp_path)
    for minute in range(5):
        store.put(T0 + minute * 60, requests(minute), {})
    assert store.sums(ALB, T0 + 60, T0 + 240) == [(REQUESTS, of_events(6))]


def test_series_are_listed_by_namespace(tmp_path: Path) -> None:
    store = MetricStore(tmp_path)
    store.put(T0, [*requests(1), Sample(series=TASKS, statistics=of_value(3))], {})
    assert store.series_of(ALB) == [REQUESTS]
    assert store.series_of() == [REQUESTS, TASKS]
    assert store.series_of("AWS/Other") == []


def test_a_level_counts_once_a_minute_and_adds_up_over_sources(tmp_path: Path) -> None:
    store = MetricStore(tmp_path)
    for look in (0, 10, 20):
        for source in (4, 5):
            store.put(T0 + look, [Sample(series=ACTIVE, statistics=of_value(source + look))], {})
    assert sums(store, ACTIVE) == [(0, 9.0)]
    level = store.level(ACTIVE)
    assert level is not None
    assert level.sum == 4 + 5 + 40


def test_a_level_that_the_last_look_did_not_find_is_none(tmp_path: Path) -> None:
    store = MetricStore(tmp_path)
    store.put(T0, [Sample(series=ACTIVE, statistics=of_value(4))], {})
    store.put(T0 + 10, requests(1), {})
    assert store.level(ACTIVE) is None


def test_the_next_engine_knows_samples_totals_and_marks(tmp_path: Path) -> None:
    store = MetricStore(tmp_path)
    spread = of_spread({0.0125: 3, 2.0: 1})
    store.put(T0, [*requests(2), Sample(series=TIMES, statistics=spread)], {"node": {"asked": 2}})
    store.save(T0)
    store.put(T0 + 60, requests(3), {"node": {"asked": 5}, "other": {"asked": 1}})
    store.save(T0 + 60)
    later = saved(tmp_path, T0 + 100)
    assert sums(later) == [(0, 2.0), (60, 3.0)]
    assert later.read(TIMES, T0, T0 + 60)[0][1] == spread
    assert later.total(REQUESTS) == of_events(5)
    assert (later.marks("node"), later.marks("other")) == ({"asked": 5}, {"asked": 1})


def test_what_was_not_saved_is_neither_in_samples_nor_in_marks(tmp_path: Path) -> None:
    store = MetricStore(tmp_path)
    store.put(T0, requests(2), {"node": {"asked": 2}})
    store.save(T0)
    store.put(T0 + 10, requests(3), {"node": {"asked": 5}})
    later = saved(tmp_path, T0 + 100)
    assert sums(later) == [(0, 2.0)]
    assert later.marks("node") == {"asked": 2}


def test_a_torn_end_is_cut_off_and_the_rest_is_good(tmp_path: Path) -> None:
    store = MetricStore(tmp_path)
    store.put(T0, requests(2), {"node": {"asked": 2}})
    store.save(T0)
    store.put(T0 + 60, requests(3), {"node": {"asked": 5}})
    store.save(T0 + 60)
    (file,) = tmp_path.glob(f"*{SUFFIX}")
    file.write_bytes(file.read_bytes()[:-3])
    later = saved(tmp_path, T0 + 100)
    assert sums(later) == [(0, 2.0)]
    later.put(T0 + 120, requests(4), {"node": {"asked": 6}})
    later.save(T0 + 120)
    again = saved(tmp_path, T0 + 130)
    assert sums(again) == [(0, 2.0), (120, 4.0)]
    assert again.marks("node") == {"asked": 6}


@pytest.mark.parametrize("body", [zstandard.compress(b"\x81\xa1a\x01"), b"not compressed"])
def test_what_another_engine_wrote_is_left_out_and_the_next_frame_takes_its_place(
    tmp_path: Path, body: bytes
) -> None:
    store = MetricStore(tmp_path)
    store.put(T0, requests(2), {})
    store.save(T0 + 60)
    (file,) = tmp_path.glob(f"*{SUFFIX}")
    whole = file.read_bytes()
    file.write_bytes(whole + framed(body))
    later = saved(tmp_path, T0 + 70)
    assert sums(later) == [(0, 2.0)]
    assert file.read_bytes() == whole
    later.put(T0 + 60, requests(3), {})
    later.save(T0 + 120)
    assert sums(saved(tmp_path, T0 + 130)) == [(0, 2.0), (60, 3.0)]


def test_old_files_go_and_with_them_no_mark_and_no_total(tmp_path: Path) -> None:
    store = MetricStore(tmp_path)
    store.put(T0, requests(7), {"idle": {"asked": 7}})
    for hour in range(6):
        store.put(T0 + hour * 3600, requests(1), {"busy": {"asked": hour}})
        store.save(T0 + hour * 3600)
        store.expire(T0 + hour * 3600)
    assert 3 <= len(list(tmp_path.glob(f"*{SUFFIX}"))) <= 4
    later = saved(tmp_path, T0 + 5 * 3600)
    assert later.marks("idle") == {"asked": 7}
    assert later.marks("busy") == {"asked": 5}
    assert later.total(REQUESTS) == store.total(REQUESTS)
    assert [m - T0 for m, _ in later.read(REQUESTS, 0, T0 * 2)] == [3 * 3600, 4 * 3600, 5 * 3600]


def test_marks_of_what_is_gone_stay_gone(tmp_path: Path) -> None:
    store = MetricStore(tmp_path)
    store.put(T0, requests(1), {"node": {"asked": 1}})
    store.save(T0)
    store.forget_sources(["node"])
    store.save(T0 + 60)
    assert store.sources() == saved(tmp_path, T0 + 60).sources() == frozenset()


def test_a_series_without_samples_is_forgotten_with_its_total(tmp_path: Path) -> None:
    store = MetricStore(tmp_path)
    store.put(T0, requests(1), {})
    store.expire(T0 + KEPT_SECONDS + 60)
    assert (store.series_of(), store.total(REQUESTS)) == ([], None)


def test_memory_is_bounded_the_oldest_minutes_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_POINTS", 40)
    store = MetricStore(tmp_path)
    many = list(_many(10))
    for minute in range(10):
        store.put(T0 + minute * 60, many, {})
        store.expire(T0 + minute * 60)
    assert [m - T0 for m, _ in store.read(many[0].series, 0, T0 * 2)] == [360, 420, 480, 540]


def test_spreads_count_as_the_memory_that_they_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_POINTS", 40)
    store = MetricStore(tmp_path)
    spread = of_spread(dict.fromkeys(map(float, range(36)), 1))
    for minute in range(10):
        store.put(T0 + minute * 60, [Sample(series=TIMES, statistics=spread)], {})
        store.expire(T0 + minute * 60)
    assert [m - T0 for m, _ in store.read(TIMES, 0, T0 * 2)] == [360, 420, 480, 540]


def test_a_full_disk_loses_nothing_that_is_saved_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MetricStore(tmp_path)
    store.put(T0, requests(1), {"node": {"asked": 1}})
    store.save(T0)
    store.put(T0 + 60, requests(2), {"node": {"asked": 3}})
    with monkeypatch.context() as full:
        full.setattr("hostless.telemetry.metrics.journal.write_at", _no_room)
        with pytest.raises(OSError, match="no room"):
            store.save(T0 + 60)
    store.put(T0 + 120, requests(4), {"node": {"asked": 7}})
    store.save(T0 + 120)
    assert sums(saved(tmp_path, T0 + 120)) == [(0, 1.0), (60, 2.0), (120, 4.0)]


def test_a_disk_that_is_full_for_long_takes_no_more_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MetricStore(tmp_path)
    with monkeypatch.context() as full:
        full.setattr("hostless.telemetry.metrics.journal.write_at", _no_room)
        for minute in range(300):
            store.put(T0 + minute * 60, requests(1), {})
            store.expire(T0 + minute * 60)
            with pytest.raises(OSError, match="no room"):
                store.save(T0 + minute * 60)
    last = T0 + 299 * 60
    store.save(last)
    (frame,) = Journal(tmp_path).frames()
    assert min(frame.samples) == last - KEPT_SECONDS + 60
    total = saved(tmp_path, last).total(REQUESTS)
    assert total == of_events(300)


def _no_room(file: int, offset: int, data: bytes) -> None:
    raise OSError("no room")


def _many(number: int) -> Iterator[Sample]:
    for each in range(number):
        yield from requests(1, series_of(ALB, "RequestCount", LoadBalancer=f"app/{each}/1"))


CPU = series_of(ECS, "CPUUtilization", ClusterName="default", ServiceName="front")
ONE = series_of(INSIGHTS, "CpuUtilized", ClusterName="c", TaskDefinitionFamily="web", TaskId="1")


def share(value: float, series: Series = CPU) -> list[Sample]:
    return [Sample(series=series, statistics=of_value(value))]


def test_what_is_told_whole_stands_until_it_is_told_anew(tmp_path: Path) -> None:
    store = MetricStore(tmp_path)
    for seconds, value in ((5, 10), (15, 30), (55, 20), (65, 7)):
        store.put(T0 + seconds, share(value), {})
        store.save(T0 + seconds)
    assert sums(store, CPU) == [(0, 20.0), (60, 7.0)]
    assert sums(saved(tmp_path, T0 + 70), CPU) == [(0, 20.0), (60, 7.0)]
    assert store.total(CPU) is None


def test_what_is_told_whole_is_a_level_for_a_minute_longer(tmp_path: Path) -> None:
    store = MetricStore(tmp_path)
    store.put(T0, share(10), {})
    store.put(T0 + 60, requests(1), {})
    assert store.level(CPU) == of_value(10)
    store.put(T0 + 120, requests(1), {})
    assert store.level(CPU) is None


def test_series_of_single_tasks_are_soon_forgotten_and_not_written(tmp_path: Path) -> None:
    store = MetricStore(tmp_path)
    for seconds in (0, 600):
        store.put(T0 + seconds, [*share(1, ONE), *share(2)], {})
    store.save(T0 + 600)
    store.expire(T0 + DETAILS_KEPT_SECONDS)
    assert (sums(store, ONE), sums(store, CPU)) == ([(600, 1)], [(0, 2), (600, 2)])
    assert store.series_of(INSIGHTS) == [ONE]
    store.expire(T0 + 600 + DETAILS_KEPT_SECONDS)
    assert store.series_of() == [CPU]
    assert saved(tmp_path, T0 + 700).series_of() == [CPU]


def test_series_of_single_tasks_go_first_when_there_is_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_POINTS", 5)
    store = MetricStore(tmp_path)
    for minute in range(4):
        store.put(T0 + 60 * minute, [*share(1, ONE), *share(2)], {})
    store.expire(T0 + 240)
    assert len(sums(store, CPU)) == 4
    assert sums(store, ONE) == [(180, 1)]
