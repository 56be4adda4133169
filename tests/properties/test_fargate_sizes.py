"""The size table and how sizes are written: properties and the mutants they must catch."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import strategies as st
from tests.support.mutation import check, survives

from hostless.domain.fargate_sizes import (
    ALL_SIZES,
    SIZES_TO_16_VCPU,
    FargateSize,
    cpu_units_of,
    memory_mib_of,
    size_refusal,
    sizes_offered,
)

GIB = 1024
STEPS = {
    512: (1, 4, 1),
    1024: (2, 8, 1),
    2048: (4, 16, 1),
    4096: (8, 30, 1),
    8192: (16, 60, 4),
    16384: (32, 120, 8),
}
"""From, to, step in GiB, as the guide's table has them; the first and last rows are lists."""


def is_sold(cpu: int, memory: int) -> bool:
    """The guide's table, said in another way than the code says it."""
    if cpu == 256:
        return memory in (512, 1 * GIB, 2 * GIB)
    if cpu == 32768:
        return memory in (60 * GIB, 120 * GIB, 244 * GIB)
    if cpu not in STEPS or memory % GIB:
        return False
    low, high, step = STEPS[cpu]
    return low <= memory // GIB <= high and (memory // GIB - low) % step == 0


cpus = st.one_of(st.sampled_from([size.cpu_units for size in ALL_SIZES]), st.integers(0, 40_000))
memories = st.one_of(
    st.integers(0, 250).map(lambda gib: gib * GIB), st.sampled_from((512, 1536, 6)), st.integers()
)
PAIRS = st.tuples(cpus, memories)
Table = tuple[FargateSize, ...]


def judge_table(table: Table, pair: tuple[int, int]) -> None:
    cpu, memory = pair
    assert (size_refusal(cpu, memory, table) is None) == is_sold(cpu, memory)


def changed(cpu: int, **changes: object) -> Table:
    return tuple(
        replace(size, **changes) if size.cpu_units == cpu else size  # type: ignore[arg-type]
        for size in ALL_SIZES
    )


MUTANTS: dict[str, Table] = {
    "no 32 vCPU row": SIZES_TO_16_VCPU,
    "no smallest row": ALL_SIZES[1:],
    "a gap below": changed(1024, memory_mib=tuple(range(3 * GIB, 8 * GIB + 1, GIB))),
    "one too many above": changed(4096, memory_mib=tuple(range(8 * GIB, 31 * GIB + 1, GIB))),
    "finer steps": changed(8192, memory_mib=tuple(range(16 * GIB, 60 * GIB + 1, GIB))),
}


def test_the_table_sells_exactly_what_the_guide_says() -> None:
    check(judge_table, ALL_SIZES, PAIRS)
    assert sum(len(size.memory_mib) for size in ALL_SIZES) == 77
    assert sum(len(size.memory_mib) for size in SIZES_TO_16_VCPU) == 74


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS.keys())
def test_a_wrong_table_is_seen(mutant: Table) -> None:
    every_row = st.sampled_from(
        [(size.cpu_units, memory * GIB) for size in ALL_SIZES for memory in range(1, 245)]
        + [(256, 512)]
    )
    found = [pair for pair in _all_pairs() if not _agrees(mutant, pair)]
    assert found
    assert not survives(judge_table, mutant, st.one_of(st.sampled_from(found), every_row))


def _all_pairs() -> list[tuple[int, int]]:
    return [(s.cpu_units, m) for s in ALL_SIZES for m in (512, *range(GIB, 245 * GIB, GIB))]


def _agrees(table: Table, pair: tuple[int, int]) -> bool:
    return (size_refusal(*pair, table) is None) == is_sold(*pair)


def test_windows_starts_at_one_vcpu_and_ends_at_four() -> None:
    for size in ALL_SIZES:
        refusal = size_refusal(size.cpu_units, size.memory_mib[0], ALL_SIZES, is_windows=True)
        assert (refusal is None) == (1024 <= size.cpu_units <= 4096)


def test_the_setting_takes_the_newest_row_in_or_leaves_it_out() -> None:
    assert sizes_offered(has_32_vcpu=True) == ALL_SIZES
    assert sizes_offered(has_32_vcpu=False) == SIZES_TO_16_VCPU


def judge_cpu(parse: Callable[[str], int | None], sixteenths: int) -> None:
    units = sixteenths * 64
    for text in (str(units), f"{sixteenths / 16} vCPU", f"{sixteenths / 16:.4f}vcpu"):
        assert parse(text) == units


def judge_memory(parse: Callable[[str], int | None], mib: int) -> None:
    assert parse(str(mib)) == mib
    assert parse(f"{mib // 1024} GB") == mib // 1024 * 1024
    assert parse(f"{mib // 1024}gb") == mib // 1024 * 1024


def by_thousands(text: str) -> int | None:
    found = memory_mib_of(text)
    return found if found is None or text.isdigit() else found * 1000 // 1024


def test_amounts_are_read_in_every_spelling() -> None:
    check(judge_cpu, cpu_units_of, st.integers(0, 512))
    check(judge_memory, memory_mib_of, st.integers(0, 249856))
    assert not survives(judge_memory, by_thousands, st.integers(0, 249856))
    assert cpu_units_of(".25 vCPU") == 256
    assert memory_mib_of("0.5 GB") == 512


@pytest.mark.parametrize("text", ["", " ", "x", "1 GB", "-1", "1.5", "vCPU", ". vCPU", "1 vCPUs"])
def test_what_is_no_amount_of_cpu(text: str) -> None:
    assert cpu_units_of(text) is None


@pytest.mark.parametrize("text", ["", "x", "1 vCPU", "-1", "1.5", "GB", "1 MB", "1 GiB"])
def test_what_is_no_amount_of_memory(text: str) -> None:
    assert memory_mib_of(text) is None
