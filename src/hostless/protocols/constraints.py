"""What AWS's model demands of a value, compiled once per shape into checks.

A check reports facts (Violation); how a service words them is not decided here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import regex
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from hostless.kit.naming import snake_case
from hostless.protocols.compiling import Compiled

Kind = Literal["missing", "enum", "length", "range", "pattern", "union"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a path. name: AWS's member name, an index from 1, or a map's key."""

    name: str
    is_member: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """demand: AWS's sentence of the constraint. allowed: the enum's values."""

    kind: Kind
    path: tuple[Step, ...]
    value: object
    demand: str
    allowed: tuple[str, ...] = ()
    is_secret: bool = False


Path: TypeAlias = tuple[Step, ...]
Check: TypeAlias = Callable[[Any, Path, list[Violation]], None] | None
"""None: nothing can be wrong."""
NOT_NULL = "Member must not be null"
_SURROGATE_PAIRS = "\\uD800\\uDC00-\\uDBFF\\uDFFF"
_MOST_VIOLATIONS = 20
_UNLISTED: Mapping[str, frozenset[str]] = {
    "AccountAttributeName": frozenset(
        {
            "max-instances",
            "max-elastic-ips",
            "vpc-max-elastic-ips",
            "vpc-max-security-groups-per-interface",
        }
    ),
}
"""By shape, values that AWS takes though its model does not list them (DescribeAccountAttributes,
EC2 API Reference)."""


class Constraints:
    """The checks of one service model's shapes, for values as the parsers give them."""

    def __init__(self) -> None:
        self._compiled: Compiled[Check] = Compiled(self._build)

    def violations(self, shape: Shape, value: object) -> list[Violation]:
        """All that is wrong with a parsed value, in the model's order (a bounded number)."""
        found: list[Violation] = []
        check = self._compiled.of(shape)
        if check is not None:
            check(value, (), found)
        return found[:_MOST_VIOLATIONS]

    def _build(self, shape: Shape) -> Check:
        if isinstance(shape, StructureShape):
            return None if shape.is_document_type else self._structure(shape)
        if isinstance(shape, ListShape):
            return _elements(shape, self._compiled.of(shape.member))
        if isinstance(shape, MapShape):
            return _entries(shape, self._compiled.of(shape.key), self._compiled.of(shape.value))
        return _scalar(shape)

    def _structure(self, shape: StructureShape) -> Check:
        required = [
            (snake_case(name), Step(name=name, is_member=True)) for name in shape.required_members
        ]
        checks = [
            (snake_case(name), Step(name=name, is_member=True), self._compiled.of(member))
            for name, member in shape.members.items()
        ]
        checked = [(name, step, check) for name, step, check in checks if check is not None]
        is_union = bool(shape.is_tagged_union)
        if not required and not checked and not is_union:
            return None

        def check(value: Any, path: Path, found: list[Violation]) -> None:
            for name, step in required:
                if value.get(name) is None:
                    found.append(_missing((*path, step)))
            for name, step, member_check in checked:
                member = value.get(name)
                if member is not None:
                    member_check(member, (*path, step), found)
            if is_union and len(value) != 1:
                found.append(_not_one(path, value))

        return check


def _missing(path: Path) -> Violation:
    return Violation(kind="missing", path=path, value=None, demand=NOT_NULL)


def _not_one(path: Path, value: object) -> Violation:
    demand = "Member must have exactly one member set"
    return Violation(kind="union", path=path, value=value, demand=demand)


def _elements(shape: ListShape, element: Check) -> Check:
    whole = _bounds(shape)

    def check(value: Any, path: Path, found: list[Violation]) -> None:
        _apply(whole, shape, value, path, found)
        for index, given in enumerate(value, 1):
            if given is None:
                found.append(_missing((*path, Step(name=str(index), is_member=False))))
            elif element is not None:
                element(given, (*path, Step(name=str(index), is_member=False)), found)
            if len(found) >= _MOST_VIOLATIONS:
                return

    return check


