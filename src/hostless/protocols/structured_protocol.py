"""json 1.0 and 1.1, and smithy-rpc-v2-cbor: one encoded structure in, one out."""

from collections.abc import Mapping
from typing import Any

import cbor2
import orjson
from botocore.model import OperationModel

from hostless.domain.errors import ApiError
from hostless.protocols.catalogue import ServiceDescription
from hostless.protocols.error_facts import ErrorCatalogue
from hostless.protocols.faults import SerializationFault
from hostless.protocols.messages import WireRequest, WireResponse
from hostless.protocols.protocol import Parsed
from hostless.protocols.structured_errors import error_body, error_headers
from hostless.protocols.structured_parsing import Strangers, StructuredParsers
from hostless.protocols.structured_rendering import StructuredRenderers


class StructuredProtocol:
    """cbor: smithy-rpc-v2-cbor instead of json."""

    def __init__(self, service: ServiceDescription, *, cbor: bool) -> None:
        self._service = service
        self._cbor = cbor
        self._parsers = StructuredParsers(cbor=cbor)
        self._renderers = StructuredRenderers(cbor=cbor)
        self._errors = ErrorCatalogue(service)
        self._headers = _cbor_headers() if cbor else _json_headers(service)

    @property
    def name(self) -> str:
        return "smithy-rpc-v2-cbor" if self._cbor else "json"

    def parse(
        self, operation: OperationModel, request: WireRequest, found: Mapping[str, Any]
    ) -> Parsed:
        if operation.input_shape is None or not request.body:
            return Parsed()
        value = decode_cbor(request.body) if self._cbor else decode_json(request.body)
        strangers: Strangers = []
        members = self._parsers.of(operation.input_shape)(value, strangers)
        return Parsed(members=members, strangers=strangers)

    def render(self, operation: OperationModel, answer: object, request_id: str) -> WireResponse:
        body: object = {}
        if operation.output_shape is not None and answer is not None:
            render = self._renderers.of(operation.output_shape)
            body = answer if render is None else render(answer)
        return self._response(200, body, (("x-amzn-requestid", request_id),))

    def render_error(
        self, operation: OperationModel | None, error: ApiError, request_id: str
    ) -> WireResponse:
        facts = self._errors.facts_of(error, operation)
        compatible = self._service.is_query_compatible
        headers = error_headers(facts, request_id, is_query_compatible=compatible)
        body = error_body(facts, error, self._renderers, is_query_compatible=compatible)
        return self._response(facts.status, body, headers)

    def _response(
        self, status: int, body: object, headers: tuple[tuple[str, str], ...]
    ) -> WireResponse:
        encoded = cbor2.dumps(body) if self._cbor else orjson.dumps(body)
        return WireResponse(status=status, headers=self._headers + headers, body=encoded)


def _json_headers(service: ServiceDescription) -> tuple[tuple[str, str], ...]:
    version = service.metadata.get("jsonVersion", "1.0")
    return (("content-type", f"application/x-amz-json-{version}"),)


def _cbor_headers() -> tuple[tuple[str, str], ...]:
    return (("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"))


def decode_json(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise SerializationFault("The request body is not valid JSON.") from None


def decode_cbor(body: bytes) -> object:
    # A decoder meets whatever a stranger sends: tags of every kind, huge lengths, bad text.
    try:
        return cbor2.loads(body)
    except (cbor2.CBORDecodeError, ValueError, TypeError, ArithmeticError, LookupError):
        raise SerializationFault("The request body is not valid CBOR.") from None
    except (RecursionError, MemoryError, AttributeError):
        raise SerializationFault("The request body can not be decoded.") from None
