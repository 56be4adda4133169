"""Which streams' files are open: few at a time, whatever the number of streams."""

from collections import OrderedDict
from pathlib import Path

from hostless.telemetry.events.records import Extent, StreamId
from hostless.telemetry.events.stream_files import StreamFiles

OPEN_STREAMS = 256
"""Streams whose files are open and whose index is in memory; the others are opened when needed."""


class OpenStreams:
    """The most recently used streams. To be used under the event store's lock.

    extents: of every stream that was ever open, kept up to date by the event store.
    unsealed: streams with full tails. pinned: a stream that must stay open.
    """

    def __init__(self, folder: Path) -> None:
        self.extents: dict[StreamId, Extent | None] = {}
        self.unsealed: dict[StreamId, None] = {}
        self.pinned: StreamId | None = None
        self._folder = folder
        self._open: OrderedDict[StreamId, StreamFiles] = OrderedDict()

    def folder_of(self, stream: StreamId) -> Path:
        return self._folder / stream[:2] / stream

    def get(self, stream: StreamId) -> StreamFiles:
        """Open it unless it is open. Raises OSError."""
        files = self._open.get(stream)
        if files is not None:
            self._open.move_to_end(stream)
            return files
        files = self._open[stream] = StreamFiles(self.folder_of(stream))
        self.extents[stream] = files.extent
        if files.frozen():
            self.unsealed[stream] = None
        self._close_some()
        return files

    def forget(self, stream: StreamId) -> None:
        files = self._open.pop(stream, None)
        if files:
            files.close()
        self.extents.pop(stream, None)
        self.unsealed.pop(stream, None)

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()

    def _close_some(self) -> None:
        while len(self._open) > OPEN_STREAMS:
            oldest = next(stream for stream in self._open if stream != self.pinned)
            self._open.pop(oldest).close()
