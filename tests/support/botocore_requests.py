"""Requests as botocore writes them, unsigned."""

from typing import Any
from urllib.parse import urlencode

import botocore.serialize
from botocore.awsrequest import prepare_request_dict
from botocore.model import OperationModel

from hostless.protocols.messages import WireRequest

HOST = "http://h"


def wire_request(operation: OperationModel, protocol: str, params: dict[str, Any]) -> WireRequest:
    """What botocore would send for these parameters, whatever its own validation thinks."""
    serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
    made = serializer.serialize_to_request(dict(params), operation)
    prepare_request_dict(made, HOST)
    path, _, query = made["url"][len(HOST) :].partition("?")
    body = made["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    if hasattr(body, "read"):
        body = body.read()
    return WireRequest(
        method=made["method"],
        path=path or "/",
        query=query,
        headers={name.lower(): _text(value) for name, value in made["headers"].items()},
        body=body.encode() if isinstance(body, str) else bytes(body or b""),
    )


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
