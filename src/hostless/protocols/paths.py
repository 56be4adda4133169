"""REST paths: which operation of a service a method and a path are for."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from botocore.model import OperationModel, ServiceModel, StructureShape

from hostless.protocols.messages import WireRequest

_LABEL = re.compile(r"\{(\w+)(\+)?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathMatch:
    """labels: by name, still percent-encoded."""

    operation_name: str
    labels: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    """What a request must have to be for an operation.

    literals: pairs in the query string; a pair without value needs only its key.
    precedence: the most specific pattern comes first, a deprecated twin last.
    """

    operation_name: str
    method: str
    path: re.Pattern[str]
    literals: tuple[tuple[str, str], ...]
    query_keys: frozenset[str]
    headers: frozenset[str]
    precedence: tuple[int, int, int, int, bool]


class PathTable:
    """All paths of one service, the most specific first."""

    def __init__(self, model: ServiceModel) -> None:
        operations = (model.operation_model(name) for name in model.operation_names)
        patterns = (_pattern_of(operation) for operation in operations)
        self._patterns = sorted(patterns, key=lambda pattern: pattern.precedence)

    def find(self, request: WireRequest) -> PathMatch | None:
        query = parse_qsl(request.query, keep_blank_values=True)
        pairs, keys = set(query), {key for key, _ in query}
        for pattern in self._patterns:
            if pattern.method != request.method:
                continue
            match = pattern.path.fullmatch(request.path)
            if match is not None and _has_rest(pattern, request, pairs, keys):
                return PathMatch(operation_name=pattern.operation_name, labels=match.groupdict())
        return None


def _has_rest(
    pattern: _Pattern, request: WireRequest, pairs: set[tuple[str, str]], keys: set[str]
) -> bool:
    literals_met = all(
        (key, value) in pairs or (not value and key in keys) for key, value in pattern.literals
    )
    return literals_met and pattern.query_keys <= keys and pattern.headers <= request.headers.keys()


def _pattern_of(operation: OperationModel) -> _Pattern:
    path, _, query = operation.http["requestUri"].partition("?")
    literals = tuple(parse_qsl(query, keep_blank_values=True))
    query_keys = _required_at(operation, "querystring")
    headers = frozenset(name.lower() for name in _required_at(operation, "header"))
    return _Pattern(
        operation_name=operation.name,
        method=operation.http["method"],
        path=_regular_expression(path),
        literals=literals,
        query_keys=query_keys,
        headers=headers,
        precedence=(
            -len(literals),
            -len(query_keys) - len(headers),
            len(_LABEL.findall(path)),
            -len(path),
            operation.deprecated,
        ),
    )


def _regular_expression(path: str) -> re.Pattern[str]:
    expression, end = "", 0
    for label in _LABEL.finditer(path):
        expression += re.escape(path[end : label.start()])
        expression += f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})"
        end = label.end()
    return re.compile(expression + re.escape(path[end:].rstrip("/")) + "/?", re.DOTALL)


def _required_at(operation: OperationModel, location: str) -> frozenset[str]:
    shape = operation.input_shape
    if not isinstance(shape, StructureShape):
        return frozenset()
    required = (shape.members[name] for name in shape.required_members)
    return frozenset(
        str(member.serialization["name"])
        for member in required
        if member.serialization.get("location") == location
    )
