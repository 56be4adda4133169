"""What a container of the local backend finds inside, and what holds it from outside."""

import asyncio
import errno
import platform
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.compute_suite import Stage
from tests.support.local_compute import (
    OneImage,
    ShellPrograms,
    engine_id_for,
    made_namespace,
    make_place,
    wait_for_log,
)

from hostless.compute.local.elf import elf_program
from hostless.compute.local.folders import Folders
from hostless.compute.seam import ContainerSpec, StartFailed, TaskSpec, UlimitSpec

pytestmark = pytest.mark.root
SHELL = ShellPrograms()


async def said(stage: Stage, container: ContainerSpec) -> list[str]:
    """What the container wrote, line by line, once it has ended with exit code 0."""
    task = await stage.run(container)
    assert (await stage.end_of(task, container.name)).exit_code == 0, lines_of(stage, task)
    return lines_of(stage, task)


def lines_of(stage: Stage, task: TaskSpec, container: str = "main") -> list[str]:
    path = stage.backend.log_file(task.id, container)
    assert path is not None
    return [line.split(" ", 3)[3] for line in path.read_text().splitlines()]


async def test_environment_is_dockers_then_the_images_then_the_tasks(
    stage: Stage, images: OneImage
) -> None:
    images.configure(environment=(("A", "image"), ("B", "image")))
    found = await said(stage, SHELL.shell("env | sort", environment=(("B", "task"), ("C", "x y"))))
    wanted = {"A=image", "B=task", "C=x y", "HOME=/root", "HOSTNAME=ip-10-9-0-10.ec2.internal"}
    assert wanted <= set(found)
    assert "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" in found


@pytest.mark.parametrize(
    ("user", "wanted"),
    [
        (None, "uid=0(root) gid=0(root) groups=0(root),7(log)"),
        ("web", "uid=1000(web) gid=1000(web) groups=6(disk),7(log),1000(web)"),
        ("1000:6", "uid=1000(web) gid=6(disk) groups=6(disk)"),
        ("4242", "uid=4242 gid=0(root) groups=0(root)"),
        ("web:log", "uid=1000(web) gid=7(log) groups=7(log)"),
    ],
)
async def test_a_user_is_looked_up_in_the_image(
    stage: Stage, user: str | None, wanted: str
) -> None:
    found = await said(stage, SHELL.shell("id", user=user))
    assert sorted_groups(found[0]) == sorted_groups(wanted)


def sorted_groups(line: str) -> tuple[str, list[str]]:
    head, _, groups = line.partition(" groups=")
    return head, sorted(groups.split(","))


async def test_a_user_that_the_image_does_not_know_cannot_start(stage: Stage) -> None:
    with pytest.raises(StartFailed, match="unable to find user nobody-here: no matching entries"):
        await stage.run(SHELL.shell("true", user="nobody-here"))


async def test_a_working_directory_is_made_and_gone_to(stage: Stage) -> None:
    found = await said(stage, SHELL.shell("pwd; ls -ld . | cut -c1-10", working_directory="/a/b"))
    assert found == ["/a/b", "drwxr-xr-x"]


async def test_a_link_in_the_image_does_not_lead_a_working_directory_out(
    stage: Stage, busybox: Path, tmp_path: Path
) -> None:
    (busybox / "out").symlink_to(tmp_path)
    found = await said(stage, SHELL.shell("pwd -P", working_directory="/out/here"))
    (busybox / "out").unlink()
    assert found == [f"{tmp_path}/here"]
    assert not (tmp_path / "here").exists()


async def test_a_working_directory_that_is_a_file_cannot_start(stage: Stage) -> None:
    with pytest.raises(StartFailed, match="not a directory"):
        await stage.run(SHELL.shell("true", working_directory="/etc/passwd"))


async def test_a_read_only_root_takes_no_writes_but_in_shared_memory(stage: Stage) -> None:
    line = "touch /new 2>/dev/null && echo bad; touch /dev/shm/ok && echo shm"
    assert await said(stage, SHELL.shell(line, is_root_read_only=True)) == ["shm"]


