"""gVisor (runsc): a kernel of its own for each task; one sandbox holds all its containers.

A pause process of ours is the sandbox's first; containers join it by CRI's annotations. conmon
cannot wait for a container inside a sandbox, so what it runs and waits for is a small script that
runs the container with conmon's pipes when it is told to, and ends with the container's exit
code: log, exit file and survival are conmon's as ever.

What differs from `container`, by gVisor's nature or this version's:
- memory and CPU limits hold for the task; `memory` of one container is not held, and when the
  task's limit is hit the whole sandbox ends, so that every container is killed for memory;
- seccomp's profile is not applied inside (gVisor's kernel is the barrier; the sandbox itself is
  filtered by gVisor);
- the network is gVisor's own stack on the task's interface, whose addresses it takes from the
  kernel. (The kernel's, by `--network=host`, is not fit: a read(2) that has to wait for a socket
  fails with EAGAIN in releases such as Debian 12's.) Raw sockets do not work;
- statistics: CPU is each container's, memory and processes are the whole sandbox's in each;
- `systemControls` are refused: gVisor's kernel leaves them out without a word;
- `pseudoTerminal` of a container is refused; a terminal for a command in a container works.
"""

import contextlib
import functools
import os
import select
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from hostless.compute.local import processes
from hostless.compute.local.folders import Folders, task_id_of
from hostless.compute.local.records import write_whole
from hostless.compute.local.runtimes import ExecClient, Life, RuntimeFailed, SandboxOrder
from hostless.compute.local.sandboxes import (
    ANNOTATION,
    COMMAND_SECONDS,
    Sandboxes,
    message_in,
    sandbox_id_of,
)
from hostless.compute.stats import ContainerStats
from hostless.domain.arns import TaskId

_START_SECONDS = 60.0

SCRIPT = """#!/bin/sh
# conmon runs this as its runtime: `create --bundle FOLDER --pid-file FILE ID`.
while [ $# -gt 1 ]; do
  case $1 in
    --bundle) bundle=$2; shift 2 ;;
    --pid-file) pid_file=$2; shift 2 ;;
    *) shift ;;
  esac
done
cd "$bundle" || exit 1
mkfifo begin answer || exit 1
exec 3<>begin 4<>answer
(
  read -r go <&3
  RUNSC --log=start.log run --detach --bundle "$bundle" "$1" 3>&- 4>&- ||
    { echo failed >&4; exit 128; }
  echo started >&4
  said=$(RUNSC wait "$1" 2>/dev/null 3>&- 4>&-)
  code=${said##*exitStatus\\":}
  code=${code%%[!0-9]*}
  [ -e shares ] && RUNSC kill --all "$1" KILL >/dev/null 2>&1 3>&- 4>&-
  exit "${code:-137}"
) </dev/null &
echo $! >"$pid_file"
"""


