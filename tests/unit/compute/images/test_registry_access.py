"""Who asks, and whether the other end is who it says: logins, tokens, redirects, TLS."""

import asyncio
import base64
import json
import ssl
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from tests.support.fake_registry import FakeRegistry, fake_registry
from tests.support.image_store import BLOB, StillClock, client_of, first_times, logins, read_blob
from tests.support.images import build_busybox_image, digest_of

import hostless
from hostless.compute.images.failures import RegistryFailed
from hostless.compute.images.reference import parse_reference
from hostless.compute.images.tokens import AccessDenied

IMAGE = build_busybox_image()


async def test_a_redirect_does_not_take_the_password_along(tmp_path: Path) -> None:
    async def challenge(request: web.Request) -> web.Response | None:
        if "Authorization" in request.headers or request.path == "/v2/":
            return None
        return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})

    async with (
        fake_registry() as registry,
        fake_registry() as storage,
        client_of(logins(tmp_path, registry, username="me", password="secret")) as client,
    ):
        storage.lie_about(digest_of(BLOB), BLOB)

        async def redirect(request: web.Request) -> web.Response | None:
            if "blobs" not in request.path:
                return None
            place = f"http://{storage.address}/v2/x/blobs/{digest_of(BLOB)}"
            return web.Response(status=307, headers={"Location": place})

        registry.before += [challenge, redirect]
        assert await read_blob(client, f"{registry.address}/a") == BLOB
        assert registry.asked[-1].headers["Authorization"].startswith("Basic ")
        assert "Authorization" not in storage.asked[-1].headers


async def test_basic_authentication_is_asked_for_once(tmp_path: Path) -> None:
    wanted = "Basic " + base64.b64encode(b"me:secret").decode()

    async def challenge(request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") == wanted or request.path == "/v2/":
            return None
        return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})

    async with (
        fake_registry() as registry,
        client_of(logins(tmp_path, registry, username="me", password="secret")) as client,
    ):
        registry.before.append(challenge)
        name = parse_reference(registry.add("a:1", IMAGE))
        await client.resolve(name)
        await client.resolve(name)
        assert registry.count("HEAD", "manifests") == 3


@pytest.mark.parametrize("entry", [{}, {"username": "me", "password": "wrong"}])
async def test_a_registry_that_does_not_believe_us(tmp_path: Path, entry: dict[str, str]) -> None:
    def refuse() -> web.Response:
        return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})

    async with (
        fake_registry() as registry,
        client_of(logins(tmp_path, registry, **entry)) as client,
    ):
        registry.before.append(first_times(99, refuse))
        with pytest.raises(AccessDenied) as denied:
            await client.resolve(parse_reference(registry.add("a:1", IMAGE)))
        assert denied.value.detail.startswith(
            "pull access denied, repository does not exist or may require authorization: "
            "authorization failed"
        )


def token_service(
    registry: FakeRegistry, *, expires_in: int = 300
) -> Callable[[web.Request], Awaitable[web.Response | None]]:
    """Both the registry's challenge and the service that meets it."""
    given = []

    async def before(request: web.Request) -> web.Response | None:
        if request.path == "/token":
            given.append(f"token-{len(given)}")
            return web.json_response({"token": given[-1], "expires_in": expires_in})
        if request.path == "/v2/":
            return None
        if given and request.headers.get("Authorization") == f"Bearer {given[-1]}":
            return None
        asked = (
            f'Bearer realm="http://{registry.address}/token",service="the registry",'
            'scope="repository:a:pull,push"'
        )
        return web.Response(status=401, headers={"WWW-Authenticate": asked})

    return before


async def test_a_token_serves_until_it_ends(tmp_path: Path) -> None:
    clock = StillClock()
    async with (
        fake_registry() as registry,
        client_of(logins(tmp_path, registry, username="me", password="secret"), clock) as client,
    ):
        registry.before.append(token_service(registry))
        name = parse_reference(registry.add("a:1", IMAGE))
        for _ in range(3):
            await client.resolve(name)
        assert registry.count("GET", "/token") == 1
        clock.time += 295
        await client.resolve(name)
        assert registry.count("GET", "/token") == 2
        asked = next(one for one in registry.asked if one.path == "/token")
        pair = base64.b64encode(b"me:secret").decode()
        assert asked.headers["Authorization"] == f"Basic {pair}"


async def test_an_anonymous_token_is_asked_for_without_a_login() -> None:
    async with fake_registry() as registry, client_of() as client:
        registry.before.append(token_service(registry))
        assert await client.resolve(parse_reference(registry.add("a:1", IMAGE))) == IMAGE.digest
        asked = next(one for one in registry.asked if one.path == "/token")
        assert "Authorization" not in asked.headers


