"""Which sizes of CPU and memory Fargate sells, and how people may write them.

Source: the ECS Developer Guide's table "Task CPU and memory" (the row of 32 vCPU is of June 2026
and not offered everywhere, so it is data that a setting takes in or leaves out). Rules about what
else a task definition says are `task_definition_rules`' business.
"""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FargateSize:
    """One row: cpu_units with every memory_mib that goes with it."""

    cpu_units: int
    memory_mib: tuple[int, ...]
    runs_windows: bool = False
    platform_versions: tuple[str, ...] = ("1.3.0", "1.4.0")


def _row(
    cpu: int, memory: Iterable[int], *, windows: bool = False, newest_only: bool = False
) -> FargateSize:
    platforms = ("1.4.0",) if newest_only else ("1.3.0", "1.4.0")
    return FargateSize(
        cpu_units=cpu,
        memory_mib=tuple(memory),
        runs_windows=windows,
        platform_versions=platforms,
    )


SIZES_TO_16_VCPU: tuple[FargateSize, ...] = (
    _row(256, (512, 1024, 2048)),
    _row(512, range(1024, 4096 + 1, 1024)),
    _row(1024, range(2048, 8192 + 1, 1024), windows=True),
    _row(2048, range(4096, 16384 + 1, 1024), windows=True),
    _row(4096, range(8192, 30720 + 1, 1024), windows=True),
    _row(8192, range(16384, 61440 + 1, 4096), newest_only=True),
    _row(16384, range(32768, 122880 + 1, 8192), newest_only=True),
)
SIZE_OF_32_VCPU = _row(32768, (61440, 122880, 249856), newest_only=True)
ALL_SIZES: tuple[FargateSize, ...] = (*SIZES_TO_16_VCPU, SIZE_OF_32_VCPU)

_DIGITS = re.compile(r"\d{1,9}")
_VCPU = re.compile(r"(\d{0,6}(?:\.\d{1,6})?)\s*vcpu", re.IGNORECASE)
_GB = re.compile(r"(\d{0,6}(?:\.\d{1,6})?)\s*gb", re.IGNORECASE)


def _scaled(text: str, pattern: re.Pattern[str]) -> int | None:
    """`text` as whole 1/1024 parts of the unit that the pattern names, or None."""
    if _DIGITS.fullmatch(text):
        return int(text)
    found = pattern.fullmatch(text)
    if found is None or found[1] in ("", "."):
        return None
    parts = float(found[1]) * 1024
    return int(parts) if parts.is_integer() else None


@functools.lru_cache(maxsize=256)
def cpu_units_of(text: str) -> int | None:
    """CPU units of `1024`, `1 vCPU`, `.25 vcpu`; None when it is no amount of CPU."""
    return _scaled(text.strip(), _VCPU)


@functools.lru_cache(maxsize=256)
def memory_mib_of(text: str) -> int | None:
    """MiB of `2048`, `2GB`, `0.5 GB`; None when it is no amount of memory."""
    return _scaled(text.strip(), _GB)


def sizes_offered(*, has_32_vcpu: bool) -> tuple[FargateSize, ...]:
    return ALL_SIZES if has_32_vcpu else SIZES_TO_16_VCPU


def size_with(
    cpu_units: int, memory_mib: int, sizes: tuple[FargateSize, ...]
) -> FargateSize | None:
    """The row that holds the pair; None when Fargate does not sell it."""
    for size in sizes:
        if size.cpu_units == cpu_units and memory_mib in size.memory_mib:
            return size
    return None


def size_refusal(
    cpu_units: int | None,
    memory_mib: int | None,
    sizes: tuple[FargateSize, ...],
    *,
    is_windows: bool = False,
) -> str | None:
    """AWS's sentence about a pair that is not sold; None when it is."""
    if cpu_units is None:
        return "Fargate requires that 'cpu' be defined at the task level."
    if memory_mib is None:
        return "Fargate requires that 'memory' be defined at the task level."
    size = size_with(cpu_units, memory_mib, sizes)
    if size is None or (is_windows and not size.runs_windows):
        return (
            "No Fargate configuration exists for given values: "
            f"{cpu_units} CPU, {memory_mib} memory. "
            "See the Amazon ECS documentation for the valid values."
        )
    return None
