"""End to end: what cannot start ends in the state, code and sentence that a Fargate user knows."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.e2e.conftest import (
    Runner,
    container_of,
    run_on,
    started_engine,
    wait_until,
)
from tests.support.engine import RunningEngine, describe, free_port, wait_for
from tests.support.images import build_busybox_image, push
from tests.support.registry import BASIC, PASSWORD, USER, running_registry

pytestmark = pytest.mark.root


def failed(engine: RunningEngine, task: dict, seconds: float = 60) -> dict:
    """The stopped task, which must have failed to start."""
    task = wait_until(engine, task["taskArn"], "STOPPED", seconds)
    assert task["stopCode"] == "TaskFailedToStart", describe(task)
    assert "startedAt" not in task
    assert all(c["lastStatus"] == "STOPPED" for c in task["containers"])
    assert task["attachments"][0]["status"] == "DELETED"
    return task


@contextmanager
def silence() -> Iterator[int]:
    """A port that accepts connections and never says anything."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=64)) as server:
        yield int(server.getsockname()[1])


@pytest.fixture(scope="module", autouse=True)
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningEngine, dict]]:
    """A task that waits for a registry which hangs, while all other things are tried."""
    state_dir = tmp_path_factory.mktemp("waiting") / "state"
    with silence() as port, started_engine(state_dir) as engine:
        image = f"127.0.0.1:{port}/busybox:1"
        yield engine, run_on(engine, image, {"command": ["true"]})


def test_an_image_that_does_not_exist(engine: RunningEngine, run: Runner, registry: str) -> None:
    task = failed(engine, run({"image": f"{registry}/no/such:image", "command": ["true"]}))
    assert task["stoppedReason"].startswith("CannotPullContainerError: ")
    assert f"{registry}/no/such:image" in task["stoppedReason"]
    assert "not found" in task["stoppedReason"]


def test_a_registry_that_refuses(engine: RunningEngine, run: Runner, tmp_path: Path) -> None:
    with running_registry(tmp_path, has_password=True) as private:
        push(private, "busybox:1", build_busybox_image(), headers=BASIC)
        task = failed(engine, run({"image": f"{private}/busybox:1", "command": ["true"]}))
    assert task["stoppedReason"].startswith("CannotPullContainerError: ")
    assert "pull access denied" in task["stoppedReason"]


def test_a_registry_that_nobody_serves(engine: RunningEngine, run: Runner) -> None:
    task = run({"image": f"127.0.0.1:{free_port()}/busybox:1", "command": ["true"]})
    task = failed(engine, task)
    assert task["stoppedReason"].startswith("CannotPullContainerError: ")
    assert "connection refused" in task["stoppedReason"]


def test_a_registry_that_hangs_and_a_stop_meanwhile(engine: RunningEngine, run: Runner) -> None:
    with silence() as port:
        task = run({"image": f"127.0.0.1:{port}/busybox:1", "command": ["true"]})
        wait_until(engine, task["taskArn"], "PENDING")
        engine.client("ecs").stop_task(task=task["taskArn"], reason="no patience")
        task = wait_until(engine, task["taskArn"], "STOPPED", 60)
        assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "no patience")


def test_a_private_registry_with_credentials(own_engine: RunningEngine, tmp_path: Path) -> None:
    import base64
    import json

    secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    with running_registry(tmp_path, has_password=True) as private:
        push(private, "busybox:1", build_busybox_image(), headers=BASIC)
        file = tmp_path / "auth.json"
        file.write_text(json.dumps({"auths": {private: {"auth": secret}}}))
        own_engine.start("--registry-auth", str(file))
        own_engine.client("ecs").create_cluster()
        own_engine.client("logs").create_log_group(logGroupName="/test/tasks")
        task = run_on(own_engine, f"{private}/busybox:1", {"command": ["sh", "-c", "exit 4"]})
        task = wait_until(own_engine, task["taskArn"], "STOPPED")
    assert container_of(task, "c0")["exitCode"] == 4, describe(task)


def test_a_command_that_is_not_there(engine: RunningEngine, run: Runner) -> None:
    task = failed(engine, run({"entryPoint": ["/no/such/program"]}, {"command": ["sleep", "9"]}))
    assert task["stoppedReason"].startswith("CannotStartContainerError: ")
    reason = container_of(task, "c0")["reason"]
    assert reason.startswith("CannotStartContainerError: ")
    assert "/no/such/program" in reason


def test_a_user_that_the_image_does_not_have(engine: RunningEngine, run: Runner) -> None:
    task = failed(engine, run({"user": "nobody-we-know", "command": ["true"]}))
    assert "nobody-we-know" in task["stoppedReason"]


