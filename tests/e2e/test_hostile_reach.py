"""End to end: a task that turns on the kernel, on others or on the engine's files gets nowhere.

On both levels of isolation. Beside every attempt that must fail stands one that succeeds. What is
tried over the network, and at the engine's state by its files' names, is in
`test_hostile_network`.
"""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import left_empty, log_lines, run_on, started_engine, wait_until
from tests.support.engine import RunningEngine, describe, wait_for
from tests.support.hostile_place import LEVELS, host_facts, shell
from tests.support.images import (
    Entry,
    build_image,
    busybox_tree,
    directory,
    entry,
    layer_of,
    push,
    symbolic_link,
)

pytestmark = pytest.mark.root
ATTEMPTS = {
    "host name": "echo owned >/proc/sys/kernel/hostname",
    "core pattern": "echo '|/tmp/x' >/proc/sys/kernel/core_pattern",
    "panic": "echo 1 >/proc/sys/kernel/panic",
    "overcommit": "echo 2 >/proc/sys/vm/overcommit_memory",
    "sysrq": "echo b >/proc/sysrq-trigger",
    "uevent": "echo /tmp/x >/sys/kernel/uevent_helper",
    "control group": "echo 1 >/sys/fs/cgroup/pids/pids.max || mkdir /sys/fs/cgroup/pids/x",
    "release agent": "echo /tmp/x >/sys/fs/cgroup/pids/release_agent",
    "remount": "mount -o remount,rw /sys",
    "mount proc": "mount -t proc proc /mnt",
    "unmount": "umount /proc/sys || umount /etc/hosts",
    "host disk": "mknod /tmp/disk b $(cat /disk) && head -c 1 /tmp/disk | grep -q .",
    "image's disk": "head -c 1 /evil/disk | grep -q .",
    "memory": "mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem | grep -q .",
    "kernel memory": "head -c 1 /proc/kcore | grep -q .",
    "clock": "date -s 2001-01-01; date +%Y | grep -q 2001",
    "priority": "renice -n -20 -p $$",
    "swap": "dd if=/dev/zero of=/tmp/s bs=64k count=4; mkswap /tmp/s; swapon /tmp/s",
    "reboot": "reboot -f",
    "the host's processes": "kill -0 $ENGINE || ls /proc/$ENGINE/cwd",
    "enter the host": "nsenter -t 1 -m -p true",
    "a task's own file": "echo x >/tmp/own",
}
OWN_KERNEL = {"host name", "panic", "overcommit", "core pattern", "priority"}
"""What gVisor may allow: it is the sandbox's own, and the host's is looked at."""
FIRST, LAST = 3, 12
"""Descriptors by which a runtime may hold a folder of the host."""


@pytest.fixture(scope="module", params=LEVELS)
def shared_engine_of_level(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningEngine]:
    flags = ("--isolation", request.param, "--over-commit", "100")
    with started_engine(tmp_path_factory.mktemp("reach") / "state", *flags) as engine:
        yield engine


@pytest.fixture
def engine(shared_engine_of_level: RunningEngine) -> Iterator[RunningEngine]:
    yield from left_empty(shared_engine_of_level)


def disk_of_host() -> tuple[int, int]:
    """That the state folders of tests are on, or what stands for it."""
    device = os.stat("/").st_dev
    return os.major(device), os.minor(device)


def block_device(path: str) -> Entry:
    info, content = entry(path, tarfile.BLKTYPE, 0o666)
    info.devmajor, info.devminor = disk_of_host()
    return info, content


def pushed(registry: str, name: str, entries: list[Entry]) -> str:
    layers = [layer_of(busybox_tree()), layer_of(entries)]
    push(registry, name, build_image(layers, config={"Env": ["PATH=/bin"]}))
    return f"{registry}/{name}"


def ended(engine: RunningEngine, task: dict[str, Any]) -> dict[str, Any]:
    return wait_until(engine, task["taskArn"], "STOPPED", 120)


