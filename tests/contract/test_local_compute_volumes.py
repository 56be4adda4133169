"""Volumes of a task on real containers: shared, filled from the image, read-only, gone with it."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.contract.compute_suite import Stage
from tests.support.local_compute import (
    OneImage,
    ShellPrograms,
    engine_id_for,
    local_backend,
    local_stage,
    made_namespace,
    make_busybox,
    make_place,
    wait_for_log,
)

from hostless.compute.local import host
from hostless.compute.local.backend import LocalBackend
from hostless.compute.local.folders import Folders, volumes_folder
from hostless.compute.seam import (
    ContainerSpec,
    MemoryMount,
    StartFailed,
    TaskSpec,
    VolumeMount,
    VolumesFrom,
)
from hostless.domain.arns import TaskId
from hostless.domain.tasks import IsolationLevel
from hostless.kit.clock import SystemClock

pytestmark = pytest.mark.root
SHELL = ShellPrograms()
RUNTIMES = [name for name in ("crun", "runc", "runsc") if host.find_program(name) is not None]
FAILS = "2>&1 | grep -o 'Read-only file system'"


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """An image of the test's own, with something in /srv/data."""
    layer = make_busybox(tmp_path / "layer")
    data = layer / "srv/data"
    data.mkdir(parents=True)
    (data / "from-image").write_text("of the image\n")
    (data / "from-image").chmod(0o640)
    (data / "link").symlink_to("/etc/passwd")
    (data / "deep").mkdir()
    (data / "deep/file").touch()
    for path in (data, data / "from-image"):
        os.chown(path, 1000, 6)
    data.chmod(0o2750)
    return layer


@pytest.fixture(params=RUNTIMES)
async def stage(
    tmp_path: Path,
    layer: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Stage]:
    """With each runtime."""
    level: IsolationLevel = "gvisor" if request.param == "runsc" else "container"
    if request.param == "runc":
        find = host.find_program
        monkeypatch.setattr(host, "find_program", lambda n: None if n == "crun" else find(n))
    async with local_stage(tmp_path / "compute", OneImage(layer), level) as found:
        yield found


@pytest.fixture
def namespace() -> Iterator[Path]:
    yield from made_namespace()


@pytest.fixture
async def plain(tmp_path: Path, layer: Path) -> AsyncIterator[Stage]:
    """At the level `container` only."""
    async with local_stage(tmp_path / "compute", OneImage(layer)) as found:
        yield found


def at(destination: str, volume: str = "data", **more: bool) -> VolumeMount:
    return VolumeMount(volume=volume, destination=destination, **more)


async def said(stage: Stage, *containers: ContainerSpec) -> list[str]:
    """What the last container wrote, line by line, once it has ended with exit code 0."""
    task = await stage.run(*containers)
    last = containers[-1].name
    seen = await stage.end_of(task, last)
    lines = lines_of(stage, task, last)
    assert seen.exit_code == 0, lines
    return lines


def lines_of(stage: Stage, task: TaskSpec, container: str) -> list[str]:
    path = stage.backend.log_file(task.id, container)
    assert path is not None
    return [line.split(" ", 3)[3] for line in path.read_text().splitlines()]


async def test_an_empty_volume_is_given_what_the_image_has_there(stage: Stage) -> None:
    line = "cd /srv/data; stat -c '%n %u %g %a' . from-image deep; cat from-image; readlink link"
    found = await said(stage, SHELL.shell(line, volumes=(at("/srv/data"),)))
    assert found == [
        ". 1000 6 2750",
        "from-image 1000 6 640",
        "deep 0 0 755",
        "of the image",
        "/etc/passwd",
    ]


async def test_a_volume_without_content_is_roots(stage: Stage) -> None:
    line = "stat -c '%u %g %a' /new/place; touch /new/place/x && ls /new/place"
    assert await said(stage, SHELL.shell(line, volumes=(at("/new/place"),))) == ["0 0 755", "x"]


async def test_containers_share_a_volume_at_places_of_their_own(stage: Stage) -> None:
    web = SHELL.shell(
        "until grep -q side /in/told 2>/dev/null; do sleep 0.02; done; cat /in/told; ls /in",
        volumes=(at("/in"),),
    )
    side = SHELL.shell("echo side > /srv/data/told; sleep 3600", "side", volumes=(at("/srv/data"),))
    assert await said(stage, side, web) == ["side", "deep", "from-image", "link", "told"]


