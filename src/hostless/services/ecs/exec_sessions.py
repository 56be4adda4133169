"""Sessions of ExecuteCommand: what was asked for, until somebody connects, and how many run.

They live in memory only: a session does not outlive its engine, as it does not outlive its
connection. Running the command is the gateway's business, with the backend's help.
"""

import hmac
from dataclasses import dataclass

from hostless.domain.arns import TaskId
from hostless.domain.errors import ClientError
from hostless.kit.clock import Clock, Timestamp
from hostless.kit.ids import Ids

MOST_SESSIONS = 20
"""Concurrent sessions, waiting and running (ECS Exec's documented quota)."""
SECONDS_TO_CONNECT = 60.0
"""A session that nobody connected to by then is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecSession:
    """command: program and arguments. token: secret, shows who may connect; good for once."""

    id: str
    task_id: TaskId
    container: str
    command: tuple[str, ...]
    token: str
    expires_at: Timestamp


class TooManyExecSessions(ClientError):
    def __init__(self) -> None:
        super().__init__(
            "Unable to start new execute sessions because the maximum session limit of "
            f"{MOST_SESSIONS} has been reached."
        )


class ExecSessions:
    """All sessions of an engine; belongs to the event loop's thread."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._waiting: dict[str, ExecSession] = {}
        self._running: set[str] = set()

    def open(self, task_id: TaskId, container: str, command: tuple[str, ...]) -> ExecSession:
        """A new session that waits for its client. Raises TooManyExecSessions."""
        self._forget_the_expired()
        if len(self._waiting) + len(self._running) >= MOST_SESSIONS:
            raise TooManyExecSessions
        session = ExecSession(
            id=f"ecs-execute-command-{self._ids.hex(17)}",
            task_id=task_id,
            container=container,
            command=command,
            token=self._ids.hex(64),
            expires_at=self._clock.now() + SECONDS_TO_CONNECT,
        )
        self._waiting[session.id] = session
        return session

    def redeem(self, session_id: str, token: str) -> ExecSession | None:
        """The session, which now runs and cannot be redeemed again; None unless the token fits."""
        self._forget_the_expired()
        session = self._waiting.get(session_id)
        if session is None or not hmac.compare_digest(session.token.encode(), token.encode()):
            return None
        del self._waiting[session_id]
        self._running.add(session_id)
        return session

    def close(self, session_id: str) -> None:
        """The session is over; unknown ones are no error."""
        self._running.discard(session_id)

    def _forget_the_expired(self) -> None:
        now = self._clock.now()
        for session in [s for s in self._waiting.values() if s.expires_at <= now]:
            del self._waiting[session.id]