class Runsc:
    """An OciRuntime whose containers of a task share a sandbox."""

    compiles_filters = False
    keeps_config = True
    takes_terminals = False
    takes_system_controls = False
    joins_unconnected = False
    acts_as_user = False
    shares_processes = True

    def __init__(self, program: Path, folders: Folders, version: str, platform: str) -> None:
        self.version = version
        self._folders = folders
        self._sandboxes = Sandboxes(program, folders, platform)
        self.creator = folders.run / "bin" / "runsc-create"
        self.flags: tuple[str, ...] = ()

    def install(self) -> None:
        """Put the script and the pause program where they are expected."""
        script = SCRIPT.replace("RUNSC", shlex.join(self._sandboxes.command))
        write_whole(self.creator, script.encode(), 0o700)
        self._sandboxes.install(os.uname().machine)

    def exec_client(self, runtime_id: str) -> ExecClient:
        return ExecClient(
            command=(*self._sandboxes.command, "exec"),
            terminal="given",
            pid_option="--internal-pid-file",
            process=self._sandboxes.process_of(runtime_id, self.group_of(runtime_id)),
        )

    def killer(self, runtime_id: str, pid: int, *, has_terminal: bool) -> Callable[[], object]:
        """pid: inside the sandbox."""
        return functools.partial(self._sandboxes.kill, runtime_id, pid, whole=not has_terminal)

    def compiled_filter(self, runtime_id: str) -> Path:
        return self._folders.run / "none"

    def group_of(self, runtime_id: str) -> str:
        """All processes are the sandbox's."""
        return sandbox_id_of(task_id_of(runtime_id))

    def annotations(self, task_id: TaskId) -> dict[str, str]:
        return {
            f"{ANNOTATION}container-type": "container",
            f"{ANNOTATION}sandbox-id": sandbox_id_of(task_id),
        }

    def prepare(self, order: SandboxOrder) -> None:
        self._sandboxes.prepare(order)

    def find_life(self, runtime_id: str) -> Life | None:
        """The script that waits for the container stands for it."""
        bundle = self._folders.bundle(runtime_id)
        with contextlib.suppress(FileNotFoundError, ValueError):
            pid = int((bundle / "pid").read_text())
            mark = processes.find_mark(pid)
            if mark is not None and runtime_id in processes.command_line(pid):
                return Life(process=mark, is_begun=not (bundle / "begin").exists())
        return None

    def begin(self, runtime_id: str) -> None:
        bundle = self._folders.bundle(runtime_id)
        try:
            pipe = os.open(bundle / "begin", os.O_WRONLY | os.O_NONBLOCK)
        except FileNotFoundError:
            return
        except OSError as error:
            raise RuntimeFailed("the container ended before it was started") from error
        with os.fdopen(pipe, "wb") as file:
            file.write(b"go\n")
        (bundle / "begin").unlink(missing_ok=True)
        if self._await_answer(runtime_id, bundle) != b"started\n":
            raise RuntimeFailed(message_in(bundle / "start.log"))

    def _await_answer(self, runtime_id: str, bundle: Path) -> bytes:
        deadline = time.monotonic() + _START_SECONDS
        answer = os.open(bundle / "answer", os.O_RDWR | os.O_NONBLOCK)
        try:
            poll = select.poll()
            poll.register(answer, select.POLLIN)
            while time.monotonic() < deadline:
                if poll.poll(1000):
                    return os.read(answer, 64)
                if self.find_life(runtime_id) is None:
                    return b""
        finally:
            os.close(answer)
        return b""

    def signal(self, runtime_id: str, number: int) -> None:
        """With runsc gone SIGKILL ends the script; what it waited for goes with the task."""
        life = self.find_life(runtime_id)
        if life is None:
            return
        if life.is_begun and self._sandboxes.can_be_told:
            self._sandboxes.run("kill", runtime_id, str(number), check=False)
        elif number == signal.SIGKILL:
            processes.send_signal(life.process, number)

    def stats(self, runtime_id: str) -> ContainerStats | None:
        """CPU is the container's, memory and processes are the whole sandbox's."""
        if self.find_life(runtime_id) is None:
            return None
        try:
            answer = subprocess.run(
                [*self._sandboxes.command, "events", "--stats", runtime_id],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=COMMAND_SECONDS,
                check=False,
            )
            data = msgspec.json.decode(answer.stdout)["data"]
        except (OSError, subprocess.TimeoutExpired, msgspec.DecodeError, KeyError):
            return None
        return ContainerStats(
            cpu_nanoseconds=data["cpu"]["usage"].get("total", 0),
            memory_bytes=data["memory"]["usage"].get("usage", 0),
            processes=data["pids"].get("current", 0),
        )

    def end(self, runtime_id: str) -> None:
        """A container's script waits for it: once the container is deleted it ends too."""
        life = self.find_life(runtime_id)
        if life is not None and not life.is_begun:
            processes.send_signal(life.process, signal.SIGKILL)
        sandbox = self.group_of(runtime_id)
        if (
            self._sandboxes.runs(sandbox)
            and self._sandboxes.state_file(runtime_id, sandbox).exists()
        ):
            self._sandboxes.run("delete", "--force", runtime_id, check=False)  # 1 to 2 seconds

    def forget(self, runtime_id: str) -> None:
        self._sandboxes.forget(runtime_id, self.group_of(runtime_id))

    def sweep(self, task_id: TaskId) -> None:
        """Take the sandbox away; its containers are gone."""
        sandbox = sandbox_id_of(task_id)
        self.end(sandbox)
        self.forget(sandbox)
