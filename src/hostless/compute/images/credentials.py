"""Names and passwords for registries, from a file in the form of Docker's `config.json`.

The file is read again when it changes. Credential helpers are programs of a desktop; they are not
run: an image whose registry needs one is refused with a sentence that says so.
"""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from hostless.compute.images.reference import DOCKER_HUB

_DOCKER_HUB_KEY = "https://index.docker.io/v1/"


class CredentialsUnusable(Exception):
    """The file, or its entry for a registry, cannot be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """identity_token: an OAuth2 refresh token that stands for name and password."""

    username: str = ""
    password: str = ""
    identity_token: str = ""


class _Entry(msgspec.Struct, rename={"identity_token": "identitytoken"}):
    auth: str = ""
    username: str = ""
    password: str = ""
    identity_token: str = ""


class _File(msgspec.Struct, rename="camel"):
    auths: dict[str, _Entry] = {}
    cred_helpers: dict[str, str] = {}
    creds_store: str = ""


class DockerCredentials:
    """The logins in one file; `path` None or a file that does not exist holds none."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._file = _File()

    def login_for(self, registry: str) -> Login | None:
        """The login for `registry` (`host[:port]`, or `docker.io`); None: ask as anybody.

        Raises CredentialsUnusable.
        """
        file = self._read()
        if registry in file.cred_helpers:
            raise self._kept_elsewhere(registry, file.cred_helpers[registry])
        entry = _entry_for(registry, file.auths)
        if entry is None:
            return None
        login = self._login_of(registry, entry)
        if login is None and file.creds_store:
            raise self._kept_elsewhere(registry, file.creds_store)
        return login

    def _read(self) -> _File:
        if self._path is None:
            return self._file
        try:
            found = self._path.stat()
            seen = (found.st_mtime_ns, found.st_size, found.st_ino)
            if seen != self._seen:
                self._file = msgspec.json.decode(self._path.read_bytes(), type=_File)
                self._seen = seen
        except FileNotFoundError:
            self._seen, self._file = None, _File()
        except (OSError, msgspec.MsgspecError) as error:
            raise CredentialsUnusable(
                f"registry credentials in {self._path} cannot be read: {error}"
            ) from error
        return self._file

    def _login_of(self, registry: str, entry: _Entry) -> Login | None:
        username, password = entry.username, entry.password
        if entry.auth:
            try:
                pair = base64.b64decode(entry.auth, validate=True).decode()
                username, password = pair.split(":", 1)
            except (binascii.Error, ValueError) as error:
                raise CredentialsUnusable(
                    f"registry credentials for {registry} in {self._path} "
                    "are not NAME:PASSWORD in base64"
                ) from error
        if not username and not entry.identity_token:
            return None
        return Login(
            username=username,
            password=password.rstrip("\0"),
            identity_token=entry.identity_token,
        )

    def _kept_elsewhere(self, registry: str, helper: str) -> CredentialsUnusable:
        return CredentialsUnusable(
            f"registry credentials for {registry} in {self._path} are kept by the credential "
            f"helper {helper!r}, which hostless does not run; write them into auths"
        )


def _entry_for(registry: str, auths: dict[str, _Entry]) -> _Entry | None:
    """Docker writes a registry's key as a host or as a URL of it."""
    if registry == DOCKER_HUB and _DOCKER_HUB_KEY in auths:
        return auths[_DOCKER_HUB_KEY]
    if registry in auths:
        return auths[registry]
    for key, entry in auths.items():
        if "://" in key and urlsplit(key).netloc == registry:
            return entry
    return None


def authorization_of(login: Login) -> str:
    """The header's value for HTTP's basic authentication."""
    pair = f"{login.username}:{login.password}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"
