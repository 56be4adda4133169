"""A registry in this process that misbehaves as a test wants: what a real one cannot be told to do.

Serves images from memory over plain HTTP on a free loopback port and keeps what it was asked.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from tests.support.images import BuiltImage, digest_of

Answer = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, str] = field(default_factory=dict)


class FakeRegistry:
    """before: asked first, in turn; the first answer that is not None is given.

    closing: what an answer waits for that shall never come.
    """

    def __init__(self) -> None:
        self.address = ""
        self.asked: list[Asked] = []
        self.before: list[Answer] = []
        self.closing = asyncio.Event()
        self._manifests: dict[str, tuple[str, bytes]] = {}
        self._blobs: dict[str, bytes] = {}

    def add(self, name: str, image: BuiltImage, members: Sequence[BuiltImage] = ()) -> str:
        """Hold an image as `name:tag`; returns the full reference."""
        for one in (*members, image):
            self._manifests[one.digest] = one.media_type, one.manifest
            self._blobs.update(one.blobs)
        self._manifests[name] = image.media_type, image.manifest
        return f"{self.address}/{name}"

    def lie_about(self, digest: str, content: bytes) -> None:
        self._blobs[digest] = content

    def count(self, method: str, part: str) -> int:
        return sum(one.method == method and part in one.path for one in self.asked)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.asked.append(
            Asked(
                method=request.method,
                path=request.path,
                headers=dict(request.headers),
                form=form,
            )
        )
        for answer in self.before:
            given = await answer(request)
            if given is not None:
                return given
        parts = request.path.split("/")
        if parts[-2:-1] == ["manifests"]:
            return self._manifest("/".join(parts[2:-2]), parts[-1])
        if parts[-2:-1] == ["blobs"] and parts[-1] in self._blobs:
            return web.Response(body=self._blobs[parts[-1]])
        return web.Response(status=200 if request.path == "/v2/" else 404)

    def _manifest(self, repository: str, wanted: str) -> web.Response:
        key = wanted if wanted.startswith("sha256:") else f"{repository}:{wanted}"
        if key not in self._manifests:
            return web.Response(status=404)
        media_type, text = self._manifests[key]
        return web.Response(
            body=text,
            headers={"Content-Type": media_type, "Docker-Content-Digest": digest_of(text)},
        )


@asynccontextmanager
async def fake_registry(tls: ssl.SSLContext | None = None) -> AsyncIterator[FakeRegistry]:
    registry = FakeRegistry()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", registry.serve)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        registry.address = f"127.0.0.1:{runner.addresses[0][1]}"
        yield registry
    finally:
        registry.closing.set()
        await runner.cleanup()
