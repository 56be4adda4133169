"""Requests made from AWS's model of an operation: right ones, and ones with one thing wrong.

Every member at every depth is visited. What a member may be is read from its shape (type, enum,
bounds, required members); names of things that exist come from the caller (`known`), so that a
request gets past the first check. What an answer must look like is not decided here.
"""

import copy
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape

Path: TypeAlias = tuple[str | int, ...]
"""Member names, 0 for a list's only element, a map's key."""
_Place: TypeAlias = tuple[Path, Shape]
_DEEPEST = 7
_MAP_KEY = "key"
_LONG = 10_000
_MANY = 120
_ODD_TEXTS = (
    "",
    " ",
    "x",
    "x" * _LONG,
    "é\u2028/\\:*",
    "a\x00b",
    "arn:",
    "arn:aws:ecs:us-east-1:000000000000:cluster/",
    "arn:aws:ecs:us-east-1:000000000000:service/default/none",
    "arn:aws:ecs:eu-west-1:111111111111:task-definition/web:1",
    "arn:aws:ec2:us-east-1:000000000000:subnet/subnet-1",
    "arn:aws:ecs:us-east-1:000000000000:nonsense/a/b/c/d",
    "web:0",
    "web:99999999999999999999",
    "-1",
    "1e9",
)
_WRONG_JSON: tuple[Any, ...] = (
    1,
    -1.5,
    2**63 - 1,
    "x",
    "",
    True,
    [],
    {},
    [None],
    [[]],
    [{}],
    None,
    {"a": {"b": [1]}},
)
_INSTANTS = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """members: by AWS's names. is_raw: some member may be of the wrong type: only JSON can say it.

    is_misfit: it is of the wrong type, and nobody may take it for right.
    """

    label: str
    members: dict[str, Any]
    is_raw: bool = False
    is_misfit: bool = False


class Cases:
    """known: by a member's name, values that mean something in the world that is asked.

    usual: members that a right request has beyond those which are required.
    """

    def __init__(
        self,
        source: random.Random,
        known: Callable[[str], Sequence[str]],
        usual: Mapping[str, Any],
        *,
        has_raw: bool,
    ) -> None:
        self._random = source
        self._known = known
        self._usual = usual
        self._has_raw = has_raw

    def of(self, operation: OperationModel) -> list[Case]:
        """Every case of an operation; the right one first."""
        shape = operation.input_shape
        if shape is None:
            return [Case(label="nothing", members={})]
        cases = [
            Case(label="right", members=self._whole(shape)),
            Case(label="everything", members=self._full(shape, "", 0)),
        ]
        for path, member in _places(shape):
            cases += self._cases_at(shape, path, member)
        return cases

    def random_case(self, operation: OperationModel, cases: Sequence[Case]) -> Case:
        """Members of several cases in one request."""
        chosen = self._random.sample(cases, min(len(cases), 4))
        members: dict[str, Any] = {}
        for case in chosen:
            members.update(copy.deepcopy(case.members))
        return Case(
            label=f"{operation.name}: " + " + ".join(case.label for case in chosen),
            members=members,
            is_raw=any(case.is_raw for case in chosen),
        )

    def _cases_at(self, shape: Shape, path: Path, member: Shape) -> Iterator[Case]:
        name = next(str(step) for step in reversed(path) if isinstance(step, str))
        where = ".".join(map(str, path))
        is_in_path = member.serialization.get("location") == "uri"
        if not is_in_path:  # without it there would be another path, and another operation
            yield Case(label=f"{where} absent", members=self._placed(shape, path, None))
        for value in self._variants(member, name):
            if is_in_path and value in (None, ""):
                continue
            label = f"{where} = {_short(value)}"
            yield Case(label=label, members=self._placed(shape, path, value))
        if self._has_raw:
            for value in _WRONG_JSON:
                label = f"{where} raw {value!r}"
                placed = self._placed(shape, path, [value])
                yield Case(
                    label=label,
                    members=_unwrapped(placed, path),
                    is_raw=True,
                    is_misfit=not _fits(member, value),
                )

    def _placed(self, shape: Shape, path: Path, value: Any) -> dict[str, Any]:
        """The right request with the value at the path; None takes the member out."""
        members = self._whole(shape)
        at: Any = members
        inside = shape
        for position, step in enumerate(path):
            inner = _step_into(inside, step)
            if position == len(path) - 1:
                if value is None:
                    _take_out(at, step)
                else:
                    at[step] = value
            elif isinstance(step, int):
                at[step] = self._right(inner, str(path[position - 1]))
            elif not at.get(step):
                at[step] = self._right(inner, step)
                if isinstance(at[step], list) and not at[step]:
                    at[step] = [None]
            at, inside = (at[step], inner) if position < len(path) - 1 else (at, inner)
        return members

    def _whole(self, shape: Shape) -> dict[str, Any]:
        """The right request."""
        return {**self._right(shape, ""), **copy.deepcopy(dict(self._usual))}

    def _right(self, shape: Shape, name: str) -> Any:
        """A right value with what is required and no more."""
        if isinstance(shape, StructureShape):
            names = list(shape.required_members)
            if shape.is_tagged_union:
                names = list(shape.members)[:1]
            return {member: self._right(shape.members[member], member) for member in names}
        if isinstance(shape, ListShape):
            return [self._right(shape.member, name)]
        if isinstance(shape, MapShape):
            return {_MAP_KEY: self._right(shape.value, name)}
        return self._right_scalar(shape, name)

    def _full(self, shape: Shape, name: str, depth: int) -> Any:
        """A right value with every member that there is."""
        if isinstance(shape, StructureShape) and depth < _DEEPEST:
            names = list(shape.members)
            return {m: self._full(shape.members[m], m, depth + 1) for m in names}
        if isinstance(shape, ListShape):
            return [self._full(shape.member, name, depth + 1)] if depth < _DEEPEST else []
        return self._right(shape, name)

    def _right_scalar(self, shape: Shape, name: str) -> Any:
        if isinstance(shape, StringShape) and shape.enum:
            return shape.enum[0]
        makers: Mapping[str, Callable[[], Any]] = {
            "boolean": lambda: True,
            "integer": lambda: max(1, shape.metadata.get("min", 1)),
            "long": lambda: max(1, shape.metadata.get("min", 1)),
            "float": lambda: 1.0,
            "double": lambda: 1.0,
            "timestamp": lambda: _INSTANTS[0],
            "blob": lambda: b"abc",
        }
        if shape.type_name in makers:
            return makers[shape.type_name]()
        known = self._known(name)
        return known[0] if known else "a" * max(3, shape.metadata.get("min", 3))

    def _variants(self, shape: Shape, name: str) -> list[Any]:
        if isinstance(shape, StructureShape):
            return [{}, self._full(shape, name, _DEEPEST - 3)]
        if isinstance(shape, ListShape):
            one = self._right(shape.member, name)
            most = shape.metadata.get("max")
            beyond = [] if most is None or most > 1000 else [[one] * (most + 1)]
            return [[], [one, one], [one] * _MANY, *beyond]
        if isinstance(shape, MapShape):
            one = self._right(shape.value, name)
            return [{}, {"": one}, {f"k{n}": one for n in range(_MANY)}, {"x" * 300: one}]
        return self._scalar_variants(shape, name)

    def _scalar_variants(self, shape: Shape, name: str) -> list[Any]:
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if shape.type_name in ("string", "character"):
            enum = list(shape.enum) if isinstance(shape, StringShape) else []
            bounds = [n for n in (low and low - 1, high, high and high + 1) if n and n < 10**5]
            texts = [*_ODD_TEXTS, *("b" * n for n in bounds), *self._known(name)]
            return [*enum, *(value.lower() for value in enum[:1]), *texts]
        if shape.type_name in ("integer", "long"):
            numbers = {0, 1, -1, 2, 101, 10_000, 2**31 - 1, -(2**31)}
            numbers |= {n for n in (low and low - 1, low, high, high and high + 1) if n is not None}
            return sorted(numbers)
        variants: Mapping[str, Sequence[Any]] = {
            "float": (0.0, -1.5, 0.1, 100.5, 1e30),
            "double": (0.0, -1.5, 0.1, 100.5, 1e308),
            "boolean": (True, False),
            "timestamp": _INSTANTS,
            "blob": (b"", b"x" * _LONG),
        }
        return list(variants[shape.type_name])


