"""A local backend of its own for a test: busybox as the only image, and a check for leaks."""

import asyncio
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

from tests.contract.compute_suite import Stage
from tests.support.ended_runs import new_name
from tests.support.loops import loops_left

from hostless.compute.images.failures import PullFailed
from hostless.compute.images.image import Image, ImageConfig
from hostless.compute.local.backend import LocalBackend
from hostless.compute.seam import ContainerSpec, TaskSpec
from hostless.domain.isolation import IsolationChoice
from hostless.domain.network import NetworkPlace
from hostless.kit.clock import SystemClock

PASSWD = """root:x:0:0:root:/root:/bin/sh
web:x:1000:1000:Web:/home/web:/bin/sh
"""
GROUP = """root:x:0:
web:x:1000:
disk:x:6:web
log:x:7:web,root
"""


def make_busybox(folder: Path) -> Path:
    """An unpacked root file system of the static busybox."""
    program = shutil.which("busybox")
    assert program is not None
    for name in ("bin", "proc", "sys", "dev", "etc", "tmp", "root", "home/web"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "tmp").chmod(0o1777)
    shutil.copy(program, folder / "bin/busybox")
    listed = subprocess.run([program, "--list"], capture_output=True, text=True, check=True)
    for applet in listed.stdout.split():
        if applet != "busybox":
            (folder / "bin" / applet).symlink_to("busybox")
    (folder / "etc/passwd").write_text(PASSWD)
    (folder / "etc/group").write_text(GROUP)
    return folder


class OneImage:
    """An image store that holds one image, whatever it is called, but `missing`."""

    def __init__(self, layer: Path) -> None:
        self.image = Image(
            digest="sha256:" + "b" * 64, config=ImageConfig(command=("sh",)), layers=(layer,)
        )

    def configure(self, **settings: object) -> None:
        config = replace(self.image.config, **settings)  # type: ignore[arg-type]
        self.image = replace(self.image, config=config)

    async def pull(self, reference: str) -> Image:
        if reference == "missing":
            raise PullFailed(f"CannotPullContainerError: {reference}: not found")
        return self.image

    def get(self, digest: str) -> Image | None:
        return self.image if digest == self.image.digest else None


class ShellPrograms:
    """The suite's programs, as shell lines for busybox."""

    def shell(self, line: str, name: str = "main", **more: object) -> ContainerSpec:
        command = ("sh", "-c", line)
        return ContainerSpec(name=name, image="busybox", command=command, **more)  # type: ignore[arg-type]

    def forever(self, name: str = "main") -> ContainerSpec:
        return self.shell(
            "trap 'exit 0' TERM; echo ready; while :; do sleep 3600 & wait; done", name
        )

    def ending(self, code: int, name: str = "main") -> ContainerSpec:
        return self.shell(f"exit {code}", name)

    def stubborn(self, name: str = "main") -> ContainerSpec:
        return self.shell("trap '' TERM; echo ready; sleep 3600", name, stop_timeout_seconds=1)

    def hungry(self, name: str = "main") -> ContainerSpec:
        return self.shell("tail -c 1000000000 /dev/zero", name, memory_mib=16)

    def missing_command(self, name: str = "main") -> ContainerSpec:
        return ContainerSpec(name=name, image="busybox", command=("no-such-program",))

    def missing_image(self, name: str = "main") -> ContainerSpec:
        return ContainerSpec(name=name, image="missing", command=("sh",))


async def wait_for_log(path: Path, text: str, times: int = 1) -> str:
    """The log file's content once it holds `text` so many times; beside a full disk, say, it may
    take long."""
    content = None
    try:
        async with asyncio.timeout(60):
            while content is None or content.count(text) < times:
                await asyncio.sleep(0.002)
                content = path.read_text() if path.exists() else None
    except TimeoutError:
        raise AssertionError(f"no {text!r} in {path}: {content!r}") from None
    return content


def make_place(namespace: Path | None = None) -> NetworkPlace:
    return NetworkPlace(
        namespace_path=None if namespace is None else str(namespace),
        address="10.9.0.10",
        host_name="ip-10-9-0-10.ec2.internal",
        hosts=("127.0.0.1 localhost", "10.9.0.10 ip-10-9-0-10.ec2.internal"),
        resolver_lines=("nameserver 10.9.0.2", "search ec2.internal"),
    )


def made_namespace() -> Iterator[Path]:
    """A network namespace with localhost, for as long as the fixture lives."""
    name = f"hl-{new_name()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
    yield Path("/run/netns") / name
    subprocess.run(["ip", "netns", "delete", name], check=True)


def engine_id_for(root: Path) -> str:
    """Eight digits, the same in every process."""
    return hashlib.sha256(str(root).encode()).hexdigest()[:8]


@asynccontextmanager
async def local_backend(
    root: Path, images: OneImage, isolation: IsolationChoice = "container"
) -> AsyncIterator[LocalBackend]:
    """Opened; all of it is taken away at the end, and nothing may be left."""
    backend = LocalBackend(root, engine_id_for(root), images, SystemClock(), isolation)
    await backend.open()
    try:
        yield backend
    finally:
        for task_id in await backend.task_ids():
            await backend.remove(task_id)
        await backend.purge()
        await backend.close()
    assert leftovers(root) == []


def leftovers(root: Path) -> list[str]:
    """What a purged backend should not have left: files, mounts, disks, groups, processes."""
    engine = engine_id_for(root)
    found = [str(root)] if root.exists() else []
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    found += [line for line in mounts if f" {root}" in line]
    found += loops_left(root)
    found += [str(p) for p in Path("/sys/fs/cgroup").glob(f"*/hostless/{engine}")]
    found += [str(p) for p in Path("/sys/fs/cgroup").glob(f"hostless/{engine}")]
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = process.read_bytes()
        except OSError:
            continue
        if str(root).encode() in line:
            found.append(line.replace(b"\0", b" ").decode())
    return found


@asynccontextmanager
async def local_stage(
    root: Path, images: OneImage, isolation: Literal["container", "gvisor"] = "container"
) -> AsyncIterator[Stage]:
    """What the contract's suite plays on."""
    async with local_backend(root, images, isolation) as backend:

        async def ready(task: TaskSpec) -> None:
            seen = (await backend.observe(task.id)).containers
            for container in task.containers:
                path = backend.log_file(task.id, container.name)
                assert path is not None
                await wait_for_log(path, "ready", seen[container.name].restarts + 1)

        yield Stage(
            backend=backend,
            programs=ShellPrograms(),
            place=make_place(),
            clock=SystemClock(),
            isolation=isolation,
            ready=ready,
        )


async def killed_while_at_it(program: str, *arguments: object, after_seconds: float) -> None:
    """Run Python's `program` in a process of its own until so long after it has said `go`."""
    driver = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, *map(str, arguments)),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert driver.stdout is not None
    assert await driver.stdout.readline() == b"go\n"
    try:
        async with asyncio.timeout(after_seconds):
            await driver.stdout.readline()
    except TimeoutError:
        pass
    driver.send_signal(signal.SIGKILL)
    await driver.wait()