async def test_an_identity_token_is_posted(tmp_path: Path) -> None:
    async with (
        fake_registry() as registry,
        client_of(logins(tmp_path, registry, identitytoken="refresh me")) as client,
    ):
        registry.before.append(token_service(registry))
        await client.resolve(parse_reference(registry.add("a:1", IMAGE)))
        asked = next(one for one in registry.asked if one.path == "/token")
        assert asked.method == "POST"
        assert asked.form == {
            "grant_type": "refresh_token",
            "refresh_token": "refresh me",
            "client_id": "hostless",
            "service": "the registry",
            "scope": "repository:a:pull,push",
        }


async def test_docker_hubs_answer_for_a_repository_that_is_not_there() -> None:
    async with fake_registry() as registry, client_of() as client:
        service = token_service(registry)

        async def before(request: web.Request) -> web.Response | None:
            if request.path in ("/token", "/v2/"):
                return await service(request)
            asked = f'Bearer realm="http://{registry.address}/token",error="insufficient_scope"'
            return web.Response(status=401, headers={"WWW-Authenticate": asked})

        registry.before.append(before)
        with pytest.raises(AccessDenied) as denied:
            await client.resolve(parse_reference(f"{registry.address}/a"))
        assert denied.value.detail == (
            "pull access denied, repository does not exist or may require authorization: "
            "server message: insufficient_scope: authorization failed"
        )


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (web.Response, "unable to decode token response"),
        (lambda: web.json_response({}), "did not include a token"),
        (lambda: web.Response(status=403), "403 Forbidden"),
    ],
)
async def test_a_token_service_that_gives_none(
    answer: Callable[[], web.Response], words: str
) -> None:
    async with fake_registry() as registry, client_of() as client:

        async def before(request: web.Request) -> web.Response | None:
            return answer() if request.path == "/token" else None

        registry.before += [before, token_service(registry)]
        with pytest.raises(RegistryFailed, match=f"failed to fetch anonymous token: .*{words}"):
            await client.resolve(parse_reference(registry.add("a:1", IMAGE)))


async def test_a_password_is_not_sent_to_a_token_service_without_tls(tmp_path: Path) -> None:
    def elsewhere() -> web.Response:
        asked = 'Bearer realm="http://elsewhere.example/token"'
        return web.Response(status=401, headers={"WWW-Authenticate": asked})

    async with (
        fake_registry() as registry,
        client_of(logins(tmp_path, registry, username="me", password="secret")) as client,
    ):
        registry.before.append(first_times(9, elsewhere))
        with pytest.raises(AccessDenied, match="is not https"):
            await client.resolve(parse_reference(registry.add("a:1", IMAGE)))


async def test_credentials_that_cannot_be_used_are_said(tmp_path: Path) -> None:
    async with fake_registry() as registry:
        path = tmp_path / "config.json"
        path.write_text(json.dumps({"credHelpers": {registry.address: "ecr-login"}}))
        async with client_of(path) as client:
            registry.before.append(token_service(registry))
            with pytest.raises(RegistryFailed, match="ecr-login"):
                await client.resolve(parse_reference(registry.add("a:1", IMAGE)))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that signs itself, and its key in the same file."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-keyout", path, "-out", f"{path}.crt", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path) -> None:
    async with fake_registry(server_context(certificate)) as registry, client_of() as client:
        with pytest.raises(RegistryFailed, match="failed to verify certificate: x509: ") as failed:
            await client.resolve(parse_reference(registry.add("a:1", IMAGE)))
        assert failed.value.tries == 1


RESOLVE = """
import asyncio, sys
from hostless.compute.images.credentials import DockerCredentials
from hostless.compute.images.reference import parse_reference
from hostless.compute.images.registry import RegistryClient
from hostless.kit.clock import SystemClock

async def main():
    client = RegistryClient(DockerCredentials(None), SystemClock())
    print(await client.resolve(parse_reference(sys.argv[1])))
    await client.close()

asyncio.run(main())
"""


async def test_tls_is_spoken_where_the_certificate_is_known(certificate: Path) -> None:
    async with fake_registry(server_context(certificate)) as registry:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", RESOLVE, registry.add("a:1", IMAGE)),
            env={
                "SSL_CERT_FILE": f"{certificate}.crt",
                "PYTHONPATH": str(Path(hostless.__file__).parents[1]),
            },
            stdout=subprocess.PIPE,
        )
        output, _ = await process.communicate()
        assert output.decode().strip() == IMAGE.digest
