"""Answers as XML (query, ec2 and rest-xml): each renderer appends strings to a list."""

import re
from collections.abc import Callable
from typing import Any, TypeAlias
from xml.sax.saxutils import escape, quoteattr

from botocore.model import ListShape, MapShape, Shape, StructureShape

from hostless.protocols.compiling import Compiled, by_kind
from hostless.protocols.members import MemberReader, member_of
from hostless.protocols.scalars import text_of

XmlRenderer: TypeAlias = Callable[[list[str], str, Any], None]
"""(strings to append to, tag, value)."""

# XML 1.0 has no way to say most control characters; a bare carriage return would be read as \n.
_UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def xml_text(text: str) -> str:
    """Text for between tags; characters that XML cannot hold become U+FFFD."""
    return _UNSAYABLE.sub("\ufffd", escape(text)).replace("\r", "&#xD;")


class XmlRenderers:
    """The renderers of one service model's shapes. ec2: unnamed list elements are `item`."""

    def __init__(self, *, ec2: bool = False) -> None:
        self._element_tag = "item" if ec2 else "member"
        self._compiled: Compiled[XmlRenderer] = Compiled(
            by_kind(
                structure=self._structure, elements=self._list, entries=self._map, scalar=_scalar
            )
        )

    def of(self, shape: Shape) -> XmlRenderer:
        return self._compiled.of(shape)

    def inside(self, shape: StructureShape, answer: object) -> str:
        """The members of a structure without the tags around them."""
        strings: list[str] = []
        self.of(shape)(strings, "", answer)
        return "".join(strings[1:-1])

    def _structure(self, shape: StructureShape) -> XmlRenderer:
        reader = MemberReader(shape, self._body_members(shape))
        attributes = _attributes(shape)
        namespace = shape.serialization.get("xmlNamespace") or {}
        prefix = namespace.get("prefix") if isinstance(namespace, dict) else None
        declared = f" xmlns:{prefix}={quoteattr(namespace['uri'])}" if prefix else ""

        def render(strings: list[str], tag: str, answer: Any) -> None:
            strings.append(f"<{tag}{declared}{attributes(answer)}>")
            for (name, renderer), value in reader.present(answer):
                renderer(strings, name, value)
            strings.append(f"</{tag}>")

        return render

    def _body_members(self, shape: StructureShape) -> dict[str, tuple[str, XmlRenderer]]:
        return {
            name: (str(member.serialization.get("name", name)), self.of(member))
            for name, member in shape.members.items()
            if not {"xmlAttribute", "location"} & member.serialization.keys()
        }

    def _list(self, shape: ListShape) -> XmlRenderer:
        element = self.of(shape.member)
        named = shape.member.serialization.get("name")
        if shape.serialization.get("flattened"):

            def render_flat(strings: list[str], tag: str, values: Any) -> None:
                for value in values:
                    element(strings, named or tag, value)

            return render_flat
        element_tag = str(named or self._element_tag)

        def render(strings: list[str], tag: str, values: Any) -> None:
            strings.append(f"<{tag}>")
            for value in values:
                element(strings, element_tag, value)
            strings.append(f"</{tag}>")

        return render

    def _map(self, shape: MapShape) -> XmlRenderer:
        key_renderer, value_renderer = self.of(shape.key), self.of(shape.value)
        key_tag = str(shape.key.serialization.get("name", "key"))
        value_tag = str(shape.value.serialization.get("name", "value"))

        def entries(strings: list[str], tag: str, values: Any) -> None:
            for key, value in values.items():
                strings.append(f"<{tag}>")
                key_renderer(strings, key_tag, key)
                value_renderer(strings, value_tag, value)
                strings.append(f"</{tag}>")

        if shape.serialization.get("flattened"):
            return entries

        def render(strings: list[str], tag: str, values: Any) -> None:
            strings.append(f"<{tag}>")
            entries(strings, "entry", values)
            strings.append(f"</{tag}>")

        return render


def _attributes(shape: StructureShape) -> Callable[[object], str]:
    named = [
        (name, str(member.serialization.get("name", name)))
        for name, member in shape.members.items()
        if member.serialization.get("xmlAttribute")
    ]
    if not named:
        return lambda _answer: ""

    def render(answer: object) -> str:
        given = ((tag, member_of(answer, name)) for name, tag in named)
        return "".join(f" {tag}={quoteattr(str(v))}" for tag, v in given if v is not None)

    return render


def _scalar(shape: Shape) -> XmlRenderer:
    def render(strings: list[str], tag: str, value: Any) -> None:
        strings.append(f"<{tag}>{xml_text(text_of(shape, value))}</{tag}>")

    return render
