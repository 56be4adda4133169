"""Parts of a stream: what a reader holds while the writer goes on.

Files only grow or disappear, so a part stays true until its file is gone (sealed meanwhile, expired
or deleted); then the reader asks for the parts anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hostless.telemetry.events.chunks import read_chunk
from hostless.telemetry.events.frames import appended_in
from hostless.telemetry.events.records import Columns, Extent


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One chunk, or a tail file's front.

    offset: of the chunk in its segment; None for a tail. end: how much of the file counts.
    """

    path: Path
    offset: int | None
    end: int
    first_sequence: int
    extent: Extent


def columns_of(part: Part) -> Iterator[Columns]:
    """The part's events in order of arrival. Raises DamagedFile, FileNotFoundError."""
    if part.offset is not None:
        yield read_chunk(part.path, part.offset)
        return
    with part.path.open("rb") as file:
        data = file.read(part.end)
    for appended in appended_in(data):
        if appended.columns.messages:
            yield appended.columns
