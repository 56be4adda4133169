"""Whether gVisor works on this machine, and with which of its platforms: by trying.

A sandbox whose only program ends at once takes 0.1 s, so what came of it is remembered for as long
as the kernel, what this process may do and runsc itself are the same. How tasks live in gVisor is
`gvisor`'s and `sandboxes`' business.
"""

import contextlib
import hashlib
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hostless.compute.local.elf import MACHINES, ending_program
from hostless.compute.local.host import find_program
from hostless.compute.local.records import write_whole
from hostless.compute.local.sandboxes import NOT_INSTALLED, WITHOUT_NET_SETTINGS

_FLAGS_SECONDS = 10.0
_TRIAL_SECONDS = 5.0
_KVM_SECONDS = 1.0
"""Where it does not work it hangs; where it works a trial takes a tenth of this."""
_KVM_DEVICE = Path("/dev/kvm")
_LONGEST_PROBLEM = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """platform: the one to use; None when none works, and then `problem` says why.

    is_lasting: whether it would be the same again; a busy machine may be in time another day.
    """

    platform: str | None
    problem: str = ""
    is_lasting: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    """conditions: what the verdict depends on."""

    conditions: str
    verdict: Verdict


def remembered_verdict(memory: Path) -> Verdict | None:
    """What a trial under the same conditions came to; None when there was none."""
    program = find_program("runsc")
    if program is None:
        return Verdict(platform=None, problem=NOT_INSTALLED)
    try:
        kept = msgspec.json.decode(memory.read_bytes(), type=_Memory)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return kept.verdict if kept.conditions == _conditions(program) else None


def verdict_on_gvisor(memory: Path, scratch: Path) -> Verdict:
    """The remembered one, or that of a trial. Blocks. Raises OSError.

    scratch: a folder that is nobody's, made and removed here.
    """
    kept = remembered_verdict(memory)
    if kept is not None:
        return kept
    program = find_program("runsc")
    assert program is not None, "it was there an instant ago"
    verdict = _tried(program, scratch)
    if verdict.is_lasting:
        kept_now = _Memory(conditions=_conditions(program), verdict=verdict)
        write_whole(memory, msgspec.json.encode(kept_now))
    return verdict


def try_gvisor(scratch: Path) -> Verdict:
    """A trial whose outcome nobody remembers. Blocks. Raises OSError."""
    program = find_program("runsc")
    if program is None:
        return Verdict(platform=None, problem=NOT_INSTALLED)
    return _tried(program, scratch)


def _tried(program: Path, scratch: Path) -> Verdict:
    if platform.machine() not in MACHINES:
        return Verdict(platform=None, problem=f"no gVisor on {platform.machine()}")
    shutil.rmtree(scratch, ignore_errors=True)
    problems: list[str] = []
    is_lasting = True
    try:
        _furnish(scratch)
        for candidate, seconds in _candidates(_said_by(program, "flags")):
            problem = _problem_of(program, candidate, scratch, seconds)
            if problem == "":
                return Verdict(platform=candidate)
            is_lasting = is_lasting and problem is not None
            shown = f"does not answer within {seconds:.0f} s" if problem is None else problem
            problems.append(f"runsc with platform {candidate}: {shown}")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    problem = "; ".join(problems)[:_LONGEST_PROBLEM]
    return Verdict(platform=None, problem=problem, is_lasting=is_lasting)


def _candidates(flags: str) -> Iterator[tuple[str, float]]:
    """Platforms that this runsc has, the fastest first, each with its time. flags: as told.

    systrap came in 2023 and is gVisor's own default since; kvm is for machines that are no virtual
    ones themselves.
    """
    if "systrap" in flags:
        yield "systrap", _TRIAL_SECONDS
    elif _KVM_DEVICE.exists():
        yield "kvm", _KVM_SECONDS
    yield "ptrace", _TRIAL_SECONDS


def _furnish(scratch: Path) -> None:
    """A bundle for a container without a network."""
    write_whole(scratch / "root" / "end", ending_program(platform.machine()), 0o755)
    kinds = ("mount", "ipc", "uts", "pid", "network")
    spec = {
        "ociVersion": "1.0.2",
        "process": {"user": {"uid": 0, "gid": 0}, "args": ["/end"], "cwd": "/", "env": []},
        "root": {"path": str(scratch / "root"), "readonly": True},
        "linux": {"namespaces": [{"type": kind} for kind in kinds], "resources": {}},
    }
    write_whole(scratch / "config.json", msgspec.json.encode(spec))


def _problem_of(program: Path, candidate: str, scratch: Path, seconds: float) -> str | None:
    """Empty when it works, None when it was not in time. What runsc starts dies with it."""
    mark = hashlib.sha256(str(scratch).encode()).hexdigest()[:16]
    command = [
        *WITHOUT_NET_SETTINGS,
        *(str(program), f"--platform={candidate}", f"--root={scratch / 'state'}"),
        *("--network=sandbox", "--ignore-cgroups"),
        *("run", "--bundle", str(scratch), f"trial-{candidate}-{mark}"),  # one on the machine
    ]
    errors = scratch / "error"
    with errors.open("wb") as file:
        try:
            ended = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=file,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
    if ended.returncode == 0:
        return ""
    said = errors.read_text(errors="replace").strip().splitlines()
    return said[-1] if said else f"it ended with exit code {ended.returncode}"


def _said_by(program: Path, *arguments: str) -> str:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        answer = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_FLAGS_SECONDS,
            check=False,
        )
        return answer.stdout + answer.stderr
    return ""


def _conditions(program: Path) -> str:
    """Anything in here that changes calls for another trial."""
    about = program.stat()
    status = Path("/proc/self/status").read_text()
    may = re.search(r"^CapEff:\s*(\S+)", status, re.MULTILINE)
    parts = (program, about.st_ino, about.st_size, about.st_mtime_ns, os.uname().release)
    return " ".join(map(str, (*parts, may and may[1], _KVM_DEVICE.exists())))
