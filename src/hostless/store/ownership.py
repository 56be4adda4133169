"""Who owns a state folder: one engine at a time, by a lock that dies with the process.

The folder also keeps the owner's record, which outlives it: what `hostless down` and the other
commands need to know about an engine that runs or last ran there. What the engine knows about
tasks is in the store, not here.
"""

import contextlib
import fcntl
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hostless.domain.settings import Settings
from hostless.kit.clock import Timestamp
from hostless.store.keys import KEYS_FILE

LOCK_FILE = "engine.lock"
RECORD_FILE = "engine.json"
_OURS = frozenset({LOCK_FILE, RECORD_FILE, KEYS_FILE})
_MADE_BY_ENGINES = frozenset(
    {"store.db", "store.db-wal", "store.db-shm", "simulated.json", "images", "compute", "logs"}
)
LOCK_SECONDS = 2.0
"""How long a lock may be held by nobody who is known as an engine."""
_LOCK_PAUSE_SECONDS = 0.01
_OF_A_NEW_DISK = frozenset({"lost+found"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRecord:
    """The engine that owns, or last owned, a state folder. endpoint: `http://host:port`."""

    pid: int
    started_at: Timestamp
    endpoint: str
    settings: Settings


class StateDirUnusable(Exception):
    """The folder cannot be a state folder; the message is for the person at the keyboard."""


class StateDirTaken(Exception):
    """An engine runs on the folder already. owner: None while it is just starting."""

    def __init__(self, owner: EngineRecord | None) -> None:
        super().__init__("an engine runs on this state folder already")
        self.owner = owner


class Ownership:
    """Holds the lock of a state folder until `release`, or until the process ends."""

    def __init__(self, state_dir: Path, lock: int) -> None:
        self._state_dir = state_dir
        self._lock = lock

    def announce(self, record: EngineRecord) -> None:
        """Write who we are, for `owner_of` and `last_owner_of`; may be called again."""
        descriptor, draft = tempfile.mkstemp(dir=self._state_dir, prefix=".engine-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(record))
        os.replace(draft, self._state_dir / RECORD_FILE)

    def release(self) -> None:
        os.close(self._lock)


def prepare(state_dir: Path, *, was_ours: bool = False) -> None:
    """Make the folder (mode 0700), or see that it is empty or ours. Raises StateDirUnusable.

    Everything in a state folder is hostless's own, and a purge removes all of it: that is why a
    folder that holds something else is refused from the start. was_ours: an engine did run there,
    though the files that tell so may be lost.
    """
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = set(os.listdir(state_dir)) - _OF_A_NEW_DISK
    except FileExistsError as error:
        raise StateDirUnusable(f"{state_dir} is a file, not a folder") from error
    except OSError as error:
        raise StateDirUnusable(f"{state_dir} cannot be used: {error.strerror}") from error
    if names and not names & _OURS and not (was_ours and names <= _MADE_BY_ENGINES):
        raise StateDirUnusable(
            f"{state_dir} holds files that are not hostless's; name an empty or a new folder"
        )


def take(state_dir: Path, *, was_ours: bool = False) -> Ownership:
    """Become the folder's one engine; see `prepare`. Raises StateDirUnusable or StateDirTaken.

    Blocks for an instant when the lock is held by nobody who says that he is an engine.
    """
    prepare(state_dir, was_ours=was_ours)
    try:
        lock = os.open(state_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateDirUnusable(f"{state_dir} cannot be used: {error.strerror}") from error
    try:
        _await_lock(state_dir, lock)
    except StateDirTaken:
        os.close(lock)
        raise
    return Ownership(state_dir, lock)


def _await_lock(state_dir: Path, lock: int) -> None:
    """A killed engine's lock may live on for an instant in a child that it was just starting, and
    `is_owned` takes it to look. Raises StateDirTaken.
    """
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = owner_of(state_dir)
            if owner is not None or time.monotonic() > deadline:
                raise StateDirTaken(owner) from None
            time.sleep(_LOCK_PAUSE_SECONDS)
        else:
            return


def owner_of(state_dir: Path) -> EngineRecord | None:
    """The engine that runs on the folder now; None when none does or it is just starting."""
    if not is_owned(state_dir):
        return None
    record = last_owner_of(state_dir)
    return record if record is not None and _holds(record.pid, state_dir / LOCK_FILE) else None


def is_owned(state_dir: Path) -> bool:
    """Whether a process holds the folder's lock."""
    try:
        lock = os.open(state_dir / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def last_owner_of(state_dir: Path) -> EngineRecord | None:
    """The record as it was written last, whether or not that engine still runs."""
    try:
        return msgspec.json.decode((state_dir / RECORD_FILE).read_bytes(), type=EngineRecord)
    except (OSError, msgspec.DecodeError):
        return None


def _holds(pid: int, lock: Path) -> bool:
    """Whether the process has the lock file open: its number may have gone to another one."""
    with contextlib.suppress(OSError):
        wanted = os.stat(lock)
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if os.path.samestat(os.stat(f"/proc/{pid}/fd/{name}"), wanted):
                    return True
    return False
