"""A real engine in a process of its own, clients for it, and a look at what it leaves behind."""

import contextlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from tests.support.loops import loops_left, loops_over

from hostless.domain.settings import Settings
from hostless.network.local.names import pool_metric_of
from hostless.store.keys import KEYS_FILE

PROGRAM = Path(sys.executable).parent / "hostless"
SECONDS_TO_START = 120.0
SECONDS_TO_STOP = 120.0
PORTS = 16384, 32768
"""Below Linux's ip_local_port_range."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.01, 0.1
"""Between two questions: what takes long is asked less often, or the questions make it longer."""
PATIENTLY: Any = {"Delay": 0.1, "MaxAttempts": 900}
"""For boto3's waiters."""


def free_port() -> int:
    """None of those that connections are given, or one could have it while its engine is down."""
    while True:
        with closing(socket.socket()) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", random.SystemRandom().randrange(*PORTS)))
            return int(probe.getsockname()[1])


def routed_ranges() -> list[IPv4Network]:
    """Of this machine's routes, but the default one."""
    listed = subprocess.run(["ip", "-4", "route"], capture_output=True, text=True, check=True)
    words = re.findall(r"^(?:\w+ )?(\d[\d./]*)", listed.stdout, re.MULTILINE)
    return [IPv4Network(word, strict=False) for word in words]


def unused_range() -> str:
    """A /20 that nothing on this machine routes; engines side by side need their own."""
    routed = routed_ranges()
    while True:
        found = IPv4Network(f"10.{random.randrange(64, 250)}.{16 * random.randrange(16)}.0/20")
        if not any(found.overlaps(each) for each in routed):
            return str(found)


def wait_for(
    condition: Callable[[], Any], seconds: float = 60.0, what: str = "the condition"
) -> Any:
    """Ask until the answer is true and return it; fail after `seconds`.

    They are patience with a busy machine: how soon it has to be is asserted, where it matters.
    """
    deadline = time.monotonic() + seconds
    pause = SHORTEST_PAUSE
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(pause)
        pause = min(1.2 * pause, LONGEST_PAUSE)


