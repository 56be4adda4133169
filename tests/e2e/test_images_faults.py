"""Bad layers, full disks, hanging registries, dying engines: a reason, and nothing left over."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import web
from tests.support.fake_registry import fake_registry
from tests.support.image_store import LIMITS, StillClock, left_over, store_in
from tests.support.images import (
    build_busybox_image,
    build_image,
    layer_of,
    regular_file,
)

import hostless
from hostless.compute.images import folder_lock
from hostless.compute.images.credentials import DockerCredentials
from hostless.compute.images.failures import PullFailed
from hostless.compute.images.folder_lock import FolderTaken
from hostless.compute.images.registry import RegistryClient
from hostless.compute.images.store import ImageStore

pytestmark = pytest.mark.root

IMAGE = build_busybox_image(command=("echo", "hello"), stop_signal="SIGQUIT")
NOBODY: frozenset[str] = frozenset()


async def reason_of(store: ImageStore, reference: str) -> str:
    with pytest.raises(PullFailed) as failed:
        await store.pull(reference)
    return failed.value.reason


async def test_a_pull_that_is_cancelled_leaves_nothing_and_another_goes_on(tmp_path: Path) -> None:
    async with fake_registry() as registry, store_in(tmp_path) as store:
        asked_for_layer, may_go_on = asyncio.Event(), asyncio.Event()

        async def wait(request: web.Request) -> None:
            if request.path.endswith(layer):
                asked_for_layer.set()
                await may_go_on.wait()

        layer = json.loads(IMAGE.manifest)["layers"][0]["digest"]
        registry.before.append(wait)
        name = registry.add("a:1", IMAGE)
        async with asyncio.TaskGroup() as group:
            first, second = (group.create_task(store.pull(name)) for _ in range(2))
            await asked_for_layer.wait()
            first.cancel()
            may_go_on.set()
        assert first.cancelled()
        assert second.result().digest == IMAGE.digest
    assert left_over(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no archive at all, but long enough to be read as a header" * 20, "failed to extract"),
        (None, "unexpected commit digest"),
    ],
)
async def test_a_bad_layer_fails_the_pull_and_leaves_nothing(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    good = layer_of([regular_file("a", b"1")], "none")
    image = build_image([good])
    async with fake_registry() as registry, store_in(tmp_path) as store:
        if content is None:
            name = registry.add("a:1", image)
            registry.lie_about(good.diff_id, b"x" * len(good.blob))
        else:
            bad = build_image([layer_of([]), type(good)(blob=content, diff_id=good.diff_id)])
            name = registry.add("a:1", bad)
        assert words in await reason_of(store, name)
        assert store.get(image.digest) is None
    assert left_over(tmp_path) == []


async def test_a_layer_whose_archive_is_another_than_the_configuration_says_is_refused(
    tmp_path: Path,
) -> None:
    one, other = layer_of([regular_file("a", b"1")]), layer_of([regular_file("a", b"2")])
    image = build_image([type(one)(blob=one.blob, diff_id=other.diff_id)])
    async with fake_registry() as registry, store_in(tmp_path) as store:
        assert "wrong diff id" in await reason_of(store, registry.add("a:1", image))
        assert store.disk_use() == 0


async def test_as_many_layers_as_diff_ids(tmp_path: Path) -> None:
    image = build_busybox_image()
    text = json.loads(image.manifest)
    text["layers"] *= 3
    more = type(image)(manifest=json.dumps(text).encode(), blobs=image.blobs)
    async with fake_registry() as registry, store_in(tmp_path) as store:
        said = await reason_of(store, registry.add("a:1", more))
        assert said.endswith("number of layers and diffIDs don't match: 3 != 1")


async def test_a_full_disk_is_a_reason_and_leaves_nothing(tmp_path: Path) -> None:
    disk = tmp_path / "images"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", disk], check=True)
    try:
        big = build_image([layer_of([regular_file("a", os.urandom(12 << 20))])])
        async with fake_registry() as registry, store_in(tmp_path) as store:
            said = await reason_of(store, registry.add("a:1", big))
            assert said.startswith(
                "CannotPullContainerError: ref pull has been retried 1 time(s): "
                "failed to extract layer sha256:"
            )
            assert said.endswith(": write /a: no space left on device")
            await store.pull(registry.add("b:1", IMAGE))
        assert left_over(tmp_path) == []
    finally:
        subprocess.run(["umount", disk], check=True)


async def test_a_registry_that_hangs_in_a_layer_fails_the_pull_in_time(tmp_path: Path) -> None:
    async with fake_registry() as registry, store_in(tmp_path) as store, asyncio.timeout(10):

        async def hang(request: web.Request) -> None:
            if request.path.endswith(layer):
                await registry.closing.wait()

        layer = json.loads(IMAGE.manifest)["layers"][0]["digest"]
        registry.before.append(hang)
        said = await reason_of(store, registry.add("a:1", IMAGE))
        assert said.startswith(
            "CannotPullContainerError: ref pull has been retried 3 time(s): failed to copy: "
        )
        assert said.endswith("i/o timeout")
    assert left_over(tmp_path) == []


async def test_one_engine_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_lock, "WAIT_SECONDS", 0.1)
    async with store_in(tmp_path):
        with pytest.raises(FolderTaken):
            async with store_in(tmp_path):
                pass
    async with store_in(tmp_path):
        pass


async def test_after_a_power_cut_only_what_was_flushed_is_trusted(tmp_path: Path) -> None:
    flushed, unflushed = build_busybox_image(), build_image([layer_of([regular_file("a", b"1")])])
    clock = StillClock()
    client = RegistryClient(DockerCredentials(None), clock, LIMITS)
    async with fake_registry() as registry:
        async with store_in(tmp_path) as store:
            await store.pull(registry.add("a:1", flushed))
        crashed = ImageStore(tmp_path / "images", client, clock)
        await crashed.open()
        await crashed.pull(registry.add("b:1", unflushed))
        await client.close()
        crashed._lock.release()
    async with store_in(tmp_path) as store:
        assert store.get(unflushed.digest) is not None, "a crash of the engine loses nothing"
    record = next(
        path
        for path in (tmp_path / "images/layers").glob("*.json")
        if json.loads(path.read_bytes())["bytes"] < 10_000
    )
    other_boot = json.loads(record.read_bytes()) | {"made_in": "another boot"}
    record.write_text(json.dumps(other_boot))
    async with store_in(tmp_path) as store:
        assert store.get(unflushed.digest) is None
        assert store.get(flushed.digest) is not None
    assert left_over(tmp_path) == []


PULL = """
import asyncio, sys
from pathlib import Path
from hostless.compute.images.credentials import DockerCredentials
from hostless.compute.images.registry import RegistryClient
from hostless.compute.images.store import ImageStore
from hostless.kit.clock import SystemClock

