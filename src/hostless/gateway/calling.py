"""Call an operation, and take on what the store can throw in its way."""

import logging
from typing import Any

from hostless.gateway.server_faults import server_fault
from hostless.protocols.routing import Route
from hostless.services.operation import Answer, Call, Operation
from hostless.store.storage import StorageFailed
from hostless.store.store import WriteConflict

_log = logging.getLogger("hostless.gateway")
MOST_ATTEMPTS = 8
"""How often an operation starts again because somebody else wrote what it had read."""


async def call(
    operation: Operation[Any], request: Any, circumstances: Call, route: Route | None
) -> Answer:
    """The operation's answer; a conflict of writes starts it again, a bounded number of times.

    route: None for an operation of hostless's own.
    Raises the operation's ApiError, or AWS's server fault when the store does not take the write.
    """
    for _ in range(MOST_ATTEMPTS):
        try:
            return await operation.perform(request, circumstances)
        except WriteConflict:
            continue
        except StorageFailed:
            _log.exception("request %s: the store failed", circumstances.request_id)
            raise server_fault(route) from None
    _log.error("request %s: gave up after %d conflicts", circumstances.request_id, MOST_ATTEMPTS)
    raise server_fault(route)
