"""A kind of records that the store keeps. Which kinds there are is `kinds`' business."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Kind(Generic[R]):
    """name: of the kind on disk, never changed. key: unique within the kind.

    indexes: by name, the values under which `Tables.find` finds the record.
    state: what the journal says of the record; an entry is written when it changes.
    version: rises with what the event bus is to hear of; an event is kept of a write that changes
    it, the first one included.
    """

    name: str
    record: type[R]
    key: Callable[[R], str]
    indexes: Mapping[str, Callable[[R], Iterable[str]]] = field(default_factory=dict)
    state: Callable[[R], str] | None = None
    version: Callable[[R], int] | None = None
