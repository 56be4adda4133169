"""What of an AWS service is done here: a pure comparison of AWS's model with our operations.

Every member of every offered operation's request is acted on, refused, or not acted on with why;
members are dotted paths by AWS's names, lists without an index. Writing pages is `coverage`.
"""

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from hostless.kit.naming import snake_case
from hostless.services.operation import Operation, ServiceApi

Standing: TypeAlias = Literal["acted on", "refused", "not acted on"]
UNKNOWN_HERE = "not known here"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """why: empty for what is acted on."""

    path: str
    standing: Standing
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationTable:
    """always_refused: why; then the members say nothing."""

    name: str
    members: tuple[MemberRow, ...]
    always_refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTable:
    """missing: operations of AWS's that are not offered here."""

    service: str
    operations: tuple[OperationTable, ...]
    missing: tuple[str, ...]


class StaleTable(Exception):
    """An operation's table names a member or an operation that AWS's model does not have."""


def table_of(api: ServiceApi, model: ServiceModel) -> ServiceTable:
    """Raises StaleTable."""
    offered = {operation.name: operation for operation in api.operations}
    unknown = offered.keys() - set(model.operation_names)
    if unknown:
        raise StaleTable(f"{api.name} has no operation {', '.join(sorted(unknown))}")
    return ServiceTable(
        service=api.name,
        operations=tuple(
            _operation_table(offered[name], model.operation_model(name)) for name in sorted(offered)
        ),
        missing=tuple(sorted(set(model.operation_names) - offered.keys())),
    )


def _operation_table(operation: Operation[Any], model: OperationModel) -> OperationTable:
    notes: dict[str, tuple[Standing, str]] = {
        path: ("not acted on", why) for path, why in operation.not_acted_on.items()
    }
    refused = {**operation.refused, **operation.refused_by_rule}
    notes.update({path: ("refused", why) for path, why in refused.items()})
    walk = _Walk(notes)
    shape = model.input_shape
    rows = () if shape is None else tuple(walk.rows(shape, operation.request, "", ()))
    stale = notes.keys() - walk.met
    if stale:
        raise StaleTable(f"{operation.name} has no member {', '.join(sorted(stale))}")
    return OperationTable(
        name=operation.name, members=rows, always_refused=operation.always_refused
    )


class _Walk:
    """Through the members of one request, beside the record that stands for it."""

    def __init__(self, notes: Mapping[str, tuple[Standing, str]]) -> None:
        self._notes = notes
        self.met: set[str] = set()

    def rows(
        self, shape: Shape, record: object, path: str, above: tuple[str, ...]
    ) -> Iterator[MemberRow]:
        fields = _fields_of(record)
        inner = _structure_in(shape)
        if inner is None or inner.name in above:
            return
        for name, member in inner.members.items():
            at = f"{path}.{name}" if path else name
            self.met.add(at)
            yield from self._member(member, fields, snake_case(name), at, (*above, inner.name))

    def _member(
        self,
        shape: Shape,
        fields: Mapping[str, object] | None,
        attribute: str,
        path: str,
        above: tuple[str, ...],
    ) -> Iterator[MemberRow]:
        if path in self._notes:
            standing, why = self._notes[path]
            yield MemberRow(path=path, standing=standing, why=why)
        elif fields is not None and attribute not in fields:
            yield MemberRow(path=path, standing="not acted on", why=UNKNOWN_HERE)
        else:
            record = None if fields is None else fields[attribute]
            yield from _joined(path, list(self.rows(shape, record, path, above)))
            if isinstance(shape, MapShape):
                yield from self._keys(path)

    def _keys(self, path: str) -> Iterator[MemberRow]:
        """Of a map: those that there is something to say of."""
        for key, (standing, why) in self._notes.items():
            if key.startswith(f"{path}."):
                self.met.add(key)
                yield MemberRow(path=key, standing=standing, why=why)


def _joined(path: str, inner: list[MemberRow]) -> Iterator[MemberRow]:
    """One row for a structure of which everything is acted on, else a row for each part."""
    if all(row.standing == "acted on" for row in inner):
        yield MemberRow(path=path, standing="acted on")
    else:
        yield from inner


def _structure_in(shape: Shape) -> StructureShape | None:
    while isinstance(shape, ListShape):
        shape = shape.member
    return shape if isinstance(shape, StructureShape) else None


def _fields_of(annotation: object) -> Mapping[str, object] | None:
    """The fields of the record in `R`, `R | None` or `tuple[R, ...]`; None for anything else."""
    for candidate in _records_in(annotation):
        return typing.get_type_hints(candidate)
    return None


def _records_in(annotation: object) -> Iterator[type]:
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        yield annotation
    elif typing.get_origin(annotation) in (types.UnionType, typing.Union, tuple):
        for argument in typing.get_args(annotation):
            yield from _records_in(argument)
