"""What others tell the service scheduler: states of targets and alarms, outages.

Records, so that whoever knows them (load balancer, alarms, a drill) writes them into the store and
whoever needs them reads them there; neither knows the other.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from hostless.kit.clock import Timestamp

TargetState: TypeAlias = Literal[
    "initial", "healthy", "unhealthy", "draining", "unused", "unavailable"
]
AlarmState: TypeAlias = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
OutageKind: TypeAlias = Literal["zone", "spot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm by its name. Written by whatever evaluates alarms.

    evaluation_seconds: within which it tells of trouble (its period times the periods it looks at).
    """

    name: str
    state: AlarmState
    evaluation_seconds: float = 60.0
    updated_at: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """No new task goes there until then: a zone by name, or `spot` for all Spot capacity.

    ends_at: None until somebody ends it.
    """

    kind: OutageKind
    name: str
    began_at: Timestamp
    ends_at: Timestamp | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.name}"

    def holds_at(self, now: Timestamp) -> bool:
        return self.ends_at is None or now < self.ends_at
