"""Errors for requests whose service is not known, in the form their client most likely reads."""

import cbor2
import orjson

from hostless.domain.errors import ApiError
from hostless.protocols.messages import WireRequest, WireResponse
from hostless.protocols.query_protocol import DECLARATION, ec2_error
from hostless.protocols.xml_rendering import xml_text

_EC2_VERSION = "Version=2016-11-15"
"""No other service that takes forms has it."""


def protocol_of(request: WireRequest) -> str:
    """The protocol of a request, by botocore's names, as far as the request itself says."""
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "smithy-rpc-v2-cbor"
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("application/x-www-form-urlencoded"):
        return _protocol_of_form(request.body.decode("latin-1"))
    if request.method == "GET" and "Action=" in request.query:
        return _protocol_of_form(request.query)
    return "rest-xml" if "xml" in content_type else "json"


def _protocol_of_form(form: str) -> str:
    return "ec2" if _EC2_VERSION in form.split("&") else "query"


def render_bare_error(protocol: str, error: ApiError, request_id: str) -> WireResponse:
    status, code, message = error.status or 400, error.code, error.message
    headers: tuple[tuple[str, str], ...] = (("x-amzn-requestid", request_id),)
    if protocol not in ("query", "ec2", "rest-xml"):
        headers += (("x-amzn-errortype", code),)
        fields = {"__type": code, "message": message}
        if protocol == "smithy-rpc-v2-cbor":
            headers += (("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"))
            return WireResponse(status=status, headers=headers, body=cbor2.dumps(fields))
        headers += (("content-type", "application/json"),)
        return WireResponse(status=status, headers=headers, body=orjson.dumps(fields))
    headers += (("content-type", "text/xml"),)
    declared = DECLARATION + _xml_error(protocol, code, message, request_id)
    return WireResponse(status=status, headers=headers, body=declared.encode())


def _xml_error(protocol: str, code: str, message: str, request_id: str) -> str:
    if protocol == "ec2":
        return ec2_error(code, message, request_id)
    inside = f"<Code>{xml_text(code)}</Code><Message>{xml_text(message)}</Message>"
    if protocol == "rest-xml":
        return f"<Error>{inside}<RequestId>{request_id}</RequestId></Error>"
    return (
        f"<ErrorResponse><Error><Type>Sender</Type>{inside}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
