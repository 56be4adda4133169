"""NAT gateways: asked for, described, given up.

What becomes of one the controller of the network's layout writes: EC2 does it later, too.
Sources: the EC2 model and reference of each call. Sentences are EC2's own, except where a comment
says "our words".
"""

from dataclasses import replace
from functools import partial

from hostless.domain.addresses import free_address, is_inside, is_reserved
from hostless.domain.arns import NatGatewayId
from hostless.domain.gateways import ElasticAddress, NatGateway
from hostless.domain.network import NetworkInterface, Subnet
from hostless.domain.quotas import Quotas, is_reached
from hostless.kit.ids import Ids
from hostless.network.new_interface import new_interface
from hostless.services.ec2 import requests_gateways as requests
from hostless.services.ec2.client_tokens import find_made, remember
from hostless.services.ec2.describing import Question, page_for
from hostless.services.ec2.errors import BadCombination, BadParameter, DryRun, MissingParameter
from hostless.services.ec2.errors_gateways import AddressInUse, NoSuchSubnet, OverQuota
from hostless.services.ec2.gateway_lookup import ELASTIC_IP_FORM, NAT_GATEWAY_FORM
from hostless.services.ec2.lookup import need
from hostless.services.ec2.nat_gateway_views import NAT_GATEWAYS_DESCRIBED, nat_gateway_view
from hostless.services.ec2.tagging import tags_for
from hostless.services.operation import Answer, Call
from hostless.store.kinds import (
    ELASTIC_ADDRESSES,
    NAT_GATEWAYS,
    NETWORK_INTERFACES,
    SUBNETS,
)
from hostless.store.network_records import is_address_taken
from hostless.store.store import Store

_COUNTED = ("pending", "available", "deleting")
"""The states in which a gateway counts against the quota ("Amazon VPC quotas", User Guide)."""