async def test_a_read_only_volume_takes_no_writes_and_shows_those_of_others(stage: Stage) -> None:
    writer = SHELL.shell("echo new > /out/file; sleep 3600", "writer", volumes=(at("/out"),))
    reader = SHELL.shell(
        f"until grep -q new /in/file 2>/dev/null; do sleep 0.02; done; cat /in/file;"
        f"touch /in/x {FAILS}; rm /in/file {FAILS}",
        volumes=(at("/in", is_read_only=True),),
    )
    assert await said(stage, writer, reader) == [
        "new",
        "Read-only file system",
        "Read-only file system",
    ]


async def test_a_read_only_root_is_written_to_in_volumes_and_in_memory(stage: Stage) -> None:
    line = f"touch /x {FAILS}; touch /out/x /mem/x && echo written"
    container = SHELL.shell(
        line,
        is_root_read_only=True,
        volumes=(at("/out"),),
        memory_mounts=(MemoryMount(destination="/mem", size_mib=4),),
    )
    assert await said(stage, container) == ["Read-only file system", "written"]


async def test_volumes_come_from_another_container_and_may_be_read_only(stage: Stage) -> None:
    line = f"cat /srv/data/from-image; touch /srv/data/x {FAILS}; ls /own"
    other = SHELL.shell(
        "sleep 3600", "other", volumes=(at("/srv/data"), at("/own", "hidden"), at("/more", "m"))
    )
    taker = SHELL.shell(
        f"{line}; ls -d /more; touch /own/mine && ls /own",
        volumes=(at("/own", "mine"),),
        volumes_from=(VolumesFrom(container="other", is_read_only=True),),
    )
    assert await said(stage, other, taker) == [
        "of the image",
        "Read-only file system",
        "/more",
        "mine",
    ]


async def test_an_image_that_asks_for_a_volume_gets_one_of_its_own(
    plain: Stage, tmp_path: Path, layer: Path
) -> None:
    images = OneImage(layer)
    images.configure(volumes=("/srv/data", "/"))
    async with local_stage(tmp_path / "other", images) as stage:
        one = SHELL.shell("touch /srv/data/one; echo ready; sleep 3600", "one")
        two = SHELL.shell(
            "until ls /srv/data | grep one; do sleep 0.02; done; cat /srv/data/from-image",
            volumes_from=(VolumesFrom(container="one"),),
        )
        three = SHELL.shell("cd /srv/data; echo *; stat -c %a .", "three")
        assert await said(stage, one, three, two) == ["one", "of the image"]
        task = await stage.run(one, three)
        await stage.end_of(task, "three")
        assert lines_of(stage, task, "three") == ["deep from-image link", "2750"]


async def test_memory_is_sized_and_its_options_hold(stage: Stage) -> None:
    line = (
        "dd if=/dev/zero of=/mem/big bs=1M count=9 2>&1 | grep -o 'No space left on device';"
        "rm /mem/big; cp /bin/busybox /mem/true && { /mem/true 2>/dev/null || echo not run; };"
        "stat -c %a /mem"
    )
    container = SHELL.shell(
        line, memory_mounts=(MemoryMount(destination="/mem", size_mib=8, options=("mode=700",)),)
    )
    assert await said(stage, container) == ["No space left on device", "not run", "700"]


async def test_memory_that_runs_programs_does_when_asked(plain: Stage) -> None:
    container = SHELL.shell(
        "cp /bin/busybox /mem/echo; /mem/echo run",
        memory_mounts=(MemoryMount(destination="/mem", size_mib=8, options=("exec",)),),
    )
    assert await said(plain, container) == ["run"]


