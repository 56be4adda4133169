"""Control groups: which hierarchies there are, and what is written where."""

import os
from pathlib import Path

import pytest

from hostless.compute.local import cgroups
from hostless.compute.local.cgroup_files import summed
from hostless.compute.local.cgroups import (
    SplitTree,
    TaskLimits,
    UnifiedTree,
    mounted_controllers,
    weight_of,
)
from hostless.compute.local.task_groups import TaskGroups
from hostless.compute.stats import ContainerStats
from hostless.domain.arns import TaskId

TASK = TaskId("a" * 32)
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


def test_all_tasks_together_weigh_as_much_as_there_are_cpus(tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("cpu", "memory", "pids", "cpuacct")}
    TaskGroups(SplitTree(folders), "e").open()
    for group in ("hostless", "hostless/e"):
        shares = int((tmp_path / "cpu" / group / "cpu.shares").read_text())
        assert shares == 1024 * (os.cpu_count() or 1)


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


def test_version_2_weighs_a_cpu_as_a_process_outside(unified: Path) -> None:
    (unified / "hostless").mkdir()
    UnifiedTree().weigh("hostless", 4)
    assert (unified / "hostless/cpu.weight").read_text() == "400"
    UnifiedTree().weigh("hostless", 1000)
    assert (unified / "hostless/cpu.weight").read_text() == "10000"


def test_version_2_reads_events_and_accounts(unified: Path) -> None:
    leaf = unified / "leaf"
    leaf.mkdir()
    (leaf / "memory.events").write_text("low 0\noom 1\noom_kill 1\noom_group_kill 0\n")
    (leaf / "cpu.stat").write_text("usage_usec 1500\nuser_usec 1000\n")
    (leaf / "memory.current").write_text("9000\n")
    (leaf / "memory.stat").write_text("anon 5\ninactive_file 1000\n")
    (leaf / "pids.current").write_text("3\n")
    (leaf / "memory.max").write_text("max\n")
    (leaf / "memory.peak").write_text("9500\n")
    (leaf / "io.stat").write_text(
        "8:0 rbytes=4096 wbytes=100 rios=1 wios=2 dbytes=0 dios=0\n"
        "253:1 rbytes=4 wbytes=1 rios=1 wios=1 dbytes=0 dios=0\n"
    )
    (unified / "memory.max").write_text("20000\n")
    tree = UnifiedTree()
    assert tree.out_of_memory_kills("leaf") == 1
    assert tree.stats("gone") is None
    assert tree.stats("leaf") == ContainerStats(
        cpu_nanoseconds=1_500_000,
        cpu_user_nanoseconds=1_000_000,
        memory_bytes=8000,
        memory_usage_bytes=9000,
        memory_limit_bytes=20_000,
        memory_peak_bytes=9500,
        memory_inactive_file_bytes=1000,
        processes=3,
        storage_read_bytes=4100,
        storage_written_bytes=101,
        storage_reads=2,
        storage_writes=3,
    )


def test_version_2_counts_what_goes_to_disks_where_it_can(unified: Path) -> None:
    (unified / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    UnifiedTree().prepare("hostless")
    assert (unified / "cgroup.subtree_control").read_text() == "+cpu +io +memory +pids"


def test_version_1_reads_accounts(tmp_path: Path) -> None:
    for name, text in {
        "cpuacct.usage": "1500\n",
        "cpuacct.usage_user": "1000\n",
        "cpu.stat": "nr_periods 7\nnr_throttled 2\nthrottled_time 900\n",
        "memory.usage_in_bytes": "9000\n",
        "memory.max_usage_in_bytes": "9500\n",
        "memory.stat": "cache 1\nhierarchical_memory_limit 20000\ntotal_inactive_file 1000\n",
        "pids.current": "3\n",
        "blkio.throttle.io_service_bytes_recursive": "7:3 Read 4\n7:3 Write 5\n"
        "8:0 Read 4\n8:0 Write 5\n8:0 Sync 9\n"
        "9:0 Read 6\n9:0 Write 0\nTotal 15\n",
        "blkio.throttle.io_serviced_recursive": "8:0 Read 1\n8:0 Write 2\nTotal 3\n",
    }.items():
        (tmp_path / name).write_text(text)
    names = ("cpu", "cpuacct", "memory", "pids", "blkio")
    tree = SplitTree(dict.fromkeys(names, tmp_path))
    stats = tree.stats(".")
    assert stats == ContainerStats(
        cpu_nanoseconds=1500,
        cpu_user_nanoseconds=1000,
        cpu_periods=7,
        throttled_periods=2,
        throttled_nanoseconds=900,
        memory_bytes=8000,
        memory_usage_bytes=9000,
        memory_limit_bytes=20_000,
        memory_peak_bytes=9500,
        memory_inactive_file_bytes=1000,
        processes=3,
        storage_read_bytes=10,
        storage_written_bytes=5,
        storage_reads=1,
        storage_writes=2,
    )
    (tmp_path / "memory.stat").write_text("hierarchical_memory_limit 9223372036854771712\n")
    stats = tree.stats(".")
    assert stats is not None
    assert stats.memory_limit_bytes is None


@pytest.mark.parametrize(("shares", "weight"), [(2, 1), (1024, 39), (262_144, 10_000), (0, 1)])
def test_weights_are_those_of_other_runtimes(shares: int, weight: int) -> None:
    assert weight_of(shares) == weight


def test_a_small_task_gets_the_least_quota_the_kernel_takes() -> None:
    assert TaskLimits(cpu_units=1, memory_mib=6).quota_microseconds == 1000


def test_a_tasks_groups_are_found_and_taken_away(tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("cpu", "memory", "pids", "cpuacct")}
    groups = TaskGroups(SplitTree(folders), "e1")
    SplitTree(folders).prepare("hostless/e1")
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


def test_what_is_done_to_a_loop_device_is_counted_once_with_the_disk_below_it() -> None:
    text = "7:1 rbytes=5 wbytes=7\n254:0 rbytes=5 wbytes=7\n259:0 rbytes=1 wbytes=0\n7:12 rbytes=9"
    assert summed(text, "rbytes=", "wbytes=") == (6, 7)
    assert summed("7:1 Read 5\n7:1 Write 5\n17:1 Read 2\n17:1 Write 1\n", " Read ", " Write ") == (
        2,
        1,
    )


def test_a_monitor_that_cannot_be_moved_does_not_stop_a_container_from_running(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    groups = TaskGroups(SplitTree(dict.fromkeys(("cpu", "cpuacct"), tmp_path)), "e")
    group = tmp_path / "hostless" / "e" / TASK
    group.mkdir(parents=True)
    (group / "cgroup.procs").mkdir()  # nothing can be written to it
    groups.charge(TASK, 1)
    assert "does not pay for its monitor" in caplog.text
