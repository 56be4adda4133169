"""All records in memory, by kind: what everybody reads.

Records are frozen, so whoever holds one may keep it across an await. Tables change only when the
store commits, on the event loop's own thread.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

from hostless.store.kinds import ALL_KINDS, Kind

R = TypeVar("R")


class Table(Generic[R]):
    """The records of one kind with their revisions and indexes."""

    def __init__(self, kind: Kind[R]) -> None:
        self._kind = kind
        self._records: dict[str, tuple[int, R]] = {}
        self._indexes: dict[str, dict[str, dict[str, None]]] = {name: {} for name in kind.indexes}

    def get(self, key: str) -> R | None:
        entry = self._records.get(key)
        return None if entry is None else entry[1]

    def revision(self, key: str) -> int:
        """The revision that last wrote the record; 0 when there is none."""
        entry = self._records.get(key)
        return 0 if entry is None else entry[0]

    def entry(self, key: str) -> tuple[int, R] | None:
        return self._records.get(key)

    def all(self) -> Iterator[R]:
        """Every record, oldest first."""
        return (record for _, record in list(self._records.values()))

    def find(self, index: str, value: str) -> list[R]:
        """The records that `index` puts under `value`, oldest first."""
        return [self._records[key][1] for key in self._indexes[index].get(value, ())]

    def count(self, index: str, value: str) -> int:
        return len(self._indexes[index].get(value, ()))

    def values(self, index: str) -> tuple[str, ...]:
        """Every value that `index` puts some record under."""
        return tuple(self._indexes[index])

    def __len__(self) -> int:
        return len(self._records)

    def write(self, key: str, entry: tuple[int, R] | None) -> None:
        """Put or (with None) remove; for the store only."""
        before = self._records.get(key)
        if before is not None:
            self._unindex(key, before[1], None if entry is None else entry[1])
        if entry is None:
            self._records.pop(key, None)
            return
        self._records[key] = entry
        for name, values_of in self._kind.indexes.items():
            for value in values_of(entry[1]):
                self._indexes[name].setdefault(value, {})[key] = None

    def _unindex(self, key: str, old: R, new: R | None) -> None:
        for name, values_of in self._kind.indexes.items():
            kept = set() if new is None else set(values_of(new))
            for value in values_of(old):
                if value in kept:
                    continue
                keys = self._indexes[name][value]
                keys.pop(key, None)
                if not keys:
                    del self._indexes[name][value]


class Tables:
    """One table per kind."""

    def __init__(self) -> None:
        self._tables: dict[str, Table[object]] = {kind.name: Table(kind) for kind in ALL_KINDS}

    def of(self, kind: Kind[R]) -> Table[R]:
        return self._tables[kind.name]  # type: ignore[return-value]
