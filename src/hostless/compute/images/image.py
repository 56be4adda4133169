"""What an image is to a backend: its settings, and its layers unpacked on disk."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """The parts of the OCI image configuration that a container starts from.

    user: as the image says it, "" for root. stop_signal: `SIGTERM` unless the image says otherwise.
    volumes: paths inside for which the image wants a volume of its container's own, sorted.
    """

    entry_point: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    user: str = ""
    working_directory: str = ""
    stop_signal: str = "SIGTERM"
    labels: tuple[tuple[str, str], ...] = ()
    volumes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """digest: of the manifest that the reference named (`sha256:…`).

    layers: folders of unpacked layers, the lowest first, shared read-only by all containers.
    layer_bytes: what each takes on disk.
    """

    digest: str
    config: ImageConfig
    layers: tuple[Path, ...]
    layer_bytes: tuple[int, ...] = ()
