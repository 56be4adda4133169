"""The gateway: one ASGI callable, and the list of steps that every request takes.

Steps: route, authenticate, throttle, parse, validate, convert, call, render. What AWS's services
do is in `hostless.services`; how bytes look is in `hostless.protocols`.
"""

import logging
from collections.abc import Sequence
from importlib.metadata import version

from hostless.domain.errors import ApiError
from hostless.domain.settings import Settings
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
from hostless.gateway.encodings import with_plain_body
from hostless.gateway.inspection import Findings
from hostless.gateway.keys import Keys
from hostless.gateway.offers import Offers
from hostless.gateway.once_log import OnceLog
from hostless.gateway.refusals import refusal_of, unsigned_refusal
from hostless.gateway.server_faults import server_fault
from hostless.gateway.sigv4 import BadSignature, Signature, signature_of
from hostless.gateway.throttling import Throttle
from hostless.kit.clock import Clock
from hostless.kit.ids import Ids
from hostless.protocols.bare_errors import protocol_of, render_bare_error
from hostless.protocols.catalogue import ServiceDescription
from hostless.protocols.faults import SerializationFault
from hostless.protocols.messages import WireRequest, WireResponse
from hostless.protocols.protocol import Parsed
from hostless.protocols.routing import NoRoute, Route, Router
from hostless.services.operation import Call, ServiceApi

_log = logging.getLogger("hostless.gateway")
_HEALTH_PATHS = frozenset(("/", "/health"))


class Application:
    """The engine's ASGI application. websocket: gets every websocket connection (exec sessions)."""

    def __init__(
        self,
        services: Sequence[ServiceApi],
        keys: Keys,
        clock: Clock,
        ids: Ids,
        settings: Settings,
        websocket: AsgiApp,
    ) -> None:
        self._offers = Offers(services)
        self._router = Router([ServiceDescription(api.name) for api in services])
        self._warnings = OnceLog()
        self._authentication = Authentication(
            keys, settings.realm, self._warnings, accepts_any_key=settings.accepts_any_key
        )
        self._throttle = Throttle(settings.api_limits.rates)
        self._clock = clock
        self._ids = ids
        self._realm = settings.realm
        self._websocket = websocket
        self._health_body = f'{{"status":"ok","version":"{version("hostless")}"}}'.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            raise NotImplementedError(f"no ASGI {scope['type']} here")

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = request_head(scope)
        try:
            body = await read_body(head, receive)
        except BodyTooLarge as error:
            response = render_bare_error(protocol_of(head), error, self._ids.uuid())
        except CallerLeft:
            return
        else:
            response = await self.answer(with_body(head, body))
        await send_response(response, send, is_head=head.method == "HEAD")

    async def answer(self, request: WireRequest) -> WireResponse:
        """The answer to one request, whatever it is; never raises."""
        request_id = self._ids.uuid()
        if _asks_for_health(request):
            return self._health(request_id)
        try:
            return await self._take_steps(request, request_id)
        except NoRoute as nowhere:
            if nowhere.protocol is None:
                return render_bare_error(nowhere.protocol_name, nowhere.error, request_id)
            return nowhere.protocol.render_error(None, nowhere.error, request_id)
        except ApiError as error:
            return render_bare_error(protocol_of(request), error, request_id)
        except Exception:  # noqa: BLE001 the gateway is where a bug stops
            _log.exception("request %s failed", request_id)
            return render_bare_error(protocol_of(request), server_fault(None), request_id)

    async def _take_steps(self, request: WireRequest, request_id: str) -> WireResponse:
        signature, route, plain = self._route(request)
        try:
            now = self._clock.now()
            audience = _audience_of(route)
            principal = self._authentication.principal_of(request, signature, audience, now)
            self._throttle.admit(route.service.name, route.operation.name, now)
            circumstances = Call(
                realm=self._realm, principal_arn=principal, request_id=request_id, now=now
            )
            return await self._perform(plain, route, circumstances)
        except ApiError as error:
            if error.detail:
                _log.info("request %s: %s (%s)", request_id, error.message, error.detail)
            return route.protocol.render_error(route.operation, error, request_id)
        except Exception:  # noqa: BLE001 the gateway is where a bug stops
            _log.exception("request %s (%s) failed", request_id, route.operation.name)
            return route.protocol.render_error(route.operation, server_fault(route), request_id)

    async def _perform(
        self, request: WireRequest, route: Route, circumstances: Call
    ) -> WireResponse:
        offer = self._offers.need(route)
        parsed = _parse(request, route)
        offer.validate(parsed.members, route.protocol.name)
        findings = offer.inspect(parsed.members)
        record = offer.convert(parsed.members, route.protocol.name)
        self._warn(route, parsed, findings)
        answer = await call(offer.operation, record, circumstances, route)
        return route.protocol.render(route.operation, answer, circumstances.request_id)

    def _warn(self, route: Route, parsed: Parsed, findings: Findings) -> None:
        operation = f"{route.service.name} {route.operation.name}"
        for path, why in findings.idle.items():
            self._warnings.warn(
                f"{operation} {path}", f"{operation}: {path} is accepted, not acted on: {why}"
            )
        for structure, member in parsed.strangers:
            self._warnings.warn(
                f"{operation} {structure} {member}",
                f"{operation}: {structure} has no member {member!r} in the model; dropped",
            )

    def _health(self, request_id: str) -> WireResponse:
        return WireResponse(
            status=200,
            headers=(("content-type", "application/json"), ("x-amzn-requestid", request_id)),
            body=self._health_body,
        )

    def _route(self, request: WireRequest) -> tuple[Signature | None, Route, WireRequest]:
        """Where a request leads, and the request with a plain body.

        One that is not signed and leads nowhere is told to sign.
        """
        accepts_any_key = self._authentication.accepts_any_key
        signature = None
        try:
            signature = signature_of(request)
        except BadSignature as bad:
            if not accepts_any_key:
                raise refusal_of(bad, protocol_of(request), service="") from None
        service = signature.service if signature else None
        plain = with_plain_body(request, service)
        try:
            return signature, self._router.resolve(plain, service), plain
        except NoRoute:
            if signature is None and not accepts_any_key:
                raise unsigned_refusal(protocol_of(request), service="") from None
            raise


def _audience_of(route: Route) -> Audience:
    return Audience(
        protocol=route.protocol.name,
        service=route.service.name,
        signing_name=route.service.description.signing_name,
    )


def _parse(request: WireRequest, route: Route) -> Parsed:
    try:
        return route.protocol.parse(route.operation, request, route.found)
    except RecursionError:
        raise SerializationFault("The request is nested too deeply.") from None


def _asks_for_health(request: WireRequest) -> bool:
    return (
        request.method in ("GET", "HEAD")
        and request.path in _HEALTH_PATHS
        and not request.query
        and not request.headers.keys() & {"authorization", "x-amz-target", "smithy-protocol"}
    )
