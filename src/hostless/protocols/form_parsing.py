"""Forms of the query and ec2 protocols: dotted names into a tree, the tree into plain values."""

from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from botocore.model import ListShape, MapShape, Shape, StructureShape

from hostless.kit.naming import snake_case
from hostless.protocols.compiling import Compiled, by_kind
from hostless.protocols.faults import MalformedInput
from hostless.protocols.scalars import from_text
from hostless.protocols.structured_parsing import Parser, Strangers

FormTree: TypeAlias = dict[str, Any]
"""A name's part to a text or to a further tree."""
_LONGEST_INDEX = 6
_ALWAYS_THERE = frozenset(("Action", "Version"))


def form_tree(form: str) -> FormTree:
    """`A.B=1&A.C=2` as `{"A": {"B": "1", "C": "2"}}`; MalformedInput when it is no form."""
    root: FormTree = {}
    try:
        pairs = parse_qsl(form, keep_blank_values=True, errors="strict")
    except ValueError:
        raise MalformedInput("The request is not a form in UTF-8.") from None
    for name, value in pairs:
        node, *parts = root, *name.split(".")
        for part in parts[:-1]:
            inner = node.get(part)
            if type(inner) is not dict:
                inner = node[part] = {}
            node = inner
        node[parts[-1]] = value
    return root


def _indexed(node: Mapping[str, Any]) -> list[Any]:
    indices = [key for key in node if _is_index(key)]
    if len(indices) != len(node):
        raise MalformedInput("Expected the numbers of list elements.")
    return [node[key] for key in sorted(indices, key=int)]


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= _LONGEST_INDEX


class FormParsers:
    """The parsers of one service model's shapes. ec2: the dialect that EC2 speaks."""

    def __init__(self, *, ec2: bool) -> None:
        self._ec2 = ec2
        self._compiled: Compiled[Parser] = Compiled(
            by_kind(
                structure=self._structure, elements=self._list, entries=self._map, scalar=_scalar
            )
        )

    def of(self, shape: Shape) -> Parser:
        return self._compiled.of(shape)

    def _structure(self, shape: StructureShape) -> Parser:
        members = {
            self._wire_name(name, member): (snake_case(name), self.of(member))
            for name, member in shape.members.items()
        }
        structure = shape.name

        def parse(node: Any, strangers: Strangers) -> Any:
            if type(node) is not dict:
                if node == "":
                    return {}
                raise MalformedInput(f"Expected members of {structure}.")
            parsed = {}
            for name, given in node.items():
                known = members.get(name)
                if known is not None:
                    parsed[known[0]] = known[1](given, strangers)
                elif name not in _ALWAYS_THERE:
                    strangers.append((structure, name))
            return parsed

        return parse

    def _wire_name(self, name: str, member: Shape) -> str:
        traits = member.serialization
        if self._ec2:
            if "queryName" in traits:
                return str(traits["queryName"])
            written = str(traits.get("name", name))
            return written[0].upper() + written[1:] if "name" in traits else name
        if isinstance(member, ListShape) and traits.get("flattened"):
            return str(member.member.serialization.get("name", traits.get("name", name)))
        return str(traits.get("name", name))

    def _list(self, shape: ListShape) -> Parser:
        element = self.of(shape.member)
        is_flat = self._ec2 or bool(shape.serialization.get("flattened"))
        wrapper = None if is_flat else str(shape.member.serialization.get("name", "member"))

        def parse(node: Any, strangers: Strangers) -> Any:
            if node == "":
                return []
            if type(node) is not dict:
                return [element(node, strangers)]
            if wrapper is not None:
                node = node.get(wrapper, node.get("member", node))
            if type(node) is not dict:
                raise MalformedInput("Expected the numbers of list elements.")
            return [element(given, strangers) for given in _indexed(node)]

        return parse

    def _map(self, shape: MapShape) -> Parser:
        key_parser, value_parser = self.of(shape.key), self.of(shape.value)
        is_flat = bool(shape.serialization.get("flattened"))
        key_name = str(shape.key.serialization.get("name", "key"))
        value_name = str(shape.value.serialization.get("name", "value"))

        def parse(node: Any, strangers: Strangers) -> Any:
            if node == "":
                return {}
            entries = node if is_flat or type(node) is not dict else node.get("entry", {})
            if type(entries) is not dict:
                raise MalformedInput("Expected the numbers of map entries.")
            parsed = {}
            for entry in _indexed(entries):
                if type(entry) is not dict or key_name not in entry:
                    raise MalformedInput("A map entry has no key.")
                key = key_parser(entry[key_name], strangers)
                parsed[key] = value_parser(entry.get(value_name, ""), strangers)
            return parsed

        return parse


def _scalar(shape: Shape) -> Parser:
    def parse(node: Any, _strangers: Strangers) -> Any:
        if type(node) is not str:
            raise MalformedInput(f"Expected a value of type {shape.type_name}.")
        try:
            return from_text(shape, node)
        except (ValueError, OverflowError):
            raise MalformedInput(f"{node[:100]!r} is not of type {shape.type_name}.") from None

    return parse