async def test_a_link_in_the_image_fills_no_volume_from_elsewhere(
    plain: Stage, layer: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("of the host")
    (layer / "away").symlink_to(secret)
    (layer / "up").symlink_to("../../../../../.." + str(secret))
    (layer / "srv/data/inner").symlink_to(secret)
    (layer / "alias").symlink_to("/srv/data")
    for place in ("/away", "/up"):
        with pytest.raises(StartFailed, match="No such file or directory"):
            await plain.run(SHELL.shell("true", volumes=(at(place),)))
    found = await said(plain, SHELL.shell("cat /alias/from-image", volumes=(at("/alias"),)))
    assert found == ["of the image"]
    line = "ls /srv/data/inner/ 2>&1 | grep -o 'No such file'; readlink /srv/data/inner"
    found = await said(plain, SHELL.shell(line, volumes=(at("/srv/data"),)))
    assert found == ["No such file", str(secret)]
    assert [path.name for path in secret.iterdir()] == ["key"]


async def test_a_volume_where_the_image_has_a_file_cannot_start(plain: Stage) -> None:
    with pytest.raises(StartFailed, match=r"^CannotStartContainerError: .*[Nn]ot a directory"):
        await plain.run(SHELL.shell("true", volumes=(at("/etc/passwd"),)))


async def test_nothing_is_left_of_volumes_when_their_task_goes(
    stage: Stage, tmp_path: Path
) -> None:
    task = await stage.run(SHELL.shell("echo ready; sleep 3600", volumes=(at("/srv/data"),)))
    folder = volumes_folder(Folders(root=tmp_path / "compute").task(task.id))
    assert len(os.listdir(folder)) == 1
    await stage.backend.remove(task.id)
    assert not folder.parent.exists()
    assert await stage.backend.task_ids() == frozenset()


async def test_a_volume_outlives_the_engine_and_is_filled_once(tmp_path: Path, layer: Path) -> None:
    root = tmp_path / "compute"
    task = TaskSpec(
        id=TaskId("5" * 32),
        cpu_units=256,
        memory_mib=256,
        ephemeral_storage_gib=20,
        isolation="container",
        containers=(
            SHELL.shell("rm /srv/data/link; echo ready; sleep 3600", volumes=(at("/srv/data"),)),
        ),
    )
    backend = LocalBackend(root, engine_id_for(root), OneImage(layer), SystemClock())
    await backend.open()
    await backend.pull(task)
    await backend.start(task, make_place())
    log = backend.log_file(task.id, "main")
    assert log is not None
    await wait_for_log(log, "ready")
    await backend.close()
    async with local_backend(root, OneImage(layer)) as successor:
        await successor.start(task, make_place())
        lister = await successor.exec(task.id, "main", ("ls", "/srv/data"), has_terminal=False)
        assert await lister.read() == ("stdout", b"deep\nfrom-image\n")
        await lister.wait()
        (folder,) = volumes_folder(Folders(root=root).task(task.id)).iterdir()
        assert sorted(os.listdir(folder)) == ["deep", "from-image"]


CONTROLS = "cat /proc/sys/net/ipv4/tcp_keepalive_time /proc/sys/kernel/msgmax"


async def test_system_controls_of_the_network_are_the_tasks_and_others_the_containers(
    plain: Stage, namespace: Path
) -> None:
    set_first = (("net.ipv4.tcp_keepalive_time", "400"), ("kernel.msgmax", "4096"))
    task = plain.task(
        SHELL.shell(CONTROLS, "one", system_controls=set_first),
        SHELL.shell(CONTROLS, "two", system_controls=(("net.ipv4.tcp_keepalive_time", "500"),)),
    )
    await plain.backend.pull(task)
    await plain.backend.start(task, make_place(namespace))
    for name in ("one", "two"):
        await plain.end_of(task, name)
    assert lines_of(plain, task, "one") == ["500", "4096"]
    assert lines_of(plain, task, "two") == ["500", Path("/proc/sys/kernel/msgmax").read_text()[:-1]]


async def test_a_system_control_that_linux_refuses_cannot_start(plain: Stage) -> None:
    with pytest.raises(StartFailed, match=r"^CannotStartContainerError: "):
        await plain.run(SHELL.shell("true", system_controls=(("net.ipv4.no_such_thing", "1"),)))


@pytest.mark.skipif(shutil.which("runsc") is None, reason="runsc is not installed")
async def test_gvisor_has_no_system_controls(tmp_path: Path, layer: Path) -> None:
    async with local_stage(tmp_path / "compute", OneImage(layer), "gvisor") as stage:
        with pytest.raises(StartFailed, match="systemControls is not available"):
            await stage.run(SHELL.shell("true", system_controls=(("kernel.msgmax", "4096"),)))
