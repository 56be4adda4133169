"""The task metadata endpoint's HTTP: listeners in VPCs, for `hostless.services.task_metadata`.

Nothing is signed: who asks is told by the VPC that a socket is in and the address that a connection
comes from, which nobody can forge there. So this knows no credentials, and nothing of the API.
"""

import asyncio
import logging
import socket

import orjson
import uvicorn
from uvicorn.server import ServerState

from hostless.domain.arns import VpcId
from hostless.gateway.asgi import AsgiApp, Receive, Scope, Send, request_head, send_response
from hostless.gateway.whole_answers import WholeAnswersProtocol, WholeWrites
from hostless.kit.clock import Clock
from hostless.kit.slots import Slots
from hostless.kit.token_buckets import Level, Rate, level_at, taken
from hostless.protocols.messages import WireRequest, WireResponse
from hostless.services.task_metadata.answering import TaskMetadata

MOST_CONNECTIONS = 1000
"""At one time, of one VPC; further ones are closed at once."""
MOST_OF_ONE = 16
"""Of one address: who hoards connections leaves the endpoint to others."""
RATE = Rate(burst=60, refill=40.0)
"""Requests of one task (amazon-ecs-agent, `DefaultTaskMetadataSteadyStateRate`, `…BurstRate`)."""
MOST_LEVELS = 4096
TOO_MANY = "You have reached maximum request limit."
"""What the agent's limiter says (tollbooth), in plain text."""
_IDLE_SECONDS = 10
_log = logging.getLogger("hostless.gateway")


class MetadataListeners:
    """Implements `hostless.network.seam.MetadataServer`."""

    def __init__(self, answers: TaskMetadata, clock: Clock) -> None:
        self._answers = answers
        self._clock = clock
        self._listeners: dict[VpcId, _Listener] = {}

    async def serve(self, vpc_id: VpcId, listening: socket.socket) -> None:
        application = MetadataPaths(self._answers, vpc_id, self._clock)
        self._listeners[vpc_id] = listener = _Listener(application)
        await listener.serve(listening)

    def leave(self, vpc_id: VpcId) -> None:
        listener = self._listeners.pop(vpc_id, None)
        if listener is not None:
            listener.close()


class MetadataPaths:
    """An ASGI application: what is told in one VPC."""

    def __init__(self, answers: TaskMetadata, vpc_id: VpcId, clock: Clock) -> None:
        self._answers = answers
        self._vpc_id = vpc_id
        self._clock = clock
        self._levels: dict[str, Level] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = request_head(scope)
        address = (scope.get("client") or ("",))[0]
        response = await self._answer(head, address)
        await send_response(response, send, is_head=head.method == "HEAD")

    async def _answer(self, request: WireRequest, address: str) -> WireResponse:
        """Whatever the request is; never raises."""
        if not self._may_ask(address):
            return _plain(429, TOO_MANY)
        if request.method not in ("GET", "HEAD"):
            return _plain(405, f"{request.path} takes GET.")
        try:
            told = await self._answers.answer(self._vpc_id, address, request.path)
        except Exception:  # noqa: BLE001 the gateway is where a bug stops
            _log.exception("metadata (%s) cannot be told to %s", request.path, address)
            return _json(500, "failed to get task metadata")
        return _json(told.status, told.body)

    def _may_ask(self, address: str) -> bool:
        now = self._clock.now()
        left = taken(RATE, self._levels.get(address), 1, now)
        if left is None:
            return False
        self._levels[address] = left
        if len(self._levels) > MOST_LEVELS:
            self._levels = {
                known: level
                for known, level in self._levels.items()
                if level_at(RATE, level, now).tokens < RATE.burst
            }
        return True


class _Listener:
    """One socket, and the connections that were made to it."""

    def __init__(self, application: AsgiApp) -> None:
        self._config = uvicorn.Config(
            application,
            loop="none",
            http=_SharedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_IDLE_SECONDS,
        )
        self._slots = Slots(MOST_CONNECTIONS, MOST_OF_ONE)
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    async def serve(self, listening: socket.socket) -> None:
        self._config.load()
        self._state.default_headers = list(self._config.encoded_headers)
        loop = asyncio.get_running_loop()

        def made() -> asyncio.Protocol:
            protocol = _SharedProtocol(self._config, self._state, {}, loop)
            protocol.slots = self._slots
            return protocol

        self._server = await loop.create_server(made, sock=listening)

    def close(self) -> None:
        """At once: an open connection would keep the VPC's namespace."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._state.connections):
            assert isinstance(connection, _SharedProtocol)
            connection.abort()


class _SharedProtocol(WholeAnswersProtocol):
    """uvicorn's, with a limit to what one address can have. slots: set before a connection is."""

    slots: Slots
    holder: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if self.slots.take(address):
            self.holder = address
        else:
            self.abort()

    def abort(self) -> None:
        """Whatever was written and not yet read is lost."""
        whole = self.transport
        (whole.plain if isinstance(whole, WholeWrites) else whole).abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.holder is not None:
            self.slots.give_back(self.holder)
            self.holder = None
        super().connection_lost(exc)


def _json(status: int, body: object) -> WireResponse:
    return _response(status, "application/json", orjson.dumps(body))


def _plain(status: int, text: str) -> WireResponse:
    return _response(status, "text/plain; charset=utf-8", text.encode())


def _response(status: int, kind: str, body: bytes) -> WireResponse:
    return WireResponse(status=status, headers=(("content-type", kind),), body=body)
