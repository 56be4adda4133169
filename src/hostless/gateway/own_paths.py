"""hostless's own API: plain JSON under /_hostless/, signed like every request to AWS.

For what no AWS service has an operation for (drills, reading the event bus). The operations are in
`hostless.services.own`; here a request becomes a record and an answer bytes. docs/own-api.md.
"""

import logging
from collections.abc import Sequence
from dataclasses import fields
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import orjson

from hostless.domain.arns import Realm
from hostless.domain.errors import ApiError
from hostless.gateway.asgi import (
    AsgiApp,
    BodyTooLarge,
    CallerLeft,
    Receive,
    Scope,
    Send,
    read_body,
    request_head,
    send_response,
    with_body,
)
from hostless.gateway.authentication import Audience, Authentication
from hostless.gateway.calling import call
from hostless.gateway.refusals import refusal_of
from hostless.gateway.server_faults import server_fault
from hostless.gateway.sigv4 import BadSignature, signature_of
from hostless.kit.clock import Clock
from hostless.kit.ids import Ids
from hostless.kit.naming import snake_case
from hostless.protocols.bare_errors import render_bare_error
from hostless.protocols.messages import WireRequest, WireResponse
from hostless.services.operation import Call, Operation
from hostless.services.own.operations import PREFIX, SIGNING_NAME, OwnOperation

_log = logging.getLogger("hostless.gateway")
_PROTOCOL = "json"
_AUDIENCE = Audience(protocol=_PROTOCOL, service=SIGNING_NAME, signing_name=SIGNING_NAME)


class BadMember(ApiError):
    code = "ValidationException"
    status = 400


class NoSuchPath(ApiError):
    code = "UnknownOperationException"
    status = 404


class WrongMethod(ApiError):
    code = "UnknownOperationException"
    status = 405


class OwnPaths:
    """An ASGI application for HTTP scopes whose path starts with PREFIX."""

    def __init__(
        self,
        operations: Sequence[OwnOperation],
        authentication: Authentication,
        realm: Realm,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._operations: dict[tuple[str, str], Operation[Any]] = {
            (each.path, each.method): each.operation for each in operations
        }
        self._authentication = authentication
        self._realm = realm
        self._clock = clock
        self._ids = ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = request_head(scope)
        request_id = self._ids.uuid()
        try:
            body = await read_body(head, receive)
        except BodyTooLarge as error:
            response = render_bare_error(_PROTOCOL, error, request_id)
        except CallerLeft:
            return
        else:
            response = await self._answer(with_body(head, body), request_id)
        await send_response(response, send, is_head=head.method == "HEAD")

    async def _answer(self, request: WireRequest, request_id: str) -> WireResponse:
        """Whatever the request is; never raises."""
        try:
            return await self._take_steps(request, request_id)
        except ApiError as error:
            return render_bare_error(_PROTOCOL, error, request_id)
        except Exception:  # noqa: BLE001 the gateway is where a bug stops
            _log.exception("request %s (%s) failed", request_id, request.path)
            return render_bare_error(_PROTOCOL, server_fault(None), request_id)

    async def _take_steps(self, request: WireRequest, request_id: str) -> WireResponse:
        now = self._clock.now()
        circumstances = Call(
            realm=self._realm,
            principal_arn=principal_of(request, self._authentication, now),
            request_id=request_id,
            now=now,
        )
        operation = self._need(request)
        record = _record_of(request, operation)
        answer = await call(operation, record, circumstances, None)
        return _rendered(answer, request_id)

    def _need(self, request: WireRequest) -> Operation[Any]:
        path = request.path.removeprefix(PREFIX)
        operation = self._operations.get((path, request.method))
        if operation is not None:
            return operation
        methods = sorted(method for known, method in self._operations if known == path)
        if methods:
            raise WrongMethod(f"{request.path} takes {' and '.join(methods)}.")
        paths = sorted({f"{PREFIX}{known}" for known, _ in self._operations})
        raise NoSuchPath(f"There is no {request.path}; there are {', '.join(paths)}.")


def principal_of(request: WireRequest, authentication: Authentication, now: float) -> str:
    """Who asks for a path of hostless's own. Raises ApiError."""
    try:
        signature = signature_of(request)
    except BadSignature as bad:
        if not authentication.accepts_any_key:
            raise refusal_of(bad, _PROTOCOL, SIGNING_NAME) from None
        signature = None
    return authentication.principal_of(request, signature, _AUDIENCE, now)


def own_paths_first(own: OwnPaths, application: AsgiApp) -> AsgiApp:
    """`own` for the paths that are its, `application` for everything else."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        is_own = scope["type"] == "http" and scope["path"].startswith(PREFIX)
        await (own if is_own else application)(scope, receive, send)

    return serve


def _record_of(request: WireRequest, operation: Operation[Any]) -> Any:
    """Members of the query string, or with POST of the body, as the operation's record."""
    if request.method == "POST":
        members = _object_in(request.body)
    else:
        members = dict(parse_qsl(request.query, keep_blank_values=True))
    known = {field.name for field in fields(operation.request)}
    given = {snake_case(name): value for name, value in members.items()}
    strangers = sorted(name for name in members if snake_case(name) not in known)
    if strangers:
        raise BadMember(f"{operation.name} has no member {', '.join(strangers)}.")
    try:
        return msgspec.convert(given, type=operation.request, strict=request.method == "POST")
    except msgspec.ValidationError as error:
        raise BadMember(f"{operation.name}: {error}.") from None


def _object_in(body: bytes) -> dict[str, object]:
    try:
        found = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise BadMember(f"The body is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise BadMember("The body must be a JSON object.")
    return found


def _rendered(answer: object, request_id: str) -> WireResponse:
    return WireResponse(
        status=200,
        headers=(("content-type", "application/json"), ("x-amzn-requestid", request_id)),
        body=orjson.dumps(_shown(answer)),
    )


def _shown(value: object) -> object:
    """Members that are None are left out."""
    if isinstance(value, dict):
        return {name: _shown(each) for name, each in value.items() if each is not None}
    return [_shown(each) for each in value] if isinstance(value, list) else value
