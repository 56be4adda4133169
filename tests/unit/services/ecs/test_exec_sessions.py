"""Sessions of ExecuteCommand: single use, short life, limited number."""

import random

import pytest

from hostless.domain.arns import TaskId
from hostless.kit.ids import Ids
from hostless.services.ecs.exec_sessions import (
    MOST_SESSIONS,
    SECONDS_TO_CONNECT,
    ExecSession,
    ExecSessions,
    TooManyExecSessions,
)


class ManualClock:
    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sessions(clock: ManualClock) -> ExecSessions:
    return ExecSessions(clock, Ids(random.Random(1)))


def open_one(sessions: ExecSessions) -> ExecSession:
    return sessions.open(TaskId("a" * 32), "web", ("ls",))


def test_a_token_is_good_for_once(sessions: ExecSessions) -> None:
    session = open_one(sessions)
    assert sessions.redeem(session.id, session.token) == session
    assert sessions.redeem(session.id, session.token) is None


def test_a_wrong_token_opens_nothing_and_spoils_nothing(sessions: ExecSessions) -> None:
    session = open_one(sessions)
    assert sessions.redeem(session.id, "wrong") is None
    assert sessions.redeem(session.id, "smörgås") is None
    assert sessions.redeem(session.id, session.token) == session


def test_a_token_of_another_session_opens_nothing(sessions: ExecSessions) -> None:
    one, other = open_one(sessions), open_one(sessions)
    assert sessions.redeem(one.id, other.token) is None


def test_a_session_nobody_connects_to_is_forgotten(
    sessions: ExecSessions, clock: ManualClock
) -> None:
    session = open_one(sessions)
    clock.time += SECONDS_TO_CONNECT
    assert sessions.redeem(session.id, session.token) is None


def test_there_is_a_limit_that_closed_and_forgotten_sessions_do_not_count_against(
    sessions: ExecSessions, clock: ManualClock
) -> None:
    running = open_one(sessions)
    sessions.redeem(running.id, running.token)
    for _ in range(MOST_SESSIONS - 1):
        open_one(sessions)
    with pytest.raises(TooManyExecSessions, match="maximum session limit of 20"):
        open_one(sessions)
    sessions.close(running.id)
    open_one(sessions)
    with pytest.raises(TooManyExecSessions):
        open_one(sessions)
    clock.time += SECONDS_TO_CONNECT
    open_one(sessions)
