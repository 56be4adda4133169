"""The websocket at `/exec/<session>`: carries a command's input and output to a remote client.

Frames are binary, their first byte is the channel (docs/exec-protocol.md). The command ends when
its client goes away, and after twenty minutes of silence, as ECS Exec does. Who may connect was
decided by ExecuteCommand; here only the session's token is checked.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import parse_qs

from hostless.compute.seam import ComputeBackend, ExecFailed, ExecProcess
from hostless.services.ecs.exec_sessions import ExecSession, ExecSessions

PATH = "/exec/"
STDIN, STDOUT, STDERR, RESIZE, CLOSE_STDIN, EXIT = range(6)
CHANNELS = {"stdout": STDOUT, "stderr": STDERR}
IDLE_LIMIT_SECONDS = 20 * 60.0
LARGEST_FRAME = 1024 * 1024
LARGEST_TERMINAL = 10_000
"""Rows or columns."""
NORMAL, PROTOCOL_ERROR, TOO_BIG = 1000, 1002, 1009
"""Close codes of RFC 6455."""

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


class ExecSocket:
    """An ASGI application for websocket scopes whose path starts with `PATH`."""

    def __init__(
        self,
        sessions: ExecSessions,
        backend: ComputeBackend,
        idle_limit_seconds: float = IDLE_LIMIT_SECONDS,
    ) -> None:
        self._sessions = sessions
        self._backend = backend
        self._idle_limit_seconds = idle_limit_seconds

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        session_id = scope["path"].removeprefix(PATH)
        await receive()
        session = self._sessions.redeem(session_id, token_of(scope))
        if session is None:
            await send({"type": "websocket.close", "code": NORMAL})  # before accept: HTTP 403
            return
        try:
            await send({"type": "websocket.accept"})
            await self._serve(session, query.get("terminal") == ["1"], receive, send)
        finally:
            self._sessions.close(session_id)

    async def _serve(
        self, session: ExecSession, has_terminal: bool, receive: Receive, send: Send
    ) -> None:
        try:
            process = await self._backend.exec(
                session.task_id, session.container, session.command, has_terminal=has_terminal
            )
        except ExecFailed as error:
            await _finish(send, {"error": str(error)})
            return
        try:
            ending = await _Bridge(process, receive, send, self._idle_limit_seconds).run()
        finally:
            await process.kill()
        with contextlib.suppress(OSError):  # the client may be gone already
            await ending(send)


Ending: TypeAlias = Callable[[Send], Awaitable[None]]


class _Bridge:
    """One command and one client, until either is done."""

    def __init__(
        self, process: ExecProcess, receive: Receive, send: Send, idle_limit_seconds: float
    ) -> None:
        self._process = process
        self._receive = receive
        self._send = send
        self._idle_limit_seconds = idle_limit_seconds
        self._silence = asyncio.timeout(None)

    async def run(self) -> Ending:
        """How to take leave of the client: whichever direction ends first knows."""
        try:
            async with self._silence, asyncio.TaskGroup() as group:
                self._hear()
                tasks = [
                    group.create_task(self._carry_output()),
                    group.create_task(self._carry_input()),
                ]
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in tasks:
                    task.cancel()
        except TimeoutError:
            minutes = self._idle_limit_seconds / 60
            return lambda send: _finish(send, {"error": f"idle for {minutes:g} minutes"})
        return next(task.result() for task in tasks if task in done)

    def _hear(self) -> None:
        """A sign of life: the silence starts anew."""
        self._silence.reschedule(asyncio.get_running_loop().time() + self._idle_limit_seconds)

    async def _carry_output(self) -> Ending:
        with contextlib.suppress(OSError):  # the client is gone; reading its input says so too
            while (output := await self._process.read()) is not None:
                self._hear()
                stream, data = output
                await self._send_frame(CHANNELS[stream], data)
        exit_code = await self._process.wait()
        return lambda send: _finish(send, {"exitCode": exit_code})

    async def _send_frame(self, channel: int, data: bytes) -> None:
        await self._send({"type": "websocket.send", "bytes": bytes([channel]) + data})

    async def _carry_input(self) -> Ending:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return _say_nothing
            self._hear()
            frame = message.get("bytes")
            if not frame:
                return _closing(PROTOCOL_ERROR, "frames are binary and start with a channel")
            if len(frame) > LARGEST_FRAME:
                return _closing(TOO_BIG, f"a frame may hold {LARGEST_FRAME} bytes")
            refusal = ""
            with contextlib.suppress(OSError):  # the command reads no more; its end comes next
                refusal = await self._take(frame[0], frame[1:])
            if refusal:
                return _closing(PROTOCOL_ERROR, refusal)

    async def _take(self, channel: int, data: bytes) -> str:
        """Do what a frame says; returns why not, "" when it was done."""
        if channel == STDIN:
            await self._process.write(data)
        elif channel == CLOSE_STDIN:
            await self._process.close_input()
        elif channel == RESIZE:
            size = size_of(data)
            if size is None:
                return 'a resize is {"rows": n, "columns": n}'
            await self._process.resize(*size)
        else:
            return f"a client may not send on channel {channel}"
        return ""


def token_of(scope: Message) -> str:
    """What `Authorization: Bearer …` says, "" without it. Not in the address: those are logged."""
    for name, value in scope["headers"]:
        kind, _, token = value.decode("latin-1").partition(" ")
        if name.lower() == b"authorization" and kind.lower() == "bearer":
            return str(token.strip())
    return ""


def size_of(data: bytes) -> tuple[int, int] | None:
    """(rows, columns) of a resize frame; None when it is not one."""
    try:
        size = json.loads(data)
        rows, columns = size["rows"], size["columns"]
    except (ValueError, KeyError, TypeError):
        return None
    for length in (rows, columns):
        if type(length) is not int or not 0 < length <= LARGEST_TERMINAL:
            return None
    return rows, columns


async def _finish(send: Send, outcome: dict[str, object]) -> None:
    frame = bytes([EXIT]) + json.dumps(outcome).encode()
    await send({"type": "websocket.send", "bytes": frame})
    await send({"type": "websocket.close", "code": NORMAL})


def _closing(code: int, reason: str) -> Ending:
    return lambda send: send({"type": "websocket.close", "code": code, "reason": reason})


async def _say_nothing(send: Send) -> None:
    return None