async def test_what_a_container_writes_is_seen_by_no_other(stage: Stage, busybox: Path) -> None:
    assert await said(stage, SHELL.shell("echo mine > /file; cat /file")) == ["mine"]
    assert await said(stage, SHELL.shell("ls /file 2>/dev/null || echo none")) == ["none"]
    assert not (busybox / "file").exists()


async def test_hosts_and_names_are_the_places(stage: Stage) -> None:
    line = "cat /etc/hosts /etc/hostname /etc/resolv.conf; hostname; echo x >> /etc/hosts"
    assert await said(stage, SHELL.shell(line)) == [
        "127.0.0.1 localhost",
        "10.9.0.10 ip-10-9-0-10.ec2.internal",
        "ip-10-9-0-10.ec2.internal",
        "nameserver 10.9.0.2",
        "search ec2.internal",
        "ip-10-9-0-10.ec2.internal",
    ]


CAPABILITIES = "grep -E 'CapEff|CapBnd' /proc/self/status | cut -f2"


async def test_root_has_dockers_fourteen_capabilities(stage: Stage) -> None:
    assert await said(stage, SHELL.shell(CAPABILITIES)) == ["00000000a80425fb"] * 2


async def test_only_what_is_added_and_dropped_changes_capabilities(stage: Stage) -> None:
    changed = SHELL.shell(
        CAPABILITIES, capabilities_added=("SYS_PTRACE",), capabilities_dropped=("NET_RAW", "MKNOD")
    )
    assert await said(stage, changed) == ["00000000a00c05fb"] * 2
    none = SHELL.shell(CAPABILITIES, capabilities_dropped=("ALL",))
    assert await said(stage, none) == ["0" * 16] * 2


def opening(family: int) -> bytes:
    """x86-64: exits with the error of socket(family, SOCK_STREAM, 0), or -fd."""
    call = b"\x48\xbf" + family.to_bytes(8, "little") + b"\xbe\1\0\0\0\x31\xd2"
    return call + b"\xb8\x29\0\0\0\x0f\x05" + EXIT


def opening_as_of_old(family: int) -> bytes:
    """The same by socketcall of 32 bits, which takes a pointer to the arguments."""
    arguments = (PROGRAM_AT + len(EXIT) + 23).to_bytes(4, "little")
    call = b"\xb8\x66\0\0\0\xbb\1\0\0\0\xb9" + arguments + b"\x90" * 6 + b"\xcd\x80"
    return call + EXIT + b"".join(n.to_bytes(4, "little") for n in (family, 1, 0))


EXIT = bytes.fromhex("f7d8 89c7 b83c000000 0f05")
PROGRAM_AT = 0x400078


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the programs are x86-64's")
@pytest.mark.parametrize("dropped", [(), ("AUDIT_WRITE",)])
@pytest.mark.parametrize(
    ("program_for", "family", "error"),
    [
        (opening, 40, errno.ENOSYS),
        (opening, 1 << 32 | 40, errno.ENOSYS),
        (opening, 38, errno.ENOSYS),
        (opening, 1 << 32 | 38, errno.ENOSYS),
        (opening_as_of_old, 40, errno.EPERM),
        (opening_as_of_old, 2, errno.EPERM),
        (opening, 2, -3),
        (opening, 1 << 32 | 1, -3),
    ],
)
async def test_sockets_to_the_machine_below_are_refused_however_they_are_asked_for(
    stage: Stage,
    busybox: Path,
    program_for: Callable[[int], bytes],
    family: int,
    error: int,
    dropped: tuple[str, ...],
) -> None:
    program = busybox / "opening"
    program.write_bytes(elf_program(62, program_for(family)))
    program.chmod(0o755)
    task = await stage.run(
        ContainerSpec(name="main", image="b", command=("/opening",), capabilities_dropped=dropped)
    )
    ended = await stage.end_of(task, "main")
    program.unlink()
    assert ended.exit_code == error % 256


async def test_a_user_has_no_effective_capabilities(stage: Stage) -> None:
    found = await said(stage, SHELL.shell(CAPABILITIES, user="1000"))
    assert found[0] == "0" * 16


async def test_the_seccomp_filter_holds_in_the_first_start_and_in_later_ones(
    stage: Stage,
) -> None:
    line = (
        "grep Seccomp: /proc/self/status; unshare -U true 2>/dev/null && echo made; "
        "mount -t tmpfs t /tmp 2>/dev/null && echo mounted; echo done"
    )
    for _ in range(2):
        assert await said(stage, SHELL.shell(line)) == ["Seccomp:\t2", "done"]


