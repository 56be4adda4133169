"""query and ec2: a form in, XML out."""

from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel, StructureShape

from hostless.domain.errors import ApiError
from hostless.protocols.catalogue import ServiceDescription
from hostless.protocols.error_facts import ErrorCatalogue, ErrorFacts
from hostless.protocols.form_parsing import FormParsers
from hostless.protocols.messages import WireRequest, WireResponse
from hostless.protocols.protocol import Parsed
from hostless.protocols.structured_parsing import Strangers
from hostless.protocols.xml_rendering import XmlRenderers, xml_text

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


class QueryProtocol:
    """ec2: the dialect that EC2 speaks."""

    def __init__(self, service: ServiceDescription, *, ec2: bool) -> None:
        self._ec2 = ec2
        self._parsers = FormParsers(ec2=ec2)
        self._renderers = XmlRenderers(ec2=ec2)
        self._errors = ErrorCatalogue(service)
        self._namespace = namespace_of(service)

    @property
    def name(self) -> str:
        return "ec2" if self._ec2 else "query"

    def parse(
        self, operation: OperationModel, request: WireRequest, found: Mapping[str, Any]
    ) -> Parsed:
        if operation.input_shape is None:
            return Parsed()
        strangers: Strangers = []
        members = self._parsers.of(operation.input_shape)(found, strangers)
        return Parsed(members=members, strangers=strangers)

    def render(self, operation: OperationModel, answer: object, request_id: str) -> WireResponse:
        inside = self._render_members(operation, answer)
        request_part = _xml("requestId", request_id)
        if not self._ec2:
            request_part = _xml_raw("ResponseMetadata", _xml("RequestId", request_id))
        content = request_part + inside if self._ec2 else inside + request_part
        tag = f"{operation.name}Response"
        return _response(200, f'<{tag} xmlns="{self._namespace}">{content}</{tag}>', request_id)

    def _render_members(self, operation: OperationModel, answer: object) -> str:
        shape = operation.output_shape
        if shape is None:
            return ""
        assert isinstance(shape, StructureShape)
        inside = self._renderers.inside(shape, {} if answer is None else answer)
        wrapper = shape.serialization.get("resultWrapper")
        return _xml_raw(str(wrapper), inside) if wrapper and not self._ec2 else inside

    def render_error(
        self, operation: OperationModel | None, error: ApiError, request_id: str
    ) -> WireResponse:
        facts = self._errors.facts_of(error, operation)
        if self._ec2:
            document = ec2_error(facts.code, error.message, request_id)
        else:
            members = xml_members(facts, error, self._renderers)
            document = query_error(facts, error.message, members, request_id, self._namespace)
        return _response(facts.status, document, request_id)


def namespace_of(service: ServiceDescription) -> str:
    stated = service.metadata.get("xmlNamespace")
    prefix = service.metadata["endpointPrefix"]
    return str(stated or f"http://{prefix}.amazonaws.com/doc/{service.api_version}/")


def xml_members(facts: ErrorFacts, error: ApiError, renderers: XmlRenderers) -> str:
    """The further members of an error."""
    if facts.shape is None or not error.members:
        return ""
    return renderers.inside(facts.shape, error.members)


def query_error(
    facts: ErrorFacts, message: str, members: str, request_id: str, namespace: str
) -> str:
    side = "Sender" if facts.is_callers_fault else "Receiver"
    inside = _xml("Type", side) + _xml("Code", facts.code) + _xml("Message", message) + members
    return (
        f'<ErrorResponse xmlns="{namespace}"><Error>{inside}</Error>'
        f"{_xml('RequestId', request_id)}</ErrorResponse>"
    )


def ec2_error(code: str, message: str, request_id: str) -> str:
    return (
        f"<Response><Errors><Error>{_xml('Code', code)}{_xml('Message', message)}</Error></Errors>"
        f"{_xml('RequestID', request_id)}</Response>"
    )


def _xml(tag: str, text: str) -> str:
    return f"<{tag}>{xml_text(text)}</{tag}>"


def _xml_raw(tag: str, content: str) -> str:
    return f"<{tag}>{content}</{tag}>"


def _response(status: int, document: str, request_id: str) -> WireResponse:
    headers = (("content-type", "text/xml;charset=UTF-8"), ("x-amzn-requestid", request_id))
    return WireResponse(status=status, headers=headers, body=(DECLARATION + document).encode())
