"""CPU and memory as people write them."""

import pytest

from hostless.cli.sizes import NotASize, cpu_units_of, memory_mib_of, smallest_size


@pytest.mark.parametrize(
    ("text", "units"), [("0.25", 256), ("1", 1024), ("16", 16384), ("256", 256), (".5", 512)]
)
def test_cpu_is_vcpus_or_units(text: str, units: int) -> None:
    assert cpu_units_of(text) == units


@pytest.mark.parametrize(
    ("text", "mib"), [("512", 512), ("512m", 512), ("2g", 2048), ("0.5GB", 512), ("1 GiB", 1024)]
)
def test_memory_is_mib_or_has_a_unit(text: str, mib: int) -> None:
    assert memory_mib_of(text) == mib


@pytest.mark.parametrize("text", ["", "x", "-1", "0", "nan"])
def test_what_is_no_amount_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(NotASize, match="256"):
        cpu_units_of(text)
    with pytest.raises(NotASize, match="512"):
        memory_mib_of(text)


@pytest.mark.parametrize(
    ("asked", "sold"),
    [
        ((256, 512), (256, 512)),
        ((100, 300), (256, 512)),
        ((256, 1500), (256, 2048)),
        ((256, 3000), (512, 3072)),
        ((300, 512), (512, 1024)),
        ((1024, 512), (1024, 2048)),
        ((8192, 17000), (8192, 20480)),
    ],
)
def test_sizes_are_rounded_up_to_one_that_fargate_sells(
    asked: tuple[int, int], sold: tuple[int, int]
) -> None:
    assert smallest_size(*asked) == sold


def test_more_than_fargate_sells_is_refused() -> None:
    with pytest.raises(NotASize, match="the largest has 16384 and 122880"):
        smallest_size(1024, 500_000)
