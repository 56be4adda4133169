"""What manifests, indexes and image configurations say, as plain values.

Pure: text in, records out. Covers the OCI image specification 1.1 and Docker's image manifest
version 2, schema 2; schema 1 is refused, as containerd refuses it. Fetching is `registry`'s.
"""

import platform
from dataclasses import dataclass

import msgspec

from hostless.compute.images.image import ImageConfig
from hostless.compute.images.registry import Descriptor, Document, is_sha256

INDEX_TYPES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
IMAGE_TYPES = frozenset(
    {
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    }
)
CONFIG_TYPES = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    }
)
LAYER_TYPES = (
    "application/vnd.oci.image.layer.",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.foreign.diff.tar",
)
"""Starts of layer types; the compression is seen in the layer's first bytes, as containerd does."""
MAXIMUM_LAYERS = 127
"""As many as Docker lets an image have."""

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "riscv64": "riscv64"}
_BASELINES = {"amd64": "v1", "arm64": "v8", "arm": "v7"}
"""The variant of an architecture that an index may name without meaning a newer machine."""


class ManifestUnusable(Exception):
    """There is a manifest, and no image that can run here. The message is containerd's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """As OCI spells it: `linux`, `amd64`."""

    os: str
    architecture: str

    def __str__(self) -> str:
        return f"{self.os}/{self.architecture}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageManifest:
    """layers: the lowest first."""

    config: Descriptor
    layers: tuple[Descriptor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfiguration:
    """diff_ids: digests of the uncompressed layers, the lowest first."""

    config: ImageConfig
    platform: Platform
    diff_ids: tuple[str, ...]


class _Platform(msgspec.Struct):
    os: str = ""
    architecture: str = ""
    variant: str = ""


class _Descriptor(msgspec.Struct, rename="camel"):
    digest: str
    size: int
    media_type: str = ""
    platform: _Platform | None = None


class _Manifest(msgspec.Struct, rename="camel"):
    schema_version: int = 0
    media_type: str = ""
    config: _Descriptor | None = None
    layers: list[_Descriptor] = []
    manifests: list[_Descriptor] | None = None


class _Config(msgspec.Struct, rename="pascal"):
    entrypoint: list[str] | None = None
    cmd: list[str] | None = None
    env: list[str] | None = None
    user: str | None = None
    working_dir: str | None = None
    stop_signal: str | None = None
    labels: dict[str, str] | None = None
    volumes: dict[str, msgspec.Raw] | None = None


class _RootFs(msgspec.Struct):
    diff_ids: list[str] | None = None


class _Configuration(msgspec.Struct):
    os: str = ""
    architecture: str = ""
    config: _Config | None = None
    rootfs: _RootFs | None = None


def host_platform() -> Platform:
    """What this machine runs."""
    machine = platform.machine()
    return Platform(os="linux", architecture=_ARCHITECTURES.get(machine, machine))


def is_index(document: Document) -> bool:
    """Whether the document lists manifests. Raises ManifestUnusable for schema 1 and strangers."""
    found = _decode(document)
    kind = found.media_type or document.media_type
    if found.schema_version == 1 or ("manifest.v1" in kind and "docker" in kind):
        raise ManifestUnusable(
            f'media type "{kind}" is not supported, please rebuild the image as '
            '"application/vnd.docker.distribution.manifest.v2+json" or '
            '"application/vnd.oci.image.manifest.v1+json"'
        )
    if kind in INDEX_TYPES:
        return True
    if kind in IMAGE_TYPES:
        return False
    raise ManifestUnusable(f"unexpected media type {kind} for {document.digest}: not found")


def manifest_for(document: Document, wanted: Platform) -> str:
    """The digest of the index's manifest for a platform. Raises ManifestUnusable.

    Of several the first that every such machine runs, as containerd's matcher prefers it: an
    `amd64` of variant `v3` needs instructions that this machine may not have.
    """
    found = [
        (one.platform.variant not in ("", _BASELINES.get(wanted.architecture)), number, one)
        for number, one in enumerate(_decode(document).manifests or [])
        if one.platform
        and (one.platform.os, one.platform.architecture) == (wanted.os, wanted.architecture)
    ]
    if not found:
        raise no_match(wanted)
    return _descriptor(min(found)[-1]).digest


def image_manifest(document: Document) -> ImageManifest:
    """Raises ManifestUnusable, also for artefacts that are no images."""
    found = _decode(document)
    if found.config is None or found.config.media_type not in CONFIG_TYPES:
        kind = found.config.media_type if found.config else ""
        raise ManifestUnusable(f"unsupported config media type {kind!r}: not an image")
    for layer in found.layers:
        if not layer.media_type.startswith(LAYER_TYPES):
            raise ManifestUnusable(f"unsupported layer media type {layer.media_type!r}")
    if len(found.layers) > MAXIMUM_LAYERS:
        raise ManifestUnusable(f"the image has {len(found.layers)} layers, {MAXIMUM_LAYERS} may be")
    return ImageManifest(
        config=_descriptor(found.config), layers=tuple(map(_descriptor, found.layers))
    )


def image_configuration(text: bytes) -> ImageConfiguration:
    """Raises ManifestUnusable."""
    try:
        found = msgspec.json.decode(text, type=_Configuration)
    except msgspec.MsgspecError as error:
        raise ManifestUnusable(f"the image's configuration cannot be read: {error}") from error
    diff_ids = tuple((found.rootfs and found.rootfs.diff_ids) or ())
    for diff_id in diff_ids:
        _checked(diff_id)
    return ImageConfiguration(
        config=_image_config(found.config or _Config()),
        platform=Platform(os=found.os or "linux", architecture=found.architecture),
        diff_ids=diff_ids,
    )


def no_match(wanted: Platform) -> ManifestUnusable:
    return ManifestUnusable(
        f"image Manifest does not contain descriptor matching platform '{wanted}'"
    )


def _image_config(found: _Config) -> ImageConfig:
    pairs = (variable.partition("=") for variable in found.env or ())
    return ImageConfig(
        entry_point=tuple(found.entrypoint or ()),
        command=tuple(found.cmd or ()),
        environment=tuple((name, value) for name, _, value in pairs),
        user=found.user or "",
        working_directory=found.working_dir or "",
        stop_signal=found.stop_signal or "SIGTERM",
        labels=tuple(sorted((found.labels or {}).items())),
        volumes=tuple(sorted(found.volumes or {})),
    )


def _decode(document: Document) -> _Manifest:
    try:
        return msgspec.json.decode(document.text, type=_Manifest)
    except msgspec.MsgspecError as error:
        raise ManifestUnusable(f"manifest {document.digest} cannot be read: {error}") from error


def _descriptor(found: _Descriptor) -> Descriptor:
    if found.size < 0:
        raise ManifestUnusable(f"{found.digest} has size {found.size}")
    return Descriptor(media_type=found.media_type, digest=_checked(found.digest), size=found.size)


def _checked(digest: str) -> str:
    if not is_sha256(digest):
        raise ManifestUnusable(f"unsupported digest {digest!r}: not a sha256")
    return digest
