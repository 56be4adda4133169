"""Records as ECS shows them: by its names, without what was never said.

ECS leaves a member out when nobody gave it, and shows some lists even when they are empty. Our
records keep absent lists as empty tuples, so that the difference is made here.
"""

from collections.abc import Collection, Hashable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, cast

_IRREGULAR = {"size_in_gib": "sizeInGiB", "managed_ebs_volume": "managedEBSVolume"}


@cache
def aws_name(name: str) -> str:
    """`task_definition_arn` is `taskDefinitionArn`."""
    if name in _IRREGULAR:
        return _IRREGULAR[name]
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@cache
def _names_of(record: Hashable) -> tuple[tuple[str, str], ...]:
    names = (field.name for field in fields(cast("type[Any]", record)))
    return tuple((name, aws_name(name)) for name in names)


def lean(record: object, shown: Collection[str] = ()) -> dict[str, object]:
    """The record's members that are given, and those of `shown` (our names) even when empty.

    Records within are treated likewise; mappings (labels, options) are shown as they are.
    """
    result: dict[str, object] = {}
    for name, wire_name in _names_of(cast(Hashable, type(record))):
        value = getattr(record, name)
        if value is None or (value == () and name not in shown):
            continue
        result[wire_name] = _value(value)
    return result


def _value(value: object) -> object:
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return lean(value)
    return value
