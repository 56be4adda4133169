"""Real botocore clients against the application in process: real signing, parsing, exceptions.

No port is opened. botocore is synchronous and the application is not, so the application's event
loop runs in a thread of its own (`LoopThread`); the client's `before-send` hook hands each signed
request over and waits for the answer. Everything that belongs to the application's loop (store,
controllers) must be made and called in that thread: `portal.run(coroutine)`.

    with LoopThread() as portal:
        app = portal.run(make_my_application())          # an async function
        ecs = make_client(app, portal, "ecs", keys=admin_key)
        ecs.list_clusters()

`post` sends bytes of any kind, signed or not, for what botocore would not send.
"""

import asyncio
import functools
import io
import threading
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.config import Config

from hostless.gateway.asgi import AsgiApp
from hostless.store.keys import KeyPair

T = TypeVar("T")
ENDPOINT = "http://hostless.test"
TEST_KEY = KeyPair(
    access_key_id="AKIAHOSTLESSTESTKEY1",
    secret_access_key="hostless/test/secret/key/of/40/characters",
)
LONGEST_CALL_SECONDS = 60


class LoopThread:
    """An event loop in a thread, for as long as the `with` lasts."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="app loop")

    def __enter__(self) -> "LoopThread":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._cancel_rest())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it in the loop's thread; its result or exception comes back here."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return future.result(LONGEST_CALL_SECONDS)

    async def _cancel_rest(self) -> None:
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAnswer:
    """headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def call_asgi(
    app: AsgiApp, method: str, url: str, headers: Mapping[str, str], body: bytes
) -> RawAnswer:
    """One HTTP request straight into an ASGI application."""
    parts = urlsplit(url)
    requests = [{"type": "http.request", "body": body, "more_body": False}]
    messages: list[Any] = []

    async def receive() -> Any:
        return requests.pop() if requests else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        messages.append(message)

    given = {"host": parts.netloc, **{name.lower(): value for name, value in headers.items()}}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": parts.scheme,
        "path": parts.path or "/",
        "raw_path": (parts.path or "/").encode(),
        "query_string": parts.query.encode(),
        "headers": [(n.encode("latin-1"), v.encode("latin-1")) for n, v in given.items()],
        "client": ("127.0.0.1", 1),
        "server": (parts.hostname, parts.port),
    }
    await app(scope, receive, send)
    answered = b"".join(message.get("body", b"") for message in messages[1:])
    got = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
    return RawAnswer(status=messages[0]["status"], headers=got, body=answered)


def post(
    app: AsgiApp,
    portal: LoopThread,
    *,
    headers: Mapping[str, str],
    body: bytes = b"",
    method: str = "POST",
    path: str = "/",
) -> RawAnswer:
    """A request of any kind, exactly as given."""
    return portal.run(call_asgi(app, method, ENDPOINT + path, headers, body))


def make_client(
    app: AsgiApp,
    portal: LoopThread,
    service: str,
    *,
    key: KeyPair = TEST_KEY,
    region: str = "us-east-1",
    config: Config | None = None,
) -> Any:
    """A botocore client whose requests go to `app`. It does not retry and does not validate.

    (botocore's own validation of parameters would keep bad requests from us.)
    """
    settings = Config(
        retries={"total_max_attempts": 1}, parameter_validation=False, inject_host_prefix=False
    )
    client = _session().create_client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        config=settings if config is None else settings.merge(config),
    )
    client.meta.events.register("before-send", functools.partial(_send, app, portal))
    return client


@functools.cache
def _session() -> botocore.session.Session:
    """One for all clients: it keeps the models that it has read."""
    return botocore.session.Session()


def _send(
    app: AsgiApp, portal: LoopThread, request: AWSPreparedRequest, **_: object
) -> AWSResponse:
    body = request.body or b""
    if hasattr(body, "read"):
        body = body.read()
    headers = {
        name: value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    sent = body.encode() if isinstance(body, str) else body
    answer = portal.run(call_asgi(app, request.method, request.url, headers, sent))
    raw = _RawBody(answer.body)
    return AWSResponse(request.url, answer.status, HeadersDict(answer.headers), raw)


class _RawBody(io.BytesIO):
    """What botocore expects of urllib3's response."""

    def stream(self, amt: int = 65536, **_: object) -> Iterator[bytes]:
        while chunk := self.read(amt):
            yield chunk

    def release_conn(self) -> None:
        pass
