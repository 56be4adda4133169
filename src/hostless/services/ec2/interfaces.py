"""Network interfaces, all of which AWS's services made, as EC2 describes them."""

from hostless.domain.network import NetworkInterface
from hostless.services.ec2.describing import page_for, question_of
from hostless.services.ec2.errors import DryRun, MissingParameter, NotYours
from hostless.services.ec2.interface_views import INTERFACE_FORM, InterfaceViews
from hostless.services.ec2.lookup import need
from hostless.services.ec2.requests import (
    DescribeNetworkInterfaceAttribute,
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
        question = question_of(request, request.network_interface_ids)
        views = InterfaceViews(call.realm, self._store)
        page = page_for(question, views.described(), self._store.all(NETWORK_INTERFACES))
        shown = [views.view(interface) for interface in page.items]
        return {"NetworkInterfaces": shown, "NextToken": page.next_token}

    async def modify(self, request: ModifyNetworkInterfaceAttribute, _: Call) -> Answer:
        """AWS lets nobody change what its services manage, and there are no others."""
        self._need(request.network_interface_id)
        raise NotYours

    async def describe_attribute(
        self, request: DescribeNetworkInterfaceAttribute, call: Call
    ) -> Answer:
        interface = self._need(request.network_interface_id)
        view = InterfaceViews(call.realm, self._store).view(interface)
        shown: dict[str, object]
        match request.attribute:
            case "attachment":
                shown = {"Attachment": view["Attachment"]}
            case "associatePublicIpAddress":
                shown = {"AssociatePublicIpAddress": interface.public_address is not None}
            case "description":
                shown = {"Description": {"Value": view["Description"]}}
            case "groupSet":
                shown = {"Groups": view["Groups"]}
            case "sourceDestCheck":
                shown = {"SourceDestCheck": {"Value": view["SourceDestCheck"]}}
            case _:
                raise MissingParameter("The request must contain the parameter attribute")
        if request.dry_run:
            raise DryRun
        return {"NetworkInterfaceId": interface.id, **shown}

    def _need(self, given: str) -> NetworkInterface:
        return need(self._store, NETWORK_INTERFACES, INTERFACE_FORM, given)
