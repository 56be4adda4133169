"""What is left to promise."""

from hostless.domain.capacity import Holding, Room, room_left, shortage_of


def test_room_is_the_machine_times_over_commit_minus_what_tasks_hold() -> None:
    total = Room(cpu_units=2048, memory_mib=4096)
    held = (
        Holding(cpu_units=256, memory_mib=512, tasks=3),
        Holding(cpu_units=1024, memory_mib=2048, tasks=2),
    )
    assert room_left(total, 1.5, held) == Room(cpu_units=256, memory_mib=512)
    assert room_left(total, 1.0, held) == Room(cpu_units=-768, memory_mib=-1536)


def test_cpu_is_named_before_memory_and_the_last_bit_fits() -> None:
    room = Room(cpu_units=256, memory_mib=512)
    assert shortage_of(room, 256, 512) is None
    assert shortage_of(room, 257, 513) == "RESOURCE:CPU"
    assert shortage_of(room, 256, 513) == "RESOURCE:MEMORY"
