"""Where a REST request keeps its members: path, query string, headers, body."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote

import orjson
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.utils import is_json_value_header

from hostless.kit.naming import snake_case
from hostless.protocols.faults import SerializationFault
from hostless.protocols.messages import WireRequest
from hostless.protocols.scalars import from_text

Pairs: TypeAlias = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestParts:
    """labels: the parts of the path by label name, still encoded."""

    labels: Mapping[str, str]
    query: Pairs
    headers: Mapping[str, str]


Binding: TypeAlias = tuple[str, Callable[[RestParts], Any]]
"""(member in snake case, what reads it; None when the request has no such member)."""


def parts_of(request: WireRequest, labels: Mapping[str, str]) -> RestParts:
    try:
        query = parse_qsl(request.query, keep_blank_values=True, errors="strict")
    except ValueError:
        raise SerializationFault("The query string is not valid.") from None
    return RestParts(labels=labels, query=query, headers=request.headers)


def bindings_of(shape: StructureShape) -> tuple[Binding, ...]:
    """What reads the members that are not in the body."""
    makers = {
        "uri": _from_label,
        "querystring": _from_query,
        "header": _from_header,
        "headers": _from_headers,
    }
    return tuple(
        (snake_case(name), _guarded(makers[member.serialization["location"]](name, member), member))
        for name, member in shape.members.items()
        if member.serialization.get("location") in makers
    )


def _guarded(read: Callable[[RestParts], Any], member: Shape) -> Callable[[RestParts], Any]:
    def guarded(parts: RestParts) -> Any:
        try:
            return read(parts)
        except (ValueError, OverflowError, binascii.Error):
            sentence = f"A value of the request is not of type {member.type_name}."
            raise SerializationFault(sentence) from None

    return guarded


def _wire_name(name: str, member: Shape) -> str:
    return str(member.serialization.get("name", name))


def _from_label(name: str, member: Shape) -> Callable[[RestParts], Any]:
    label = _wire_name(name, member)
    return lambda parts: from_text(member, unquote(parts.labels[label], errors="strict"))


def _from_query(name: str, member: Shape) -> Callable[[RestParts], Any]:
    key = _wire_name(name, member)
    if isinstance(member, MapShape):
        return _query_map(member)
    if isinstance(member, ListShape):
        element = member.member
        return lambda parts: [from_text(element, v) for k, v in parts.query if k == key] or None

    def read(parts: RestParts) -> Any:
        values = [value for given, value in parts.query if given == key]
        return from_text(member, values[0]) if values else None

    return read


def _query_map(member: MapShape) -> Callable[[RestParts], Any]:
    def read_lists(parts: RestParts) -> Any:
        gathered: dict[str, list[str]] = {}
        for key, value in parts.query:
            gathered.setdefault(key, []).append(value)
        return gathered

    if member.value.type_name == "list":
        return read_lists
    return lambda parts: dict(parts.query)


def _from_header(name: str, member: Shape) -> Callable[[RestParts], Any]:
    header = _wire_name(name, member).lower()

    def read(parts: RestParts) -> Any:
        value = parts.headers.get(header)
        if value is None:
            return None
        if is_json_value_header(member):
            return orjson.loads(base64.b64decode(value))
        if isinstance(member, ListShape):
            return [from_text(member.member, part.strip()) for part in value.split(",")]
        return from_text(member, value)

    return read


def _from_headers(name: str, member: Shape) -> Callable[[RestParts], Any]:
    prefix = _wire_name(name, member).lower()

    def read(parts: RestParts) -> Any:
        headers = parts.headers.items()
        found = {key[len(prefix) :]: value for key, value in headers if key.startswith(prefix)}
        return found or None

    return read
