"""Manifests and configurations as registries have them, and as they should not."""

import json

import pytest
from tests.support.images import build_busybox_image, build_index, digest_of

from hostless.compute.images.image import ImageConfig
from hostless.compute.images.manifest import (
    ManifestUnusable,
    Platform,
    image_configuration,
    image_manifest,
    is_index,
    manifest_for,
)
from hostless.compute.images.registry import Document

LINUX = Platform(os="linux", architecture="amd64")
DIGEST = "sha256:" + "a" * 64


def document(content: object, media_type: str = "") -> Document:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Document(media_type=media_type, digest=digest_of(text), text=text)


@pytest.mark.parametrize("kind", ["oci", "docker"])
def test_an_index_is_told_from_a_manifest(kind: str) -> None:
    image = build_busybox_image(kind=kind)
    index, _ = build_index({"linux/amd64": image}, kind)
    assert is_index(document(index.manifest))
    assert not is_index(document(image.manifest))
    assert [one.size for one in image_manifest(document(image.manifest)).layers]


def test_without_a_media_type_inside_the_answers_header_counts() -> None:
    found = document({"schemaVersion": 2}, "application/vnd.oci.image.index.v1+json")
    assert is_index(found)


def test_the_index_member_for_the_platform_is_chosen() -> None:
    here, there = build_busybox_image(), build_busybox_image(command=("other",))
    index, _ = build_index({"linux/arm64/v8": there, "linux/amd64": here})
    assert manifest_for(document(index.manifest), LINUX) == here.digest


def test_of_an_architectures_variants_the_one_that_every_machine_runs_is_chosen() -> None:
    new, old = build_busybox_image(command=("new",)), build_busybox_image(command=("old",))
    index, _ = build_index({"linux/amd64/v3": new, "linux/amd64": old})
    assert manifest_for(document(index.manifest), LINUX) == old.digest
    only, _ = build_index({"unknown/unknown": old, "linux/amd64/v2": new})
    assert manifest_for(document(only.manifest), LINUX) == new.digest


def test_an_index_without_the_platform_says_so_as_fargate_does() -> None:
    index, _ = build_index({"linux/arm64/v8": build_busybox_image()})
    with pytest.raises(ManifestUnusable) as refused:
        manifest_for(document(index.manifest), LINUX)
    assert str(refused.value) == (
        "image Manifest does not contain descriptor matching platform 'linux/amd64'"
    )


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        ({"schemaVersion": 1}, "application/vnd.docker.distribution.manifest.v1+prettyjws"),
        ({"schemaVersion": 1}, "application/json"),
    ],
)
def test_schema_1_is_refused_with_a_way_out(content: object, media_type: str) -> None:
    with pytest.raises(ManifestUnusable, match="please rebuild the image"):
        is_index(document(content, media_type))


@pytest.mark.parametrize("text", [b"", b"[]", b"<html>", b'{"schemaVersion": "two"}', b"{}"])
def test_what_is_no_manifest_is_refused(text: bytes) -> None:
    with pytest.raises(ManifestUnusable):
        is_index(document(text, "text/html"))


def manifest_with(**changes: object) -> Document:
    content = json.loads(build_busybox_image().manifest)
    for path, value in changes.items():
        where, _, key = path.rpartition("__")
        (content[where][0] if where == "layers" else content.get(where, content))[key] = value
    return document(content)


@pytest.mark.parametrize(
    "changes",
    [
        {"config__mediaType": "application/vnd.cncf.helm.config.v1+json"},
        {"layers__mediaType": "application/vnd.in-toto+json"},
        {"layers__digest": "sha256:../../etc/passwd"},
        {"layers__digest": "sha512:" + "a" * 128},
        {"layers__digest": DIGEST.upper()},
        {"config__digest": "../../x"},
        {"layers__size": -1},
        {"config": None},
        {"layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar"}]},
    ],
)
def test_a_manifest_of_something_else_or_of_nothing_good_is_refused(
    changes: dict[str, object],
) -> None:
    with pytest.raises(ManifestUnusable):
        image_manifest(manifest_with(**changes))


def test_more_layers_than_docker_allows_are_refused() -> None:
    layer = json.loads(build_busybox_image().manifest)["layers"][0]
    with pytest.raises(ManifestUnusable, match="200 layers"):
        image_manifest(manifest_with(layers=[layer] * 200))


def test_everything_a_container_starts_from_is_read() -> None:
    found = image_configuration(
        json.dumps(
            {
                "os": "linux",
                "architecture": "arm64",
                "config": {
                    "Entrypoint": ["/e"],
                    "Cmd": ["a", "b"],
                    "Env": ["A=1=2", "B="],
                    "User": "1000:2000",
                    "WorkingDir": "/w",
                    "StopSignal": "SIGQUIT",
                    "Labels": {"b": "2", "a": "1"},
                    "ExposedPorts": {"80/tcp": {}},
                    "Volumes": {"/v": {}, "/a": {}},
                },
                "rootfs": {"type": "layers", "diff_ids": [DIGEST]},
                "history": [],
            }
        ).encode()
    )
    assert found.platform == Platform(os="linux", architecture="arm64")
    assert found.diff_ids == (DIGEST,)
    assert found.config == ImageConfig(
        entry_point=("/e",),
        command=("a", "b"),
        environment=(("A", "1=2"), ("B", "")),
        user="1000:2000",
        working_directory="/w",
        stop_signal="SIGQUIT",
        labels=(("a", "1"), ("b", "2")),
        volumes=("/a", "/v"),
    )


def test_null_means_not_said() -> None:
    nothing = {"Entrypoint": None, "Cmd": None, "Env": None, "Labels": None, "Volumes": None}
    found = image_configuration(json.dumps({"config": nothing, "rootfs": None}).encode())
    assert found.config == ImageConfig()
    assert image_configuration(b'{"config": null}').config.stop_signal == "SIGTERM"


@pytest.mark.parametrize("text", [b"", b"[]", b'{"rootfs": {"diff_ids": ["../x"]}}'])
def test_a_configuration_that_is_none_is_refused(text: bytes) -> None:
    with pytest.raises(ManifestUnusable):
        image_configuration(text)
