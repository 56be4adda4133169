"""Errors for requests whose service is not known, in the form their client most likely reads."""

import cbor2
import orjson

from hostless.domain.errors import ApiError
from hostless.protocols.messages import WireRequest, WireResponse
from hostless.protocols.xml_rendering import xml_text


def protocol_of(request: WireRequest) -> str:
    """The protocol of a request, by botocore's names, as far as the request itself says."""
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "smithy-rpc-v2-cbor"
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("application/x-www-form-urlencoded"):
        return "query"
    return "rest-xml" if "xml" in content_type else "json"


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
    inside = f"<Code>{xml_text(code)}</Code><Message>{xml_text(message)}</Message>"
    document = f"<Error>{inside}<RequestId>{request_id}</RequestId></Error>"
    if protocol != "rest-xml":
        document = (
            f"<ErrorResponse><Error><Type>Sender</Type>{inside}</Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    headers += (("content-type", "text/xml"),)
    declared = '<?xml version="1.0" encoding="UTF-8"?>\n' + document
    return WireResponse(status=status, headers=headers, body=declared.encode())
