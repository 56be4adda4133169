"""Which volumes a container sees, by Docker's rules."""

from hostless.compute.local.volumes import PlacedVolume, volumes_by_container
from hostless.compute.seam import ContainerSpec, MemoryMount, VolumeMount, VolumesFrom


def container(name: str, **fields: object) -> ContainerSpec:
    return ContainerSpec(name=name, image="image", **fields)  # type: ignore[arg-type]


def at(destination: str, volume: str, *, is_read_only: bool = False) -> VolumeMount:
    return VolumeMount(volume=volume, destination=destination, is_read_only=is_read_only)


def seen(*containers: ContainerSpec, **images: tuple[str, ...]) -> dict[str, dict[str, object]]:
    """By container and place: the volume itself."""
    found = volumes_by_container(containers, images)
    return {name: {v.destination: v for v in volumes} for name, volumes in found.items()}


def folder(volume: object) -> str:
    assert isinstance(volume, PlacedVolume)
    return volume.folder


def test_one_name_is_one_folder_wherever_it_is_seen() -> None:
    found = seen(
        container("a", volumes=(at("/x", "one"), at("/y", "two"))),
        container("b", volumes=(at("/z", "one", is_read_only=True),)),
    )
    assert folder(found["a"]["/x"]) == folder(found["b"]["/z"])
    assert folder(found["a"]["/x"]) != folder(found["a"]["/y"])
    (only,) = found["b"].values()
    assert isinstance(only, PlacedVolume)
    assert (only.is_read_only, only.takes_content) == (True, True)


def test_volumes_of_others_come_with_their_modes_and_take_no_content() -> None:
    found = seen(
        container("a", volumes=(at("/r", "one", is_read_only=True), at("/w", "two"))),
        container("b", volumes_from=(VolumesFrom(container="a"),)),
        container("c", volumes_from=(VolumesFrom(container="b", is_read_only=True),)),
    )
    modes = {
        name: {place: (v.is_read_only, v.takes_content) for place, v in volumes.items()}  # type: ignore[attr-defined]
        for name, volumes in found.items()
    }
    assert modes == {
        "a": {"/r": (True, True), "/w": (False, True)},
        "b": {"/r": (True, False), "/w": (False, False)},
        "c": {"/r": (True, False), "/w": (True, False)},
    }


def test_what_an_image_asks_for_is_its_containers_own_and_gives_way() -> None:
    found = seen(
        container("a", volumes=(at("/mine", "one"),)),
        container("b", memory_mounts=(MemoryMount(destination="/data", size_mib=1),)),
        container("c", volumes_from=(VolumesFrom(container="a"),)),
        a=("/data/", "mine", "/"),
        b=("/data",),
        c=("/data", "/other"),
    )
    assert found["a"].keys() == {"/mine", "/data"}
    assert folder(found["a"]["/mine"]) == folder(found["c"]["/mine"])
    assert found["b"] == {}
    assert folder(found["c"]["/data"]) == folder(found["a"]["/data"])
    assert found["c"].keys() == {"/mine", "/data", "/other"}


def test_containers_that_take_from_each_other_come_to_an_end() -> None:
    found = seen(
        container("a", volumes=(at("/a", "a"),), volumes_from=(VolumesFrom(container="b"),)),
        container("b", volumes=(at("/b", "b"),), volumes_from=(VolumesFrom(container="a"),)),
    )
    assert found["a"].keys() == found["b"].keys() == {"/a", "/b"}
