"""Errors of the protocols whose errors are one structure (json, rest-json, cbor)."""

from hostless.domain.errors import ApiError
from hostless.protocols.error_facts import ErrorFacts
from hostless.protocols.structured_rendering import StructuredRenderers


def error_headers(
    facts: ErrorFacts, request_id: str, *, is_query_compatible: bool
) -> tuple[tuple[str, str], ...]:
    """`x-amzn-query-error` carries the former query code (query-compatible services only)."""
    headers = (
        ("x-amzn-requestid", request_id),
        ("x-amzn-errortype", _type_of(facts, is_query_compatible=is_query_compatible)),
    )
    if not is_query_compatible:
        return headers
    side = "Sender" if facts.is_callers_fault else "Receiver"
    return (*headers, ("x-amzn-query-error", f"{facts.code};{side}"))


def error_body(
    facts: ErrorFacts,
    error: ApiError,
    renderers: StructuredRenderers,
    *,
    is_query_compatible: bool,
) -> dict[str, object]:
    body: dict[str, object] = {"__type": _type_of(facts, is_query_compatible=is_query_compatible)}
    body["message"] = error.message
    if facts.shape is not None:
        if "Message" in facts.shape.members:
            body["Message"] = body.pop("message")
        render = renderers.of(facts.shape)
        if error.members and render is not None:
            body.update(render(error.members))
    return body


def _type_of(facts: ErrorFacts, *, is_query_compatible: bool) -> str:
    return facts.shape_name if is_query_compatible else facts.code
