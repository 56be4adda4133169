"""The admin key pair: made once per state folder, kept in a file that only its owner reads."""

import hmac
import os
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from hostless.domain.arns import Realm
from hostless.kit.ids import Ids

KEYS_FILE = "admin-key.json"
_KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_SECRET_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminKey:
    """access_key_id: `AKIA` and 16 of A-Z, 2-7. secret_access_key: 40 characters."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


class Keys:
    """The keys that this engine knows; for now one, the admin's."""

    def __init__(self, admin: AdminKey, realm: Realm) -> None:
        self._admin = admin
        self._realm = realm

    def find_secret(self, access_key_id: str) -> str | None:
        """The secret of a key, or None for a key that nobody was given."""
        known = self._admin.access_key_id
        if hmac.compare_digest(known.encode(), access_key_id.encode()):
            return self._admin.secret_access_key
        return None

    @property
    def admin(self) -> AdminKey:
        return self._admin

    @property
    def principal_arn(self) -> str:
        """Who the admin key belongs to: the IAM user `admin` of the engine's account."""
        return f"arn:aws:iam::{self._realm.account_id}:user/admin"


def load_or_make_admin_key(state_dir: Path, ids: Ids) -> AdminKey:
    """The key of a state folder; made, durably and with mode 0600, when there is none yet."""
    found = find_admin_key(state_dir)
    if found is not None:
        return found
    state_dir.mkdir(parents=True, exist_ok=True)
    key = _new_key(ids)
    _write_once(state_dir / KEYS_FILE, msgspec.json.encode(key))
    return need_admin_key(state_dir)


def find_admin_key(state_dir: Path) -> AdminKey | None:
    """The key of a state folder, if an engine has made one there."""
    try:
        return need_admin_key(state_dir)
    except FileNotFoundError:
        return None


def need_admin_key(state_dir: Path) -> AdminKey:
    """The key of a state folder; FileNotFoundError when no engine has made one there."""
    return msgspec.json.decode((state_dir / KEYS_FILE).read_bytes(), type=AdminKey)


def _new_key(ids: Ids) -> AdminKey:
    return AdminKey(
        access_key_id="AKIA" + _spell(ids, 16, _KEY_ALPHABET),
        secret_access_key=_spell(ids, 40, _SECRET_ALPHABET),
    )


def _spell(ids: Ids, length: int, alphabet: str) -> str:
    number = int(ids.hex(2 * length), 16)
    return "".join(alphabet[number // 256**place % 256 % len(alphabet)] for place in range(length))


def _write_once(path: Path, content: bytes) -> None:
    """All or nothing; when somebody else was first, theirs stays."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
