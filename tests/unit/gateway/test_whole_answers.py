"""An answer's head and body leave in one write, and nothing that was written is lost."""

import asyncio
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from hostless.gateway.asgi import Receive, Scope, Send, send_response
from hostless.gateway.whole_answers import WholeAnswersProtocol, WholeWrites
from hostless.protocols.messages import WireResponse

BODY = b'{"tasks": []}'


class PlainTransport(asyncio.Transport):
    """Remembers what was written, one piece per write."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.is_closed = False

    def write(self, data: Any) -> None:
        assert not self.is_closed
        self.pieces.append(bytes(data))

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    await send_response(WireResponse(status=200, headers=(), body=BODY), send, is_head=False)


async def pieces_of_answers(*requests: bytes) -> PlainTransport:
    """What is written for the requests, which come in at once."""
    plain, state = PlainTransport(), ServerState()
    config = uvicorn.Config(answer, lifespan="off", log_config=None)
    protocol = WholeAnswersProtocol(config=config, server_state=state, app_state={})
    protocol.connection_made(plain)
    protocol.data_received(b"".join(requests))
    async with asyncio.timeout(10):
        while state.tasks or len(plain.pieces) < len(requests):
            await asyncio.sleep(0)
    protocol.connection_lost(None)
    return plain


async def test_the_head_and_the_body_are_one_write() -> None:
    plain = await pieces_of_answers(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
    assert len(plain.pieces) == 1
    assert plain.pieces[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert plain.pieces[0].endswith(b"\r\n\r\n" + BODY)


async def test_a_connection_is_closed_after_the_answer_has_left() -> None:
    plain = await pieces_of_answers(b"GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
    assert plain.is_closed
    assert len(plain.pieces) == 1
    assert plain.pieces[0].endswith(BODY)


async def test_answers_of_one_connection_stay_in_order() -> None:
    plain = await pieces_of_answers(*[b"GET / HTTP/1.1\r\nhost: h\r\n\r\n"] * 3)
    assert b"".join(plain.pieces).count(BODY) == 3
    assert all(piece.endswith(BODY) for piece in plain.pieces)


async def test_nothing_is_written_once_the_client_is_gone() -> None:
    plain = PlainTransport()
    config = uvicorn.Config(answer, lifespan="off", log_config=None)
    protocol = WholeAnswersProtocol(config=config, server_state=ServerState(), app_state={})
    protocol.connection_made(plain)
    protocol.transport.write(b"for nobody")
    protocol.connection_lost(ConnectionResetError())
    plain.close()
    await asyncio.sleep(0)
    assert plain.pieces == []


async def test_what_is_written_in_two_turns_is_two_writes() -> None:
    plain = PlainTransport()
    whole = WholeWrites(plain, asyncio.get_running_loop())
    whole.write(b"a")
    whole.write(b"b")
    assert plain.pieces == []
    await asyncio.sleep(0)
    whole.write(b"c")
    await asyncio.sleep(0)
    assert plain.pieces == [b"ab", b"c"]
