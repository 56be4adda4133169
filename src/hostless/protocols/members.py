"""Read the members of an answer, be it a mapping by AWS's names or a record in snake case."""

from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any, Generic, TypeVar

from botocore.model import StructureShape

from hostless.kit.naming import snake_case
from hostless.protocols.faults import NotInModel

T = TypeVar("T")


class MemberReader(Generic[T]):
    """Which members of a structure an answer can have, and what the caller keeps for each.

    kept: by AWS's member name. A record need not have every member; a mapping must not have one
    that the model lacks (NotInModel), for that is a misspelling of ours.
    """

    def __init__(self, shape: StructureShape, kept: Mapping[str, T]) -> None:
        self._shape = shape
        self._kept = kept
        self._plans: dict[type, tuple[tuple[str, T], ...]] = {}

    def present(self, answer: object) -> Iterator[tuple[T, Any]]:
        """Pairs of what is kept and the member's value, for all members that are not None."""
        if type(answer) is dict or isinstance(answer, Mapping):
            return self._of_mapping(answer)
        return self._of_record(answer)

    def plan(self, record: type) -> tuple[tuple[str, T], ...]:
        """Pairs of attribute and what is kept, for the members that records of a type have."""
        return self._plans.get(record) or self._make_plan(record)

    def misnamed(self, name: str) -> bool:
        """Whether the model has no such member (a mapping may hold members that are not kept)."""
        return name not in self._shape.members

    def _of_mapping(self, answer: Mapping[str, object]) -> Iterator[tuple[T, Any]]:
        kept = self._kept
        for name, value in answer.items():
            if value is None:
                continue
            if name in kept:
                yield kept[name], value
            elif self.misnamed(name):
                raise NotInModel(f"{self._shape.name} has no member {name}")

    def _of_record(self, answer: object) -> Iterator[tuple[T, Any]]:
        for attribute, kept in self.plan(type(answer)):
            value = getattr(answer, attribute)
            if value is not None:
                yield kept, value

    def _make_plan(self, record: type) -> tuple[tuple[str, T], ...]:
        if not is_dataclass(record):
            raise NotInModel(f"{record.__name__} is no {self._shape.name}")
        named = ((snake_case(name), kept) for name, kept in self._kept.items())
        plan = tuple((attribute, kept) for attribute, kept in named if hasattr(record, attribute))
        self._plans[record] = plan
        return plan


def member_of(answer: object, name: str) -> Any:
    """The value of one member by AWS's name, or None."""
    if isinstance(answer, Mapping):
        return answer.get(name)
    return getattr(answer, snake_case(name), None)
