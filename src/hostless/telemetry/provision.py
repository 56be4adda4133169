"""The streams that containers' output needs, made before the containers start.

Groups and streams that callers make through the API are `hostless.services.logs`'.
"""

from collections.abc import Sequence

from hostless.domain.logs import LogGroup, LogStream, stream_key
from hostless.kit.clock import Clock
from hostless.store.kinds import LOG_GROUPS, LOG_STREAMS
from hostless.store.store import Store, Transaction, WriteConflict
from hostless.telemetry.seam import LogSink, LogsUnavailable

_ATTEMPTS = 20
_GROUP_MISSING = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried "
    "1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified "
    "log group does not exist. : exit status 1"
)
"""What ECS says of a task whose log group does not exist."""


async def have_streams(store: Store, clock: Clock, sinks: Sequence[LogSink]) -> None:
    """Make the sinks' groups (where they may be made) and streams, unless they are there.

    Raises LogsUnavailable when a group is missing, but not for a container that has written
    already: on AWS a running task goes on when its group is deleted.
    """
    for attempt in range(_ATTEMPTS):
        transaction = store.transaction("a task's containers log to it")
        for sink in sinks:
            _provide(transaction, sink, clock)
        try:
            await transaction.commit()
            return
        except WriteConflict:
            if attempt == _ATTEMPTS - 1:
                raise


def _provide(transaction: Transaction, sink: LogSink, clock: Clock) -> None:
    if transaction.get(LOG_GROUPS, sink.group) is None:
        if not sink.creates_group:
            if _has_written(sink):
                return
            raise LogsUnavailable(_GROUP_MISSING)
        transaction.put(LOG_GROUPS, LogGroup(name=sink.group, created_at=clock.now()))
    if transaction.get(LOG_STREAMS, stream_key(sink.group, sink.stream)) is None:
        stream = LogStream(group=sink.group, name=sink.stream, created_at=clock.now())
        transaction.put(LOG_STREAMS, stream)


def _has_written(sink: LogSink) -> bool:
    return sink.path is not None and sink.path.exists() and sink.path.stat().st_size > 0
