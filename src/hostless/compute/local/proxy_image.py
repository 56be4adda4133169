"""The image of the proxies of Service Connect: the host's own HAProxy and the libraries it needs.

Made once for each version that is installed, below the backend's root; no registry knows it. What
the proxy is told to do is not here: it reads that from a folder that its container mounts.
"""

import asyncio
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hostless.compute.images.image import Image, ImageConfig
from hostless.compute.local import host
from hostless.compute.local.failures import resource_reason
from hostless.compute.local.folders import Folders
from hostless.compute.local.records import find_record, task_ids_in
from hostless.compute.seam import StartFailed

PROGRAM = "haproxy"
COMMAND = ("-db", "-f", "/run/service-connect/haproxy.cfg")
"""In the foreground, without a master: a task's proxy is never reloaded. (`-q` closes stdout.)"""
STOP_SIGNAL = "SIGUSR1"
"""It ends its connections and then itself. SIGTERM means nothing to it as a first process."""
_LIBRARIES_SECONDS = 10.0
_UNWINDER = "libgcc_s.so.1"
"""Threads load it when they end; no program names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """files: what the image was made of, as it was then."""

    image: Image
    files: tuple[tuple[Path, int, int], ...]


class ProxyImage:
    def __init__(self) -> None:
        self._made: _Made | None = None
        self._turn = asyncio.Lock()

    async def have(self, folders: Folders) -> Image:
        """The image of the HAProxy that is installed now. Raises StartFailed."""
        async with self._turn:
            made = self._made
            if made is None or not made.image.layers[0].is_dir() or _is_changed(made.files):
                kept = set() if made is None else {made.image.digest}
                self._made = made = await asyncio.to_thread(_make, folders, kept)
            return made.image

    def get(self, folders: Folders, digest: str) -> Image | None:
        """An image that was made once, while it is there."""
        layer = _layers_in(folders) / digest.removeprefix("sha256:")
        program = next(iter(layer.glob(f"**/bin/{PROGRAM}")), None)
        program = program or next(iter(layer.glob(f"**/sbin/{PROGRAM}")), None)
        return None if program is None else _image_of(layer, Path("/", program.relative_to(layer)))


def _make(folders: Folders, kept: set[str]) -> _Made:
    program = host.find_program(PROGRAM)
    if program is None:
        raise StartFailed(
            resource_reason(
                "haproxy is not installed on this host, and Service Connect needs it "
                "(apt-get install haproxy)"
            )
        )
    try:
        sources = (program, *_libraries_of(program))
        files = tuple(map(_mark_of, sources))
        layer = _layers_in(folders) / hashlib.sha256(repr(files).encode()).hexdigest()
        if not layer.is_dir():
            _sweep(folders, kept)
            _copy(sources, layer)
    except (OSError, subprocess.SubprocessError) as error:
        raise StartFailed(resource_reason(f"no image of haproxy can be made: {error}")) from error
    return _Made(image=_image_of(layer, program), files=files)


def _image_of(layer: Path, program: Path) -> Image:
    config = ImageConfig(entry_point=(str(program), *COMMAND), stop_signal=STOP_SIGNAL)
    return Image(digest=f"sha256:{layer.name}", config=config, layers=(layer,))


def _copy(sources: tuple[Path, ...], layer: Path) -> None:
    """Moved to its place when it is whole."""
    draft = layer.with_name(f"{layer.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    for source in sources:
        target = draft / source.relative_to("/")
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        shutil.copy(source, target)
    draft.rename(layer)


def _libraries_of(program: Path) -> tuple[Path, ...]:
    """By the paths at which the loader looks for them."""
    listed = subprocess.run(
        ["ldd", str(program)],
        capture_output=True,
        text=True,
        check=True,
        timeout=_LIBRARIES_SECONDS,
        stdin=subprocess.DEVNULL,
    ).stdout
    found = dict.fromkeys(_paths_in(listed))
    for folder in {path.parent for path in found}:
        unwinder = folder / _UNWINDER
        if unwinder.exists():
            found[unwinder] = None
    return tuple(found)


def _paths_in(listed: str) -> Iterator[Path]:
    for line in listed.splitlines():
        word = line.rpartition("=>")[2].strip().partition(" (")[0]
        if word.startswith("/"):
            yield Path(word)


def _mark_of(path: Path) -> tuple[Path, int, int]:
    found = path.stat()
    return path, found.st_size, found.st_mtime_ns


def _is_changed(files: tuple[tuple[Path, int, int], ...]) -> bool:
    try:
        return any(_mark_of(path) != (path, size, at) for path, size, at in files)
    except OSError:
        return True


def _sweep(folders: Folders, kept: set[str]) -> None:
    """Versions that no task holds any more go. kept: by digest; tasks may be about to hold them."""
    _layers_in(folders).mkdir(mode=0o700, exist_ok=True)
    records = (find_record(folders.record(task)) for task in task_ids_in(folders.bundles))
    held = {each.digest for record in records if record for each in record.containers}
    for each in _layers_in(folders).iterdir():
        if f"sha256:{each.name}" not in held | kept:
            shutil.rmtree(each, ignore_errors=True)


def _layers_in(folders: Folders) -> Path:
    """By what each was made of."""
    return folders.root / "proxies"
