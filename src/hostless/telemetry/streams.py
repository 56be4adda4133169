"""Which life of which stream a record is: the name under which the event store keeps its events."""

import hashlib

from hostless.domain.logs import LogStream
from hostless.telemetry.events.records import StreamId


def stream_id_of(stream: LogStream) -> StreamId:
    """A stream that is deleted and made again gets another id, so old events cannot come back."""
    life = f"{stream.group}\n{stream.name}\n{stream.created_at!r}"
    return StreamId(hashlib.sha256(life.encode()).hexdigest()[:32])