def _places(shape: Shape, path: Path = (), above: tuple[str, ...] = ()) -> Iterator[_Place]:
    """Every member below a shape, with where it is; a shape inside itself is not entered again."""
    if shape.name in above or len(path) > _DEEPEST:
        return
    below = (*above, shape.name)
    if isinstance(shape, StructureShape) and not shape.is_document_type:
        inner: list[tuple[str | int, Shape]] = list(shape.members.items())
    elif isinstance(shape, ListShape):
        inner = [(0, shape.member)]
    elif isinstance(shape, MapShape):
        inner = [(_MAP_KEY, shape.value)]
    else:
        return
    for step, member in inner:
        yield (*path, step), member
        yield from _places(member, (*path, step), below)


def _step_into(shape: Shape, step: str | int) -> Shape:
    if isinstance(shape, ListShape):
        return shape.member
    if isinstance(shape, MapShape):
        return shape.value
    assert isinstance(shape, StructureShape)
    return shape.members[str(step)]


def _fits(shape: Shape, value: Any) -> bool:
    """Whether JSON of this kind can be a value of the shape; null is an absent one."""
    kinds: Mapping[str, tuple[type, ...]] = {
        "structure": (dict,),
        "map": (dict,),
        "list": (list,),
        "string": (str,),
        "blob": (str,),
        "boolean": (bool,),
        "timestamp": (int, float, str),
    }
    return value is None or type(value) in kinds.get(shape.type_name, (int, float))


def _take_out(holder: Any, step: str | int) -> None:
    if isinstance(holder, list):
        holder.clear()
    else:
        holder.pop(step, None)


def _unwrapped(members: dict[str, Any], path: Path) -> dict[str, Any]:
    """The value at the path was put into a list, so that None can be placed too."""
    holder: Any = members
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = holder[path[-1]][0]
    return members


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 60 else f"{text[:50]}… ({len(text)})"