async def test_ulimits_are_fargates_unless_said_otherwise(stage: Stage) -> None:
    hard = int(subprocess.check_output(["sh", "-c", "ulimit -Hn"]))
    files = min(65535, hard) if cannot_raise_limits() else 65535
    assert await said(stage, SHELL.shell("ulimit -Sn; ulimit -Hn")) == [str(files)] * 2
    own = SHELL.shell(
        "ulimit -Sn; ulimit -Hn; ulimit -c",
        ulimits=(
            UlimitSpec(name="nofile", soft=100, hard=200),
            UlimitSpec(name="core", soft=0, hard=0),
        ),
    )
    assert await said(stage, own) == ["100", "200", "0"]


def cannot_raise_limits() -> bool:
    status = Path("/proc/self/status").read_text()
    effective = re.search(r"CapEff:\s*(\w+)", status)
    return effective is not None and not int(effective[1], 16) >> 24 & 1


async def test_an_entry_point_makes_the_images_command_void(stage: Stage, images: OneImage) -> None:
    images.configure(entry_point=("echo", "image"), command=("default",))
    plain = ContainerSpec(name="main", image="busybox")
    assert await said(stage, plain) == ["image default"]
    assert await said(stage, replace(plain, command=("own",))) == ["image own"]
    assert await said(stage, replace(plain, entry_point=("echo", "mine"))) == ["mine"]


async def test_nothing_to_run_cannot_start(stage: Stage, images: OneImage) -> None:
    images.configure(command=())
    with pytest.raises(StartFailed, match="no command specified"):
        await stage.run(ContainerSpec(name="main", image="busybox"))


async def test_a_terminal_is_one(stage: Stage) -> None:
    found = await said(stage, SHELL.shell("test -t 1 && echo $TERM", has_terminal=True))
    assert [line.rstrip("\r") for line in found] == ["xterm"]


async def test_an_init_process_is_first_and_reaps(stage: Stage) -> None:
    found = await said(
        stage, SHELL.shell("cat /proc/1/comm; sh -c 'exec echo $$'", has_init_process=True)
    )
    assert found[0] in ("init", "catatonit", "tini-static", "tini")
    assert found[1] != "1"


async def test_the_images_stop_signal_is_used(stage: Stage, images: OneImage) -> None:
    images.configure(stop_signal="SIGUSR1")
    line = "trap 'exit 5' USR1; trap 'exit 6' TERM; echo ready; while :; do sleep 1 & wait; done"
    task = await stage.run(SHELL.shell(line))
    await stage.ready(task)
    await stage.stop(task)
    assert (await stage.see(task)).exit_code == 5


async def test_log_lines_keep_their_order_stream_and_time(stage: Stage) -> None:
    line = "for i in $(seq 500); do echo $i; done; echo err >&2; printf partial"
    before = stage.clock.now()
    task = await stage.run(SHELL.shell(line))
    await stage.end_of(task)
    path = stage.backend.log_file(task.id, "main")
    assert path is not None
    rows = [row.split(" ", 3) for row in path.read_text().splitlines()]
    assert [row[3] for row in rows if row[1] == "stdout"] == [*map(str, range(1, 501)), "partial"]
    assert [row[3] for row in rows if row[1] == "stderr"] == ["err"]
    assert [row[2] for row in rows if row[3] == "partial"] == ["P"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}[+-]\d\d:\d\d", rows[0][0])
    assert before <= stage.clock.now()


def group_file(stage: Stage, tmp_path: Path, task: TaskSpec, controller: str, name: str) -> Path:
    engine = engine_id_for(tmp_path / "compute")
    return Path(f"/sys/fs/cgroup/{controller}/hostless/{engine}/{task.id}/{name}")


