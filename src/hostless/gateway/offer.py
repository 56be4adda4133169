"""An operation that is offered: AWS's model of it joined with ours.

Turns parsed members into the operation's request record, or into AWS's error.
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from botocore.model import OperationModel

from hostless.domain.errors import ApiError
from hostless.gateway.inspection import Findings, Inspection
from hostless.kit.naming import snake_case
from hostless.protocols.constraints import Constraints, Violation
from hostless.protocols.wording import misfit, refusal
from hostless.services.operation import Operation, ValidationStyle


class Offer:
    """One operation of one service, with everything that is decided once."""

    def __init__(
        self,
        model: OperationModel,
        operation: Operation[Any],
        style: ValidationStyle,
        constraints: Constraints,
    ) -> None:
        self.operation = operation
        self._shape = model.input_shape
        self._style = style
        self._constraints = constraints
        self._inspection = Inspection(
            self._shape, operation.request, operation.refused, operation.not_acted_on
        )
        self._own_words = _own_words(operation.request) if _words_itself(style) else frozenset()
        self._refusal_code = _refusal_code(model, style)

    def validate(self, members: Mapping[str, Any], protocol: str) -> None:
        """Raise AWS's error for the first (or all) of what the model does not allow."""
        if self._shape is None:
            return
        violations = [
            violation
            for violation in self._constraints.violations(self._shape, members)
            if not self._is_own(violation)
        ]
        if violations:
            raise refusal(violations, self._style, protocol)

    def inspect(self, members: Mapping[str, Any]) -> Findings:
        """What of the request changes nothing here; raises for what is refused."""
        findings = self._inspection.findings(members)
        for path, why in findings.refused.items():
            raise ApiError(f"{path}: {why}", code=self._refusal_code, status=400)
        return findings

    def convert(self, members: Mapping[str, Any], protocol: str) -> Any:
        """The request record."""
        try:
            return msgspec.convert(members, type=self.operation.request)
        except msgspec.ValidationError as error:
            raise misfit(str(error), self._style, protocol) from None

    def _is_own(self, violation: Violation) -> bool:
        return (
            violation.kind == "missing"
            and len(violation.path) == 1
            and snake_case(violation.path[0].name) in self._own_words
        )


def _words_itself(style: ValidationStyle) -> bool:
    """ECS has a sentence of its own for most absent members; its operations speak them."""
    return style == "InvalidParameterException"


def _own_words(record: type) -> frozenset[str]:
    """The members that the record allows to be absent: the operation words their absence."""
    if not dataclasses.is_dataclass(record):
        return frozenset()
    missing = dataclasses.MISSING
    return frozenset(
        field.name
        for field in dataclasses.fields(record)
        if field.default is not missing or field.default_factory is not missing
    )


def _refusal_code(model: OperationModel, style: ValidationStyle) -> str:
    """How a parameter that AWS takes and hostless does not is refused."""
    if style == "EC2":
        return "UnsupportedOperation"
    declared = {re.sub(r"^.*#", "", shape.name) for shape in model.error_shapes}
    for code in ("UnsupportedFeatureException", "ClientException", "UnsupportedOperationException"):
        if code in declared:
            return code
    codes = {
        "InvalidParameterException": "ClientException",
        "CountedInvalidParameter": "InvalidParameterException",
    }
    speaks_query = model.service_model.metadata["protocol"] == "query"
    return codes.get(style, "ValidationError" if speaks_query else "ValidationException")
