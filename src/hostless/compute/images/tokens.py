"""What makes a registry believe us: basic authentication, and bearer tokens of its token service.

The flow is that of the distribution project's "token authentication" specification: the registry
answers 401 and names a realm, the realm gives a token for a login (or for nobody), the token goes
with the next requests until it expires.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import msgspec

from hostless.compute.images.credentials import (
    CredentialsUnusable,
    DockerCredentials,
    Login,
    authorization_of,
)
from hostless.compute.images.failures import RegistryFailed
from hostless.compute.images.reference import ImageReference, is_loopback
from hostless.compute.images.transport import Transport
from hostless.kit.clock import Clock, Timestamp

TOKEN_SECONDS = 60.0
"""How long a token is good when its service does not say: the specification's default."""
SPARE_SECONDS = 10.0
"""A token this close to its end is not used any more."""
MAXIMUM_TOKENS = 256
MAXIMUM_TOKEN_ANSWER_BYTES = 1024 * 1024

_DENIED = "pull access denied, repository does not exist or may require authorization: "
_parameters = re.compile(r'([a-zA-Z_]+)="((?:[^"\\]|\\.)*)"').findall

_Place = tuple[str, str]
"""Registry host and repository: what a token is good for."""


class AccessDenied(RegistryFailed):
    """The registry wants to know who asks, and does not take our answer."""

    def __init__(self, detail: str) -> None:
        super().__init__(_DENIED + detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grant:
    header: str
    ends_at: Timestamp | None


class _TokenAnswer(msgspec.Struct):
    token: str = ""
    access_token: str = ""
    expires_in: float = TOKEN_SECONDS


class Authorizer:
    """Keeps what each repository's registry has granted."""

    def __init__(self, credentials: DockerCredentials, transport: Transport, clock: Clock) -> None:
        self._credentials = credentials
        self._transport = transport
        self._clock = clock
        self._grants: dict[_Place, _Grant] = {}

    def headers_for(self, reference: ImageReference) -> dict[str, str]:
        """What was granted before and still holds."""
        grant = self._grants.get(_place_of(reference))
        if grant is None:
            return {}
        if grant.ends_at is not None and grant.ends_at - SPARE_SECONDS <= self._clock.now():
            return {}
        return {"Authorization": grant.header}

    async def authorize(self, reference: ImageReference, challenge: str) -> None:
        """Meet the challenge of a 401. Raises RegistryFailed."""
        self._grants.pop(_place_of(reference), None)
        try:
            login = self._credentials.login_for(reference.registry)
        except CredentialsUnusable as error:
            raise RegistryFailed(str(error)) from error
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "basic":
            self._grant(reference, _basic_grant(login))
        elif scheme.lower() == "bearer":
            asked_at = self._clock.now()
            answer = await self._fetch_token(reference, dict(_parameters(rest)), login)
            token = answer.token or answer.access_token
            self._grant(
                reference,
                _Grant(header=f"Bearer {token}", ends_at=asked_at + answer.expires_in),
            )
        else:
            raise AccessDenied(f"authorization failed: unknown scheme {scheme!r}")

    def _grant(self, reference: ImageReference, grant: _Grant) -> None:
        if len(self._grants) >= MAXIMUM_TOKENS:
            self._grants.pop(next(iter(self._grants)))
        self._grants[_place_of(reference)] = grant

    async def _fetch_token(
        self, reference: ImageReference, parameters: Mapping[str, str], login: Login | None
    ) -> _TokenAnswer:
        realm = parameters.get("realm", "")
        where = urlsplit(realm)
        if where.scheme != "https" and not (where.scheme == "http" and is_loopback(where.netloc)):
            raise AccessDenied(f"authorization failed: token service {realm!r} is not https")
        asked = {
            "service": parameters.get("service", ""),
            "scope": parameters.get("scope", f"repository:{reference.repository}:pull"),
        }
        kind = "anonymous" if login is None else "oauth"
        try:
            return await self._ask_service(realm, asked, login)
        except RegistryFailed as failure:
            told = f"failed to authorize: failed to fetch {kind} token: {failure.detail}"
            raise type(failure)(told) from failure

    async def _ask_service(
        self, realm: str, asked: dict[str, str], login: Login | None
    ) -> _TokenAnswer:
        """A refresh token goes in a POST (OAuth2), a name and password in a GET's header."""
        headers, form = {}, None
        if login is not None and login.identity_token:
            form = asked | {
                "grant_type": "refresh_token",
                "refresh_token": login.identity_token,
                "client_id": "hostless",
            }
        elif login is not None:
            headers["Authorization"] = authorization_of(login)
        method = "GET" if form is None else "POST"
        separator = "&" if urlsplit(realm).query else "?"
        url = realm if form else f"{realm}{separator}{urlencode(asked)}"
        async with self._transport.send(method, url, headers, form=form) as answer:
            if answer.status != 200:
                raise RegistryFailed(
                    f"unexpected status from {method} request to {realm}: "
                    f"{answer.status} {answer.reason}"
                )
            text = await answer.content.read(MAXIMUM_TOKEN_ANSWER_BYTES)
        return _token_in(text)


def _token_in(text: bytes) -> _TokenAnswer:
    try:
        found = msgspec.json.decode(text, type=_TokenAnswer)
    except msgspec.MsgspecError as error:
        raise RegistryFailed(f"unable to decode token response: {error}") from error
    if not found.token and not found.access_token:
        raise RegistryFailed("authorization server did not include a token in the response")
    return found


def _basic_grant(login: Login | None) -> _Grant:
    if login is None or not login.username:
        raise AccessDenied("authorization failed: no basic auth credentials")
    return _Grant(header=authorization_of(login), ends_at=None)


def _place_of(reference: ImageReference) -> _Place:
    return reference.host, reference.repository