def test_more_than_the_machine_has_is_answered_with_failures(engine: RunningEngine) -> None:
    ecs = engine.client("ecs")
    definition = ecs.register_task_definition(
        family="huge",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="16384",
        memory="122880",
        containerDefinitions=[{"name": "c", "image": "busybox"}],
    )["taskDefinition"]["taskDefinitionArn"]
    network = {"awsvpcConfiguration": {"subnets": engine.subnets()}}
    answer = ecs.run_task(
        taskDefinition=definition, launchType="FARGATE", networkConfiguration=network
    )
    assert answer["tasks"] == []
    [failure] = answer["failures"]
    assert failure["reason"].startswith("Capacity is unavailable at this time.")
    assert failure["detail"] in ("RESOURCE:CPU", "RESOURCE:MEMORY")


def free_bytes(folder: Path) -> int:
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize


def fill(folder: Path) -> Path:
    """Take all room and all names there are on the folder's disk; the folder that takes them."""
    filler = folder / "filler"
    filler.mkdir()
    with (filler / "room").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free_bytes(folder) // 4096 * 4096)
    for number in range(os.statvfs(folder).f_ffree):
        (filler / str(number)).touch()
    return filler


@pytest.fixture
def small_disk(own_engine: RunningEngine) -> Iterator[Path]:
    """The state folder of `own_engine` lies on a disk of 32 MiB and 2,048 files."""
    folder = own_engine.state_dir
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m,nr_inodes=2k", "small", folder], check=True
    )
    try:
        yield folder
    finally:
        try:
            own_engine.purge()
        finally:
            subprocess.run(["umount", folder], check=True)


def test_a_full_disk(own_engine: RunningEngine, image: str, small_disk: Path) -> None:
    """Who fills the disk is recorded and cleared away; who finds it full is told; room heals."""
    own_engine.start()
    own_engine.client("ecs").create_cluster()
    own_engine.client("logs").create_log_group(logGroupName="/test/tasks")

    def run(script: str) -> dict:
        task = run_on(own_engine, image, {"entryPoint": ["sh", "-c"], "command": [script]})
        return wait_until(own_engine, task["taskArn"], "STOPPED")

    assert container_of(run("true"), "c0")["exitCode"] == 0
    greedy = run("head -c 50000000 /dev/zero > /big; exit 9")
    assert container_of(greedy, "c0").get("exitCode") == 9, describe(greedy)
    filler = fill(small_disk)
    unlucky = run("true")
    assert unlucky["stopCode"] == "TaskFailedToStart"
    assert "no space left on device" in unlucky["stoppedReason"]
    shutil.rmtree(filler)
    assert container_of(run("true"), "c0")["exitCode"] == 0
    wait_for(lambda: not own_engine.traces(), what="no traces")
    fill(small_disk)
    assert own_engine.stop() == 0
    assert "Traceback" not in own_engine.log.read_text()


def test_no_free_address(own_engine: RunningEngine, image: str) -> None:
    """A default VPC of /24 has subnets of /26 or less: their addresses run out."""
    own_engine.cidr = own_engine.cidr.replace("/20", "/24")
    own_engine.flags = ("--over-commit", "1000", "--backend", "simulated")
    own_engine.start()
    ecs = own_engine.client("ecs")
    ecs.create_cluster()
    subnet = own_engine.client("ec2").describe_subnets()["Subnets"][0]
    free = subnet["AvailableIpAddressCount"]
    assert 0 < free < 62
    definition = ecs.register_task_definition(
        family="many",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "c", "image": image}],
    )["taskDefinition"]["taskDefinitionArn"]
    network = {"awsvpcConfiguration": {"subnets": [subnet["SubnetId"]]}}
    arns = []
    while len(arns) <= free:
        answer = ecs.run_task(
            taskDefinition=definition,
            count=min(10, free + 1 - len(arns)),
            launchType="FARGATE",
            networkConfiguration=network,
        )
        arns += [task["taskArn"] for task in answer["tasks"]]

    def stopped() -> list[dict]:
        tasks = []
        for at in range(0, len(arns), 100):
            tasks += ecs.describe_tasks(tasks=arns[at : at + 100])["tasks"]
        return [task for task in tasks if task["lastStatus"] == "STOPPED"]

    (unlucky,) = wait_for(stopped, what="one task without an address")
    assert unlucky["stopCode"] == "TaskFailedToStart"
    assert "InsufficientFreeAddressesInSubnet" in unlucky["stoppedReason"]


@pytest.mark.timeout(300)
def test_a_registry_that_hangs(waiting: tuple[RunningEngine, dict]) -> None:
    """Last, for it takes the longest to give up."""
    task = failed(*waiting, 240)
    assert task["stoppedReason"].startswith("CannotPullContainerError: ")
