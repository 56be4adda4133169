"""The events kept for the event bus, from bytes to records and back.

An event is kept as the record that tells it: a task as it became, or what a controller emitted. So
keeping one costs nothing but its bytes (a task is encoded for its own row anyway), and how it looks
on the bus is made when somebody reads it (`hostless.services.ecs.event_views`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from hostless.domain.ecs_events import DeploymentStateChange, Emitted, ServiceAction
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp
from hostless.store.kinds import TASKS
from hostless.store.storage import KeptEvent

Told: TypeAlias = Task | ServiceAction | DeploymentStateChange
_SERVICE_ACTION = "service_action"
_DEPLOYMENT_STATE_CHANGE = "deployment_state_change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """sequence: rises by one with every event; `record` is what was committed at `at`."""

    sequence: int
    at: Timestamp
    record: Told


class EventDecoder:
    def __init__(self) -> None:
        self._decode: Mapping[str, Callable[[bytes], Told]] = {
            TASKS.name: msgspec.json.Decoder(Task).decode,
            _SERVICE_ACTION: msgspec.json.Decoder(ServiceAction).decode,
            _DEPLOYMENT_STATE_CHANGE: msgspec.json.Decoder(DeploymentStateChange).decode,
        }

    def event_of(self, kept: KeptEvent) -> Event:
        entry = kept.entry
        record = self._decode[entry.kind](entry.body)
        return Event(sequence=kept.sequence, at=entry.at, record=record)


def kind_of(event: Emitted) -> str:
    """The name of its kind on disk, never changed."""
    match event:
        case ServiceAction():
            return _SERVICE_ACTION
        case DeploymentStateChange():
            return _DEPLOYMENT_STATE_CHANGE
