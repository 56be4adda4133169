"""Runs the application on uvicorn, inside the caller's TaskGroup, without touching signals."""

import asyncio
import contextlib
import socket
from collections.abc import Generator

import uvicorn

from hostless.gateway.asgi import AsgiApp
from hostless.gateway.whole_answers import WholeAnswersProtocol

LONGEST_SHUTDOWN_SECONDS = 5
_BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 75


class _QuietServer(uvicorn.Server):
    """uvicorn without its own signal handling, that says when it serves."""

    def __init__(self, config: uvicorn.Config, serving: asyncio.Event) -> None:
        super().__init__(config)
        self._serving = serving

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._serving.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    def close_at_once(self) -> None:
        """For a run that was cancelled: nobody may connect any more."""
        for server in getattr(self, "servers", ()):
            server.close()


class GatewayServer:
    """One HTTP server. Make it, start `run` in a TaskGroup, await `serving`, later `stop`."""

    def __init__(self, app: AsgiApp, host: str, port: int) -> None:
        """port: 0 for any free one. Raises OSError when the address is not to be had."""
        self._socket = _listening_socket(host, port)
        self.serving = asyncio.Event()
        config = uvicorn.Config(
            app,
            loop="none",
            http=WholeAnswersProtocol,
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=LONGEST_SHUTDOWN_SECONDS,
        )
        self._server = _QuietServer(config, self.serving)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens: host and port."""
        host, port = self._socket.getsockname()[:2]
        return str(host), int(port)

    @property
    def url(self) -> str:
        host, port = self.address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def run(self) -> None:
        """Serve until `stop`; then open requests have LONGEST_SHUTDOWN_SECONDS to end."""
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            self._server.close_at_once()
            self.close()

    def stop(self) -> None:
        """Ask a running server to end."""
        self._server.should_exit = True

    def close(self) -> None:
        """Let go of the address without ever serving."""
        self._socket.close()


def _listening_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening
