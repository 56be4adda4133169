"""A piece of a node's log, read line by line. Pure.

HAProxy writes texts of clients in quotes, with backslashes before quotes, backslashes and closing
brackets, and everything else as it is (configuration manual, "Custom log format", flag E).
"""

import re
from collections.abc import Iterator

from hostless.balancer.local import log_connections, log_entries
from hostless.balancer.local.log_lines import CONNECTION_MARK, MARK
from hostless.balancer.seam import LoggedRequest

_WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"|([^ "]+)|"')
"""A quote by itself begins a text that does not end."""
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_ODD = re.compile(rb'["\\\x00-\x1f\x7f-\xff]')
_ODD_BUT_QUOTES = re.compile(rb"[\\\x00-\x1f\x7f-\xff]")
"""Most lines have none of these: then quotes are where texts begin and end."""
_READERS = {MARK: log_entries.entry_of, CONNECTION_MARK: log_connections.entry_of}
_MARKS = tuple(f"{mark} ".encode() for mark in _READERS)


def requests_of(piece: bytes, start: int) -> Iterator[LoggedRequest]:
    """piece: whole lines. start: where they begin in the log. Torn lines, and those that are about
    something else, are left out."""
    until = start
    for line in piece.splitlines(keepends=True):
        until += len(line)
        words = _words_in(line)
        found = _READERS[words[0]](words) if words else None
        if found is not None:
            yield LoggedRequest(ended_at=found[0], until=until, text=found[1])


def _words_in(line: bytes) -> list[str]:
    """From the mark on; none of a line that is torn, which may have the next one behind it."""
    begin = max(line.rfind(mark) for mark in _MARKS)
    whole = line[begin:].rstrip(b"\n")
    if begin < 0 or not whole.endswith(b'"'):
        return []
    if not _ODD_BUT_QUOTES.search(whole):
        bare, *texts = whole.decode().split('"')
        is_torn = len(texts) % 2 == 1
        return [] if is_torn else [*bare.split(), *(text or "-" for text in texts[::2])]
    found = list(_WORD.finditer(whole))
    if any(match[0] == b'"' for match in found):
        return []
    return [
        _plain(match[1]) if match[1] is not None else match[2].decode("ascii", "replace")
        for match in found
    ]


def _plain(text: bytes) -> str:
    """A text as AWS tells it: quotes and backslashes have a backslash before them, control
    characters and what is not ASCII are `\\xHH`; none is `-`."""
    if not _ODD.search(text):
        return text.decode() or "-"
    return _ODD.sub(_spoken, _ESCAPED.sub(rb"\1", text)).decode()


def _spoken(match: re.Match[bytes]) -> bytes:
    if match[0] in (b'"', b"\\"):
        return b"\\" + match[0]
    return b"\\x%02X" % match[0][0]
