"""Answers into values that JSON or CBOR can encode, by AWS's wire names."""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import cbor2
from botocore.model import ListShape, MapShape, Shape, StructureShape

from hostless.protocols.compiling import Compiled
from hostless.protocols.faults import NotInModel
from hostless.protocols.members import MemberReader
from hostless.protocols.scalars import (
    base64_text,
    bytes_of,
    epoch_number,
    float_text,
    timestamp_text,
)

Renderer: TypeAlias = Callable[[Any], Any] | None
"""None: the value is rendered as it is."""


class StructuredRenderers:
    """The renderers of one service model's shapes."""

    def __init__(self, *, cbor: bool) -> None:
        self._cbor = cbor
        self._compiled: Compiled[Renderer] = Compiled(self._build)

    def of(self, shape: Shape) -> Renderer:
        return self._compiled.of(shape)

    def body_of(self, shape: StructureShape) -> Callable[[Any], Any]:
        """Renders the members of a structure that travel in the body (REST protocols)."""
        return self._structure(shape, body_only=True)

    def _build(self, shape: Shape) -> Renderer:
        if isinstance(shape, StructureShape):
            return None if shape.is_document_type else self._structure(shape, body_only=False)
        if isinstance(shape, ListShape):
            return _list(self.of(shape.member))
        if isinstance(shape, MapShape):
            return _map(self.of(shape.value))
        return _scalar(shape, cbor=self._cbor)

    def _structure(self, shape: StructureShape, *, body_only: bool) -> Callable[[Any], Any]:
        members: dict[str, tuple[str, Renderer]] = {
            name: (
                name if self._cbor else str(member.serialization.get("name", name)),
                self.of(member),
            )
            for name, member in shape.members.items()
            if not (body_only and "location" in member.serialization)
        }
        reader = MemberReader(shape, members)
        return _structure_renderer(shape.name, reader, members)


def _structure_renderer(
    structure: str, reader: MemberReader[tuple[str, Renderer]], members: Mapping[str, Any]
) -> Callable[[Any], Any]:
    names = members.keys()
    is_as_it_is = all(name == kept[0] and kept[1] is None for name, kept in members.items())

    def of_mapping(answer: Mapping[str, Any]) -> Mapping[str, Any]:
        is_dict = type(answer) is dict
        if is_as_it_is and is_dict and answer.keys() <= names and None not in answer.values():
            return answer
        rendered = {}
        for name, value in answer.items():
            if value is None:
                continue
            kept = members.get(name)
            if kept is not None:
                wire_name, renderer = kept
                rendered[wire_name] = value if renderer is None else renderer(value)
            elif reader.misnamed(name):
                raise NotInModel(f"{structure} has no member {name}")
        return rendered

    def render(answer: Any) -> Mapping[str, Any]:
        if type(answer) is dict or isinstance(answer, Mapping):
            return of_mapping(answer)
        rendered = {}
        for attribute, (wire_name, renderer) in reader.plan(type(answer)):
            value = getattr(answer, attribute)
            if value is not None:
                rendered[wire_name] = value if renderer is None else renderer(value)
        return rendered

    return render


def _list(element: Renderer) -> Renderer:
    if element is None:
        return list
    return lambda values: [element(value) for value in values]


def _map(element: Renderer) -> Renderer:
    if element is None:
        return dict
    return lambda values: {key: element(value) for key, value in values.items()}


def _scalar(shape: Shape, *, cbor: bool) -> Renderer:
    match shape.type_name:
        case "timestamp" if cbor:
            return lambda value: cbor2.CBORTag(1, float(epoch_number(value)))
        case "timestamp":
            return _timestamp(shape.serialization.get("timestampFormat", "unixTimestamp"))
        case "blob":
            return bytes_of if cbor else base64_text
        case "float" | "double" if not cbor:
            return lambda value: value if math.isfinite(value) else float_text(value)
    return None


def _timestamp(spelling: str) -> Renderer:
    if spelling == "unixTimestamp":
        return epoch_number
    return lambda value: timestamp_text(value, spelling)
