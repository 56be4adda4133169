"""Network interfaces, all of which AWS's services made, as EC2 describes them."""

from hostless.services.ec2.describing import Question, page_for
from hostless.services.ec2.errors import IdNotFound, NotYours
from hostless.services.ec2.interface_views import INTERFACE_FORM, InterfaceViews
from hostless.services.ec2.requests import (
    DescribeNetworkInterfaces,
    ModifyNetworkInterfaceAttribute,
)
from hostless.services.operation import Answer, Call
from hostless.store.kinds import NETWORK_INTERFACES
from hostless.store.store import Store


class NetworkInterfaces:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def describe(self, request: DescribeNetworkInterfaces, call: Call) -> Answer:
        question = Question(
            ids=request.network_interface_ids,
            filters=request.filters,
            next_token=request.next_token,
            max_results=request.max_results,
            dry_run=request.dry_run,
        )
        views = InterfaceViews(call.realm, self._store)
        page = page_for(question, views.described(), self._store.all(NETWORK_INTERFACES))
        shown = [views.view(interface) for interface in page.items]
        return {"NetworkInterfaces": shown, "NextToken": page.next_token}

    async def modify(self, request: ModifyNetworkInterfaceAttribute, _: Call) -> Answer:
        """AWS lets nobody change what its services manage, and there are no others."""
        given = request.network_interface_id
        INTERFACE_FORM.check(given)
        if self._store.get(NETWORK_INTERFACES, given) is None:
            raise IdNotFound(INTERFACE_FORM.noun, INTERFACE_FORM.spoken, given)
        raise NotYours
