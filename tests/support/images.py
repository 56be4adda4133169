"""Images made to measure for tests, in memory, and their way into a registry.

The busybox tree and the push are those of `script/demo_image.py`.
"""

import gzip
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import zstandard
from script.demo_image import (
    PATH_IN_IMAGE,
    BuiltImage,
    Entry,
    archive,
    busybox_tree,
    descriptor,
    digest_of,
    directory,
    entry,
    machine_architecture,
    regular_file,
    symbolic_link,
)
from script.demo_image import push as push_reference

__all__ = [
    "BuiltImage",
    "Entry",
    "Layer",
    "archive",
    "build_busybox_image",
    "build_image",
    "build_index",
    "busybox_tree",
    "digest_of",
    "directory",
    "entry",
    "hard_link",
    "layer_of",
    "push",
    "regular_file",
    "symbolic_link",
]

Compression = Literal["gzip", "zstd", "none"]
Kind = Literal["oci", "docker"]

_OCI = "application/vnd.oci.image."
_DOCKER = "application/vnd.docker."
_LAYER_TYPES: Mapping[tuple[Kind, Compression], str] = {
    ("oci", "gzip"): f"{_OCI}layer.v1.tar+gzip",
    ("oci", "zstd"): f"{_OCI}layer.v1.tar+zstd",
    ("oci", "none"): f"{_OCI}layer.v1.tar",
    ("docker", "gzip"): f"{_DOCKER}image.rootfs.diff.tar.gzip",
    ("docker", "zstd"): f"{_DOCKER}image.rootfs.diff.tar.zstd",
    ("docker", "none"): f"{_DOCKER}image.rootfs.diff.tar",
}
_MANIFEST_TYPES = {
    "oci": f"{_OCI}manifest.v1+json",
    "docker": f"{_DOCKER}distribution.manifest.v2+json",
}
_CONFIG_TYPES = {"oci": f"{_OCI}config.v1+json", "docker": f"{_DOCKER}container.image.v1+json"}
_INDEX_TYPES = {
    "oci": f"{_OCI}index.v1+json",
    "docker": f"{_DOCKER}distribution.manifest.list.v2+json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """blob: as a registry holds it; diff_id: digest of the uncompressed archive."""

    blob: bytes
    diff_id: str
    compression: Compression = "gzip"


def layer_of(entries: Sequence[Entry], compression: Compression = "gzip") -> Layer:
    return layer_of_archive(archive(entries), compression)


def layer_of_archive(tar: bytes, compression: Compression = "gzip") -> Layer:
    if compression == "gzip":
        blob = gzip.compress(tar, 6, mtime=0)
    elif compression == "zstd":
        blob = zstandard.ZstdCompressor().compress(tar)
    else:
        blob = tar
    return Layer(blob=blob, diff_id=digest_of(tar), compression=compression)


def hard_link(path: str, target: str) -> Entry:
    return entry(path, tarfile.LNKTYPE, 0o644, target=target)


def build_image(
    layers: Sequence[Layer],
    *,
    config: Mapping[str, object] | None = None,
    kind: Kind = "oci",
    architecture: str | None = None,
) -> BuiltImage:
    """config: the `config` member of the image configuration, in Docker's spelling (`Cmd`, …)."""
    configuration = json.dumps(
        {
            "architecture": architecture or machine_architecture(),
            "os": "linux",
            "config": dict(config or {}),
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        }
    ).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST_TYPES[kind],
        "config": descriptor(_CONFIG_TYPES[kind], configuration),
        "layers": [descriptor(_LAYER_TYPES[kind, one.compression], one.blob) for one in layers],
    }
    return BuiltImage(
        manifest=json.dumps(manifest).encode(),
        media_type=_MANIFEST_TYPES[kind],
        blobs={digest_of(blob): blob for blob in (configuration, *(one.blob for one in layers))},
    )


def build_index(
    images: Mapping[str, BuiltImage], kind: Kind = "oci"
) -> tuple[BuiltImage, tuple[BuiltImage, ...]]:
    """An index over images by platform (`linux/amd64`, `linux/arm64/v8`), and those images."""
    manifests = []
    for platform, image in images.items():
        names = dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))
        manifests.append(descriptor(image.media_type, image.manifest) | {"platform": names})
    text = {"schemaVersion": 2, "mediaType": _INDEX_TYPES[kind], "manifests": manifests}
    index = BuiltImage(manifest=json.dumps(text).encode(), media_type=_INDEX_TYPES[kind])
    return index, tuple(images.values())


def build_busybox_image(
    *,
    entry_point: Sequence[str] = (),
    command: Sequence[str] = ("sh",),
    environment: Mapping[str, str] | None = None,
    user: str = "",
    working_directory: str = "",
    stop_signal: str = "",
    labels: Mapping[str, str] | None = None,
    files: Mapping[str, bytes] | None = None,
    kind: Kind = "oci",
    compression: Compression = "gzip",
) -> BuiltImage:
    """Busybox with all applets in /bin, and `files` (path → content) in a second layer."""
    config: dict[str, object] = {
        "Entrypoint": list(entry_point),
        "Cmd": list(command),
        "Env": [f"PATH={PATH_IN_IMAGE}", *(f"{k}={v}" for k, v in (environment or {}).items())],
        "User": user,
        "WorkingDir": working_directory,
        "StopSignal": stop_signal,
        "Labels": dict(labels or {}),
    }
    layers = [layer_of(busybox_tree(), compression)]
    if files:
        entries = [regular_file(path.lstrip("/"), data) for path, data in files.items()]
        layers.append(layer_of(entries, compression))
    return build_image(
        layers, config={key: value for key, value in config.items() if value}, kind=kind
    )


def push(
    registry: str,
    name: str,
    image: BuiltImage,
    *,
    members: Sequence[BuiltImage] = (),
    headers: Mapping[str, str] | None = None,
) -> str:
    """Push to `registry` (`127.0.0.1:PORT`) as `name` (`demo:1`); returns the manifest's digest.

    members: what an index lists, pushed first.
    """
    repository = name.partition(":")[0]
    for member in members:
        tag = member.digest.replace("sha256:", "member-")
        push_reference(f"{registry}/{repository}:{tag}", member, headers)
    push_reference(f"{registry}/{name}", image, headers)
    return image.digest
