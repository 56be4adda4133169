"""The program that does nothing for ever."""

import platform
import subprocess
from pathlib import Path

import pytest

from hostless.compute.local.elf import pause_program


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_it_is_an_executable_of_one_small_segment(machine: str) -> None:
    program = pause_program(machine)
    assert program[:4] == b"\x7fELF"
    assert len(program) < 200


def test_it_runs_and_waits(tmp_path: Path) -> None:
    path = tmp_path / "pause"
    path.write_bytes(pause_program(platform.machine()))
    path.chmod(0o755)
    process = subprocess.Popen([path])
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.1)
    process.kill()
    assert process.wait() == -9
