"""What AWS's models say about an error: its code on the wire, status, and whose fault it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from botocore.model import OperationModel, StructureShape

from hostless.domain.errors import ApiError
from hostless.protocols.catalogue import ServiceDescription

_STATUS = {
    "InternalFailure": 500,
    "InternalError": 500,
    "ServerException": 500,
    "ServiceUnavailable": 503,
    "ServiceUnavailableException": 503,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorFacts:
    """code: on the wire. shape_name: the model's name, the code again where it has none."""

    code: str
    shape_name: str
    status: int
    is_callers_fault: bool
    shape: StructureShape | None


class ErrorCatalogue:
    """The errors of one service, by shape name and by code."""

    def __init__(self, service: ServiceDescription) -> None:
        self._service = service

    def facts_of(self, error: ApiError, operation: OperationModel | None) -> ErrorFacts:
        """The error's status wins over the model's, the operation's errors over the service's."""
        shape = self._find_shape(error.code, operation)
        if shape is None:
            status = error.status or _STATUS.get(error.code, 400)
            return ErrorFacts(
                code=error.code,
                shape_name=error.code,
                status=status,
                is_callers_fault=status < 500,
                shape=None,
            )
        stated = shape.metadata.get("error", {})
        is_fault = bool(shape.metadata.get("fault", False)) or stated.get("fault") is True
        fallback = 500 if is_fault else _STATUS.get(error.code, 400)
        status = error.status or int(stated.get("httpStatusCode") or fallback)
        return ErrorFacts(
            code=str(stated.get("code", shape.name)),
            shape_name=shape.name,
            status=status,
            is_callers_fault=not is_fault and status < 500,
            shape=shape,
        )

    def _find_shape(self, code: str, operation: OperationModel | None) -> StructureShape | None:
        for shape in operation.error_shapes if operation is not None else ():
            if isinstance(shape, StructureShape) and code in _names_of(shape):
                return shape
        return self._by_name.get(code)

    @cached_property
    def _by_name(self) -> Mapping[str, StructureShape]:
        model = self._service.model
        shapes = [model.shape_for(name) for name in self._service.exception_names]
        return {
            name: shape
            for shape in shapes
            if isinstance(shape, StructureShape)
            for name in _names_of(shape)
        }


def _names_of(shape: StructureShape) -> tuple[str, ...]:
    code = shape.metadata.get("error", {}).get("code")
    return (shape.name,) if code is None else (shape.name, str(code))
