"""Random values of AWS's shapes, as a client would give them, and their form inside hostless."""

import dataclasses
import random
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from hostless.kit.naming import snake_case

_FIRST = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_DEEPEST = 5
_PUNCTUATION = " &<>é/+=.-"


class RandomValues:
    """Structures with required members always, others often, down to a bounded depth."""

    def __init__(self, source: random.Random) -> None:
        self._random = source

    def of(self, shape: Shape | None, depth: int = 0, location: str | None = None) -> Any:
        if shape is None:
            return {}
        if isinstance(shape, StructureShape):
            return self._structure(shape, depth)
        if isinstance(shape, ListShape):
            count = self._random.randint(1, 2) if depth < _DEEPEST + 3 else 0
            return [self.of(shape.member, depth + 1, location) for _ in range(count)]
        if isinstance(shape, MapShape):
            keys = [str(self.of(shape.key, depth + 1, location)) for _ in range(2)]
            return {key: self.of(shape.value, depth + 1, location) for key in keys}
        return self._scalar(shape, location)

    def _structure(self, shape: StructureShape, depth: int) -> Any:
        if shape.is_document_type:
            return {"a": [1, "x"]}
        names = list(shape.members)
        if shape.is_tagged_union:
            names = [self._random.choice(names)]
        likely = 0.9 if depth == 0 else 0.6
        required = set(names if shape.is_tagged_union else shape.required_members)
        return {
            name: self.of(
                shape.members[name], depth + 1, shape.members[name].serialization.get("location")
            )
            for name in names
            if name in required or (depth < _DEEPEST and self._random.random() < likely)
        }

    def _scalar(self, shape: Shape, location: str | None) -> Any:
        if shape.serialization.get("jsonvalue"):
            return {"a": 1}
        makers: dict[str, Callable[[], Any]] = {
            "timestamp": lambda: _FIRST + timedelta(seconds=self._random.randint(0, 10**7)),
            "blob": lambda: b"abc" if location else self._random.randbytes(6),
            "boolean": lambda: self._random.random() < 0.5,
            "integer": lambda: self._random.randint(1, 500),
            "long": lambda: self._random.randint(1, 500),
            "float": lambda: self._random.randint(1, 1000) / 8,
            "double": lambda: self._random.randint(1, 1000) / 8,
        }
        if shape.type_name in makers:
            return makers[shape.type_name]()
        if isinstance(shape, StringShape) and shape.enum:
            return self._random.choice(shape.enum)
        return self._text(location)

    def _text(self, location: str | None) -> str:
        letters = string.ascii_lowercase if location else string.ascii_letters + _PUNCTUATION
        count = self._random.randint(3, 9)
        return "".join(self._random.choices(letters + string.digits, k=count)).strip() or "x"


def inside_form(shape: Shape | None, value: Any) -> Any:
    """A client's value as the parsers hand it over: snake case members, float instants."""
    if isinstance(shape, StructureShape) and not shape.is_document_type:
        return {snake_case(k): inside_form(shape.members[k], v) for k, v in value.items()}
    if isinstance(shape, ListShape):
        return [inside_form(shape.member, each) for each in value]
    if isinstance(shape, MapShape):
        return {key: inside_form(shape.value, each) for key, each in value.items()}
    return value.timestamp() if isinstance(value, datetime) else value


def answer_form(shape: Shape | None, value: Any) -> Any:
    """A value as an operation answers with: AWS's member names, float instants."""
    if isinstance(shape, StructureShape) and not shape.is_document_type:
        return {k: answer_form(shape.members[k], v) for k, v in value.items()}
    if isinstance(shape, ListShape):
        return [answer_form(shape.member, each) for each in value]
    if isinstance(shape, MapShape):
        return {key: answer_form(shape.value, each) for key, each in value.items()}
    return value.timestamp() if isinstance(value, datetime) else value


def record_form(shape: Shape, value: Any) -> Any:
    """A value as an operation answers with: records all the way down."""
    if isinstance(shape, StructureShape) and not shape.is_document_type:
        return _record(shape, value)
    if isinstance(shape, ListShape):
        return tuple(record_form(shape.member, each) for each in value)
    if isinstance(shape, MapShape):
        return {key: record_form(shape.value, each) for key, each in value.items()}
    return value.timestamp() if isinstance(value, datetime) else value


def _record(shape: StructureShape, value: Any) -> Any:
    """A dataclass made for the shape, every member of which the value lacks being None."""
    names = {name: snake_case(name) for name in shape.members}
    fields = [(attribute, object, dataclasses.field(default=None)) for attribute in names.values()]
    made = dataclasses.make_dataclass(shape.name, fields, frozen=True, slots=True, kw_only=True)
    return made(**{names[k]: record_form(shape.members[k], v) for k, v in value.items()})


def comparable(value: Any) -> Any:
    """Without what a wire cannot say: empty structures and lists, the finest fractions."""
    if isinstance(value, dict):
        kept = {key: comparable(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each not in (None, {}, [])}
    if isinstance(value, list | tuple):
        return [each for each in map(comparable, value) if each not in ({}, [])]
    if isinstance(value, datetime):
        return round(value.timestamp(), 2)
    if isinstance(value, float):
        return round(value, 2)
    return (value.read() or None) if hasattr(value, "read") else value


def difference(wanted: Any, got: Any, path: str = "") -> str:
    """Where two values differ first."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key in sorted(wanted.keys() | got.keys(), key=str):
            if wanted.get(key) != got.get(key):
                return difference(wanted.get(key), got.get(key), f"{path}.{key}")
    if isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for index, (one, other) in enumerate(zip(wanted, got, strict=True)):
            if one != other:
                return difference(one, other, f"{path}[{index}]")
    return f"{path}: {str(wanted)[:90]} != {str(got)[:90]}"
