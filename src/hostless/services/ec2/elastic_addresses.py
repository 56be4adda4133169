"""Elastic addresses: taken from the engine's pool, kept, given back.

Only a NAT gateway can have one: everything else that has an interface is managed by AWS, which lets
nobody give it an address or take it away.

Sources: the EC2 model and reference of each call. Sentences are EC2's own, except where a comment
says "our words".
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from hostless.domain.addresses import can_be_given
from hostless.domain.arns import AllocationId, Realm
from hostless.domain.gateways import ElasticAddress
from hostless.domain.public_addresses import free_public_address
from hostless.domain.quotas import Quotas, is_reached
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_addresses as requests
from hostless.services.ec2.describing import Described, Question, page_for, tags_view
from hostless.services.ec2.errors import (
    BadCombination,
    BadParameter,
    DryRun,
    IdNotFound,
    MissingParameter,
    NotYours,
)
from hostless.services.ec2.errors_gateways import (
    AddressAssociated,
    AddressInUse,
    AddressNotFound,
    NoFreeAddress,
    OverQuota,
)
from hostless.services.ec2.gateway_lookup import ADDRESS_ASSOCIATION_FORM, ALLOCATION_FORM
from hostless.services.ec2.interface_views import INTERFACE_FORM
from hostless.services.ec2.lookup import need
from hostless.services.ec2.tagging import tags_for
from hostless.services.operation import Answer, Call
from hostless.store.kinds import ELASTIC_ADDRESSES, NETWORK_INTERFACES
from hostless.store.network_records import is_public_address_taken, pool_of
from hostless.store.store import Store

_POOL = "amazon"
"""EC2's name of the pool of addresses that nobody brought."""


