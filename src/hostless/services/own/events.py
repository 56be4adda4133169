"""Reading the events kept for the event bus, as the bus will deliver them."""

from dataclasses import dataclass

from hostless.services.ecs.event_views import event_view
from hostless.services.operation import Answer, Call
from hostless.services.own.choosing import BadRequest
from hostless.store.store import Store

MOST_EVENTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEvents:
    """after: a sequence; absent: the newest events are wanted."""

    after: int | None = None
    limit: int = 100


class Events:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, request: ReadEvents, call: Call) -> Answer:
        """Oldest first. `last`: what to ask after next; `missed`: events that are kept no more."""
        if not 1 <= request.limit <= MOST_EVENTS:
            raise BadRequest(f"limit must be between 1 and {MOST_EVENTS}.")
        if request.after is not None and request.after < 0:
            raise BadRequest("after must be at least 0.")
        events = self._store.events(request.after, request.limit)
        missed = 0
        if events and request.after is not None:
            missed = events[0].sequence - request.after - 1
        return {
            "events": [
                {"sequence": event.sequence, "event": event_view(event, call.realm)}
                for event in events
            ],
            "last": events[-1].sequence if events else request.after or 0,
            "missed": missed,
        }
