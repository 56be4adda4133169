"""Where a REST answer keeps its members: status, headers, body."""

from collections.abc import Callable
from typing import Any, TypeAlias

import orjson
from botocore.model import ListShape, Shape, StructureShape
from botocore.utils import is_json_value_header

from hostless.protocols.members import MemberReader
from hostless.protocols.scalars import base64_text, text_of

HeaderRenderer: TypeAlias = Callable[[Any], list[tuple[str, str]]]


class RestHead:
    """What of one output structure travels outside the body."""

    def __init__(self, shape: StructureShape) -> None:
        located = {
            name: (str(member.serialization.get("location")), _header_renderer(name, member))
            for name, member in shape.members.items()
            if "location" in member.serialization
        }
        self._reader = MemberReader(shape, located)
        self._is_empty = not located

    def render(self, answer: object, status: int) -> tuple[int, list[tuple[str, str]]]:
        """The status (an answer may state its own) and the headers."""
        headers: list[tuple[str, str]] = []
        if self._is_empty:
            return status, headers
        for (location, render), value in self._reader.present(answer):
            if location == "statusCode":
                status = int(value)
            else:
                headers.extend(render(value))
        return status, headers


def _header_renderer(name: str, member: Shape) -> HeaderRenderer:
    header = str(member.serialization.get("name", name)).lower()
    if member.serialization.get("location") == "headers":
        return lambda values: [(header + key.lower(), _safe(v)) for key, v in values.items()]
    return lambda value: [(header, _safe(_header_text(member, value)))]


def _header_text(member: Shape, value: Any) -> str:
    if is_json_value_header(member):
        return base64_text(orjson.dumps(value))
    if isinstance(member, ListShape):
        return ",".join(text_of(member.member, element, "rfc822") for element in value)
    return text_of(member, value, "rfc822")


def _safe(text: str) -> str:
    """A header must not smuggle in another one."""
    return text.replace("\r", " ").replace("\n", " ")