class NatGateways:
    def __init__(self, store: Store, ids: Ids, quotas: Quotas) -> None:
        self._store = store
        self._ids = ids
        self._quotas = quotas

    async def create(self, request: requests.CreateNatGateway, call: Call) -> Answer:
        subnet, elastic = self._subnet(request), self._elastic(request)
        tags = tags_for(request.tag_specifications, "natgateway")
        gateway = find_made(self._store, NAT_GATEWAYS, "CreateNatGateway", request)
        if gateway is None:
            self._check_room(subnet)
            interface = self._interface(request, subnet, call)
            if request.dry_run:
                raise DryRun
            gateway = self._gateway(request, subnet, interface, elastic, call)
            gateway = replace(gateway, tags=tags)
            await self._write(gateway, interface, elastic, request, call)
        return {"NatGateway": nat_gateway_view(gateway), "ClientToken": request.client_token}

    async def delete(self, request: requests.DeleteNatGateway, _: Call) -> Answer:
        """One that is being deleted already is no error; one that failed is deleted, too."""
        gateway = need(self._store, NAT_GATEWAYS, NAT_GATEWAY_FORM, request.nat_gateway_id)
        if request.dry_run:
            raise DryRun
        if gateway.state not in ("deleting", "deleted"):
            transaction = self._store.transaction("DeleteNatGateway")
            transaction.put(NAT_GATEWAYS, replace(gateway, state="deleting"))
            await transaction.commit()
        return {"NatGatewayId": gateway.id}

    async def describe(self, request: requests.DescribeNatGateways, _: Call) -> Answer:
        question = Question(
            ids=request.nat_gateway_ids,
            filters=request.filter,
            next_token=request.next_token,
            max_results=request.max_results,
            dry_run=request.dry_run,
        )
        page = page_for(question, NAT_GATEWAYS_DESCRIBED, self._store.all(NAT_GATEWAYS))
        shown = [nat_gateway_view(gateway) for gateway in page.items]
        return {"NatGateways": shown, "NextToken": page.next_token}

    def _subnet(self, request: requests.CreateNatGateway) -> Subnet:
        if request.availability_mode == "regional":
            raise BadParameter("Regional NAT gateways are not supported")  # our words
        given = request.subnet_id
        if not given:
            raise MissingParameter(_missing("SubnetId"))
        subnet = self._store.get(SUBNETS, given)
        if subnet is None:
            raise NoSuchSubnet(given)
        return subnet

    def _elastic(self, request: requests.CreateNatGateway) -> ElasticAddress | None:
        given = request.allocation_id
        if not request.is_public:
            if given:
                raise BadCombination(  # our words
                    "The parameter AllocationId cannot be used with a private NAT gateway"
                )
            return None
        if not given:
            raise MissingParameter(_missing("AllocationId"))
        return need(self._store, ELASTIC_ADDRESSES, ELASTIC_IP_FORM, given)

    def _check_room(self, subnet: Subnet) -> None:
        """Raises OverQuota."""
        subnets = {s.id for s in self._store.all(SUBNETS) if s.zone == subnet.zone}
        existing = sum(
            1
            for gateway in self._store.all(NAT_GATEWAYS)
            if gateway.subnet_id in subnets and gateway.state in _COUNTED
        )
        if is_reached(self._quotas.nat_gateways_per_zone, existing):
            raise OverQuota("NatGateway", "NAT Gateways")

    def _interface(
        self, request: requests.CreateNatGateway, subnet: Subnet, call: Call
    ) -> NetworkInterface | None:
        """In the subnet; None when that is full. Raises BadParameter, AddressInUse."""
        is_taken = partial(is_address_taken, self._store, subnet.vpc_id)
        address = request.private_ip_address
        if address is None:
            address = free_address(subnet.cidr_block, int(self._ids.hex(8), 16), is_taken)
        else:
            _check_address(subnet, address)
            if is_taken(address):
                raise AddressInUse(address)
        if address is None:
            return None
        digits = self._ids.hex(17)
        interface = new_interface(subnet, address, digits, call.realm.region, call.now)
        return replace(interface, kind="nat_gateway")

    def _gateway(
        self,
        request: requests.CreateNatGateway,
        subnet: Subnet,
        interface: NetworkInterface | None,
        elastic: ElasticAddress | None,
        call: Call,
    ) -> NatGateway:
        is_free = elastic is not None and elastic.association_id is None and interface is not None
        return NatGateway(
            id=NatGatewayId(f"nat-{self._ids.hex(17)}"),
            vpc_id=subnet.vpc_id,
            subnet_id=subnet.id,
            state="pending",
            is_public=request.is_public,
            allocation_id=None if elastic is None else elastic.allocation_id,
            association_id=f"eipassoc-{self._ids.hex(17)}" if is_free else None,
            interface_id=None if interface is None else interface.id,
            address=None if interface is None else interface.address,
            public_address=elastic.public_address if elastic and is_free else None,
            created_at=call.now,
        )

    async def _write(
        self,
        gateway: NatGateway,
        interface: NetworkInterface | None,
        elastic: ElasticAddress | None,
        request: requests.CreateNatGateway,
        call: Call,
    ) -> None:
        """The gateway with what it holds: nobody else is given its addresses."""
        transaction = self._store.transaction("CreateNatGateway")
        transaction.put(NAT_GATEWAYS, gateway)
        if interface is not None:
            held = replace(interface, owner=gateway.id, public_address=gateway.public_address)
            transaction.put(NETWORK_INTERFACES, held)
        if elastic is not None and gateway.association_id is not None:
            associated = replace(
                elastic,
                association_id=gateway.association_id,
                interface_id=gateway.interface_id,
            )
            transaction.put(ELASTIC_ADDRESSES, associated)
        remember(transaction, "CreateNatGateway", request, gateway.id, call)
        await transaction.commit()


def _missing(member: str) -> str:
    return (
        f"The request must include the {member} parameter. "
        "Add the required parameter and retry the request."
    )


def _check_address(subnet: Subnet, address: str) -> None:
    """Raises BadParameter."""
    if not is_inside(subnet.cidr_block, address):
        raise BadParameter("Address does not fall within the subnet's address range")
    if is_reserved(subnet.cidr_block, address):
        raise BadParameter(f"Address {address} is in subnet's reserved address range")