def _entries(shape: MapShape, key_check: Check, value_check: Check) -> Check:
    whole = _bounds(shape)

    def check(value: Any, path: Path, found: list[Violation]) -> None:
        _apply(whole, shape, value, path, found)
        for key, given in value.items():
            inner = (*path, Step(name=str(key), is_member=False))
            if key_check is not None:
                key_check(key, inner, found)
            if given is None:
                found.append(_missing(inner))
            elif value_check is not None:
                value_check(given, inner, found)
            if len(found) >= _MOST_VIOLATIONS:
                return

    return check


_Demand: TypeAlias = tuple[Kind, Callable[[Any], bool], str, tuple[str, ...]]


def _apply(
    demands: list[_Demand], shape: Shape, value: Any, path: Path, found: list[Violation]
) -> None:
    for kind, is_met, demand, allowed in demands:
        if not is_met(value):
            is_secret = bool(shape.metadata.get("sensitive"))
            found.append(
                Violation(
                    kind=kind,
                    path=path,
                    value=value,
                    demand=demand,
                    allowed=allowed,
                    is_secret=is_secret,
                )
            )
            # A pattern is not tried on a text of the wrong length: that could take long.
            return


def _scalar(shape: Shape) -> Check:
    if shape.type_name in ("string", "character"):
        demands = _enum(shape) + _bounds(shape) + _pattern(shape)
    elif shape.type_name in ("integer", "long", "float", "double"):
        demands = _range(shape.metadata)
    elif shape.type_name == "blob":
        demands = _bounds(shape)
    else:
        return None
    if not demands:
        return None
    return lambda value, path, found: _apply(demands, shape, value, path, found)


def _enum(shape: Shape) -> list[_Demand]:
    values = tuple(shape.enum) if isinstance(shape, StringShape) else ()
    if not values:
        return []
    known = _UNLISTED.get(shape.name, frozenset()).union(values)
    demand = f"Member must satisfy enum value set: [{', '.join(values)}]"
    return [("enum", known.__contains__, demand, values)]


def _bounds(shape: Shape) -> list[_Demand]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    demands: list[_Demand] = []
    if low:
        sentence = f"Member must have length greater than or equal to {low}"
        demands.append(("length", lambda value: len(value) >= low, sentence, ()))
    if high is not None:
        sentence = f"Member must have length less than or equal to {high}"
        demands.append(("length", lambda value: len(value) <= high, sentence, ()))
    return demands


def _range(metadata: Mapping[str, Any]) -> list[_Demand]:
    low, high = metadata.get("min"), metadata.get("max")
    demands: list[_Demand] = []
    if low is not None:
        sentence = f"Member must have value greater than or equal to {low}"
        demands.append(("range", lambda value: value >= low, sentence, ()))
    if high is not None:
        sentence = f"Member must have value less than or equal to {high}"
        demands.append(("range", lambda value: value <= high, sentence, ()))
    return demands


def _pattern(shape: Shape) -> list[_Demand]:
    pattern = shape.metadata.get("pattern")
    if not pattern:
        return []
    is_met = matcher_of(pattern)
    if is_met is None:
        return []
    demand = f"Member must satisfy regular expression pattern: {pattern}"
    return [("pattern", is_met, demand, ())]


def matcher_of(pattern: str) -> Callable[[str], bool] | None:
    """Whether a whole text matches one of AWS's patterns; None when no engine here reads it.

    The patterns are Java's: UTF-16 surrogates stand for all characters beyond the first plane.
    """
    readable = pattern.replace(_SURROGATE_PAIRS, "\\U00010000-\\U0010FFFF").replace(
        "\ud800\udc00-\udbff\udfff", "\U00010000-\U0010ffff"
    )
    try:
        found = re.compile(readable).fullmatch
    except (re.error, OverflowError):
        try:
            found = regex.compile(readable).fullmatch
        except (regex.error, OverflowError):
            return None
    return lambda text: found(text) is not None
