"""A run that is ended from outside tears down what it made; for a killed one the next does."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.ended_runs import ELSEWHERE, OWN_CLAIMS
from tests.support.engine import RunningEngine

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
SUITE_OF_ROOT = """
import time
from pathlib import Path
from tests.e2e.conftest import *
from tests.support.networks import own_host

HERE = Path(__file__).parent

def test_that_waits(tmp_path, image):
    with started_engine(tmp_path / "state") as engine:
        task = run_on(engine, image, {"command": ["sleep", "1000"]})
        wait_until(engine, task["taskArn"], "RUNNING")
        with own_host() as world:
            (HERE / "made").write_text(f"{tmp_path / 'state'} {world}")
            (HERE / "waits").touch()
            time.sleep(3600)
"""
NOTHING = "def test_nothing(): pass"


@contextmanager
def run_of(suite: str, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Beside others on this machine, which may clear what they find at any time: unseen by them."""
    folder.mkdir(exist_ok=True)
    (folder / "test_suite.py").write_text(suite)
    root = Path(__file__).parents[1]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-c", "/dev/null"]
    options = ["--rootdir", folder, "--basetemp", folder / "temp", "-o", "asyncio_mode=auto"]
    words = [*command, *options, folder]
    place = {**os.environ, ELSEWHERE: str(folder.parent / OWN_CLAIMS)}
    with subprocess.Popen(words, cwd=root, env=place, stdout=subprocess.DEVNULL) as run:
        try:
            yield run
        finally:
            run.terminate()
            run.wait(LIMIT_SECONDS)


def await_test(run: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (folder / "waits").exists():
        assert run.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_sigterm_ends_a_run_as_ctrl_c_does(tmp_path: Path) -> None:
    with run_of(SUITE, tmp_path / "run") as run:
        await_test(run, tmp_path / "run")
        run.send_signal(signal.SIGTERM)
        assert run.wait(LIMIT_SECONDS) == 2, "pytest's code for an interrupted run"
    assert (tmp_path / "run" / "torn_down").exists()
    assert (tmp_path / "run" / "torn_down_in_a_loop").exists()


@pytest.mark.root
def test_what_a_killed_run_has_left_goes_with_the_next_and_what_lives_stays(tmp_path: Path) -> None:
    killed, living = tmp_path / "killed", tmp_path / "living"
    with run_of(SUITE_OF_ROOT, killed) as first, run_of(SUITE_OF_ROOT, living) as second:
        await_test(first, killed)
        await_test(second, living)
        first.kill()
        first.wait()
        assert traces_of(killed)
        before = traces_of(living)
        with run_of(NOTHING, tmp_path / "next") as third:
            assert third.wait(LIMIT_SECONDS) == 0
        assert traces_of(killed) == []
        assert not (killed / "temp").exists()
        assert traces_of(living) == before != []
    assert traces_of(living) == []


def traces_of(folder: Path) -> list[str]:
    """What is there of a run's engine, and the namespace that it made besides."""
    state_dir, world = (folder / "made").read_text().split()
    remains = RunningEngine(Path(state_dir)).remains()
    found = [f"{kind}: {thing}" for kind, things in remains.items() for thing in things]
    return sorted(found) + [world] * Path("/run/netns", world).exists()