def test_the_kernel_and_the_machine_are_not_changed(engine: RunningEngine, registry: str) -> None:
    assert engine.process is not None
    image = pushed(registry, "device:1", [directory("evil"), block_device("evil/disk")])
    before = host_facts()
    tries = "\n".join(
        f'({how}) >/dev/null 2>&1 && echo "did: {what}"' for what, how in ATTEMPTS.items()
    )
    major, minor = disk_of_host()
    script = f"echo {major} {minor} >/disk; ENGINE={engine.process.pid}\n{tries}\necho over"
    task = ended(engine, run_on(engine, image, shell(script)))
    lines = log_lines(engine, task)
    assert lines[-1:] == ["over"], describe(task)
    done = {line.removeprefix("did: ") for line in lines[:-1]}
    allowed = OWN_KERNEL if "gvisor" in str(task["attributes"]) else set()
    assert done - allowed == {"a task's own file"}
    assert host_facts() == before


def test_neither_processes_nor_memory_of_others_are_seen(engine: RunningEngine, image: str) -> None:
    """Neither of another task nor of another container of one's own."""
    begin = "echo began; exec sleep 1001"
    look = "ls /proc | grep '^[0-9]' | while read p; do tr '\\0' ' ' </proc/$p/cmdline; echo; done"
    other = run_on(engine, image, shell(begin))
    wait_for(lambda: log_lines(engine, other) == ["began"], what="the other task")
    task = run_on(engine, image, shell(f"{look}; echo over; sleep 1000"), shell("exec sleep 999"))
    wait_for(lambda: "over" in log_lines(engine, task), what="the list of processes")
    seen = "\n".join(log_lines(engine, task))
    assert "echo over" in seen
    assert "999" not in seen
    assert "1001" not in seen


def test_what_the_runtime_holds_open_is_no_way_out(engine: RunningEngine, image: str) -> None:
    """A working folder that is a descriptor of the runtime's (CVE-2024-21626)."""
    script = "cat ../../../../../../../../../../../etc/machine-id; pwd; ls -a"
    tasks = [
        run_on(engine, image, shell(script, workingDirectory=f"/proc/self/fd/{number}"))
        for number in range(FIRST, LAST)
    ]
    host = set(os.listdir("/"))
    for task in tasks:
        lines = log_lines(engine, ended(engine, task))
        assert not host & set(lines) - {"/"}, lines


def test_an_images_links_lead_the_engine_nowhere_else(
    engine: RunningEngine, registry: str, tmp_path: Path
) -> None:
    """Not where it makes files of a task's, a working folder or a volume's place."""
    outside = tmp_path / "outside"
    outside.mkdir()
    up = "../" * 20
    links = [
        symbolic_link("etc", f"{up}{outside}"),
        symbolic_link("work", f"{outside}/work"),
        symbolic_link("data", f"/proc/1/root{outside}"),
        symbolic_link("tmp", f"/proc/self/cwd/{up}{outside}"),
    ]
    image = pushed(registry, "links:1", links)
    volumes = {"volumes": [{"name": "v"}, {"name": "w"}]}
    points = [
        {"sourceVolume": "v", "containerPath": "/data/v"},
        {"sourceVolume": "w", "containerPath": "/work/w"},
    ]
    container = shell(
        "touch /work/x /data/x; echo ran", workingDirectory="/work/here", mountPoints=points
    )
    task = ended(engine, run_on(engine, image, container, definition=volumes))
    assert list(outside.iterdir()) == [], describe(task)


def test_the_files_that_a_task_is_given_are_no_way_to_fill_the_engines(
    engine: RunningEngine, image: str
) -> None:
    """/etc/hosts and its like are the task's, and small."""
    fill = "dd if=/dev/zero of=/etc/hosts bs=1M count=300 2>/tmp/said; grep -c 'No space' /tmp/said"
    task = run_on(engine, image, shell(f"{fill}; sleep 1000"))
    wait_for(lambda: log_lines(engine, task) == ["1"], what="a full disk")
    other = ended(engine, run_on(engine, image, shell("grep -q localhost /etc/hosts && echo fine")))
    assert log_lines(engine, other) == ["fine"], describe(other)
