"""A run of tests that is ended from outside tears down what its fixtures made."""

import signal
import subprocess
import sys
import time
from pathlib import Path

LIMIT_SECONDS = 60
SUITE = """
import asyncio, signal
from pathlib import Path
import pytest

HERE = Path(__file__).parent

@pytest.fixture(scope="session")
def made():
    yield
    (HERE / "torn_down").touch()

@pytest.fixture
async def begun(made):
    yield
    (HERE / "torn_down_in_a_loop").touch()

async def test_that_waits(begun):
    (HERE / "waits").touch()
    await asyncio.sleep(3600)
"""


def test_sigterm_ends_a_run_as_ctrl_c_does(tmp_path: Path) -> None:
    (tmp_path / "test_suite.py").write_text(SUITE)
    root = Path(__file__).parents[1]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-c", "/dev/null"]
    options = ["--rootdir", tmp_path, "--basetemp", tmp_path / "temp", "-o", "asyncio_mode=auto"]
    with subprocess.Popen(
        [*command, *options, tmp_path], cwd=root, stdout=subprocess.DEVNULL
    ) as run:
        deadline = time.monotonic() + LIMIT_SECONDS
        while not (tmp_path / "waits").exists():
            assert run.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        run.send_signal(signal.SIGTERM)
        assert run.wait(LIMIT_SECONDS) == 2, "pytest's code for an interrupted run"
    assert (tmp_path / "torn_down").exists()
    assert (tmp_path / "torn_down_in_a_loop").exists()
