"""What every wire protocol can do, for one service: parse requests, render answers and errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from botocore.model import OperationModel

from hostless.domain.errors import ApiError
from hostless.protocols.messages import WireRequest, WireResponse
from hostless.protocols.structured_parsing import Strangers


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """members: by snake case names; map keys as sent. strangers: what the model does not know."""

    members: Mapping[str, Any] = field(default_factory=dict)
    strangers: Strangers = field(default_factory=list)


class WireProtocol(Protocol):
    """One protocol of one service.

    parse: `found` is what routing has read already (a form's tree, the labels of a path). Raises
    an ApiError for what is not of the protocol's form. render: `answer` as an operation gives it.
    render_error: `operation` is None when the request named none that exists.
    """

    @property
    def name(self) -> str:
        """botocore's name of the protocol."""
        ...

    def parse(
        self, operation: OperationModel, request: WireRequest, found: Mapping[str, Any]
    ) -> Parsed: ...

    def render(
        self, operation: OperationModel, answer: object, request_id: str
    ) -> WireResponse: ...

    def render_error(
        self, operation: OperationModel | None, error: ApiError, request_id: str
    ) -> WireResponse: ...
