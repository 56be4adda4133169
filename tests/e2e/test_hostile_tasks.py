"""End to end: a task that takes all it can get, or will not end, harms nobody but itself.

On both levels of isolation. Beside every attack runs a neighbour that has to go on answering, and
the engine's API; how much of its share the neighbour keeps is measured by `bench.neighbours`.
What is tried over the network is in `test_hostile_network`; what is tried against the kernel and
the engine's files, in `test_hostile_reach`.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.conftest import (
    address_of,
    awslogs,
    container_of,
    log_lines,
    page_of,
    run_on,
    started_engine,
    tasks_of,
    wait_until,
)
from tests.support.engine import describe, wait_for
from tests.support.hostile_place import LEVELS, SERVE, Place, shell, task_id_of

from hostless.compute.local.cgroups import PROCESSES_PER_TASK
from hostless.telemetry.follow.followed_file import KEPT_BYTES
from hostless.telemetry.follow.holes import HOLE_BYTES
from hostless.telemetry.follow.lines import LARGEST_EVENT

pytestmark = pytest.mark.root
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
BOMB = "bomb() { bomb | bomb & }; bomb 2>/dev/null; exec sleep 1000"
KILLED = (137, 143)
"""A first program that handles no signal: Linux shields it from SIGTERM, gVisor does not."""
LARGE: Any = {"cpu": "1024", "memory": "2048"}
"""An attacker with more than the neighbour has."""


@pytest.fixture(scope="module", params=LEVELS)
def shared_place(
    request: pytest.FixtureRequest, image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    flags = ("--isolation", request.param, "--over-commit", "100")
    with started_engine(tmp_path_factory.mktemp("hostile") / "state", *flags) as engine:
        neighbour = run_on(engine, image, shell(SERVE))
        neighbour = wait_until(engine, neighbour["taskArn"], "RUNNING")
        place = Place(
            engine=engine, level=request.param, neighbour=neighbour, traces=engine.traces()
        )
        check_neighbour(place)
        yield place


@pytest.fixture
def place(shared_place: Place) -> Iterator[Place]:
    """When the test ends, everything but the neighbour is stopped and nothing of it is left."""
    yield shared_place
    engine, own = shared_place.engine, shared_place.neighbour["taskArn"]
    others = [arn for arn in tasks_of(engine) if arn != own]
    for arn in others:
        engine.client("ecs").stop_task(task=arn, reason="the test is over")
    for arn in others:
        wait_until(engine, arn, "STOPPED", 120)
    wait_for(lambda: counted(engine.traces()) == counted(shared_place.traces), what="no traces")
    check_neighbour(shared_place)


def counted(traces: Any) -> dict[str, int]:
    return {kind: len(things) for kind, things in traces.items()}


def check_neighbour(place: Place) -> None:
    """It goes on answering, and so does the API."""
    address = address_of(place.neighbour)
    wait_for(lambda: page_of(address) == b"hello\n", 120, "the neighbour's page")
    ecs = place.engine.client("ecs")
    (shown,) = ecs.describe_tasks(tasks=[place.neighbour["taskArn"]])["tasks"]
    assert shown["lastStatus"] == "RUNNING", describe(shown)


def attack(place: Place, image: str, script: str, **fields: Any) -> dict[str, Any]:
    return run_on(place.engine, image, shell(script), **fields)


def ended(place: Place, task: dict[str, Any]) -> dict[str, Any]:
    return wait_until(place.engine, task["taskArn"], "STOPPED", 120)


def stopped(place: Place, task: dict[str, Any]) -> dict[str, Any]:
    place.engine.client("ecs").stop_task(task=task["taskArn"], reason="enough")
    task = ended(place, task)
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "enough")
    return task


def said(place: Place, task: dict[str, Any], word: str) -> None:
    wait_for(lambda: word in log_lines(place.engine, task), 120, f"the line {word!r}")


def test_a_fork_bomb_gets_no_further_than_the_tasks_processes(place: Place, image: str) -> None:
    """gVisor's kernel does not survive being refused threads: its task ends, and says of what."""
    task = attack(place, image, BOMB, **LARGE)
    wait_until(place.engine, task["taskArn"], "RUNNING")
    most = 0

    def is_over() -> bool:
        nonlocal most
        most = max([most, *place.counted(task, "pids.current")])
        return sum(place.counted(task, "pids.events")) > 0 or not place.is_there(task)

    wait_for(is_over, 120, "a process too many")
    assert most <= PROCESSES_PER_TASK
    check_neighbour(place)
    if place.level == "gvisor":
        task = ended(place, task)
        assert task["stopCode"] == "EssentialContainerExited"
        assert f"limit of {PROCESSES_PER_TASK} processes" in container_of(task, "c0")["reason"]
    else:
        task = stopped(place, task)
        assert "reason" not in container_of(task, "c0")
    assert container_of(task, "c0")["exitCode"] == 137, describe(task)


def test_a_memory_bomb_ends_out_of_memory(place: Place, image: str) -> None:
    task = attack(place, image, "exec dd if=/dev/zero of=/dev/null bs=700M count=1")
    task = ended(place, task)
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["stoppedReason"] == "Essential container in task exited"
    container = container_of(task, "c0")
    assert (container["exitCode"], container["reason"]) == (137, OUT_OF_MEMORY)


