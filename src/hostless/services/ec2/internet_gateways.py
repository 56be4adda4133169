"""Internet gateways, which a VPC has one of or none, and those that let IPv6 out only.

Sources: the EC2 model and reference of each call. Sentences are EC2's own, except where a comment
says "our words".
"""

from dataclasses import replace

from hostless.domain.arns import EgressOnlyGatewayId, InternetGatewayId, Realm, VpcId
from hostless.domain.gateways import EgressOnlyGateway, InternetGateway
from hostless.domain.quotas import Quotas, is_reached
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_gateways as requests
from hostless.services.ec2.client_tokens import find_made, remember
from hostless.services.ec2.describing import Described, page_for, question_of, tags_view
from hostless.services.ec2.errors import BadParameter, DryRun, HasDependencies
from hostless.services.ec2.errors_gateways import (
    AlreadyAttached,
    MappedAddresses,
    NotAttached,
    OverQuota,
)
from hostless.services.ec2.gateway_lookup import EGRESS_ONLY_FORM, INTERNET_GATEWAY_FORM
from hostless.services.ec2.lookup import need
from hostless.services.ec2.tagging import tags_for
from hostless.services.ec2.vpc_lookup import need_vpc
from hostless.services.operation import Answer, Call
from hostless.store.kinds import EGRESS_ONLY_GATEWAYS, INTERNET_GATEWAYS, NETWORK_INTERFACES
from hostless.store.store import Store

_ATTACHED = "available"
"""What EC2 says of an attachment, whatever the model says that it says."""


class InternetGateways:
    def __init__(self, store: Store, ids: Ids, quotas: Quotas) -> None:
        self._store = store
        self._ids = ids
        self._quotas = quotas

    async def create(self, request: requests.CreateInternetGateway, call: Call) -> Answer:
        tags = tags_for(request.tag_specifications, "internet-gateway")
        if is_reached(self._quotas.internet_gateways, len(self._store.table(INTERNET_GATEWAYS))):
            raise OverQuota("InternetGateway", "internet gateways")
        if request.dry_run:
            raise DryRun
        gateway = InternetGateway(id=InternetGatewayId(f"igw-{self._ids.hex(17)}"), tags=tags)
        await self._put(gateway, "CreateInternetGateway")
        return {"InternetGateway": _view(gateway, call.realm)}

    async def attach(self, request: requests.InternetGatewayAttachment, _: Call) -> Answer:
        gateway = self._need(request.internet_gateway_id)
        vpc = need_vpc(self._store, request.vpc_id)
        if gateway.vpc_id is not None:
            raise AlreadyAttached(gateway.id, gateway.vpc_id)
        if self._store.find(INTERNET_GATEWAYS, "vpc", vpc.id):
            raise BadParameter(f"Network {vpc.id} already has an internet gateway attached")
        if request.dry_run:
            raise DryRun
        await self._put(replace(gateway, vpc_id=vpc.id), "AttachInternetGateway")
        return None

    async def detach(self, request: requests.InternetGatewayAttachment, _: Call) -> Answer:
        gateway = self._need(request.internet_gateway_id)
        vpc = need_vpc(self._store, request.vpc_id)
        if gateway.vpc_id != vpc.id:
            raise NotAttached(gateway.id, vpc.id)
        if self._has_public_addresses(vpc.id):
            raise MappedAddresses(vpc.id)
        if request.dry_run:
            raise DryRun
        await self._put(replace(gateway, vpc_id=None), "DetachInternetGateway")
        return None

    async def delete(self, request: requests.DeleteInternetGateway, _: Call) -> Answer:
        gateway = self._need(request.internet_gateway_id)
        if gateway.vpc_id is not None:
            raise HasDependencies("internetGateway", gateway.id)
        if request.dry_run:
            raise DryRun
        transaction = self._store.transaction("DeleteInternetGateway")
        transaction.delete(INTERNET_GATEWAYS, gateway.id)
        await transaction.commit()
        return None

    async def describe(self, request: requests.DescribeInternetGateways, call: Call) -> Answer:
        question = question_of(request, request.internet_gateway_ids)
        page = page_for(question, _described(call.realm), self._store.all(INTERNET_GATEWAYS))
        shown = [_view(gateway, call.realm) for gateway in page.items]
        return {"InternetGateways": shown, "NextToken": page.next_token}

    async def _put(self, gateway: InternetGateway, because: str) -> None:
        transaction = self._store.transaction(because)
        transaction.put(INTERNET_GATEWAYS, gateway)
        await transaction.commit()

    def _need(self, given: str) -> InternetGateway:
        return need(self._store, INTERNET_GATEWAYS, INTERNET_GATEWAY_FORM, given)

    def _has_public_addresses(self, vpc_id: VpcId) -> bool:
        interfaces = self._store.all(NETWORK_INTERFACES)
        return any(i.vpc_id == vpc_id and i.public_address is not None for i in interfaces)


