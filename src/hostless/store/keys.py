"""The engine's key pair: one small file in the state folder, made by whoever asks first.

`hostless env` prints it, the gateway checks signatures with it. It is no record of the store,
because it must be readable without an engine and is never part of an answer.
"""

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hostless.kit.ids import Ids

KEYS_FILE = "keys.json"
"""Name of the file in the state folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """access_key_id: 20 characters, as AWS's own. secret_access_key: 40 characters."""

    access_key_id: str
    secret_access_key: str


class KeysUnreadable(Exception):
    """The key file is there but cannot be used; the message is for the person at the keyboard."""


def load_or_make(path: Path, ids: Ids) -> KeyPair:
    """The key pair in the file `path`, which is made (mode 0600, folder too) if it is missing.

    Two callers at once get the same pair. Raises KeysUnreadable.
    """
    try:
        keys = _load(path)
        if keys is None:
            _make(path, ids)
            keys = _load(path)
    except PermissionError as error:
        raise KeysUnreadable(f"{path} belongs to another user; run this as root") from error
    except OSError as error:
        raise KeysUnreadable(f"{path} cannot be read or made: {error.strerror}") from error
    if keys is None:
        raise KeysUnreadable(f"{path} vanished while it was read; try again")
    return keys


def _load(path: Path) -> KeyPair | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=KeyPair)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise KeysUnreadable(
            f"{path} is damaged; remove it to have new keys made at the next start"
        ) from error


def _make(path: Path, ids: Ids) -> None:
    """Write a whole file beside it and link it into place: nobody ever reads half a file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = KeyPair(
        access_key_id="AKIA" + ids.hex(16).upper(),
        secret_access_key=ids.hex(40),
    )
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".keys-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(keys))
            file.flush()
            os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)
