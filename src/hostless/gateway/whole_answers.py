"""Has an answer's head and body leave in one write.

uvicorn writes them one after the other. An engine killed in between would leave its caller with a
head of status 200 and an empty body, which some clients take for an empty success.
"""

import asyncio
from typing import TypeAlias

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

Data: TypeAlias = bytes | bytearray | memoryview


class WholeWrites(asyncio.Transport):
    """A transport on which what is written in one turn of the loop leaves at the turn's end.

    Only what an HTTP protocol of uvicorn's does with its transport is there.
    """

    def __init__(self, plain: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.plain = plain
        self._loop = loop
        self._waiting: list[Data] = []

    def write(self, data: Data) -> None:
        if not self._waiting:
            self._loop.call_soon(self._write_all)
        self._waiting.append(data)

    def _write_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            self.plain.write(b"".join(waiting))

    def close(self) -> None:
        """What was written still leaves."""
        self._write_all()
        self.plain.close()

    def drop(self) -> None:
        """Nobody is there any more; to write would be an error."""
        self._waiting.clear()

    def is_closing(self) -> bool:
        return self.plain.is_closing()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.plain.set_protocol(protocol)


class WholeAnswersProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol over `WholeWrites`; a websocket gets the plain transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport = WholeWrites(transport, self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        if isinstance(self.transport, WholeWrites):
            self.transport.drop()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        if isinstance(self.transport, WholeWrites):
            self.transport = self.transport.plain
        super().handle_websocket_upgrade()
