"""Between ASGI's messages and plain requests."""

from typing import Any

import pytest
from tests.support.small_service import SmallService, small_application

from hostless.gateway.asgi import (
    GREATEST_BODY_BYTES,
    BodyTooLarge,
    CallerLeft,
    read_body,
    request_head,
    served_first,
)
from hostless.kit.foreground import Foreground
from hostless.protocols.messages import WireRequest

SCOPE = {
    "type": "http",
    "method": "GET",
    "path": "/a b",
    "raw_path": b"/a%20b?x=1",
    "query_string": b"x=1&y",
    "headers": [(b"X-One", b"1"), (b"x-one", b"2"), (b"host", b"h")],
}


def receiving(*messages: dict[str, Any]) -> Any:
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    return receive


def part(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


HEAD = WireRequest(method="POST", path="/")


def test_a_head_is_read_as_it_was_sent() -> None:
    head = request_head(SCOPE)
    assert (head.method, head.path, head.query) == ("GET", "/a%20b", "x=1&y")
    assert head.headers == {"x-one": "1,2", "host": "h"}


async def test_a_body_in_parts_is_joined() -> None:
    parts = receiving(part(b"a", more=True), part(b"", more=True), part(b"b", more=False))
    assert await read_body(HEAD, parts) == b"ab"


async def test_a_body_that_grows_too_large_is_refused_while_it_comes() -> None:
    piece = b"x" * (GREATEST_BODY_BYTES // 2 + 1)
    with pytest.raises(BodyTooLarge):
        await read_body(HEAD, receiving(part(piece, more=True), part(piece, more=True)))


async def test_a_caller_who_leaves_is_not_answered() -> None:
    gone = {"type": "http.disconnect"}
    with pytest.raises(CallerLeft):
        await read_body(HEAD, receiving(part(b"a", more=True), gone))
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await small_application(SmallService())(dict(SCOPE), receiving(gone), send)
    assert sent == []


@pytest.mark.parametrize(("kind", "counts"), [("http", True), ("websocket", False)])
async def test_a_request_is_served_in_the_foreground_and_a_websocket_is_not(
    kind: str, counts: bool
) -> None:
    foreground = Foreground()
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(foreground.is_busy)

    await served_first(app, foreground)({"type": kind}, receiving(), receiving())
    assert seen == [counts]