@pytest.mark.skipif(Path("/sys/fs/cgroup/cgroup.controllers").exists(), reason="version 1 files")
async def test_limits_of_task_and_container_are_written(stage: Stage, tmp_path: Path) -> None:
    task = await stage.run(
        SHELL.shell("sleep 3600", cpu_units=100, memory_mib=64, memory_reservation_mib=32),
        SHELL.shell("sleep 3600", "other"),
    )
    seen = (await stage.see(task)).runtime_id
    other = (await stage.see(task, "other")).runtime_id

    def value(controller: str, name: str) -> str:
        return group_file(stage, tmp_path, task, controller, name).read_text().strip()

    assert value("cpu", "cpu.cfs_quota_us") == "25000"
    assert value("cpu", "cpu.shares") == "256"
    assert value("memory", "memory.limit_in_bytes") == str(512 << 20)
    assert value("pids", "pids.max") == "4096"
    assert value("cpu", f"{seen}/cpu.shares") == "100"
    assert value("memory", f"{seen}/memory.limit_in_bytes") == str(64 << 20)
    assert value("memory", f"{seen}/memory.soft_limit_in_bytes") == str(32 << 20)
    assert value("cpu", f"{other}/cpu.shares") == "2"
    assert value("memory", f"{other}/memory.limit_in_bytes") == str(512 << 20)


async def test_the_tasks_memory_limit_kills_too(stage: Stage) -> None:
    eater = SHELL.shell("tail -c 1000000000 /dev/zero", "eats")
    task = await stage.run(eater, SHELL.forever("web"), memory_mib=32)
    seen = await stage.end_of(task, "eats")
    assert seen.exit_code == 137
    assert seen.reason == "OutOfMemoryError: Container killed due to memory usage"
    assert (await stage.see(task, "web")).state == "running"


async def test_a_kill_that_is_not_for_memory_has_no_reason(stage: Stage) -> None:
    task = await stage.run(SHELL.shell("kill -9 $$; sh -c 'kill -9 1'; sleep 1; exit 3"))
    seen = await stage.end_of(task)
    assert seen.reason is None


async def test_statistics_tell_cpu_memory_and_processes(stage: Stage) -> None:
    line = "x=0; while [ $x -lt 150000 ]; do x=$((x+1)); done; echo ready; sleep 3600"
    task = await stage.run(SHELL.shell(line))
    await stage.ready(task)
    stats = await stage.used(task)
    assert stats.cpu_nanoseconds > 1_000_000
    assert 0 < stats.memory_bytes < 64 << 20
    assert stats.processes in (1, 2)
    whole = (await stage.stats(task)).whole
    assert whole.memory_limit_bytes == 512 << 20
    assert whole.memory_peak_bytes >= whole.memory_usage_bytes > 0
    assert whole.cpu_nanoseconds >= whole.cpu_user_nanoseconds > 0
    assert whole.cpu_periods > 0


async def test_a_container_that_has_ended_still_counts_for_its_task(stage: Stage) -> None:
    loop = "x=0; while [ $x -lt 20000 ]; do x=$((x+1)); done"
    task = await stage.run(SHELL.shell(loop, "short", essential=False), SHELL.forever())
    await stage.end_of(task, "short")
    stats = await stage.stats(task)
    assert stats.whole.cpu_nanoseconds > stats.containers["main"].cpu_nanoseconds + 1_000_000


@pytest.fixture
def namespace() -> Iterator[Path]:
    yield from made_namespace()


async def test_containers_of_a_task_share_localhost(stage: Stage, namespace: Path) -> None:
    task = stage.task(
        SHELL.shell("while :; do echo hello | nc -l -p 8080; done", "web"),
        SHELL.shell("until nc 127.0.0.1 8080 2>/dev/null | grep hello; do :; done", "side"),
    )
    await stage.backend.pull(task)
    await stage.backend.start(task, make_place(namespace))
    path = stage.backend.log_file(task.id, "side")
    assert path is not None
    assert "hello" in await wait_for_log(path, "hello")


async def test_environment_values_are_on_no_disk(stage: Stage, tmp_path: Path) -> None:
    secret = "correct-horse-battery"
    task = await stage.run(SHELL.shell("sleep 3600", environment=(("SECRET", secret),)))
    found = await asyncio.to_thread(
        subprocess.run,
        ["grep", "-rl", "--exclude-dir=run", secret, str(tmp_path / "compute")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""
    assert not Folders(root=tmp_path / "compute").container(task.id, "main").config.exists()
