"""How far a pull is, told while it lasts: by the store and by the own API's clients."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web
from tests.support.engine import RunningEngine
from tests.support.fake_registry import FakeRegistry, fake_registry
from tests.support.image_store import store_in
from tests.support.images import (
    build_image,
    busybox_tree,
    digest_of,
    layer_of,
    regular_file,
)

from hostless.compute.images.progress import PullProgress

pytestmark = pytest.mark.root

LARGE = layer_of([regular_file("large", os.urandom(300_000))])
SMALL = layer_of(busybox_tree())
IMAGE = build_image([SMALL, LARGE], config={"Cmd": ["sleep", "1000"], "StopSignal": "SIGKILL"})
SIZE = len(SMALL.blob) + len(LARGE.blob)
HALF = len(LARGE.blob) // 2


def half_of_the_large_one(registry: FakeRegistry, may_go_on: asyncio.Event) -> None:
    async def send(request: web.Request) -> web.StreamResponse | None:
        if not request.path.endswith(digest_of(LARGE.blob)):
            return None
        answer = web.StreamResponse(headers={"Content-Length": str(len(LARGE.blob))})
        await answer.prepare(request)
        await answer.write(LARGE.blob[:HALF])
        await may_go_on.wait()
        await answer.write(LARGE.blob[HALF:])
        return answer

    registry.before.append(send)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_pull_tells_layers_and_bytes_by_the_reference_that_was_asked_for(
    tmp_path: Path,
) -> None:
    may_go_on = asyncio.Event()
    async with fake_registry() as registry, store_in(tmp_path) as store:
        half_of_the_large_one(registry, may_go_on)
        names = [registry.add("a:1", IMAGE), registry.add("a:2", IMAGE)]
        assert store.progress() == ()
        there = {
            PullProgress(
                image=name,
                layers=2,
                layers_here=1,
                bytes=SIZE,
                bytes_here=len(SMALL.blob) + HALF,
            )
            for name in names
        }
        async with asyncio.TaskGroup() as group:
            for name in (*names, names[0]):
                group.create_task(store.pull(name))
            await until(lambda: set(store.progress()) == there)
            may_go_on.set()
        assert store.progress() == ()


async def test_a_pull_that_fails_or_is_cancelled_is_under_way_no_more(tmp_path: Path) -> None:
    async with fake_registry() as registry, store_in(tmp_path) as store:
        half_of_the_large_one(registry, registry.closing)
        name = registry.add("a:1", IMAGE)
        async with asyncio.TaskGroup() as group:
            pull = group.create_task(store.pull(name))
            await until(store.progress)
            pull.cancel()
        assert store.progress() == ()


async def test_describe_and_the_own_api_show_how_far_the_image_of_a_task_is(
    engine: RunningEngine,
) -> None:
    may_go_on = asyncio.Event()
    async with fake_registry() as registry:
        half_of_the_large_one(registry, may_go_on)
        name = registry.add("slow:1", IMAGE)
        run = await asyncio.to_thread(engine.cli, "run", "-d", name)
        task = run.stdout.strip()
        line = f"pulling {name}: 1 of 2 layers, "

        async def described() -> str:
            return (await asyncio.to_thread(engine.cli, "describe", task)).stdout

        async with asyncio.timeout(60):
            while line not in (shown := await described()):
                await asyncio.sleep(0.1)
        assert f" of {SIZE / 1e6:.1f} MB" in shown
        may_go_on.set()
        async with asyncio.timeout(60):
            while "RUNNING" not in (shown := await described()):
                await asyncio.sleep(0.1)
        assert "MB" not in shown
        view = json.loads((await asyncio.to_thread(engine.cli, "describe", task, "--json")).stdout)
        assert view["task"]["containers"][0]["imageDigest"] == IMAGE.digest
