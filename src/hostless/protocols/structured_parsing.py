"""Values of JSON or CBOR into plain values: types checked, structure members in snake case.

Wrong types raise SerializationFault in AWS's words; members that the model lacks are dropped and
noted. A null member is an absent one; a null element stays None, for validation to refuse.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from botocore.model import ListShape, MapShape, Shape, StructureShape

from hostless.kit.naming import snake_case
from hostless.protocols.compiling import Compiled
from hostless.protocols.faults import SerializationFault
from hostless.protocols.scalars import decode_base64, fitting_integer, timestamp_of

Strangers: TypeAlias = list[tuple[str, str]]
"""(structure, member) that a request has and the model lacks."""
Parser: TypeAlias = Callable[[Any, Strangers], Any]

_TOKENS = {bool: "TRUE_VALUE", int: "NUMBER_VALUE", float: "NUMBER_VALUE", str: "STRING_VALUE"}
_WANTED = {
    "string": "String",
    "character": "String",
    "integer": "Integer",
    "long": "Long",
    "float": "Float",
    "double": "Double",
    "boolean": "Boolean",
    "timestamp": "Timestamp",
    "blob": "Blob",
}


class StructuredParsers:
    """The parsers of one service model's shapes."""

    def __init__(self, *, cbor: bool) -> None:
        self._cbor = cbor
        self._compiled: Compiled[Parser] = Compiled(self._build)

    def of(self, shape: Shape) -> Parser:
        return self._compiled.of(shape)

    def _build(self, shape: Shape) -> Parser:
        if isinstance(shape, StructureShape):
            return _document if shape.is_document_type else self._structure(shape)
        if isinstance(shape, ListShape):
            return self._list(shape)
        if isinstance(shape, MapShape):
            return self._map(shape)
        return _scalar(shape, cbor=self._cbor)

    def _structure(self, shape: StructureShape) -> Parser:
        members = {
            (member.serialization.get("name", name) if not self._cbor else name): (
                snake_case(name),
                self.of(member),
            )
            for name, member in shape.members.items()
        }
        structure = shape.name

        def parse(value: Any, strangers: Strangers) -> Any:
            if type(value) is not dict:
                raise wrong_type(shape, value)
            parsed = {}
            for name, given in value.items():
                known = members.get(name)
                if known is None:
                    if name != "__type":
                        strangers.append((structure, str(name)))
                elif given is not None:
                    parsed[known[0]] = known[1](given, strangers)
            return parsed

        return parse

    def _list(self, shape: ListShape) -> Parser:
        element = self.of(shape.member)

        def parse(value: Any, strangers: Strangers) -> Any:
            if type(value) is not list:
                raise wrong_type(shape, value)
            return [None if given is None else element(given, strangers) for given in value]

        return parse

    def _map(self, shape: MapShape) -> Parser:
        element = self.of(shape.value)

        def parse(value: Any, strangers: Strangers) -> Any:
            if type(value) is not dict:
                raise wrong_type(shape, value)
            if not all(type(key) is str for key in value):
                raise SerializationFault("Expected a string as the key of a map")
            return {
                key: None if given is None else element(given, strangers)
                for key, given in value.items()
            }

        return parse


def _document(value: Any, _strangers: Strangers) -> Any:
    return value


def _scalar(shape: Shape, *, cbor: bool) -> Parser:
    convert = _conversion(shape.type_name, cbor=cbor)

    def parse(value: Any, _strangers: Strangers) -> Any:
        try:
            return convert(value)
        except (ValueError, TypeError, OverflowError):
            raise wrong_type(shape, value) from None

    return parse


def _conversion(type_name: str, *, cbor: bool) -> Callable[[Any], Any]:
    match type_name:
        case "string" | "character":
            return _string
        case "boolean":
            return _boolean
        case "integer" | "long":
            return lambda value: _integer(value, type_name)
        case "float" | "double":
            return _float
        case "timestamp":
            return timestamp_of
        case "blob":
            return _bytes if cbor else _base64
    raise ValueError(f"no scalar: {type_name}")


def _string(value: Any) -> str:
    if type(value) is not str:
        raise TypeError
    return value


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise TypeError
    return value


def _integer(value: Any, type_name: str) -> int:
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int:
        raise TypeError
    return fitting_integer(value, type_name)


def _float(value: Any) -> float:
    if value in ("NaN", "Infinity", "-Infinity") or type(value) in (int, float):
        return float(value)
    raise TypeError


def _bytes(value: Any) -> bytes:
    if type(value) is not bytes:
        raise TypeError
    return value


def _base64(value: Any) -> bytes:
    return decode_base64(_string(value))


def wrong_type(shape: Shape, value: object) -> SerializationFault:
    """AWS's sentence for a value that is not of its member's type."""
    if isinstance(value, dict):
        return SerializationFault("Start of structure or map found where not expected.")
    if isinstance(value, list):
        return SerializationFault("Start of list found where not expected")
    if shape.type_name == "list":
        return SerializationFault("Expected list or null")
    if shape.type_name in ("structure", "map"):
        return SerializationFault("Expected map or null")
    token = "FALSE_VALUE" if value is False else _TOKENS.get(type(value), "VALUE")
    wanted = _WANTED[shape.type_name]
    article = "an" if wanted[0] in "I" else "a"
    return SerializationFault(f"{token} can not be converted to {article} {wanted}")
