"""The isolation levels of this machine: containers from the start, gVisor once it is proven.

With tasks of an earlier engine in it gVisor is there too: they are taken over, whatever became of
runsc since (`gvisor.Runsc.signal`). How it is tried is `gvisor_trial`'s business.
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from pathlib import Path

from hostless.compute.local import host
from hostless.compute.local.folders import Folders
from hostless.compute.local.gvisor import Runsc
from hostless.compute.local.gvisor_trial import Verdict, remembered_verdict, verdict_on_gvisor
from hostless.compute.local.lane import Lane
from hostless.compute.local.records import find_record, task_ids_in
from hostless.compute.local.runtimes import OciRuntime
from hostless.domain.tasks import IsolationLevel

_PLATFORM_OF_BEFORE = "ptrace"
"""For commands to sandboxes that are there: they do not ask what those run with."""
_TRIED_AGAIN_SECONDS = 60.0
_ONCE_BACK = Path("runsc")
"""It is found by its name when it comes back."""
_MENDING = "choose hostless:isolation=container or auto for the task, or mend this host"


log = logging.getLogger(__name__)


class NoSuchLevel(Exception):
    """This machine does not have the level; the message says why, and what can be done."""


class Lanes:
    """make: a lane for a runtime."""

    def __init__(
        self,
        folders: Folders,
        container: OciRuntime,
        make: Callable[[IsolationLevel, OciRuntime], Lane],
    ) -> None:
        self._folders = folders
        self._make = make
        self._container = make("container", container)
        self._gvisor: Lane | None = None
        self._verdict = remembered_verdict(_memory(folders))
        self._holds_until = math.inf
        self._lock = threading.Lock()
        if self._verdict is not None and self._verdict.platform is not None:
            self._gvisor = self._installed(self._verdict.platform)
        elif _has_sandboxes(folders):
            self._gvisor = self._installed(_PLATFORM_OF_BEFORE)

    @property
    def known(self) -> tuple[Lane, ...]:
        return (self._container,) if self._gvisor is None else (self._container, self._gvisor)

    @property
    def working(self) -> tuple[IsolationLevel, ...]:
        """The levels that tasks can be started with, as far as is known."""
        verdict = self._verdict
        does_gvisor = self._gvisor is not None and verdict is not None and bool(verdict.platform)
        return ("container", "gvisor") if does_gvisor else ("container",)

    def of(self, level: IsolationLevel) -> Lane:
        """For what is there already; without a lane of its own it is nothing but files."""
        return self._gvisor if level == "gvisor" and self._gvisor else self._container

    def need(self, level: IsolationLevel) -> Lane:
        """For what is to be started. Raises NoSuchLevel. Blocks while gVisor is tried."""
        if level == "container":
            return self._container
        verdict = self.try_gvisor()
        if level != "gvisor" or self._gvisor is None or verdict.platform is None:
            raise NoSuchLevel(f"{verdict.problem}; {_MENDING}")
        return self._gvisor

    def try_gvisor(self) -> Verdict:
        """Find out, once; anew when asked later, where a trial was not in time. Blocks."""
        with self._lock:
            if self._verdict is not None and time.monotonic() < self._holds_until:
                return self._verdict
            try:
                verdict = verdict_on_gvisor(_memory(self._folders), self._folders.root / "trial")
                if verdict.platform is not None:
                    self._gvisor = self._installed(verdict.platform)
            except (OSError, host.HostUnfit) as error:
                return Verdict(platform=None, problem=f"gVisor cannot be tried: {error}")
            seconds = math.inf if verdict.is_lasting else _TRIED_AGAIN_SECONDS
            self._holds_until = time.monotonic() + seconds
            self._verdict = verdict  # last: until then nobody starts a task by it
            return verdict

    def _installed(self, platform: str) -> Lane:
        program = host.find_program("runsc")
        if program is None:
            program = _ONCE_BACK
            log.warning(
                "runsc has gone away while tasks run in gVisor: they go on, but hear no signal "
                "but SIGKILL, and no command can be run in them"
            )
        runtime = Runsc(program, self._folders, host.version_of(program), platform)
        runtime.install()
        return self._make("gvisor", runtime)


def _memory(folders: Folders) -> Path:
    """What came of trying gVisor."""
    return folders.root / "gvisor.json"


def _has_sandboxes(folders: Folders) -> bool:
    """Whether an earlier engine left tasks in gVisor."""
    records = (find_record(folders.record(task)) for task in task_ids_in(folders.bundles))
    return any(record is not None and record.task.isolation == "gvisor" for record in records)
