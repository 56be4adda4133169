"""A real docker-registry (Debian's package) on a free loopback port, for as long as a test runs."""

import base64
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PROGRAM = Path("/usr/bin/docker-registry")
SECONDS_TO_START = 60.0
SECONDS_TO_END = 10.0

USER, PASSWORD = "reader", "open sesame"
_HASH = "$2b$04$fuZWhDo/mkMjg/3LnA6nuuMP2431rdKh7XE3GS9tKIlo3KOBQ/dj6"
"""The password's bcrypt hash, the only kind that the registry's htpasswd file takes."""

BASIC = {"Authorization": "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}
"""Headers that the registry with a password accepts."""

_AUTHENTICATION = """
auth:
  htpasswd:
    realm: a test
    path: {path}
"""

# The registry picks the port itself, so that two tests side by side never want the same one.
_CONFIGURATION = """
version: 0.1
log: {{level: info, formatter: json}}
storage:
  filesystem: {{rootdirectory: {storage}}}
  delete: {{enabled: true}}
  maintenance: {{uploadpurging: {{enabled: false}}}}
http: {{addr: "127.0.0.1:0"}}
"""


@contextmanager
def running_registry(
    folder: Path, *, has_password: bool = False, environment: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Give `127.0.0.1:PORT`; its storage and log lie in `folder`. Ended at the end."""
    home = folder / "registry"
    (home / "storage").mkdir(parents=True, exist_ok=True)
    text = _CONFIGURATION.format(storage=home / "storage")
    if has_password:
        (home / "htpasswd").write_text(f"{USER}:{_HASH}\n")
        text += _AUTHENTICATION.format(path=home / "htpasswd")
    (home / "config.yml").write_text(text)
    log = home / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [PROGRAM, "serve", home / "config.yml"],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            env={"OTEL_TRACES_EXPORTER": "none", **(environment or {})},
        )
    try:
        yield _address_of(process, log)
    finally:
        process.terminate()
        try:
            process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address_of(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the registry says where it listens."""
    said = "listening on "
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        _, found, rest = log.read_text().partition(said)
        if found and '"' in rest:
            return rest.partition('"')[0]
        time.sleep(0.005)
    raise RuntimeError(f"docker-registry does not serve: {log.read_text()}")
