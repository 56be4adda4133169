"""CloudWatch Logs in process, and the small things that its tests do over and over."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.client import TEST_KEY, LoopThread, make_client

from hostless.domain.arns import Realm
from hostless.domain.settings import Settings
from hostless.gateway.application import Application
from hostless.gateway.keys import Keys
from hostless.kit.clock import SystemClock
from hostless.kit.ids import Ids
from hostless.services.logs.operations import logs_api
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store
from hostless.telemetry.events.store import EventStore

NOW_MS = int(time.time() * 1000) - 60_000
DAY = 24 * 3600 * 1000


async def make_application(folder: Path) -> tuple[Application, EventStore]:
    clock = SystemClock()
    events = EventStore(folder, clock)

    async def no_websocket(*_: Any) -> None:
        raise AssertionError("no websocket expected")

    application = Application(
        (logs_api(Store(MemoryStorage(), clock), events),),
        Keys(TEST_KEY, Realm()),
        clock,
        Ids(random.Random(1)),
        Settings(state_dir=str(folder)),
        no_websocket,
    )
    return application, events


@contextmanager
def logs_client(folder: Path, portal: LoopThread) -> Iterator[Any]:
    """A botocore client of CloudWatch Logs alone, over an empty store."""
    application, events = portal.run(make_application(folder / "logs"))
    yield make_client(application, portal, "logs")
    events.close()


def put(logs: Any, stream: str, *texts: str, at: int = NOW_MS, step: int = 1) -> Any:
    events = [{"timestamp": at + n * step, "message": text} for n, text in enumerate(texts)]
    return logs.put_log_events(logGroupName="/ecs/app", logStreamName=stream, logEvents=events)


def refusal(call: Any, **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**members)
    answered = error.value.response["Error"]
    return answered["Code"], answered["Message"]


def messages(answer: Any) -> list[str]:
    return [event["message"] for event in answer["events"]]
