"""Control groups: which hierarchies there are, and what is written where."""

from pathlib import Path

import pytest

from hostless.compute.local import cgroups
from hostless.compute.local.cgroups import (
    SplitTree,
    TaskLimits,
    UnifiedTree,
    mounted_controllers,
    weight_of,
)
from hostless.compute.local.task_groups import TaskGroups
from hostless.domain.arns import TaskId

LIMITS = TaskLimits(cpu_units=256, memory_mib=512)
TABLE = """29 28 0:25 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
30 29 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
31 29 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
32 29 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
33 29 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate
34 28 0:30 / /var/lib/hostless/run/controllers/hugetlb rw - cgroup none rw,hugetlb
35 28 0:31 / / rw - ext4 /dev/vda rw
"""


def test_hierarchies_are_read_from_the_mount_table() -> None:
    top = Path("/sys/fs/cgroup")
    assert mounted_controllers(TABLE) == {
        "cpu": top / "cpu,cpuacct",
        "cpuacct": top / "cpu,cpuacct",
        "memory": top / "memory",
        "name=systemd": top / "systemd",
        "": top / "unified",
    }


def test_version_1_limits_are_in_their_hierarchies(tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("cpu", "memory", "pids", "cpuacct")}
    SplitTree(folders).limit("hostless/e/t", LIMITS)
    found = {
        str(path.relative_to(tmp_path)): path.read_text()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert found == {
        "cpu/hostless/e/t/cpu.cfs_period_us": "100000",
        "cpu/hostless/e/t/cpu.cfs_quota_us": "25000",
        "cpu/hostless/e/t/cpu.shares": "256",
        "memory/hostless/e/t/memory.limit_in_bytes": str(512 << 20),
        "pids/hostless/e/t/pids.max": "4096",
    }


def test_version_1_counts_kills_of_the_leaf(tmp_path: Path) -> None:
    leaf = tmp_path / "leaf"
    leaf.mkdir()
    (leaf / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
    tree = SplitTree({"memory": tmp_path})
    assert tree.out_of_memory_kills("leaf") == 2
    assert tree.out_of_memory_kills("gone") == 0
    assert tree.stats("gone") is None


@pytest.fixture
def unified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cgroups, "MOUNTED_AT", tmp_path)
    return tmp_path


def test_version_2_hands_controllers_down_and_writes_limits(unified: Path) -> None:
    UnifiedTree().limit("hostless/e/t", LIMITS)
    for folder in ("", "hostless", "hostless/e", "hostless/e/t"):
        assert (unified / folder / "cgroup.subtree_control").read_text() == "+cpu +memory +pids"
    task = unified / "hostless/e/t"
    assert (task / "cpu.max").read_text() == "25000 100000"
    assert (task / "memory.max").read_text() == str(512 << 20)
    assert (task / "pids.max").read_text() == "4096"
    assert (task / "cpu.weight").read_text() == str(weight_of(256))


def test_version_2_reads_events_and_accounts(unified: Path) -> None:
    leaf = unified / "leaf"
    leaf.mkdir()
    (leaf / "memory.events").write_text("low 0\noom 1\noom_kill 1\noom_group_kill 0\n")
    (leaf / "cpu.stat").write_text("usage_usec 1500\nuser_usec 1000\n")
    (leaf / "memory.current").write_text("9000\n")
    (leaf / "memory.stat").write_text("anon 5\ninactive_file 1000\n")
    (leaf / "pids.current").write_text("3\n")
    tree = UnifiedTree()
    assert tree.out_of_memory_kills("leaf") == 1
    stats = tree.stats("leaf")
    assert stats is not None
    assert (stats.cpu_nanoseconds, stats.memory_bytes, stats.processes) == (1_500_000, 8000, 3)
    assert tree.stats("gone") is None


@pytest.mark.parametrize(("shares", "weight"), [(2, 1), (1024, 39), (262_144, 10_000), (0, 1)])
def test_weights_are_those_of_other_runtimes(shares: int, weight: int) -> None:
    assert weight_of(shares) == weight


def test_a_small_task_gets_the_least_quota_the_kernel_takes() -> None:
    assert TaskLimits(cpu_units=1, memory_mib=6).quota_microseconds == 1000


def test_a_tasks_groups_are_found_and_taken_away(tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("cpu", "memory", "pids", "cpuacct")}
    groups = TaskGroups(SplitTree(folders), "e1")
    groups.open()
    task = TaskId("a" * 32)
    (tmp_path / "memory/hostless/e1" / task / "c").mkdir(parents=True)
    (tmp_path / "memory/hostless/e1/monitors").mkdir()
    assert groups.task_ids() == {task}
    assert groups.path(task, "c") == f"/hostless/e1/{task}/c"
    groups.remove(task)
    groups.remove(task)
    assert groups.task_ids() == frozenset()
    groups.remove_all()
    assert not list(tmp_path.rglob("hostless"))
