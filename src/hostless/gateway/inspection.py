"""Which members of a request are refused, and which change nothing here.

Nothing is silently ignored: a member that AWS knows and our request record does not is reported
as not acted on, like those that the operation's table names.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from botocore.model import ListShape, MapShape, Shape, StructureShape

from hostless.kit.naming import snake_case

Path: TypeAlias = str
"""Member names by AWS's spelling, joined by dots; list elements and map keys are left out."""
UNKNOWN_HERE = "hostless does not know this member yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Members that the request gives, each with why."""

    refused: dict[Path, str] = field(default_factory=dict)
    idle: dict[Path, str] = field(default_factory=dict)


_Looking: TypeAlias = Callable[[Any, Findings], None]
_Look: TypeAlias = _Looking | None


class Inspection:
    """Looks through the parsed requests of one operation.

    record: the operation's request record (members are its fields), or another type, which is
    taken to hold everything. Raises ValueError for a path that names no member of the model.
    """

    def __init__(
        self,
        shape: Shape | None,
        record: object,
        refused: Mapping[Path, str],
        not_acted_on: Mapping[Path, str],
    ) -> None:
        self._refused = refused
        self._idle = not_acted_on
        self._met: set[Path] = set()
        self._look = None if shape is None else self._look_of(shape, record, "", ())
        unknown = (refused.keys() | not_acted_on.keys()) - self._met
        if unknown:
            raise ValueError(f"no such members in the model: {', '.join(sorted(unknown))}")

    def findings(self, members: Mapping[str, Any]) -> Findings:
        """members: as parsed, in snake case."""
        found = Findings()
        if self._look is not None:
            self._look(members, found)
        return found

    def _look_of(self, shape: Shape, record: object, path: Path, above: tuple[str, ...]) -> _Look:
        if isinstance(shape, StructureShape):
            return self._structure(shape, record, path, above)
        if isinstance(shape, ListShape):
            look = self._look_of(shape.member, _element_of(record), path, above)
            return None if look is None else _each(look, lambda value: value)
        if isinstance(shape, MapShape):
            look = self._look_of(shape.value, _element_of(record), path, above)
            if look is None:
                return self._keys(path)
            return _each(look, lambda value: value.values())
        return None

    def _keys(self, path: Path) -> _Look:
        """Of a map of plain values: those keys that are named in the operation's paths."""
        told = [each for each in (*self._refused, *self._idle) if each.startswith(f"{path}.")]
        self._met.update(told)
        marks = [(each.removeprefix(f"{path}."), self._mark(each, is_held=True)) for each in told]
        return _structure_look([(key, mark, None) for key, mark in marks]) if marks else None

    def _structure(
        self, shape: StructureShape, record: object, path: Path, above: tuple[str, ...]
    ) -> _Look:
        if shape.name in above or shape.is_document_type:
            return None
        held = _fields_of(record)
        looks = []
        for name, member in shape.members.items():
            inner = f"{path}.{name}" if path else name
            self._met.add(inner)
            attribute = snake_case(name)
            mark = self._mark(inner, is_held=held is None or attribute in held)
            inner_record = None if held is None else held.get(attribute)
            deeper = self._look_of(member, inner_record, inner, (*above, shape.name))
            if mark is not None or deeper is not None:
                looks.append((attribute, mark, deeper))
        return _structure_look(looks) if looks else None

    def _mark(self, path: Path, *, is_held: bool) -> "_Mark | None":
        if path in self._refused:
            return _Mark(path=path, why=self._refused[path], is_refused=True)
        if path in self._idle:
            return _Mark(path=path, why=self._idle[path], is_refused=False)
        return None if is_held else _Mark(path=path, why=UNKNOWN_HERE, is_refused=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    path: Path
    why: str
    is_refused: bool


def _structure_look(looks: list[tuple[str, _Mark | None, _Look]]) -> _Look:
    def look(value: Any, found: Findings) -> None:
        for attribute, mark, deeper in looks:
            given = value.get(attribute)
            if not is_given(given):
                continue
            if mark is not None:
                (found.refused if mark.is_refused else found.idle)[mark.path] = mark.why
            elif deeper is not None:
                deeper(given, found)

    return look


def _each(look: _Looking, parts_of: Callable[[Any], Iterable[Any]]) -> _Looking:
    def look_at_each(value: Any, found: Findings) -> None:
        for part in parts_of(value):
            look(part, found)

    return look_at_each


def is_given(value: object) -> bool:
    """Whether a member says anything: null, false and empty lists and maps do not."""
    return value is not None and value is not False and value not in ([], {}, ())


def _fields_of(record: object) -> dict[str, object] | None:
    """The fields of a record type with their types; None for what is no record."""
    plain = _without_none(record)
    if not (isinstance(plain, type) and dataclasses.is_dataclass(plain)):
        return None
    return dict(typing.get_type_hints(plain))


def _element_of(record: object) -> object:
    """The type of a list's elements or a map's values."""
    arguments = typing.get_args(_without_none(record))
    if not arguments:
        return None
    return arguments[0] if len(arguments) == 1 or arguments[1] is Ellipsis else arguments[1]


def _without_none(annotation: object) -> object:
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        others = [each for each in typing.get_args(annotation) if each is not type(None)]
        return others[0] if len(others) == 1 else None
    return annotation
