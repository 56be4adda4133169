"""CPU and memory as people write them, rounded up to a size that Fargate sells.

The table of sizes is the domain's; here is only how a command line's numbers meet it.
"""

import re

from hostless.domain.fargate_sizes import SIZES_TO_16_VCPU

MOST_VCPU = 32
"""Numbers up to this are vCPUs, larger ones CPU units."""
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*(|m|mb|mib|g|gb|gib)", re.IGNORECASE)


class NotASize(ValueError):
    """The message says what to write instead."""


def cpu_units_of(text: str) -> int:
    """CPU units of `0.5`, `2` (vCPUs) or `512` (units). Raises NotASize."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not number > 0:
        raise NotASize(f"{text!r} is no amount of CPU: 0.25 is a quarter of a vCPU, 256 too")
    return round(number * 1024) if number <= MOST_VCPU else round(number)


def memory_mib_of(text: str) -> int:
    """MiB of `512`, `512m`, `2g`, `0.5GB`. Raises NotASize."""
    found = _MEMORY.fullmatch(text.strip())
    mib = float(found[1]) * (1024 if found[2].lower().startswith("g") else 1) if found else 0.0
    if not mib > 0:
        raise NotASize(f"{text!r} is no amount of memory: 512 is in MiB, or 2g")
    return round(mib)


def smallest_size(cpu_units: int, memory_mib: int) -> tuple[int, int]:
    """(CPU units, MiB) of the smallest Fargate size that holds both. Raises NotASize."""
    for size in SIZES_TO_16_VCPU:
        for memory in size.memory_mib:
            if size.cpu_units >= cpu_units and memory >= memory_mib:
                return size.cpu_units, memory
    largest = SIZES_TO_16_VCPU[-1]
    raise NotASize(
        f"Fargate has no size with {cpu_units} CPU units and {memory_mib} MiB; "
        f"the largest has {largest.cpu_units} and {largest.memory_mib[-1]}"
    )
