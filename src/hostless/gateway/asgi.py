"""Between ASGI's messages and plain requests and responses."""

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import nullcontext
from typing import Any, TypeAlias

from hostless.domain.errors import ApiError
from hostless.kit.foreground import Foreground
from hostless.protocols.messages import WireRequest, WireResponse

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

GREATEST_BODY_BYTES = 16 * 1024 * 1024


class BodyTooLarge(ApiError):
    code = "RequestEntityTooLargeException"
    status = 413

    def __init__(self) -> None:
        super().__init__(f"The request is larger than {GREATEST_BODY_BYTES} bytes.")


class CallerLeft(Exception):
    """The connection ended before the request did."""


def request_head(scope: Scope) -> WireRequest:
    """The request without its body."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    return WireRequest(
        method=scope["method"],
        path=raw_path.partition(b"?")[0].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
    )


def with_body(head: WireRequest, body: bytes) -> WireRequest:
    """The whole request."""
    return WireRequest(
        method=head.method, path=head.path, query=head.query, headers=head.headers, body=body
    )


async def read_body(head: WireRequest, receive: Receive) -> bytes:
    """The whole body; BodyTooLarge, or CallerLeft when it never comes to an end."""
    stated = head.headers.get("content-length", "0")
    if stated.isascii() and stated.isdigit() and int(stated[:20]) > GREATEST_BODY_BYTES:
        raise BodyTooLarge
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CallerLeft
        part = message.get("body", b"")
        length += len(part)
        if length > GREATEST_BODY_BYTES:
            raise BodyTooLarge
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def send_response(response: WireResponse, send: Send, *, is_head: bool) -> None:
    headers = [(name.encode(), value.encode()) for name, value in response.headers]
    headers.append((b"content-length", str(len(response.body)).encode()))
    start = {"type": "http.response.start", "status": response.status, "headers": headers}
    await send(start)
    body = b"" if is_head else response.body
    await send({"type": "http.response.body", "body": body})


def served_first(app: AsgiApp, foreground: Foreground) -> AsgiApp:
    """`app`, with every HTTP request served in the foreground. Websockets stay open for long."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        with foreground if scope["type"] == "http" else nullcontext():
            await app(scope, receive, send)

    return serve
