"""The image store against a real docker-registry, and against one that counts what it is asked."""

import asyncio
import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web
from script.demo_image import demo_image
from script.demo_image import push as push_reference
from tests.support.fake_registry import fake_registry
from tests.support.image_store import StillClock, left_over, store_in
from tests.support.images import (
    build_busybox_image,
    build_image,
    build_index,
    layer_of,
    push,
    regular_file,
)
from tests.support.registry import BASIC, PASSWORD, USER, running_registry

from hostless.compute.images.catalogue import Catalogue, CatalogueEntry
from hostless.compute.images.failures import PullFailed
from hostless.compute.images.store import ImageStore

pytestmark = pytest.mark.root

IMAGE = build_busybox_image(command=("echo", "hello"), stop_signal="SIGQUIT")
NOBODY: frozenset[str] = frozenset()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_registry(tmp_path_factory.mktemp("real")) as address:
        yield address


async def reason_of(store: ImageStore, reference: str) -> str:
    with pytest.raises(PullFailed) as failed:
        await store.pull(reference)
    return failed.value.reason


@pytest.mark.parametrize("kind", ["oci", "docker"])
@pytest.mark.parametrize("compression", ["gzip", "zstd"])
async def test_an_image_is_pulled_whole(
    real: str, tmp_path: Path, kind: str, compression: str
) -> None:
    built = build_busybox_image(
        entry_point=("/bin/sh", "-c"),
        command=("id",),
        environment={"A": "1"},
        user="nobody",
        working_directory="/tmp",
        stop_signal="SIGINT",
        labels={"x": "y"},
        files={"/etc/motd": b"hello"},
        kind=kind,
        compression=compression,
    )
    push(real, f"whole-{kind}-{compression}:1", built)
    async with store_in(tmp_path) as store:
        image = await store.pull(f"{real}/whole-{kind}-{compression}:1")
        assert image.digest == built.digest
        assert image.config.entry_point == ("/bin/sh", "-c")
        assert image.config.command == ("id",)
        assert ("A", "1") in image.config.environment
        assert (image.config.user, image.config.working_directory) == ("nobody", "/tmp")
        assert (image.config.stop_signal, image.config.labels) == ("SIGINT", (("x", "y"),))
        base, top = image.layers
        assert os.readlink(base / "bin/sh") == "busybox"
        assert (base / "bin/busybox").read_bytes() == Path("/bin/busybox").read_bytes()
        assert (top / "etc/motd").read_bytes() == b"hello"
        assert store.get(image.digest) == image
        assert store.disk_use() > 1_000_000
    assert left_over(tmp_path) == []


async def test_the_demo_image_runs_from_its_reference_with_digest(
    real: str, tmp_path: Path
) -> None:
    reference = push_reference(f"{real}/hostless/demo:1", demo_image())
    async with store_in(tmp_path) as store:
        image = await store.pull(reference)
        assert reference.endswith(image.digest)
        assert (image.layers[0] / "www/index.html").read_text().startswith("<!doctype html>")


async def test_a_moved_tag_is_seen_and_the_old_image_stays_by_its_digest(
    real: str, tmp_path: Path
) -> None:
    old, new = build_busybox_image(command=("old",)), build_busybox_image(command=("new",))
    push(real, "moved:1", old)
    async with store_in(tmp_path) as store:
        assert (await store.pull(f"{real}/moved:1")).config.command == ("old",)
        push(real, "moved:1", new)
        assert (await store.pull(f"{real}/moved:1")).config.command == ("new",)
        found = await store.pull(f"{real}/moved:1@{old.digest}")
        assert found.config.command == ("old",)
        named = store.named(f"{real}/moved:1")
        assert named is not None
        assert named.digest == new.digest


