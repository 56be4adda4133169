"""Capacity, capacity providers, overrides and pages: properties and mutants they must catch."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from hypothesis import strategies as st
from tests.support.mutation import check, survives

from hostless.domain.capacity import Room, Shortage, shortage_of
from hostless.domain.capacity_strategy import providers_for, strategy_refusal
from hostless.domain.clusters import CapacityProviderStrategyItem
from hostless.domain.container_definitions import ContainerDefinition, KeyValuePair
from hostless.domain.task_overrides import overridden_container
from hostless.domain.tasks import ContainerOverride
from hostless.services.paging import Page, page_of

Strategy = tuple[CapacityProviderStrategyItem, ...]
BOTH = ("FARGATE", "FARGATE_SPOT")


# Room

Admit = Callable[[Room, int, int], Shortage | None]
sizes = st.tuples(st.integers(256, 4096), st.integers(512, 8192))


def judge_room(admit: Admit, wanted: list[tuple[int, int]]) -> None:
    """What is admitted fits; what is not would not have fitted."""
    room = Room(cpu_units=8192, memory_mib=16384)
    for cpu, memory in wanted:
        why = admit(room, cpu, memory)
        if why is None:
            room = room.minus(cpu, memory)
        else:
            left = room.cpu_units if why == "RESOURCE:CPU" else room.memory_mib
            assert (cpu if why == "RESOURCE:CPU" else memory) > left
        assert room.cpu_units >= 0
        assert room.memory_mib >= 0


def only_cpu(room: Room, cpu: int, memory: int) -> Shortage | None:
    return "RESOURCE:CPU" if cpu > room.cpu_units else None


def always_short(room: Room, cpu: int, memory: int) -> Shortage | None:
    return "RESOURCE:CPU"


def test_no_more_is_promised_than_there_is() -> None:
    wanted = st.lists(sizes, max_size=30)
    check(judge_room, shortage_of, wanted)
    assert not survives(judge_room, only_cpu, wanted)
    assert not survives(judge_room, always_short, wanted)


# Capacity providers


@st.composite
def strategies(draw: st.DrawFn) -> tuple[Strategy, int]:
    bases = draw(st.sampled_from(((0, 0), (3, 0), (0, 4))))
    weights = draw(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(any))
    items = tuple(
        CapacityProviderStrategyItem(capacity_provider=name, base=base, weight=weight)
        for name, base, weight in zip(BOTH, bases, weights, strict=True)
    )
    return items, draw(st.integers(1, 10))


def judge_providers(
    choose: Callable[[Strategy, int], Sequence[str]], example: tuple[Strategy, int]
) -> None:
    """Bases are filled first; beyond them each provider is within one task of its share."""
    strategy, count = example
    assert strategy_refusal(strategy, BOTH) is None
    chosen = Counter(choose(strategy, count))
    assert chosen.total() == count
    based = min(count, sum(item.base or 0 for item in strategy))
    total = sum(item.weight or 0 for item in strategy)
    for item in strategy:
        beyond = chosen[item.capacity_provider] - min(count, item.base or 0)
        share = (count - based) * (item.weight or 0) / total
        assert abs(beyond - share) < 1


def ignoring_base(strategy: Strategy, count: int) -> Sequence[str]:
    return providers_for(tuple(replace(item, base=0) for item in strategy), count)


def ignoring_weight(strategy: Strategy, count: int) -> Sequence[str]:
    return providers_for(tuple(replace(item, weight=1) for item in strategy), count)


def test_tasks_are_shared_out_as_the_strategy_says() -> None:
    check(judge_providers, providers_for, strategies())
    assert not survives(judge_providers, ignoring_base, strategies())
    assert not survives(judge_providers, ignoring_weight, strategies())


# Overrides

pairs = st.lists(
    st.builds(KeyValuePair, name=st.sampled_from("ABCD"), value=st.text(max_size=2)),
    max_size=4,
    unique_by=lambda pair: pair.name,
).map(tuple)
Merge = Callable[[ContainerDefinition, ContainerOverride], ContainerDefinition]


def judge_environment(
    merge: Merge, example: tuple[tuple[KeyValuePair, ...], tuple[KeyValuePair, ...]]
) -> None:
    """The override's value wins, everything else stays, no name is there twice."""
    own, given = example
    merged = merge(
        ContainerDefinition(name="app", environment=own),
        ContainerOverride(name="app", environment=given),
    ).environment
    expected = {pair.name: pair.value for pair in own} | {pair.name: pair.value for pair in given}
    assert {pair.name: pair.value for pair in merged} == expected
    assert len(merged) == len(expected)


def appending(container: ContainerDefinition, override: ContainerOverride) -> ContainerDefinition:
    return replace(container, environment=container.environment + override.environment)


def replacing(container: ContainerDefinition, override: ContainerOverride) -> ContainerDefinition:
    return replace(container, environment=override.environment or container.environment)


def test_an_environment_override_joins_and_wins() -> None:
    both = st.tuples(pairs, pairs)
    check(judge_environment, overridden_container, both)
    assert not survives(judge_environment, appending, both)
    assert not survives(judge_environment, replacing, both)


# Pages

Paging = Callable[[list[int], int, str | None, bool], Page[int]]


def real_paging(items: list[int], size: int, token: str | None, descending: bool) -> Page[int]:
    return page_of(items, lambda n: (n,), "numbers", size=size, token=token, descending=descending)


def judge_pages(paging: Paging, example: tuple[list[int], int, bool, set[int]]) -> None:
    """Every item that stays is met once and in order, though others go between two pages."""
    items, size, descending, going = example
    met: list[int] = []
    token: str | None = None
    left = items
    for _ in range(len(items) + 1):
        page = paging(left, size, token, descending)
        assert len(page.items) <= size
        met += page.items
        token = page.next_token
        if token is None:
            break
        left = [item for item in left if item not in going]
    assert token is None
    assert met == sorted(met, reverse=descending)
    assert len(set(met)) == len(met)
    assert set(items) - going <= set(met)


def by_offset(items: list[int], size: int, token: str | None, descending: bool) -> Page[int]:
    at = int(token or 0)
    ordered = sorted(items, reverse=descending)
    more = at + size < len(ordered)
    return Page(items=tuple(ordered[at : at + size]), next_token=str(at + size) if more else None)


def test_pages_meet_every_item_once_whatever_goes_meanwhile() -> None:
    numbers = st.lists(st.integers(0, 50), unique=True, max_size=12)
    examples = st.tuples(
        numbers, st.integers(1, 5), st.booleans(), st.sets(st.integers(0, 50), max_size=20)
    )
    check(judge_pages, real_paging, examples)
    assert not survives(judge_pages, by_offset, examples)