async def main():
    clock = SystemClock()
    client = RegistryClient(DockerCredentials(None), clock)
    store = ImageStore(Path(sys.argv[1]), client, clock)
    await store.open()
    await store.pull(sys.argv[2])

asyncio.run(main())
"""


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.95])
async def test_kill_9_during_a_pull_leaves_nothing_behind(tmp_path: Path, share: float) -> None:
    """The engine dies when a share of the big layer has been sent; the next one starts at once."""
    small = layer_of([regular_file("small", b"1")])
    big = layer_of([regular_file(f"big-{n}", os.urandom(1 << 20)) for n in range(8)], "none")
    image = build_image([small, big])
    async with fake_registry() as registry:
        killed = asyncio.Event()

        async def send_a_share(request: web.Request) -> web.StreamResponse | None:
            if killed.is_set() or not request.path.endswith(big.diff_id):
                return None
            answer = web.StreamResponse(headers={"Content-Length": str(len(big.blob))})
            await answer.prepare(request)
            await answer.write(big.blob[: int(share * len(big.blob))])
            engine.send_signal(signal.SIGKILL)
            await engine.wait()
            killed.set()
            return answer

        registry.before.append(send_a_share)
        name = registry.add("a:1", image)
        engine = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PULL, str(tmp_path / "images"), name),
            env=os.environ | {"PYTHONPATH": str(Path(hostless.__file__).parents[1])},
        )
        async with asyncio.timeout(30):
            await killed.wait()
        async with store_in(tmp_path) as store:
            assert left_over(tmp_path) == []
            assert store.get(image.digest) is None
            found = await store.pull(name)
            assert (found.layers[1] / "big-7").stat().st_size == 1 << 20
    assert left_over(tmp_path) == []
