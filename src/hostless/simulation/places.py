"""Where in a TOML file something stands, so that a complaint can name the line."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """section: the table's name, empty for the top of the file. number: which of several, from 1;
    0 for a table that is there once."""

    section: str = ""
    number: int = 0

    def __str__(self) -> str:
        if not self.section:
            return "the top of the file"
        if not self.number:
            return f"[{self.section}]"
        return f"[[{self.section}]] number {self.number}"


def line_of(text: str, place: Place, key: str | None) -> int:
    """The line, from 1, of the key in its table; the table's head when the key has no line."""
    here, seen, head = not place.section, 0, 1
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?", line)
        if header is not None:
            seen += header[1] == place.section
            here = (
                bool(place.section) and header[1] == place.section and seen == (place.number or 1)
            )
            head = number if here else head
        elif here and key is not None and re.match(rf"\s*\"?{re.escape(key)}\"?\s*[.=]", line):
            return number
    return head
