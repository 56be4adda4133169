"""What the demo stands on: a registry, an engine, clients for it; and taking it all away again."""

import contextlib
import http.client
import ipaddress
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from demo_screen import Screen

PROGRAM = Path(sys.executable).parent / "hostless"
AWS = Path(sys.executable).parent / "aws"
"""The AWS CLI of the Python package index: Debian 12's does not read AWS_ENDPOINT_URL yet."""
LIMIT_SECONDS = 60.0
USUAL_PORT = 4566
USUAL_RANGE = "172.31.0.0/16"

REGISTRY = """
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {storage}}}}}
http: {{addr: "{address}"}}
"""


class DemoFailed(Exception):
    """The message is the end of the demo."""


class Stage:
    """home: a folder of the demo's own; everything lies in it.

    is_aside: whether other engines may start at the same instant, so that looking what is free
    would not be enough.
    """

    def __init__(self, home: Path, screen: Screen, *, is_aside: bool = False) -> None:
        self.home = home
        self.state_dir = home / "state"
        self.endpoint = ""
        self._screen = screen
        self._is_aside = is_aside
        self._processes: list[subprocess.Popen[bytes]] = []
        self._has_engine = False

    # --- the registry and the engine -----------------------------------------------------------

    def start_registry(self) -> str:
        """`127.0.0.1:PORT` of an empty registry. Raises DemoFailed."""
        address = f"127.0.0.1:{_free_port()}"
        configuration = self.home / "registry.yml"
        configuration.write_text(REGISTRY.format(storage=self.home / "registry", address=address))
        self._spawn(["docker-registry", "serve", str(configuration)], "registry.log")
        _wait_for(lambda: _answers(address), "the registry")
        return address

    def engine_command(self) -> list[str]:
        port = USUAL_PORT if not self._is_aside and _is_free(USUAL_PORT) else _free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        return [
            *("hostless", "up", "--state-dir", str(self.state_dir)),
            *("--listen", f"127.0.0.1:{port}", "--vpc-cidr", self._unused_range()),
        ]

    def _unused_range(self) -> str:
        """The usual range of a default VPC, or another one when this machine routes that."""
        others = [f"10.{number}.{part}.0/20" for number in range(64, 250) for part in (0, 64, 128)]
        random.shuffle(others)
        candidates = others if self._is_aside else [USUAL_RANGE, *others]
        taken = _routed_ranges()
        for candidate in candidates:
            if not any(ipaddress.IPv4Network(candidate).overlaps(each) for each in taken):
                return candidate
        raise DemoFailed("every range that the demo knows is routed on this machine")

    def start_engine(self, command: Sequence[str]) -> None:
        """Wait for its line `ready`. Raises DemoFailed."""
        process = self._spawn([str(PROGRAM), *command[1:]], "engine.log", reads_output=True)
        self._has_engine = True
        assert process.stdout is not None
        line = process.stdout.readline().decode().strip()
        if line != f"ready {self.endpoint}":
            raise DemoFailed("the engine did not start")

    def read_environment(self) -> str:
        """Take the exports of `hostless env`; the text, its secret shortened."""
        command = [str(PROGRAM), "env", "--state-dir", str(self.state_dir)]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        exports = dict(re.findall(r"^export (\w+)=(.*)$", text, re.MULTILINE))
        for other_cloud in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            os.environ.pop(other_cloud, None)
        os.environ.update(exports)
        secret = exports["AWS_SECRET_ACCESS_KEY"]
        return text.replace(secret, secret[:4] + "…")

    def engine_log(self) -> str:
        with contextlib.suppress(OSError):
            return (self.home / "engine.log").read_text(errors="replace")
        return ""

    # --- commands ------------------------------------------------------------------------------

    def aws(self, *words: str) -> str:
        """Show and run an AWS CLI command; its output. Raises DemoFailed."""
        return self._shown(["aws", *words], [str(AWS), *words])

    def aws_json(self, *words: str) -> Any:
        """The same, its output read as JSON."""
        return json.loads(self.aws(*words, "--output", "json"))

    def hostless(self, *words: str) -> str:
        """Show and run a hostless command; its output. Raises DemoFailed."""
        return self._shown(["hostless", *words], [str(PROGRAM), *words])

    def command(self, *words: str) -> str:
        """Show and run any other command; its output. Raises DemoFailed."""
        return self._shown(words, words)

    def _shown(self, words: Sequence[str], command: Sequence[str]) -> str:
        self._screen.command(words)
        return self._run(command)

    def _run(self, command: Sequence[str]) -> str:
        run = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=3 * LIMIT_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        if run.returncode != 0:
            raise DemoFailed(f"{' '.join(command[:4])} …: {run.stderr.strip() or run.stdout}")
        return run.stdout

    def _spawn(
        self, command: Sequence[str], log: str, *, reads_output: bool = False
    ) -> "subprocess.Popen[bytes]":
        with (self.home / log).open("wb") as file:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if reads_output else file,
                stderr=file,
                start_new_session=True,  # Ctrl-C is for the demo, which then clears up
            )
        self._processes.append(process)
        return process

    # --- the end -------------------------------------------------------------------------------

    def purge(self) -> None:
        """What the last scene shows; raises DemoFailed."""
        self.hostless("down", "--purge", "--state-dir", str(self.state_dir))
        self._has_engine = False

    def clear(self) -> list[str]:
        """Take everything away, whatever went wrong before; what could not be taken away."""
        if self._has_engine:
            with contextlib.suppress(DemoFailed, subprocess.TimeoutExpired):
                self._run([str(PROGRAM), "down", "--purge", "--state-dir", str(self.state_dir)])
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
            process.wait(LIMIT_SECONDS)
            if process.stdout:
                process.stdout.close()
        left = self.traces()
        if not left:
            shutil.rmtree(self.home, ignore_errors=True)
        return left

    def traces(self) -> list[str]:
        """Everything on this machine that still belongs to the engine."""
        from hostless.domain.settings import Settings

        engine_id = Settings(state_dir=str(self.state_dir)).engine_id
        mounts = Path("/proc/self/mounts").read_text().splitlines()
        return [
            *(f"namespace {p}" for p in Path("/run/netns").glob(f"*{engine_id}*")),
            *(
                f"cgroup {root}"
                for root, _, _ in os.walk("/sys/fs/cgroup")
                if root.endswith(f"hostless/{engine_id}")
            ),
            *(f"mount {line.split()[1]}" for line in mounts if str(self.home) in line),
            *(f"process {process}" for process in _processes_that_name(str(self.state_dir))),
            *(f"interface {p.name}" for p in Path("/sys/class/net").glob(f"*{engine_id}*")),
            *([str(self.state_dir)] if self.state_dir.exists() else []),
        ]


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _routed_ranges() -> list[ipaddress.IPv4Network]:
    routes = subprocess.run(["ip", "-4", "route"], capture_output=True, text=True, check=True)
    words = re.findall(r"^(?:unreachable |blackhole )?(\d[\d./]*)", routes.stdout, re.MULTILINE)
    return [ipaddress.IPv4Network(word, strict=False) for word in words]


def _answers(address: str) -> bool:
    with contextlib.suppress(OSError):
        connection = http.client.HTTPConnection(address, timeout=1)
        with contextlib.closing(connection):
            connection.request("GET", "/v2/")
            return connection.getresponse().status == 200
    return False


def _wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise DemoFailed(f"{what} did not answer within {LIMIT_SECONDS:.0f} s")
        time.sleep(0.05)


def _processes_that_name(text: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if any(text in word for word in words) and int(folder.name) != os.getpid():
                found.append(f"{folder.name} {' '.join(words)[:100]}")
    return found
