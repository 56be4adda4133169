"""Errors for requests whose service is not known, in the form their client most likely reads."""

import cbor2
import orjson

from hostless.domain.errors import ApiError
from hostless.protocols.messages import WireRequest, WireResponse
from hostless.protocols.xml_rendering import xml_text


def style_of(request: WireRequest) -> str:
    """json, cbor, query or xml, by what the request says of itself."""
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "cbor"
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("application/x-www-form-urlencoded"):
        return "query"
    return "xml" if "xml" in content_type else "json"


def render_bare_error(style: str, error: ApiError, request_id: str) -> WireResponse:
    status, code, message = error.status or 400, error.code, error.message
    headers: tuple[tuple[str, str], ...] = (("x-amzn-requestid", request_id),)
    if style in ("json", "cbor"):
        headers += (("x-amzn-errortype", code),)
        fields = {"__type": code, "message": message}
        if style == "cbor":
            headers += (("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"))
            return WireResponse(status=status, headers=headers, body=cbor2.dumps(fields))
        headers += (("content-type", "application/json"),)
        return WireResponse(status=status, headers=headers, body=orjson.dumps(fields))
    inside = f"<Code>{xml_text(code)}</Code><Message>{xml_text(message)}</Message>"
    document = f"<Error>{inside}<RequestId>{request_id}</RequestId></Error>"
    if style != "xml":
        document = (
            f"<ErrorResponse><Error><Type>Sender</Type>{inside}</Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    headers += (("content-type", "text/xml"),)
    declared = '<?xml version="1.0" encoding="UTF-8"?>\n' + document
    return WireResponse(status=status, headers=headers, body=declared.encode())
