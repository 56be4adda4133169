"""`hostless down --purge` leaves nothing, whatever became of the engine and of its folder."""

import shutil
import time
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import LOGS, address_of, run_on, wait_until
from tests.support.engine import RunningEngine, routed_ranges

pytestmark = pytest.mark.root
ASLEEP = {"command": ["sleep", "1000"]}


def prepared(engine: RunningEngine) -> None:
    engine.start()
    engine.client("ecs").create_cluster()
    engine.client("logs").create_log_group(logGroupName=LOGS)


def running_task(engine: RunningEngine, image: str) -> dict[str, Any]:
    prepared(engine)
    task = run_on(engine, image, ASLEEP, ASLEEP)
    return wait_until(engine, task["taskArn"], "RUNNING")


def unroutable(address: str) -> bool:
    """Whether the host has no route to the address any more but the default one."""
    return not any(IPv4Address(address) in range_ for range_ in routed_ranges())


def lose(path: Path) -> None:
    """As `rm -rf` does, which goes on after what it cannot remove (a mount point)."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink()


@pytest.mark.parametrize(
    "lost",
    [
        ("engine.json",),
        ("store.db", "store.db-wal", "store.db-shm"),
        ("compute/tasks",),
        ("compute/run",),
        ("compute",),
        (".",),
    ],
    ids="+".join,
)
def test_a_folder_of_which_parts_are_lost(
    own_engine: RunningEngine, image: str, lost: tuple[str, ...]
) -> None:
    task = running_task(own_engine, image)
    own_engine.kill()
    for name in lost:
        lose(own_engine.state_dir / name)
    own_engine.purge()
    assert not own_engine.remains()
    assert unroutable(address_of(task))


@pytest.mark.skipif(shutil.which("runsc") is None, reason="needs runsc")
def test_sandboxes_of_which_no_record_is_left(own_engine: RunningEngine, image: str) -> None:
    own_engine.flags = ("--isolation", "gvisor")
    running_task(own_engine, image)
    own_engine.kill()
    lose(own_engine.state_dir / "engine.json")
    lose(own_engine.state_dir / "compute" / "tasks")
    own_engine.purge()
    assert not own_engine.remains()


@pytest.mark.parametrize("moment", [0.02, 0.15])
def test_an_engine_killed_while_it_starts_tasks(
    own_engine: RunningEngine, image: str, moment: float
) -> None:
    prepared(own_engine)
    for _ in range(2):
        run_on(own_engine, image, ASLEEP, count=4)
    time.sleep(moment)  # any instant will do
    own_engine.kill()
    own_engine.purge()
    assert not own_engine.remains()
