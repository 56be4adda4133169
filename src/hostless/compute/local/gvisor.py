"""gVisor (runsc): a kernel of its own for each task; one sandbox holds all its containers.

A pause process of ours is the sandbox's first; containers join it by CRI's annotations. Where one
container is all that a sandbox will ever hold it is the first itself, which saves a third of
the time: the sandbox ends with it, and `runsc run` stays to tell its exit code.

conmon cannot wait for a container inside a sandbox, so what it runs and waits for is a small script
that runs the container with conmon's pipes when it is told to, and ends with the container's exit
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
    WITHOUT_NET_SETTINGS,
    Sandboxes,
    message_in,
    sandbox_id_of,
)
from hostless.compute.stats import ContainerStats
from hostless.domain.arns import TaskId

_START_SECONDS = 60.0
_LOOK_MILLISECONDS = 4

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
unset TMPDIR  # conmon's; a sandbox is made in it
mkfifo begin answer || exit 1
exec 3<>begin 4<>answer
(
  read -r go <&3
  if [ -e alone ]; then
    FIRST_RUNSC --log=start.log --panic-log=panic.log run --bundle "$bundle" "$1" 3>&- 4>&-
    code=$?
    [ -s panic.log ] && code=137  # the sandbox's kernel ended, and all in it
    [ $code -eq 128 ] && grep -q '"running container: ' start.log && echo failed >&4
    echo ended >&4
    exit $code
  fi
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
        command = self._sandboxes.command
        script = SCRIPT.replace("FIRST_RUNSC", shlex.join((*WITHOUT_NET_SETTINGS, *command)))
        script = script.replace("RUNSC", shlex.join(command))
        write_whole(self.creator, script.encode(), 0o700)
        self._sandboxes.install(os.uname().machine)

    def exec_client(self, runtime_id: str) -> ExecClient:
        return ExecClient(
            command=(*self._sandboxes.command, "exec"),
            terminal="given",
            pid_option="--internal-pid-file",
            process=self._sandboxes.process_of(runtime_id),
        )

    def killer(self, runtime_id: str, pid: int, *, has_terminal: bool) -> Callable[[], object]:
        """pid: inside the sandbox."""
        return functools.partial(self._sandboxes.kill, runtime_id, pid, whole=not has_terminal)

    def compiled_filter(self, runtime_id: str) -> Path:
        return self._folders.run / "none"

    def group_of(self, runtime_id: str) -> str:
        """All processes are the sandbox's."""
        return sandbox_id_of(task_id_of(runtime_id))

    def annotations(self, order: SandboxOrder) -> dict[str, str]:
        if order.is_for_one:
            return {}
        return {
            f"{ANNOTATION}container-type": "container",
            f"{ANNOTATION}sandbox-id": sandbox_id_of(order.task_id),
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
                return Life(process=mark, is_begun=(bundle / "begun").exists())
        return None

    def begin(self, runtime_id: str) -> None:
        """Return when it runs; an engine that died may have told it to."""
        bundle = self._folders.bundle(runtime_id)
        if (bundle / "begun").exists():
            return
        answer = os.open(bundle / "answer", os.O_RDWR | os.O_NONBLOCK)
        try:
            is_first = _is_waiting(bundle)
            if is_first:
                _say_go(bundle)
            if not self._comes_up(runtime_id, answer) and is_first:
                raise RuntimeFailed(message_in(bundle / "start.log"))
        finally:
            os.close(answer)

    def _comes_up(self, runtime_id: str, answer: int) -> bool:
        """What runs in a sandbox of its own says nothing until it ends: its state tells."""
        deadline = time.monotonic() + _START_SECONDS
        poll = select.poll()
        poll.register(answer, select.POLLIN)
        while time.monotonic() < deadline:
            if poll.poll(_LOOK_MILLISECONDS):
                return not os.read(answer, 64).startswith(b"failed")
            if self._sandboxes.runs(runtime_id):
                return True
            if self.find_life(runtime_id) is None:
                return False
        return False

    def signal(self, runtime_id: str, number: int) -> None:
        """With runsc gone SIGKILL ends the script; what it waited for goes with the task."""
        life = self.find_life(runtime_id)
        if life is None:
            return
        is_waiting = _is_waiting(self._folders.bundle(runtime_id))
        if not is_waiting and self._sandboxes.can_be_told:
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
        if life is not None and _is_waiting(self._folders.bundle(runtime_id)):
            processes.send_signal(life.process, signal.SIGKILL)
        sandbox = self._sandboxes.sandbox_of(runtime_id)
        if self._sandboxes.runs(sandbox) and self._sandboxes.state_file(runtime_id).exists():
            self._sandboxes.run("delete", "--force", runtime_id, check=False)  # 1 to 2 seconds

    def forget(self, runtime_id: str) -> None:
        self._sandboxes.forget(runtime_id)

    def sweep(self, task_id: TaskId) -> None:
        """Take the sandbox away; its containers are gone."""
        sandbox = sandbox_id_of(task_id)
        self.end(sandbox)
        self.forget(sandbox)


def _is_waiting(bundle: Path) -> bool:
    """For the word to run."""
    return (bundle / "begin").exists()


def _say_go(bundle: Path) -> None:
    """Let the script run the container. Raises RuntimeFailed."""
    try:
        pipe = os.open(bundle / "begin", os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        raise RuntimeFailed("the container ended before it was started") from error
    with os.fdopen(pipe, "wb") as file:
        file.write(b"go\n")
    (bundle / "begin").unlink(missing_ok=True)