async def test_of_an_index_the_machines_platform_is_taken(real: str, tmp_path: Path) -> None:
    here = build_busybox_image(command=("here",))
    there = build_busybox_image(command=("there",))
    index, members = build_index({"linux/s390x": there, "linux/amd64": here, "linux/arm64": here})
    push(real, "index:1", index, members=members)
    async with store_in(tmp_path) as store:
        image = await store.pull(f"{real}/index:1")
        assert image.digest == index.digest
        assert image.config.command == ("here",)


async def test_what_is_here_is_found_again_by_the_next_engine(real: str, tmp_path: Path) -> None:
    push(real, "again:1", IMAGE)
    async with store_in(tmp_path) as store:
        image = await store.pull(f"{real}/again:1")
    async with store_in(tmp_path) as store:
        assert store.get(IMAGE.digest) == image
        assert store.named(f"{real}/again:1") == image


async def test_a_registry_with_a_password(tmp_path: Path) -> None:
    with running_registry(tmp_path, has_password=True) as address:
        push(address, "private:1", IMAGE, headers=BASIC)
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        config = tmp_path / "config.json"
        async with store_in(tmp_path, config=config) as store:
            assert await reason_of(store, f"{address}/private:1") == (
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
                f"failed to resolve ref {address}/private:1: pull access denied, repository does "
                "not exist or may require authorization: authorization failed: "
                "no basic auth credentials"
            )
            config.write_text(json.dumps({"auths": {address: {"auth": pair}}}))
            assert (await store.pull(f"{address}/private:1")).digest == IMAGE.digest


