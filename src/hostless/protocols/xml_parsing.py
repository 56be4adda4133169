"""XML bodies (rest-xml) into plain values."""

from collections.abc import Callable
from typing import Any, TypeAlias
from xml.etree import ElementTree as Xml

from botocore.model import ListShape, MapShape, Shape, StructureShape

from hostless.kit.naming import snake_case
from hostless.protocols.compiling import Compiled, by_kind
from hostless.protocols.faults import MalformedXml
from hostless.protocols.scalars import from_text
from hostless.protocols.structured_parsing import Strangers

XmlParser: TypeAlias = Callable[[Any, Strangers], Any]
"""(an element, or the list of elements of one tag where the list is flat)."""
_SENTENCE = (
    "The XML you provided was not well-formed or did not validate against our published schema"
)


def xml_element(body: bytes) -> Xml.Element:
    """The root element; MalformedXml. Documents with a DTD are refused: entities can explode."""
    try:
        if "<!" in body.decode():
            raise MalformedXml(_SENTENCE)
        return Xml.fromstring(body)
    except (Xml.ParseError, ValueError, LookupError):
        raise MalformedXml(_SENTENCE) from None


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]


class XmlParsers:
    """The parsers of one service model's shapes."""

    def __init__(self) -> None:
        self._compiled: Compiled[XmlParser] = Compiled(
            by_kind(
                structure=self._structure, elements=self._list, entries=self._map, scalar=_scalar
            )
        )

    def of(self, shape: Shape) -> XmlParser:
        return self._compiled.of(shape)

    def _structure(self, shape: StructureShape) -> XmlParser:
        members = {
            _wire_name(name, member): (snake_case(name), self.of(member), _is_flat(member))
            for name, member in shape.members.items()
            if not member.serialization.get("xmlAttribute")
        }
        attributes = {
            str(member.serialization["name"]).split(":")[-1]: snake_case(name)
            for name, member in shape.members.items()
            if member.serialization.get("xmlAttribute")
        }
        structure = shape.name

        def parse(element: Any, strangers: Strangers) -> Any:
            parsed: dict[str, Any] = {
                attributes[_local(name)]: value
                for name, value in element.attrib.items()
                if _local(name) in attributes
            }
            for tag, children in _by_tag(element).items():
                if tag not in members:
                    strangers.append((structure, tag))
                    continue
                name, parser, is_flat = members[tag]
                parsed[name] = parser(children if is_flat else children[0], strangers)
            return parsed

        return parse

    def _list(self, shape: ListShape) -> XmlParser:
        parser = self.of(shape.member)
        return lambda element, strangers: [parser(child, strangers) for child in element]

    def _map(self, shape: MapShape) -> XmlParser:
        key_parser, value_parser = self.of(shape.key), self.of(shape.value)
        key_tag = str(shape.key.serialization.get("name", "key"))
        value_tag = str(shape.value.serialization.get("name", "value"))

        def parse(element: Any, strangers: Strangers) -> Any:
            parsed = {}
            for entry in element:
                parts = {_local(part.tag): part for part in entry}
                if key_tag not in parts or value_tag not in parts:
                    raise MalformedXml(_SENTENCE)
                key = key_parser(parts[key_tag], strangers)
                parsed[key] = value_parser(parts[value_tag], strangers)
            return parsed

        return parse


def _by_tag(element: Xml.Element) -> dict[str, list[Xml.Element]]:
    children: dict[str, list[Xml.Element]] = {}
    for child in element:
        children.setdefault(_local(child.tag), []).append(child)
    return children


def _is_flat(member: Shape) -> bool:
    return bool(member.serialization.get("flattened"))


def _wire_name(name: str, member: Shape) -> str:
    if _is_flat(member) and isinstance(member, ListShape):
        return str(
            member.member.serialization.get("name") or member.serialization.get("name", name)
        )
    return str(member.serialization.get("name", name))


def _scalar(shape: Shape) -> XmlParser:
    def parse(element: Any, _strangers: Strangers) -> Any:
        try:
            return from_text(shape, element.text or "")
        except (ValueError, OverflowError):
            raise MalformedXml(_SENTENCE) from None

    return parse
