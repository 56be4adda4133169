"""Registry clients and image stores for tests: short limits, a clock that stands still."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from aiohttp import web
from tests.support.fake_registry import Answer, FakeRegistry
from tests.support.images import digest_of

from hostless.compute.images.credentials import DockerCredentials
from hostless.compute.images.reference import parse_reference
from hostless.compute.images.registry import Descriptor, RegistryClient
from hostless.compute.images.store import ImageStore
from hostless.compute.images.transport import RegistryLimits
from hostless.kit.clock import Timestamp

LIMITS = RegistryLimits(
    connect_seconds=0.5, stall_seconds=0.5, request_seconds=1.0, tries=3, backoff_seconds=0.001
)
BLOB = bytes(range(256)) * 8192


class StillClock:
    def __init__(self) -> None:
        self.time: Timestamp = 1_700_000_000.0

    def now(self) -> Timestamp:
        return self.time


@asynccontextmanager
async def client_of(
    config: Path | None = None, clock: StillClock | None = None
) -> AsyncIterator[RegistryClient]:
    client = RegistryClient(DockerCredentials(config), clock or StillClock(), LIMITS)
    try:
        yield client
    finally:
        await client.close()


async def read_blob(client: RegistryClient, name: str, content: bytes = BLOB) -> bytes:
    """`content` as the repository of an image's name gives it."""
    blob = Descriptor(media_type="", digest=digest_of(content), size=len(content))
    async with aclosing(client.stream(parse_reference(name), blob)) as chunks:
        return b"".join([chunk async for chunk in chunks])


@asynccontextmanager
async def store_in(
    folder: Path, clock: StillClock | None = None, config: Path | None = None
) -> AsyncIterator[ImageStore]:
    clock = clock or StillClock()
    client = RegistryClient(DockerCredentials(config), clock, LIMITS)
    store = ImageStore(folder / "images", client, clock)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def left_over(folder: Path) -> list[str]:
    """What is neither a whole layer, an image, nor the store's own."""
    root = folder / "images"
    whole = {path.stem for path in (root / "layers").glob("*.json")}
    strays = [path.name for path in (root / "layers").iterdir() if path.stem not in whole]
    return strays + [path.name for path in (root / "partial").iterdir()]


def logins(folder: Path, registry: FakeRegistry, **entry: str) -> Path:
    """A file in the form of Docker's, with one login."""
    path = folder / "config.json"
    path.write_text(json.dumps({"auths": {registry.address: entry}}))
    return path


def first_times(count: int, answer: Callable[[], web.Response]) -> Answer:
    """Misbehave for the first requests that are not for `/v2/`."""
    left = [count]

    async def before(request: web.Request) -> web.Response | None:
        if request.path == "/v2/" or not left[0]:
            return None
        left[0] -= 1
        return answer()

    return before
