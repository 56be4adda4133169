"""The registry client against a registry in this process that misbehaves in every known way."""

import asyncio
import socket

import pytest
from aiohttp import web
from tests.support.fake_registry import fake_registry
from tests.support.image_store import BLOB, LIMITS, client_of, first_times, read_blob
from tests.support.images import build_busybox_image, digest_of

from hostless.compute.images.failures import ManifestUnknown, RegistryFailed
from hostless.compute.images.reference import parse_reference

IMAGE = build_busybox_image()


async def test_a_tag_is_resolved_by_one_head() -> None:
    async with fake_registry() as registry, client_of() as client:
        name = parse_reference(registry.add("a/b:1", IMAGE))
        assert await client.resolve(name) == IMAGE.digest
        registry.asked.clear()
        assert await client.resolve(name) == IMAGE.digest
        assert [one.method for one in registry.asked] == ["HEAD"]


async def test_a_digest_needs_no_registry() -> None:
    async with client_of() as client:
        name = parse_reference(f"nowhere.invalid/a@{IMAGE.digest}")
        assert await client.resolve(name) == IMAGE.digest


async def test_a_registry_that_tells_no_digest_is_asked_for_the_manifest() -> None:
    async def head(request: web.Request) -> web.Response | None:
        return web.Response() if request.method == "HEAD" else None

    async with fake_registry() as registry, client_of() as client:
        registry.before.append(head)
        assert await client.resolve(parse_reference(registry.add("a:1", IMAGE))) == IMAGE.digest


@pytest.mark.parametrize(
    "told", ["../../../etc/passwd", "sha256:../../x", "sha512:" + "0" * 128, "sha256:" + "G" * 64]
)
async def test_what_a_registry_tells_as_digest_and_cannot_be_one_is_not_believed(
    told: str,
) -> None:
    async def head(request: web.Request) -> web.Response | None:
        if request.method != "HEAD":
            return None
        return web.Response(headers={"Docker-Content-Digest": told})

    async with fake_registry() as registry, client_of() as client:
        registry.before.append(head)
        assert await client.resolve(parse_reference(registry.add("a:1", IMAGE))) == IMAGE.digest


async def test_an_unknown_tag_is_an_answer_and_is_not_asked_for_twice() -> None:
    async with fake_registry() as registry, client_of() as client:
        with pytest.raises(ManifestUnknown):
            await client.resolve(parse_reference(f"{registry.address}/a:1"))
        assert registry.count("HEAD", "manifests") == 1


async def test_passing_failures_are_asked_again() -> None:
    async with fake_registry() as registry, client_of() as client:
        registry.before.append(first_times(2, lambda: web.Response(status=503)))
        assert await client.resolve(parse_reference(registry.add("a:1", IMAGE))) == IMAGE.digest
        assert registry.count("HEAD", "manifests") == 3


async def test_a_failure_that_does_not_pass_is_told_with_the_number_of_tries() -> None:
    async with fake_registry() as registry, client_of() as client:
        registry.before.append(first_times(99, lambda: web.Response(status=429)))
        with pytest.raises(RegistryFailed, match="429 Too Many Requests") as failed:
            await client.resolve(parse_reference(registry.add("a:1", IMAGE)))
        assert failed.value.tries == 3


async def test_forbidden_is_final() -> None:
    async with fake_registry() as registry, client_of() as client:
        registry.before.append(first_times(99, lambda: web.Response(status=403)))
        name = registry.add("a:1", IMAGE)
        with pytest.raises(RegistryFailed) as failed:
            await client.resolve(parse_reference(name))
        assert failed.value.detail == (
            "unexpected status from HEAD request to "
            f"http://{registry.address}/v2/a/manifests/1: 403 Forbidden"
        )
        assert registry.count("HEAD", "manifests") == 1


async def test_a_manifest_that_is_not_its_digest_is_refused() -> None:
    async def lie(request: web.Request) -> web.Response | None:
        return web.Response(body=b"{}") if "manifests" in request.path else None

    async with fake_registry() as registry, client_of() as client:
        registry.before.append(lie)
        with pytest.raises(RegistryFailed, match="unexpected commit digest"):
            await client.manifest(parse_reference(registry.add("a:1", IMAGE)), IMAGE.digest)


async def test_an_endless_manifest_is_not_read_to_its_end() -> None:
    async def long(request: web.Request) -> web.Response | None:
        return web.Response(body=b" " * 5_000_000) if "manifests" in request.path else None

    async with fake_registry() as registry, client_of() as client:
        registry.before.append(long)
        with pytest.raises(RegistryFailed, match="larger than"):
            await client.manifest(parse_reference(registry.add("a:1", IMAGE)), "1")