async def test_what_does_not_exist_is_told_as_fargate_tells_it(real: str, tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        assert await reason_of(store, f"{real}/nothing:1") == (
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
            f"failed to resolve ref {real}/nothing:1: {real}/nothing:1: not found"
        )
        assert await reason_of(store, "no image") == (
            "InternalError: failed to create container model: "
            'failed to normalize image reference "no image"'
        )


async def test_an_image_for_another_machine_is_refused(real: str, tmp_path: Path) -> None:
    said = (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
        "image Manifest does not contain descriptor matching platform 'linux/"
    )
    foreign = build_image([layer_of([regular_file("a", b"")])], architecture="s390x")
    index, members = build_index({"linux/s390x": foreign})
    push(real, "foreign:1", foreign)
    push(real, "foreign-index:1", index, members=members)
    async with store_in(tmp_path) as store:
        assert (await reason_of(store, f"{real}/foreign:1")).startswith(said)
        assert (await reason_of(store, f"{real}/foreign-index:1")).startswith(said)
        assert store.disk_use() == 0


async def test_a_pull_of_a_known_tag_is_one_head_and_of_a_known_digest_nothing(
    tmp_path: Path,
) -> None:
    async with fake_registry() as registry, store_in(tmp_path) as store:
        name = registry.add("a:1", IMAGE)
        await store.pull(name)
        registry.asked.clear()
        await store.pull(name)
        await store.pull(f"{registry.address}/a@{IMAGE.digest}")
        assert [one.method for one in registry.asked] == ["HEAD"]


async def test_who_pulls_at_the_same_time_shares_one_download(tmp_path: Path) -> None:
    base = layer_of([regular_file("base", os.urandom(100_000))])
    first = build_image([base, layer_of([regular_file("a", b"1")])])
    second = build_image([base, layer_of([regular_file("b", b"2")])])
    async with fake_registry() as registry, store_in(tmp_path) as store:
        names = [registry.add("a:1", first), registry.add("b:1", second)]
        images = await asyncio.gather(*(store.pull(name) for name in names * 10))
        assert len({image.digest for image in images}) == 2
        assert registry.count("GET", "/blobs/") == 5
        assert images[0].layers[0] == images[1].layers[0]
    assert left_over(tmp_path) == []


async def test_garbage_is_what_nobody_uses_and_nobody_shares(tmp_path: Path) -> None:
    base = layer_of([regular_file("base", bytes(50_000))])
    kept = build_image([base, layer_of([regular_file("kept", bytes(10_000))])])
    gone = build_image([base, layer_of([regular_file("gone", bytes(20_000))])])
    clock = StillClock()
    async with fake_registry() as registry, store_in(tmp_path, clock) as store:
        names = registry.add("kept:1", kept), registry.add("gone:1", gone)
        for name in names:
            await store.pull(name)
        before = store.disk_use()
        clock.time += 100
        assert await store.collect_garbage(frozenset({kept.digest}), 101) == 0
        freed = await store.collect_garbage(frozenset({kept.digest}), 100)
        assert 20_000 <= freed < 30_000
        assert store.disk_use() == before - freed
        assert store.get(gone.digest) is None
        assert store.named(names[1]) is None
        image = store.get(kept.digest)
        assert image is not None
        assert all(path.is_dir() for path in image.layers)
        assert await store.collect_garbage(NOBODY, 0) == before - freed
        assert store.disk_use() == 0
        await store.pull(names[1])
    assert left_over(tmp_path) == []


async def test_the_longest_unused_go_first_and_no_more_than_must(tmp_path: Path) -> None:
    images = [build_image([layer_of([regular_file("x", bytes([n]) * 50_000)])]) for n in range(4)]
    clock = StillClock()
    async with fake_registry() as registry, store_in(tmp_path, clock) as store:
        for number in (2, 0, 3, 1, 2):
            await store.pull(registry.add(f"n:{number}", images[number]))
            clock.time += 10
        held = frozenset({images[0].digest})
        assert 50_000 <= await store.collect_garbage(held, 0, 50_000) < 100_000
        left = [n for n, image in enumerate(images) if store.get(image.digest)]
        assert left == [0, 1, 2], "0 is in use, 3 is next"
        assert await store.collect_garbage(held, 0, 10**12) >= 100_000
        assert [n for n, image in enumerate(images) if store.get(image.digest)] == [0]
    assert left_over(tmp_path) == []


async def test_what_images_share_is_freed_with_the_last_of_them_and_looked_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = layer_of([regular_file("base", bytes(50_000))])
    images = [
        build_image([base, layer_of([regular_file("x", bytes([n]) * 5_000)])]) for n in range(20)
    ]
    looks = 0
    by_last_use = Catalogue.by_last_use

    def counted(catalogue: Catalogue) -> list[tuple[CatalogueEntry, float]]:
        nonlocal looks
        looks += 1
        return by_last_use(catalogue)

    clock = StillClock()
    async with fake_registry() as registry, store_in(tmp_path, clock) as store:
        for number, image in enumerate(images):
            await store.pull(registry.add(f"n:{number}", image))
            clock.time += 10
        monkeypatch.setattr(Catalogue, "by_last_use", counted)
        held = frozenset({images[19].digest})
        assert 10_000 <= await store.collect_garbage(held, 0, 10_000) < 20_000
        assert store.get(images[3].digest) is not None
        assert await store.collect_garbage(NOBODY, 0, 200_000) >= 50_000
        assert store.disk_use() == 0
        assert looks < 10
    assert left_over(tmp_path) == []


async def test_what_is_being_pulled_is_no_garbage(tmp_path: Path) -> None:
    slow = layer_of([regular_file("slow", b"1")])
    image = build_image([layer_of([regular_file("quick", b"1")]), slow])
    async with fake_registry() as registry, store_in(tmp_path) as store:
        may_go_on = asyncio.Event()

        async def wait(request: web.Request) -> None:
            if slow.blob in image.blobs.values() and request.path.endswith(slow_digest):
                await may_go_on.wait()

        slow_digest = json.loads(image.manifest)["layers"][1]["digest"]
        registry.before.append(wait)
        async with asyncio.TaskGroup() as group, asyncio.timeout(20):
            pull = group.create_task(store.pull(registry.add("a:1", image)))
            while not store.disk_use():
                await asyncio.sleep(0.005)
            assert await store.collect_garbage(NOBODY, 0) == 0
            may_go_on.set()
        assert all(path.is_dir() for path in pull.result().layers)
