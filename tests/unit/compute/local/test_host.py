"""Unit tests of what is found out about the machine."""

from pathlib import Path

from hostless.compute.local import host

MOUNTS = """\
tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup2 /elsewhere cgroup2 rw 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,nosuid,nodev,noexec,nsdelegate,favordynmods 0 0
"""


def test_the_version_2_hierarchy_is_found_with_the_options_that_a_remount_must_keep() -> None:
    found = host.find_version_2(MOUNTS)
    assert found is not None
    assert found.point == Path("/sys/fs/cgroup/unified")
    assert found.options == {"nsdelegate", "favordynmods"}
    assert found.flags == 2 | 4 | 8


def test_a_machine_without_version_2_has_none() -> None:
    assert host.find_version_2("tmpfs /sys/fs/cgroup tmpfs rw 0 0\n") is None
