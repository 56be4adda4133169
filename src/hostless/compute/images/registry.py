"""A client of the registry API, version 2 (OCI distribution): as much of it as a pull needs.

It asks again after passing failures, resumes broken layers, and hands out nothing whose size and
digest are not those that were promised. What a manifest means is `manifest`'s business.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from hostless.compute.images.credentials import DockerCredentials
from hostless.compute.images.failures import ManifestUnknown, RegistryFailed
from hostless.compute.images.reference import ImageReference, is_loopback
from hostless.compute.images.tokens import AccessDenied, Authorizer
from hostless.compute.images.transport import (
    CHUNK_BYTES,
    NotTls,
    PassingFailure,
    RegistryLimits,
    Transport,
)
from hostless.kit.clock import Clock

if TYPE_CHECKING:
    from aiohttp import ClientResponse

T = TypeVar("T")

MANIFEST_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
MAXIMUM_MANIFEST_BYTES = 4 * 1024 * 1024
"""What a registry must at least take, by the distribution specification; nobody has more."""
MAXIMUM_CONFIG_BYTES = 16 * 1024 * 1024
MAXIMUM_RESUMPTIONS = 50
"""How often one layer may break off and go on."""

HEXADECIMAL = frozenset("0123456789abcdef")
_ACCEPT = {"Accept": ", ".join((*MANIFEST_TYPES, "*/*"))}
_ASK_AGAIN = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """Something a registry holds by its digest (`sha256:…`); size in bytes."""

    media_type: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A manifest as it came; digest: of its text."""

    media_type: str
    digest: str
    text: bytes


class RegistryClient:
    """Pulls from any registry. All methods raise RegistryFailed."""

    def __init__(
        self,
        credentials: DockerCredentials,
        clock: Clock,
        limits: RegistryLimits | None = None,
    ) -> None:
        self._limits = limits or RegistryLimits()
        self._transport = Transport(self._limits)
        self._authorizer = Authorizer(credentials, self._transport, clock)
        self._origins: dict[str, str] = {}

    async def close(self) -> None:
        await self._transport.close()

    async def resolve(self, reference: ImageReference) -> str:
        """The digest of the manifest that the reference names now: one HEAD.

        A registry that tells none that can be one is asked for the manifest itself.
        Raises ManifestUnknown when the registry has none.
        """
        if reference.digest:
            return reference.digest
        digest = await self._again_when_passing(lambda: self._head(reference))
        return digest or (await self.manifest(reference, reference.wanted)).digest

    async def manifest(self, reference: ImageReference, wanted: str) -> Document:
        """The manifest with a digest, or under a tag. Raises ManifestUnknown."""
        found = await self._again_when_passing(lambda: self._get_manifest(reference, wanted))
        if ":" in wanted and found.digest != wanted:
            raise _unexpected_digest("manifest", found.digest, wanted)
        return found

    async def blob(self, reference: ImageReference, descriptor: Descriptor) -> bytes:
        """A small blob, whole; for the configuration of an image."""
        if descriptor.size > MAXIMUM_CONFIG_BYTES:
            raise RegistryFailed(f"config {descriptor.digest} is larger than any image's")
        async with aclosing(self.stream(reference, descriptor)) as chunks:
            return b"".join([chunk async for chunk in chunks])

    async def stream(
        self, reference: ImageReference, descriptor: Descriptor
    ) -> AsyncGenerator[bytes, None]:
        """A blob in pieces, resumed when it breaks off. The digest is checked after the last."""
        digest, offset, tries, resumptions = hashlib.sha256(), 0, 0, 0
        while True:
            try:
                async with aclosing(self._body(reference, descriptor, offset)) as chunks:
                    async for chunk in chunks:
                        offset, tries = offset + len(chunk), 0
                        digest.update(chunk)
                        yield chunk
                break
            except PassingFailure as failure:
                tries, resumptions = tries + 1, resumptions + 1
                if tries >= self._limits.tries or resumptions > MAXIMUM_RESUMPTIONS:
                    raise RegistryFailed(failure.detail, tries) from failure
                await self._wait_before(tries)
        found = f"sha256:{digest.hexdigest()}"
        if found != descriptor.digest:
            raise _unexpected_digest("layer", found, descriptor.digest)

    async def _head(self, reference: ImageReference) -> str:
        path = f"manifests/{reference.wanted}"
        async with self._ask("HEAD", reference, path, _ACCEPT) as answer:
            if answer.status != 200:
                raise _refusal(answer)
            digest = str(answer.headers.get("Docker-Content-Digest", ""))
        return digest if is_sha256(digest) else ""

    async def _get_manifest(self, reference: ImageReference, wanted: str) -> Document:
        async with self._ask("GET", reference, f"manifests/{wanted}", _ACCEPT) as answer:
            if answer.status != 200:
                raise _refusal(answer)
            text = await _read_at_most(answer, MAXIMUM_MANIFEST_BYTES)
            kind = answer.headers.get("Content-Type", "").partition(";")[0].strip()
        digest = f"sha256:{hashlib.sha256(text).hexdigest()}"
        return Document(media_type=kind, digest=digest, text=text)

    async def _body(
        self, reference: ImageReference, descriptor: Descriptor, offset: int
    ) -> AsyncGenerator[bytes, None]:
        """The blob from `offset` on; a registry without ranges sends the start once more."""
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        path = f"blobs/{descriptor.digest}"
        async with self._ask("GET", reference, path, headers, is_layer=True) as answer:
            at = _start_of(answer, offset)
            async for chunk in answer.content.iter_any():
                start, at = at, at + len(chunk)
                if at > descriptor.size:
                    raise _unexpected_size(descriptor, at)
                if at > offset:
                    yield chunk[max(0, offset - start) :]
            if at == answer.content_length and at < descriptor.size:
                raise _unexpected_size(descriptor, at)
            if at < descriptor.size:
                raise PassingFailure("httpReadSeeker: unexpected EOF")

    @asynccontextmanager
    async def _ask(
        self,
        method: str,
        reference: ImageReference,
        path: str,
        headers: Mapping[str, str],
        *,
        is_layer: bool = False,
    ) -> AsyncIterator["ClientResponse"]:
        """The answer, after proving who asks when the registry wants to know."""
        origin = await self._origin_of(reference.host)
        url = f"{origin}/v2/{reference.repository}/{path}"
        for has_proved in (False, True):
            sent = {**headers, **self._authorizer.headers_for(reference)}
            async with self._transport.send(method, url, sent, is_layer=is_layer) as answer:
                if answer.status != 401:
                    yield answer
                    return
                challenge = answer.headers.get("WWW-Authenticate", "")
            if has_proved:
                raise _still_denied(challenge)
            await self._authorizer.authorize(reference, challenge)

    async def _origin_of(self, host: str) -> str:
        """`https://host`; `http://host` for one on this machine that does not speak TLS."""
        if not is_loopback(host):
            return f"https://{host}"
        if host not in self._origins:
            try:
                async with self._transport.send("GET", f"https://{host}/v2/", {}):
                    self._origins[host] = f"https://{host}"
            except NotTls:
                self._origins[host] = f"http://{host}"
        return self._origins[host]

    async def _again_when_passing(self, ask: Callable[[], Awaitable[T]]) -> T:
        tries = 0
        while True:
            try:
                return await ask()
            except PassingFailure as failure:
                tries += 1
                if tries >= self._limits.tries:
                    raise RegistryFailed(failure.detail, tries) from failure
                await self._wait_before(tries)

    async def _wait_before(self, tries: int) -> None:
        await asyncio.sleep(self._limits.backoff_seconds * 4 ** (tries - 1))


