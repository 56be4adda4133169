"""Operations that answer every call with the same error: what they are about is not here."""

from collections.abc import Callable
from typing import Any

from hostless.domain.errors import ApiError
from hostless.services.operation import Answer, Call, Operation


def refusing(name: str, error: Callable[[], ApiError], why: str) -> Operation[dict[str, Any]]:
    """An operation that is always refused. why: for the coverage tables.

    AWS's model has been checked by then: a request of the wrong form is told so first.
    """

    async def refuse(request: dict[str, Any], call: Call) -> Answer:
        raise error()

    return Operation(name=name, request=dict, perform=refuse, always_refused=why)