def test_files_in_memory_are_counted_to_the_task(place: Place, image: str) -> None:
    """/dev/shm has an end of its own; other places in memory end with the task's memory."""
    fill = "dd if=/dev/zero of=/dev/shm/a bs=1M count=100 2>&1 | grep -c 'No space left'"
    flood = "exec dd if=/dev/zero of=/fill/all bs=1M count=1900"
    memory = {"linuxParameters": {"tmpfs": [{"containerPath": "/fill", "size": 2000}]}}
    task = run_on(place.engine, image, shell(f"{fill}; {flood}", **memory))
    task = ended(place, task)
    container = container_of(task, "c0")
    assert (container["exitCode"], container["reason"]) == (137, OUT_OF_MEMORY)
    assert log_lines(place.engine, task)[0] == "1"


def test_file_descriptors_end_with_the_process_that_eats_them(place: Place, image: str) -> None:
    eat = "tail -f $(yes /etc/passwd | head -70000) >/dev/null 2>/tmp/said &"
    wait = "until grep -q 'Too many open files' /tmp/said; do sleep 0.1; done; echo refused"
    task = attack(place, image, f"{eat} {wait}; exec sleep 1000", **LARGE)
    said(place, task, "refused")
    check_neighbour(place)
    assert container_of(stopped(place, task), "c0")["exitCode"] in KILLED


@pytest.mark.parametrize("mode", ["non-blocking", "blocking"])
def test_a_flood_of_lines_is_held_by_the_tasks_share_and_a_part_of_the_disk(
    place: Place, image: str, mode: str
) -> None:
    """Who must not wait loses lines; who must not lose lines waits."""
    line = "a line of a log that is about as long as lines of logs are, again and again and again"
    logging = awslogs()
    logging["options"]["mode"] = mode
    task = run_on(place.engine, image, shell(f"yes {line}", logConfiguration=logging))
    wait_until(place.engine, task["taskArn"], "RUNNING")
    most = 0

    def has_flooded() -> bool:
        nonlocal most
        file = place.log_file(task)
        if file is None:
            return False
        status = file.stat()
        most = max(most, status.st_blocks * 512)
        return status.st_size > 2 * KEPT_BYTES

    wait_for(has_flooded, 120, "many lines")
    check_neighbour(place)
    assert most < 2 * KEPT_BYTES + HOLE_BYTES
    task = stopped(place, task)
    assert container_of(task, "c0")["exitCode"] in KILLED
    engine = place.engine
    stream = {"logGroupName": "/test/tasks", "logStreamName": f"t/c0/{task['taskArn'][-32:]}"}
    events = engine.client("logs").get_log_events(**stream, limit=100)["events"]
    assert {event["message"] for event in events[:-1]} == {line}  # the last one was cut off


def test_output_without_a_newline_becomes_events_of_the_largest_size(
    place: Place, image: str
) -> None:
    size = 3_000_000
    task = attack(place, image, f"head -c {size} /dev/zero | tr '\\0' x; exit 3")
    task = ended(place, task)
    assert container_of(task, "c0")["exitCode"] == 3
    lengths = [len(line) for line in log_lines(place.engine, task)]
    assert sum(lengths) == size
    assert max(lengths) == LARGEST_EVENT


def test_who_ignores_the_signal_is_killed_when_its_time_is_over(place: Place, image: str) -> None:
    ignore = "trap '' TERM INT HUP; echo ready; while :; do sleep 1000; done"
    task = attack(place, image, ignore)
    said(place, task, "ready")
    task = stopped(place, task)
    assert container_of(task, "c0")["exitCode"] == 137
    taken = task["executionStoppedAt"] - task["stoppingAt"]
    assert taken.total_seconds() >= 2.0


def test_zombies_are_counted_and_an_init_process_buries_them(place: Place, image: str) -> None:
    """A first program that buries nobody; and the same with `initProcessEnabled`."""
    dead = "grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l"
    born = "for n in $(seq 20); do ( (sleep 1; echo >>/tmp/ended) & ); done"
    all_ended = "[ $(wc -l </tmp/ended) -ge 20 ]"
    look = f"(until {all_ended}; do sleep 0.1; done; sleep 0.5; echo dead $({dead})) &"
    script = f"touch /tmp/ended; {look} {born}; exec sleep 1000"
    init = {"linuxParameters": {"initProcessEnabled": True}}
    task = run_on(place.engine, image, shell(script), shell(script, **init), **LARGE)
    for name, is_right in (("c0", lambda n: n >= 20), ("c1", lambda n: n == 0)):
        (line,) = wait_for(lambda name=name: log_lines(place.engine, task, name), what=name)
        assert is_right(int(line.split()[1])), (name, line)
    check_neighbour(place)
    stopped(place, task)


def test_a_full_disk_is_the_tasks_own(place: Place, image: str) -> None:
    """All room is taken without writing it, but for the last of it; and ten thousand names."""
    sizes = " ".join(f"$(({1 << power} * 1048576))" for power in reversed(range(15)))
    fill = f"n=0; for s in {sizes}; do n=$((n+1)); fallocate -l $s /full-$n 2>/dev/null; done"
    more = "dd if=/dev/zero of=/more bs=1M count=64 2>&1 | grep -c 'No space left'"
    names = "mkdir /many; cd /many; touch $(seq 10000); ls | wc -l"
    script = f"{names}; {fill}; {more}; exec sleep 1000"
    task = attack(place, image, script, **LARGE)
    wait_for(lambda: log_lines(place.engine, task) == ["10000", "1"], 120, "a full disk")
    home = place.engine.state_dir / "compute" / "tasks" / task_id_of(task)
    assert (home / "disk").stat().st_dev != home.stat().st_dev
    check_neighbour(place)
    other = attack(place, image, "dd if=/dev/zero of=/x bs=1M count=8 && rm /x && echo fine")
    assert log_lines(place.engine, ended(place, other))[-1:] == ["fine"]
    task = stopped(place, task)
    assert container_of(task, "c0")["exitCode"] in KILLED