async def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        async with client_of() as client:
            with pytest.raises(RegistryFailed) as failed:
                await client.resolve(parse_reference(f"127.0.0.1:{port}/a"))
    assert failed.value.detail.endswith(f"dial tcp 127.0.0.1:{port}: connect: connection refused")
    assert failed.value.tries == 3


async def test_a_registry_that_accepts_and_says_nothing_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        async with client_of() as client, asyncio.timeout(5):
            with pytest.raises(RegistryFailed, match=rf"dial tcp 127.0.0.1:{port}: i/o timeout"):
                await client.resolve(parse_reference(f"127.0.0.1:{port}/a"))


async def test_a_registry_that_never_answers_a_request_is_given_up() -> None:
    async def never(request: web.Request) -> None:
        if "manifests" in request.path:
            await registry.closing.wait()

    async with fake_registry() as registry, client_of() as client, asyncio.timeout(5):
        registry.before.append(never)
        with pytest.raises(RegistryFailed, match="i/o timeout") as failed:
            await client.resolve(parse_reference(registry.add("a:1", IMAGE)))
        assert failed.value.tries == 3


async def test_a_blob_arrives_whole() -> None:
    async with fake_registry() as registry, client_of() as client:
        registry.lie_about(digest_of(BLOB), BLOB)
        assert await read_blob(client, f"{registry.address}/a") == BLOB


async def broken_off(request: web.Request, content: bytes) -> web.StreamResponse:
    """The first half, and then the connection is gone."""
    answer = web.StreamResponse(headers={"Content-Length": str(len(content))})
    await answer.prepare(request)
    await answer.write(content[: len(content) // 2])
    assert request.transport is not None
    request.transport.close()
    return answer


async def test_a_transfer_that_breaks_off_goes_on_where_it_was() -> None:
    async def before(request: web.Request) -> web.StreamResponse | None:
        if "blobs" not in request.path:
            return None
        if "Range" not in request.headers:
            return await broken_off(request, BLOB)
        start = int(request.headers["Range"].removeprefix("bytes=").rstrip("-"))
        sent = {"Content-Range": f"bytes {start}-{len(BLOB) - 1}/{len(BLOB)}"}
        return web.Response(status=206, body=BLOB[start:], headers=sent)

    async with fake_registry() as registry, client_of() as client:
        registry.before.append(before)
        assert await read_blob(client, f"{registry.address}/a") == BLOB
        ranges = [one.headers.get("Range") for one in registry.asked if "blobs" in one.path]
        assert ranges == [None, f"bytes={len(BLOB) // 2}-"]


async def test_a_registry_without_ranges_sends_the_start_once_more() -> None:
    broken = []

    async def before(request: web.Request) -> web.StreamResponse | None:
        if "blobs" not in request.path or broken:
            return None
        broken.append(request)
        return await broken_off(request, BLOB)

    async with fake_registry() as registry, client_of() as client:
        registry.lie_about(digest_of(BLOB), BLOB)
        registry.before.append(before)
        assert await read_blob(client, f"{registry.address}/a") == BLOB


async def test_a_transfer_that_always_breaks_off_at_the_same_place_ends() -> None:
    async def before(request: web.Request) -> web.StreamResponse | None:
        return await broken_off(request, BLOB) if "blobs" in request.path else None

    async with fake_registry() as registry, client_of() as client, asyncio.timeout(10):
        registry.before.append(before)
        with pytest.raises(RegistryFailed):
            await read_blob(client, f"{registry.address}/a")
        assert registry.count("GET", "blobs") == LIMITS.tries


async def test_a_transfer_that_stalls_ends() -> None:
    async def stall(request: web.Request) -> web.StreamResponse | None:
        if "blobs" not in request.path:
            return None
        answer = web.StreamResponse(headers={"Content-Length": str(len(BLOB))})
        await answer.prepare(request)
        await registry.closing.wait()
        return answer

    async with fake_registry() as registry, client_of() as client, asyncio.timeout(10):
        registry.before.append(stall)
        with pytest.raises(RegistryFailed, match="i/o timeout"):
            await read_blob(client, f"{registry.address}/a")


@pytest.mark.parametrize("content", [b"x" * len(BLOB), BLOB + b"x", BLOB[:-1]])
async def test_other_bytes_than_promised_are_refused(content: bytes) -> None:
    async with fake_registry() as registry, client_of() as client:
        registry.lie_about(digest_of(BLOB), content)
        with pytest.raises(RegistryFailed, match=r"unexpected commit (digest|size)"):
            await read_blob(client, f"{registry.address}/a")


async def test_a_missing_blob_is_told_in_containerds_words() -> None:
    async with fake_registry() as registry, client_of() as client:
        with pytest.raises(RegistryFailed, match=r"httpReadSeeker: failed open: content at .* not"):
            await read_blob(client, f"{registry.address}/a")