class EgressOnlyGateways:
    def __init__(self, store: Store, ids: Ids, quotas: Quotas) -> None:
        self._store = store
        self._ids = ids
        self._quotas = quotas

    async def create(self, request: requests.CreateEgressOnlyInternetGateway, call: Call) -> Answer:
        vpc = need_vpc(self._store, request.vpc_id)
        tags = tags_for(request.tag_specifications, "egress-only-internet-gateway")
        operation = "CreateEgressOnlyInternetGateway"
        gateway = find_made(self._store, EGRESS_ONLY_GATEWAYS, operation, request)
        if gateway is None:
            self._check_room(vpc.id)
            if request.dry_run:
                raise DryRun
            id_ = EgressOnlyGatewayId(f"eigw-{self._ids.hex(17)}")
            gateway = EgressOnlyGateway(id=id_, vpc_id=vpc.id, tags=tags)
            transaction = self._store.transaction(operation)
            transaction.put(EGRESS_ONLY_GATEWAYS, gateway)
            remember(transaction, operation, request, gateway.id, call)
            await transaction.commit()
        shown = _egress_only_view(gateway)
        return {"EgressOnlyInternetGateway": shown, "ClientToken": request.client_token}

    async def delete(self, request: requests.DeleteEgressOnlyInternetGateway, _: Call) -> Answer:
        given = request.egress_only_internet_gateway_id
        gateway = need(self._store, EGRESS_ONLY_GATEWAYS, EGRESS_ONLY_FORM, given)
        if request.dry_run:
            raise DryRun
        transaction = self._store.transaction("DeleteEgressOnlyInternetGateway")
        transaction.delete(EGRESS_ONLY_GATEWAYS, gateway.id)
        await transaction.commit()
        return {"ReturnCode": True}

    async def describe(
        self, request: requests.DescribeEgressOnlyInternetGateways, _: Call
    ) -> Answer:
        question = question_of(request, request.egress_only_internet_gateway_ids)
        page = page_for(question, _EGRESS_ONLY, self._store.all(EGRESS_ONLY_GATEWAYS))
        shown = [_egress_only_view(gateway) for gateway in page.items]
        return {"EgressOnlyInternetGateways": shown, "NextToken": page.next_token}

    def _check_room(self, vpc_id: VpcId) -> None:
        """A VPC can have one only (Amazon VPC User Guide, "Amazon VPC quotas")."""
        if self._store.find(EGRESS_ONLY_GATEWAYS, "vpc", vpc_id):
            raise BadParameter(  # our words
                f"Network {vpc_id} already has an egress-only internet gateway attached"
            )
        existing = len(self._store.table(EGRESS_ONLY_GATEWAYS))
        if is_reached(self._quotas.egress_only_gateways, existing):
            raise OverQuota("EgressOnlyInternetGateway", "egress-only internet gateways")


def _view(gateway: InternetGateway, realm: Realm) -> dict[str, object]:
    vpc_id = gateway.vpc_id
    return {
        "InternetGatewayId": gateway.id,
        "OwnerId": realm.account_id,
        "Attachments": [] if vpc_id is None else [{"State": _ATTACHED, "VpcId": vpc_id}],
        "Tags": tags_view(gateway.tags),
    }


def _described(realm: Realm) -> Described[InternetGateway]:
    return Described(
        form=INTERNET_GATEWAY_FORM,
        id_of=lambda gateway: gateway.id,
        tags_of=lambda gateway: gateway.tags,
        filters={
            "attachment.state": lambda g: () if g.vpc_id is None else (_ATTACHED,),
            "attachment.vpc-id": lambda g: () if g.vpc_id is None else (g.vpc_id,),
            "internet-gateway-id": lambda g: (g.id,),
            "owner-id": lambda g: (realm.account_id,),
        },
    )


def _egress_only_view(gateway: EgressOnlyGateway) -> dict[str, object]:
    return {
        "EgressOnlyInternetGatewayId": gateway.id,
        "Attachments": [{"State": "attached", "VpcId": gateway.vpc_id}],
        "Tags": tags_view(gateway.tags),
    }


_EGRESS_ONLY: Described[EgressOnlyGateway] = Described(
    form=EGRESS_ONLY_FORM,
    id_of=lambda gateway: gateway.id,
    tags_of=lambda gateway: gateway.tags,
    filters={},
)
