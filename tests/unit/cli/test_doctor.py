"""The doctor's judgements over plain facts, and one look at the machine under test."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from hostless.cli.doctor.checks import CHECKS, NEEDED_CAPABILITIES, Finding, findings, is_fit
from hostless.cli.doctor.command import doctor
from hostless.cli.doctor.examine import VERSION_ARGUMENTS
from hostless.cli.doctor.machine import Machine
from hostless.cli.doctor.probe import PROBES

HEALTHY = Machine(
    is_root=True,
    capabilities=NEEDED_CAPABILITIES | {"SYS_RESOURCE"},
    kernel="6.1.0-13-amd64",
    architecture="x86_64",
    cgroup="v2",
    controllers=frozenset({"cpu", "memory", "pids"}),
    unified_controllers=frozenset({"cpu", "memory", "pids"}),
    probes=dict.fromkeys(PROBES),
    programs=dict.fromkeys(VERSION_ARGUMENTS, "1.0"),
    may_forward=True,
    state_dir="/var/lib/hostless",
    free_disk=50 * 1024**3,
    cpus=2,
    memory=8 * 1024**3,
    open_files=1_048_576,
    inotify_instances=128,
    inotify_watches=65_536,
    process_ids=4_194_304,
    gvisor_platform="systrap",
    gvisor_problem="",
)


def finding(machine: Machine, check: str) -> Finding:
    return next(found for found in findings(machine) if found.check == check)


def test_a_healthy_machine_has_nothing_to_mend() -> None:
    found = findings(HEALTHY)
    assert is_fit(found)
    assert {item.state for item in found} == {"ok"}
    assert len({item.check for item in found}) == len(CHECKS)


def test_without_root_the_simulated_backend_is_offered() -> None:
    found = finding(replace(HEALTHY, is_root=False), "root")
    assert found.state == "missing"
    assert "--backend simulated" in found.mend


def test_missing_capabilities_are_named() -> None:
    bare = replace(HEALTHY, capabilities=HEALTHY.capabilities - {"NET_ADMIN", "MKNOD"})
    assert finding(bare, "capabilities").text == "lacks MKNOD, NET_ADMIN"


def test_a_failed_probe_says_what_the_kernel_said() -> None:
    broken = replace(HEALTHY, probes={**HEALTHY.probes, "overlay": "No such device"})
    found = finding(broken, "overlayfs")
    assert (found.state, found.text) == ("missing", "No such device")
    assert found.mend == "modprobe overlay"


def test_something_optional_only_warns() -> None:
    plain = replace(HEALTHY, programs={**HEALTHY.programs, "haproxy": None})
    found = findings(plain)
    assert is_fit(found)
    assert finding(plain, "haproxy").state == "warning"


def test_what_tasks_get_by_default_follows_from_whether_gvisor_works() -> None:
    text = finding(HEALTHY, "gvisor").text
    assert text == "runsc 1.0 works, platform systrap: tasks get it by default"
    broken = replace(HEALTHY, gvisor_platform=None, gvisor_problem="runsc: no ptrace")
    found = finding(broken, "gvisor")
    assert (found.state, found.text) == (
        "warning",
        "runsc: no ptrace: tasks get containers by default",
    )
    absent = replace(broken, programs={**HEALTHY.programs, "runsc": None})
    assert "apt-get install runsc" in finding(absent, "gvisor").mend


def test_one_runtime_is_enough_and_none_is_not() -> None:
    programs = {**HEALTHY.programs, "crun": None}
    assert finding(replace(HEALTHY, programs=programs), "runtime").state == "ok"
    nothing = replace(HEALTHY, programs={**programs, "runc": None})
    assert finding(nothing, "runtime").mend == "apt-get install crun"


def test_hybrid_cgroups_with_a_stray_controller_need_runc_or_a_mount() -> None:
    hybrid = replace(HEALTHY, cgroup="hybrid", unified_controllers=frozenset({"hugetlb"}))
    found = finding(hybrid, "hybrid cgroups")
    assert found.state == "warning"
    assert "mount -t cgroup -o hugetlb none DIR" in found.mend
    only_crun = replace(hybrid, programs={**HEALTHY.programs, "runc": None})
    assert finding(only_crun, "runtime").state == "missing"


def test_an_old_kernel_is_refused() -> None:
    assert finding(replace(HEALTHY, kernel="4.19.0-6-amd64"), "kernel").state == "missing"


def test_little_room_on_the_disk_is_told() -> None:
    full = finding(replace(HEALTHY, free_disk=1024**3), "free disk")
    assert (full.state, full.text) == ("missing", "1.0 GiB free for /var/lib/hostless")


def test_this_machine_is_looked_at_and_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    result = CliRunner().invoke(doctor, ["--json", "--state-dir", str(tmp_path / "state")])
    answer = json.loads(result.stdout)
    assert result.exit_code == (0 if answer["fit"] else 1)
    assert [check["check"] for check in answer["checks"]] == [check.name for check in CHECKS]
    assert list(tmp_path.iterdir()) == []
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
    assert "probe0" not in os.listdir("/sys/class/net")


def test_the_doctor_tells_a_person_how_to_mend(tmp_path: Path) -> None:
    result = CliRunner(env={"PATH": "/nowhere"}).invoke(doctor, ["--state-dir", str(tmp_path)])
    assert result.exit_code == 1
    assert "→ apt-get install conmon" in result.stdout
    assert "\x1b[" not in result.stdout


def test_without_loop_devices_it_is_said_that_storage_is_not_limited() -> None:
    bare = replace(HEALTHY, probes={**HEALTHY.probes, "task_disk": "Operation not permitted"})
    found = finding(bare, "disks of tasks")
    assert (found.state, found.text) == ("warning", "Operation not permitted")
    assert "not limited" in found.mend
