"""Which volumes of its task each container sees, and where. Pure.

Docker's rules: a mount point of the container's own hides what comes from another container, and
what an image asks for (`VOLUME`) counts only where nothing else is. The folders themselves are
`volume_folders`'.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hostless.compute.seam import ContainerSpec
from hostless.domain.container_definitions import plain_path


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedVolume:
    """A volume as one container sees it.

    folder: its name below the task's volumes. takes_content: while it is empty it is given what the
    container's image has at its place; not so what comes from another container.
    """

    folder: str
    destination: str
    is_read_only: bool
    takes_content: bool


def volumes_by_container(
    containers: Sequence[ContainerSpec], image_volumes: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[PlacedVolume, ...]]:
    """By the name of each container, one at most at a place. image_volumes: by container."""
    by_name = {spec.name: spec for spec in containers}
    return {
        name: tuple(_volumes_of(spec, by_name, image_volumes, frozenset()).values())
        for name, spec in by_name.items()
    }


def _volumes_of(
    spec: ContainerSpec,
    by_name: Mapping[str, ContainerSpec],
    image_volumes: Mapping[str, tuple[str, ...]],
    asking: frozenset[str],
) -> dict[str, PlacedVolume]:
    """By destination. asking: containers that take theirs from this one; a circle ends there."""
    found: dict[str, PlacedVolume] = {}
    for source in spec.volumes_from:
        other = by_name.get(source.container)
        if other is None or other.name in asking | {spec.name}:
            continue
        theirs = _volumes_of(other, by_name, image_volumes, asking | {spec.name})
        for place, volume in theirs.items():
            is_read_only = volume.is_read_only or source.is_read_only
            found[place] = replace(volume, is_read_only=is_read_only, takes_content=False)
    found.update((volume.destination, volume) for volume in _own(spec))
    taken = {mount.destination for mount in spec.mounts}
    taken |= {mount.destination for mount in spec.memory_mounts}
    for path in image_volumes.get(spec.name, ()):
        place = plain_path(path)
        if place != "/" and place not in found and place not in taken:
            found[place] = _placed(f"{spec.name}:{place}", place)
    return {place: volume for place, volume in found.items() if place not in taken}


def _own(spec: ContainerSpec) -> Iterator[PlacedVolume]:
    for mount in spec.volumes:
        yield _placed(mount.volume, mount.destination, is_read_only=mount.is_read_only)


def folder_name_of(volume: str) -> str:
    """Of a volume by its name: a name may be too long for a folder's."""
    return hashlib.sha256(volume.encode()).hexdigest()[:20]


def _placed(key: str, destination: str, *, is_read_only: bool = False) -> PlacedVolume:
    """key: a volume's name, or what no volume is called: names have no colon."""
    return PlacedVolume(
        folder=folder_name_of(key),
        destination=destination,
        is_read_only=is_read_only,
        takes_content=True,
    )