class ElasticAddresses:
    def __init__(self, store: Store, ids: Ids, quotas: Quotas) -> None:
        self._store = store
        self._ids = ids
        self._quotas = quotas

    async def allocate(self, request: requests.AllocateAddress, call: Call) -> Answer:
        _check_place(request, call.realm)
        tags = tags_for(request.tag_specifications, "elastic-ip")
        if is_reached(self._quotas.elastic_addresses, len(self._store.table(ELASTIC_ADDRESSES))):
            raise OverQuota("Address", "addresses")
        public_address = self._free_address(request.address)
        if request.dry_run:
            raise DryRun
        elastic = ElasticAddress(
            allocation_id=AllocationId(f"eipalloc-{self._ids.hex(17)}"),
            public_address=public_address,
            tags=tags,
        )
        transaction = self._store.transaction("AllocateAddress")
        transaction.put(ELASTIC_ADDRESSES, elastic)
        await transaction.commit()
        return {
            "AllocationId": elastic.allocation_id,
            "PublicIp": elastic.public_address,
            "PublicIpv4Pool": _POOL,
            "NetworkBorderGroup": call.realm.region,
            "Domain": "vpc",
        }

    async def release(self, request: requests.ReleaseAddress, call: Call) -> Answer:
        if not request.allocation_id:
            raise self._why_not_released(request.public_ip)
        elastic = need(self._store, ELASTIC_ADDRESSES, ALLOCATION_FORM, request.allocation_id)
        if request.network_border_group not in (None, call.realm.region):
            raise AddressNotFound(elastic.public_address)
        if elastic.association_id is not None:
            raise AddressInUse(elastic.public_address)
        if request.dry_run:
            raise DryRun
        transaction = self._store.transaction("ReleaseAddress")
        transaction.delete(ELASTIC_ADDRESSES, elastic.allocation_id)
        await transaction.commit()
        return None

    async def describe(self, request: requests.DescribeAddresses, call: Call) -> Answer:
        """All at once: the call has no pages."""
        named = [self._need_public(address).allocation_id for address in request.public_ips]
        question = Question(
            ids=(*request.allocation_ids, *named), filters=request.filters, dry_run=request.dry_run
        )
        kind = self._kind(call.realm)
        shown = [self._view(e, call.realm) for e in self._every(question, kind)]
        return {"Addresses": shown}

    async def describe_attribute(
        self, request: requests.DescribeAddressesAttribute, call: Call
    ) -> Answer:
        """None has a domain name: nobody can give it one here."""
        question = Question(
            ids=request.allocation_ids,
            next_token=request.next_token,
            max_results=request.max_results,
            dry_run=request.dry_run,
        )
        page = page_for(question, self._kind(call.realm), self._store.all(ELASTIC_ADDRESSES))
        shown = [
            {"AllocationId": e.allocation_id, "PublicIp": e.public_address} for e in page.items
        ]
        return {"Addresses": shown, "NextToken": page.next_token}

    async def associate(self, request: requests.AssociateAddress, _: Call) -> Answer:
        """AWS lets nobody change the interfaces that its services manage; there are no others."""
        elastic = self._need_either(request.allocation_id, request.public_ip)
        if request.instance_id:
            raise IdNotFound("InstanceID", "instance ID", request.instance_id)
        if not request.network_interface_id:
            # our words
            raise MissingParameter("Either instance ID or network interface ID must be specified")
        need(self._store, NETWORK_INTERFACES, INTERFACE_FORM, request.network_interface_id)
        if elastic.association_id is not None and request.allow_reassociation is False:
            raise AddressAssociated(elastic.allocation_id, elastic.association_id)
        raise NotYours

    async def disassociate(self, request: requests.DisassociateAddress, _: Call) -> Answer:
        """An address belongs to nothing, or to a NAT gateway, which AWS manages."""
        if request.association_id:
            given = request.association_id
            if not self._store.find(ELASTIC_ADDRESSES, "association", given):
                ADDRESS_ASSOCIATION_FORM.check(given)
                raise ADDRESS_ASSOCIATION_FORM.not_found(given)
            raise NotYours
        if self._need_either(None, request.public_ip).association_id is not None:
            raise NotYours
        raise BadParameter(f"Address '{request.public_ip}' is not associated.")  # our words

    def _free_address(self, wanted: str | None) -> str:
        """Raises AddressNotFound, NoFreeAddress."""
        pool = pool_of(self._store).cidr_block
        is_taken = partial(is_public_address_taken, self._store)
        if wanted:
            if not can_be_given(pool, wanted) or is_taken(wanted):
                raise AddressNotFound(wanted)
            return wanted
        found = free_public_address(pool, int(self._ids.hex(8), 16), is_taken)
        if found is None:
            raise NoFreeAddress
        return found

    def _need_public(self, address: str) -> ElasticAddress:
        found = self._store.find(ELASTIC_ADDRESSES, "address", address)
        if not found:
            raise AddressNotFound(address)
        return found[0]

    def _need_either(self, allocation_id: str | None, address: str | None) -> ElasticAddress:
        if allocation_id and address:
            raise BadCombination("You may specify public IP or allocation id, but not both")
        if allocation_id:
            return need(self._store, ELASTIC_ADDRESSES, ALLOCATION_FORM, allocation_id)
        if address:
            return self._need_public(address)
        raise MissingParameter("Either public IP or allocation id must be specified")

    def _why_not_released(self, address: str | None) -> Exception:
        self._need_either(None, address)
        return BadParameter(
            "You must specify an allocation id when releasing a VPC elastic IP address"
        )

    def _every(
        self, question: Question, kind: Described[ElasticAddress]
    ) -> Iterable[ElasticAddress]:
        while True:
            page = page_for(question, kind, self._store.all(ELASTIC_ADDRESSES))
            yield from page.items
            if page.next_token is None:
                return
            question = replace(question, next_token=page.next_token)

    def _view(self, elastic: ElasticAddress, realm: Realm) -> dict[str, object]:
        view: dict[str, object] = {
            "AllocationId": elastic.allocation_id,
            "PublicIp": elastic.public_address,
            "PublicIpv4Pool": _POOL,
            "NetworkBorderGroup": realm.region,
            "Domain": "vpc",
            "Tags": tags_view(elastic.tags),
        }
        interface = self._store.get(NETWORK_INTERFACES, elastic.interface_id or "")
        if interface is not None:
            view["AssociationId"] = elastic.association_id
            view["NetworkInterfaceId"] = interface.id
            view["NetworkInterfaceOwnerId"] = realm.account_id
            view["PrivateIpAddress"] = interface.address
            view["SubnetId"] = interface.subnet_id
        return view

    def _kind(self, realm: Realm) -> Described[ElasticAddress]:
        def shown(member: str) -> Callable[[ElasticAddress], Iterable[str]]:
            return lambda e: [str(v)] if (v := self._view(e, realm).get(member)) else []

        return Described(
            form=ALLOCATION_FORM,
            id_of=lambda e: e.allocation_id,
            tags_of=lambda e: e.tags,
            filters={
                "allocation-id": shown("AllocationId"),
                "association-id": shown("AssociationId"),
                "domain": shown("Domain"),
                "instance-id": lambda e: (),
                "network-border-group": shown("NetworkBorderGroup"),
                "network-interface-id": shown("NetworkInterfaceId"),
                "network-interface-owner-id": shown("NetworkInterfaceOwnerId"),
                "private-ip-address": shown("PrivateIpAddress"),
                "public-ip": shown("PublicIp"),
            },
        )


def _check_place(request: requests.AllocateAddress, realm: Realm) -> None:
    """Raises BadParameter, IdNotFound. Our words but for the second."""
    if request.domain == "standard":
        raise BadParameter("The domain 'standard' is not supported: use 'vpc'")
    pool, group = request.public_ipv4_pool, request.network_border_group
    if pool not in (None, _POOL):
        raise IdNotFound("PublicIpv4PoolID", "PublicIpv4Pool ID", str(pool))
    if group not in (None, realm.region):
        raise BadParameter(f"Invalid value '{group}' for network border group")