class RunningEngine:
    """`hostless up` on a state folder of its own; can be killed and started again."""

    def __init__(self, state_dir: Path, *flags: str) -> None:
        self.state_dir = state_dir
        self.port = free_port()
        self.cidr = unused_range()
        self.flags = flags
        self.process: subprocess.Popen[bytes] | None = None
        self.log = state_dir.parent / f"{state_dir.name}.log"
        self.environment: dict[str, str] = {}
        self._told_for: object = None

    @property
    def engine_id(self) -> str:
        return Settings(state_dir=str(self.state_dir)).engine_id

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def spawn(self, *flags: str) -> subprocess.Popen[bytes]:
        """Begin to start, without waiting until it serves."""
        command = [
            PROGRAM,
            "up",
            "--state-dir",
            self.state_dir,
            "--listen",
            f"127.0.0.1:{self.port}",
            "--vpc-cidr",
            self.cidr,
            *_with_isolation((*self.flags, *flags)),
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL
            )
        return self.process

    def start(self, *flags: str) -> None:
        process = self.spawn(*flags)
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        said = b""

        def is_ready() -> bool:
            nonlocal said
            assert process.stdout is not None
            said += process.stdout.read() or b""
            if process.poll() is not None:
                raise AssertionError(f"the engine ended: {self.log.read_text()[-3000:]}")
            return f"ready {self.endpoint}\n".encode() in said

        wait_for(is_ready, SECONDS_TO_START, "the line 'ready'")
        facts = (self.endpoint, self.flags, flags, (self.state_dir / KEYS_FILE).read_bytes())
        if facts != self._told_for:
            self.environment = self._environment()
            self._told_for = facts

    def _environment(self) -> dict[str, str]:
        command = [PROGRAM, "env", "--state-dir", self.state_dir, "--listen", self.endpoint[7:]]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        pairs = (line.removeprefix("export ").partition("=") for line in out.splitlines())
        return {name: value.strip("'\"") for name, _, value in pairs if name.startswith("AWS_")}

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self._close_pipe()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(SECONDS_TO_STOP)
        self._close_pipe()
        return code

    def _close_pipe(self) -> None:
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()

    def purge(self) -> None:
        """Remove every trace, whatever state the engine is in."""
        if self.process is not None and self.process.poll() is None:
            self.stop()
        self._close_pipe()
        command = [PROGRAM, "down", "--purge", "--state-dir", self.state_dir]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr

    def client(self, service: str) -> Any:
        environment = self.environment
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint,
            region_name=environment["AWS_DEFAULT_REGION"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            config=Config(inject_host_prefix=False),  # As `hostless env` has it.
        )

    def cli(self, *arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a `hostless` command against this engine."""
        run = subprocess.run(
            [PROGRAM, *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
        )
        if check:
            assert run.returncode == 0, run.stdout + run.stderr
        return run

    def subnets(self) -> list[str]:
        """Of the default VPC."""
        of_default = {"Name": "default-for-az", "Values": ["true"]}
        answer = self.client("ec2").describe_subnets(Filters=[of_default])
        return [subnet["SubnetId"] for subnet in answer["Subnets"]]

    def traces(self) -> Mapping[str, list[str]]:
        """What this engine's tasks still hold on the machine, by kind of thing."""
        return traces(self.engine_id, self.state_dir)

    def remains(self) -> Mapping[str, list[str]]:
        """Whatever a purge should have removed, by kind of thing."""
        return remains(self.engine_id, self.state_dir)


def _with_isolation(flags: tuple[str, ...]) -> tuple[str, ...]:
    """Containers where nothing else is said: they start ten times as fast as sandboxes."""
    if "--isolation" in flags or "simulated" in flags:
        return flags
    return ("--isolation", "container", *flags)


def traces(engine_id: str, state_dir: Path) -> dict[str, list[str]]:
    """Namespaces of interfaces, mounts, disks and cgroups of tasks, processes of an engine."""
    names = Path("/run/netns")
    namespaces = [p.name for p in names.iterdir()] if names.is_dir() else []
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    found = {
        "namespaces": [n for n in namespaces if engine_id in n and "-vpc-" not in n],
        "mounts": [
            m for m in mounts if m.startswith(f"{state_dir}/") and re.search("/(tasks|etc)/", m)
        ],
        "disks": loops_over(state_dir),
        "cgroups": _task_cgroups(engine_id),
        "processes": _processes(str(state_dir)),
    }
    return {kind: things for kind, things in found.items() if things}


def remains(engine_id: str, state_dir: Path) -> dict[str, list[str]]:
    """Everything at all that belongs to an engine; what a purge has to leave empty."""
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    tables = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True)
    routes = subprocess.run(["ip", "route"], capture_output=True, text=True, check=True)
    metric = f"metric {pool_metric_of(engine_id)}"
    groups = [root for root, _, _ in os.walk("/sys/fs/cgroup") if f"hostless/{engine_id}" in root]
    found = {
        "namespaces": [p.name for p in Path("/run/netns").glob(f"*{engine_id}*")],
        "routes": [line for line in routes.stdout.splitlines() if metric in line],
        "tables": [line for line in tables.stdout.splitlines() if engine_id in line],
        "mounts": [line for line in mounts if f" {state_dir}" in line],
        "disks": loops_left(state_dir),
        "cgroups": groups,
        "processes": _processes(str(state_dir)),
        "state": [str(state_dir)] if state_dir.exists() else [],
    }
    return {kind: things for kind, things in found.items() if things}


def _task_cgroups(engine_id: str) -> list[str]:
    """Every cgroup whose name is a task's id, below this engine's, and every balancer's node's.

    By os.walk, which does not mind that other engines' cgroups vanish while it looks.
    """
    found = []
    for root, folders, _ in os.walk("/sys/fs/cgroup"):
        if root.endswith(f"hostless/{engine_id}"):
            found += [f"{root}/{name}" for name in folders if len(name) == 32]
        if root.endswith(f"hostless/{engine_id}/balancers"):
            found += [f"{root}/{name}" for name in folders]
    return found


def _processes(state_dir: str) -> list[str]:
    """Monitors, runtimes and sandboxes whose command line names the state folder."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            command = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        name = command[0].rsplit("/", 1)[-1]
        if name.startswith(("conmon", "crun", "runc", "runsc", "haproxy")) and any(
            state_dir in word for word in command
        ):
            found.append(f"{folder.name} {' '.join(command)[:200]}")
    return found


def describe(task: Mapping[str, Any]) -> str:
    """A task for an assertion's message."""
    return json.dumps(task, default=str, indent=1)
