"""HTTP to registries: one session, named time limits, and errors in the words Fargate shows.

aiohttp, not httpx: a HEAD costs 0.85 against 1.5 ms and 50 MiB cost 11 against 45 ms of CPU
(measured). Its import costs 0.1 s, so it is imported at the first request, in a thread. What a
registry's answers mean is `registry`'s business.
"""

import asyncio
import importlib
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hostless.compute.images.failures import RegistryFailed

if TYPE_CHECKING:
    import aiohttp

CHUNK_BYTES = 256 * 1024
MAXIMUM_REDIRECTS = 5
IDLE_SECONDS = 60.0
"""How long an unused connection is kept, so that the next HEAD needs no handshake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryLimits:
    """connect_seconds: name, TCP and TLS together. stall_seconds: without a byte.

    request_seconds: for one answer that is not a layer. tries: in a row without any progress;
    before the n-th further try the wait is backoff_seconds * 4 ** n.
    """

    connect_seconds: float = 10.0
    stall_seconds: float = 30.0
    request_seconds: float = 60.0
    tries: int = 3
    backoff_seconds: float = 0.25


class PassingFailure(RegistryFailed):
    """The registry may well answer when it is asked again."""


class NotTls(PassingFailure):
    """The other end does not speak TLS."""


class Transport:
    """Sends requests; the session lives from the first request to `close`."""

    def __init__(self, limits: RegistryLimits) -> None:
        self._limits = limits
        self._session: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        form: Mapping[str, str] | None = None,
        is_layer: bool = False,
    ) -> AsyncIterator["aiohttp.ClientResponse"]:
        """The answer to one request, redirects followed (without Authorization to other hosts).

        is_layer: only silence ends it, not its length. Raises PassingFailure also while the body
        is read inside the `async with`.
        """
        session = await self._open()
        import aiohttp

        timeout = aiohttp.ClientTimeout(
            total=None if is_layer else self._limits.request_seconds,
            connect=self._limits.connect_seconds,
            sock_read=self._limits.stall_seconds,
        )
        with _in_words(method, url):
            async with session.request(
                method,
                url,
                headers=headers,
                data=form,
                timeout=timeout,
                max_redirects=MAXIMUM_REDIRECTS,
                allow_redirects=True,
            ) as answer:
                yield answer

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _open(self) -> "aiohttp.ClientSession":
        async with self._opening:
            if self._session is None:
                await asyncio.to_thread(importlib.import_module, "aiohttp")
                self._session = _new_session()
            return self._session


def _new_session() -> "aiohttp.ClientSession":
    """No cookies, no decompression: a layer's digest is that of the bytes as they are stored."""
    import aiohttp

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        read_bufsize=CHUNK_BYTES,
        headers={"User-Agent": "hostless", "Accept-Encoding": "identity"},
    )


@contextmanager
def _in_words(method: str, url: str) -> Iterator[None]:
    """Turn the library's errors into containerd's sentences."""
    import aiohttp

    try:
        yield
    except (aiohttp.ClientError, TimeoutError) as error:
        failure, words = _words_of(error, url)
        raise failure(f'failed to do request: {method.title()} "{url}": {words}') from error


def _words_of(error: Exception, url: str) -> tuple[type[RegistryFailed], str]:
    """The class of the failure and what Go's network library says in the same case."""
    import aiohttp

    parts = urlsplit(url)
    address = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    match error:
        case aiohttp.ClientConnectorDNSError():
            return PassingFailure, f"dial tcp: lookup {parts.hostname}: no such host"
        case aiohttp.ClientConnectorCertificateError():
            reason = getattr(error.certificate_error, "verify_message", "") or str(error)
            return RegistryFailed, f"tls: failed to verify certificate: x509: {reason}"
        case aiohttp.ClientSSLError():
            return NotTls, "http: server gave HTTP response to HTTPS client"
        case aiohttp.ClientConnectorError():
            reason = os.strerror(error.errno or 0).lower()
            return PassingFailure, f"dial tcp {address}: connect: {reason}"
        case aiohttp.ConnectionTimeoutError():
            return PassingFailure, f"dial tcp {address}: i/o timeout"
        case aiohttp.SocketTimeoutError():
            return PassingFailure, f"read tcp {address}: i/o timeout"
        case aiohttp.ServerDisconnectedError():
            return PassingFailure, "EOF"
        case aiohttp.ClientOSError():
            return PassingFailure, f"read tcp {address}: read: connection reset by peer"
        case aiohttp.ClientPayloadError():
            return PassingFailure, "unexpected EOF"
        case aiohttp.TooManyRedirects():
            return RegistryFailed, f"stopped after {MAXIMUM_REDIRECTS} redirects"
        case TimeoutError():
            return PassingFailure, "net/http: request canceled (Client.Timeout exceeded)"
    return RegistryFailed, str(error)
