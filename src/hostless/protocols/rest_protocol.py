"""rest-json and rest-xml: members in path, query string, headers and body."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

import orjson
from botocore.model import OperationModel, Shape, StructureShape

from hostless.domain.errors import ApiError
from hostless.kit.naming import snake_case
from hostless.protocols.catalogue import ServiceDescription
from hostless.protocols.error_facts import ErrorCatalogue
from hostless.protocols.faults import SerializationFault
from hostless.protocols.members import member_of
from hostless.protocols.messages import WireRequest, WireResponse
from hostless.protocols.protocol import Parsed
from hostless.protocols.query_protocol import (
    DECLARATION,
    namespace_of,
    query_error,
    xml_members,
)
from hostless.protocols.rest_answers import RestHead
from hostless.protocols.rest_requests import Binding, bindings_of, parts_of
from hostless.protocols.scalars import bytes_of
from hostless.protocols.structured_errors import error_body, error_headers
from hostless.protocols.structured_parsing import Strangers, StructuredParsers
from hostless.protocols.structured_protocol import decode_json
from hostless.protocols.structured_rendering import StructuredRenderers
from hostless.protocols.xml_parsing import XmlParsers, xml_element
from hostless.protocols.xml_rendering import XmlRenderers, xml_text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Input:
    """payload: the member (AWS's name) that is the whole body, if any."""

    bindings: tuple[Binding, ...]
    payload: str | None
    body_names: frozenset[str]


class RestProtocol:
    """xml: rest-xml instead of rest-json."""

    def __init__(self, service: ServiceDescription, *, xml: bool) -> None:
        self._service = service
        self._codec = _XmlCodec(service) if xml else _JsonCodec()
        self._errors = ErrorCatalogue(service)
        self._inputs: dict[str, _Input] = {}
        self._heads: dict[str, RestHead] = {}

    @property
    def name(self) -> str:
        return self._codec.protocol_name

    def parse(
        self, operation: OperationModel, request: WireRequest, found: Mapping[str, Any]
    ) -> Parsed:
        shape = operation.input_shape
        if shape is None:
            return Parsed()
        assert isinstance(shape, StructureShape)
        known = self._inputs.get(operation.name) or self._inputs.setdefault(
            operation.name, _input_of(shape)
        )
        parts = parts_of(request, found)
        read = ((name, reader(parts)) for name, reader in known.bindings)
        members = {name: value for name, value in read if value is not None}
        strangers: Strangers = []
        if known.payload is not None:
            members |= self._parse_payload(shape, known.payload, request.body, strangers)
        elif known.body_names and request.body:
            body = self._codec.parse(shape, request.body, strangers)
            members |= {name: body[name] for name in body.keys() & known.body_names}
        return Parsed(members=members, strangers=strangers)

    def _parse_payload(
        self, shape: StructureShape, payload: str, body: bytes, strangers: Strangers
    ) -> dict[str, Any]:
        member, name = shape.members[payload], snake_case(payload)
        if member.type_name == "blob":
            return {name: body} if body else {}
        if not body:
            return {}
        if member.type_name == "string":
            try:
                return {name: body.decode()}
            except UnicodeDecodeError:
                raise SerializationFault("The request body is not text in UTF-8.") from None
        return {name: self._codec.parse(member, body, strangers)}

    def render(self, operation: OperationModel, answer: object, request_id: str) -> WireResponse:
        status = int(operation.http.get("responseCode", 200))
        headers: list[tuple[str, str]] = []
        body, content_type = b"", None
        shape = operation.output_shape
        if shape is not None:
            assert isinstance(shape, StructureShape)
            answer = {} if answer is None else answer
            head = self._heads.get(operation.name) or self._heads.setdefault(
                operation.name, RestHead(shape)
            )
            status, headers = head.render(answer, status)
            body, content_type = self._render_body(shape, answer)
        if content_type and not any(name == "content-type" for name, _ in headers):
            headers.append(("content-type", content_type))
        headers.append(("x-amzn-requestid", request_id))
        return WireResponse(status=status, headers=tuple(headers), body=body)

    def _render_body(self, shape: StructureShape, answer: object) -> tuple[bytes, str | None]:
        payload = shape.serialization.get("payload")
        if payload is None:
            if all("location" in member.serialization for member in shape.members.values()):
                return b"", None
            return self._codec.render_body(shape, answer), self._codec.content_type
        member, value = shape.members[payload], member_of(answer, payload)
        if value is None:
            return b"", None
        if member.type_name in ("blob", "string"):
            return bytes_of(value), None
        return self._codec.render_payload(member, value), self._codec.content_type

    def render_error(
        self, operation: OperationModel | None, error: ApiError, request_id: str
    ) -> WireResponse:
        return self._codec.render_error(self._errors, operation, error, request_id)


def _input_of(shape: StructureShape) -> _Input:
    in_body = (n for n, member in shape.members.items() if "location" not in member.serialization)
    return _Input(
        bindings=bindings_of(shape),
        payload=shape.serialization.get("payload"),
        body_names=frozenset(snake_case(name) for name in in_body),
    )


class _JsonCodec:
    protocol_name = "rest-json"
    content_type = "application/json"

    def __init__(self) -> None:
        self._parsers = StructuredParsers(cbor=False)
        self._renderers = StructuredRenderers(cbor=False)
        self._bodies: dict[str, Callable[[Any], Any]] = {}

    def parse(self, shape: Shape, body: bytes, strangers: Strangers) -> Any:
        return self._parsers.of(shape)(decode_json(body), strangers)

    def render_body(self, shape: StructureShape, answer: object) -> bytes:
        render = self._bodies.get(shape.name) or self._bodies.setdefault(
            shape.name, self._renderers.body_of(shape)
        )
        return orjson.dumps(render(answer))

    def render_payload(self, shape: Shape, value: object) -> bytes:
        render = self._renderers.of(shape)
        return orjson.dumps(value if render is None else render(value))

    def render_error(
        self,
        errors: ErrorCatalogue,
        operation: OperationModel | None,
        error: ApiError,
        request_id: str,
    ) -> WireResponse:
        facts = errors.facts_of(error, operation)
        headers = error_headers(facts, request_id, is_query_compatible=False)
        body = error_body(facts, error, self._renderers, is_query_compatible=False)
        headers = (("content-type", self.content_type), *headers)
        return WireResponse(status=facts.status, headers=headers, body=orjson.dumps(body))


class _XmlCodec:
    protocol_name = "rest-xml"
    content_type = "application/xml"

    def __init__(self, service: ServiceDescription) -> None:
        self._service = service
        self._parsers = XmlParsers()
        self._renderers = XmlRenderers()

    def parse(self, shape: Shape, body: bytes, strangers: Strangers) -> Any:
        return self._parsers.of(shape)(xml_element(body), strangers)

    def render_body(self, shape: StructureShape, answer: object) -> bytes:
        return self._document(shape, answer)

    def render_payload(self, shape: Shape, value: object) -> bytes:
        return self._document(shape, value)

    def _document(self, shape: Shape, value: object) -> bytes:
        tag = str(shape.serialization.get("name", shape.name))
        strings: list[str] = []
        self._renderers.of(shape)(strings, tag, value)
        stated = shape.serialization.get("xmlNamespace") or {}
        uri = self._service.metadata.get("xmlNamespace") or stated.get("uri")
        if uri and strings:
            strings[0] = strings[0].replace(f"<{tag}", f"<{tag} xmlns={quoteattr(uri)}", 1)
        return (DECLARATION + "".join(strings)).encode()

    def render_error(
        self,
        errors: ErrorCatalogue,
        operation: OperationModel | None,
        error: ApiError,
        request_id: str,
    ) -> WireResponse:
        facts = errors.facts_of(error, operation)
        members = xml_members(facts, error, self._renderers)
        if self._service.name == "s3":
            document = (
                f"<Error><Code>{facts.code}</Code><Message>{xml_text(error.message)}</Message>"
                f"{members}<RequestId>{request_id}</RequestId></Error>"
            )
        else:
            namespace = namespace_of(self._service)
            document = query_error(facts, error.message, members, request_id, namespace)
        headers = (
            ("content-type", self.content_type),
            ("x-amzn-requestid", request_id),
            ("x-amz-request-id", request_id),
        )
        return WireResponse(
            status=facts.status, headers=headers, body=(DECLARATION + document).encode()
        )