def is_sha256(digest: str) -> bool:
    """Whether it is `sha256:` and 64 digits: it becomes a path and a file name."""
    algorithm, _, value = digest.partition(":")
    return algorithm == "sha256" and len(value) == 64 and not set(value) - HEXADECIMAL


async def _read_at_most(answer: "ClientResponse", size: int) -> bytes:
    text = b""
    async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
        text += chunk
        if len(text) > size:
            raise RegistryFailed(f"the answer from {answer.url} is larger than {size} bytes")
    return text


def _start_of(answer: "ClientResponse", wanted: int) -> int:
    """Where in the blob the answer's body starts: at 0, or at `wanted`."""
    if answer.status == 200:
        return 0
    if answer.status == 206:
        sent = answer.headers.get("Content-Range", "")
        if sent.startswith(f"bytes {wanted}-"):
            return wanted
        raise RegistryFailed(f"httpReadSeeker: asked for bytes from {wanted}, was sent {sent!r}")
    if answer.status == 404:
        raise RegistryFailed(
            f"httpReadSeeker: failed open: content at {answer.url} not found: not found"
        )
    refusal = _refusal(answer)
    raise type(refusal)(f"httpReadSeeker: failed open: {refusal.detail}")


def _refusal(answer: "ClientResponse") -> RegistryFailed:
    """What an answer that is no success means."""
    told = (
        f"unexpected status from {answer.method} request to {answer.url}: "
        f"{answer.status} {answer.reason}"
    )
    if answer.status == 404:
        return ManifestUnknown(told)
    return PassingFailure(told) if answer.status in _ASK_AGAIN else RegistryFailed(told)


def _still_denied(challenge: str) -> AccessDenied:
    _, found, rest = challenge.partition('error="')
    said = f"server message: {rest.partition(chr(34))[0]}: " if found else ""
    return AccessDenied(f"{said}authorization failed")


def _unexpected_size(descriptor: Descriptor, size: int) -> RegistryFailed:
    return RegistryFailed(
        f'failed commit on ref "layer-{descriptor.digest}": '
        f"unexpected commit size {size}, expected {descriptor.size}: failed precondition"
    )


def _unexpected_digest(what: str, found: str, wanted: str) -> RegistryFailed:
    return RegistryFailed(
        f'failed commit on ref "{what}-{wanted}": '
        f"unexpected commit digest {found}, expected {wanted}: failed precondition"
    )
