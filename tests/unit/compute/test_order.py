"""In what order containers start and are told to stop."""

from hostless.compute.order import in_starting_order, is_allowed, told_after, told_at
from hostless.compute.seam import ContainerSpec, TaskSpec
from hostless.domain.arns import TaskId

WEB = ContainerSpec(name="web", image="i", depends_on=("database", "cache"))
DATABASE = ContainerSpec(name="database", image="i", depends_on=("cache",))
CACHE = ContainerSpec(name="cache", image="i")
PROXY = ContainerSpec(name="proxy", image="i", role="proxy")
TASK = TaskSpec(
    id=TaskId("a" * 32),
    cpu_units=256,
    memory_mib=512,
    ephemeral_storage_gib=20,
    isolation="container",
    containers=(CACHE, DATABASE, WEB, PROXY),
)


def test_proxies_start_first() -> None:
    assert in_starting_order((CACHE, PROXY, WEB)) == (PROXY, CACHE, WEB)


def test_all_may_run_unless_some_are_named() -> None:
    assert is_allowed(WEB, None)
    assert is_allowed(WEB, frozenset({"web"}))
    assert not is_allowed(WEB, frozenset({"cache"}))


def test_containers_stop_in_reverse_and_proxies_last() -> None:
    assert told_after(TASK) == {
        "web": frozenset(),
        "database": {"web"},
        "cache": {"web", "database"},
        "proxy": {"web", "database", "cache"},
    }


def test_time_to_stop_counts_from_the_last_end_before() -> None:
    assert told_at(10.0, []) == 10.0
    assert told_at(10.0, [5.0, 12.0]) == 12.0
    assert told_at(10.0, [5.0]) == 10.0


def test_who_is_late_since_the_beginning_of_time_is_given_none() -> None:
    assert told_at(0.0, [5.0]) == 0.0
