"""Operations: AWS does such work after it has answered, here it is done with the answer.

An operation is recorded in the transaction that does the work, so it has ended when it is seen.
"""

from collections.abc import Mapping

from hostless.domain.arns import DiscoveryOperationId, DiscoveryServiceId, NamespaceId
from hostless.domain.new_discovery import new_operation_id
from hostless.domain.service_discovery import DiscoveryOperation, OperationType
from hostless.kit.ids import Ids
from hostless.services.operation import Answer, Call
from hostless.services.servicediscovery.errors import OperationNotFound
from hostless.services.servicediscovery.listing import (
    Filterable,
    filter_words,
    filtered,
    page,
)
from hostless.services.servicediscovery.requests import GetOperation, Listing
from hostless.services.servicediscovery.views import operation_view
from hostless.store.kinds import DISCOVERY_OPERATIONS
from hostless.store.store import Store, Transaction

MOST_OPERATIONS = 1_000
"""Kept; a further one takes the oldest one's place."""


class Operations:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    def new_id(self) -> DiscoveryOperationId:
        return new_operation_id(self._ids)

    def record(
        self,
        transaction: Transaction,
        kind: OperationType,
        targets: Mapping[str, str],
        call: Call,
        *,
        operation_id: DiscoveryOperationId | None = None,
        namespace_id: NamespaceId | None = None,
        service_id: DiscoveryServiceId | None = None,
        failure: tuple[str, str] | None = None,
    ) -> DiscoveryOperationId:
        """Write it down as done, or as failed with code and message."""
        operation = DiscoveryOperation(
            id=operation_id or self.new_id(),
            type=kind,
            status="SUCCESS" if failure is None else "FAIL",
            targets=targets,
            created_at=call.now,
            namespace_id=namespace_id,
            service_id=service_id,
            error_code=None if failure is None else failure[0],
            error_message=None if failure is None else failure[1],
        )
        transaction.put(DISCOVERY_OPERATIONS, operation)
        if len(self._store.table(DISCOVERY_OPERATIONS)) >= MOST_OPERATIONS:
            oldest = next(iter(self._store.all(DISCOVERY_OPERATIONS)))
            transaction.delete(DISCOVERY_OPERATIONS, oldest.id)
        return operation.id

    async def get(self, request: GetOperation, call: Call) -> Answer:
        operation = self._store.get(DISCOVERY_OPERATIONS, request.operation_id)
        is_foreign = request.owner_account not in (None, call.realm.account_id)
        if operation is None or is_foreign:
            raise OperationNotFound(f"No operation with ID {request.operation_id} exists.")
        return {"Operation": operation_view(operation, call.realm)}

    async def list(self, request: Listing, call: Call) -> Answer:
        known: dict[str, Filterable[DiscoveryOperation]] = {
            "NAMESPACE_ID": Filterable(value_of=lambda o: o.namespace_id or "", conditions=("EQ",)),
            "SERVICE_ID": Filterable(value_of=lambda o: o.service_id or "", conditions=("EQ",)),
            "STATUS": Filterable(value_of=lambda o: o.status, conditions=("EQ", "IN")),
            "TYPE": Filterable(value_of=lambda o: o.type, conditions=("EQ", "IN")),
            "UPDATE_DATE": Filterable(
                value_of=lambda o: str(o.created_at), conditions=("EQ", "BETWEEN")
            ),
        }
        found = filtered(tuple(self._store.all(DISCOVERY_OPERATIONS)), request.filters, known)
        shown = page(
            found,
            lambda o: (-round(o.created_at * 1000), o.id),
            f"operations {filter_words(request.filters)}",
            request.max_results,
            request.next_token,
        )
        return {
            "Operations": [{"Id": each.id, "Status": each.status} for each in shown.items],
            "NextToken": shown.next_token,
        }
