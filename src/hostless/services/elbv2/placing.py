"""Where a load balancer is to be: its subnets and security groups, checked as AWS checks them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hostless.domain.arns import AllocationId, SecurityGroupId, VpcId
from hostless.domain.load_balancer_rules import (
    private_address_refusal,
    subnets_refusal,
    zones_refusal,
)
from hostless.domain.load_balancers import LoadBalancerType, Scheme, SubnetMapping
from hostless.domain.network import Subnet
from hostless.services.elbv2.errors import (
    AllocationIdNotFound,
    BadConfiguration,
    BadRequest,
    InvalidSecurityGroup,
    InvalidSubnet,
    SubnetNotFound,
)
from hostless.services.elbv2.requests import GivenSubnet
from hostless.store.kinds import (
    ELASTIC_ADDRESSES,
    INTERNET_GATEWAYS,
    LOAD_BALANCERS,
    NETWORK_INTERFACES,
    SECURITY_GROUPS,
    SUBNETS,
)
from hostless.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    vpc_id: VpcId
    subnets: tuple[SubnetMapping, ...]


class Placing:
    def __init__(self, store: Store) -> None:
        self._store = store

    def place(
        self,
        subnets: Sequence[str],
        mappings: Sequence[GivenSubnet],
        type_: LoadBalancerType,
        scheme: Scheme,
        before: Sequence[SubnetMapping] = (),
    ) -> Place:
        """before: what the balancer has already. Raises what AWS does."""
        if subnets and mappings:
            raise BadConfiguration("You must specify either subnets or subnet mappings, not both")
        given = tuple(mappings) or tuple(GivenSubnet(subnet_id=id_) for id_ in subnets)
        found = [self._need_subnet(each.subnet_id) for each in given]
        refusal = zones_refusal(type_, found)
        if refusal is not None:
            raise BadRequest(refusal)
        refusal = subnets_refusal(found)
        if refusal is not None:
            raise BadConfiguration(refusal)
        vpc_id = found[0].vpc_id
        if scheme == "internet-facing" and not self._store.find(INTERNET_GATEWAYS, "vpc", vpc_id):
            raise InvalidSubnet(f"VPC {vpc_id} has no internet gateway")
        chosen = tuple(
            self._mapping(asked, subnet, type_, scheme, before)
            for asked, subnet in zip(given, found, strict=True)
        )
        return Place(vpc_id=vpc_id, subnets=chosen)

    def security_groups(self, asked: Sequence[str], vpc_id: VpcId) -> tuple[SecurityGroupId, ...]:
        """Each once, of the VPC. Raises InvalidSecurityGroup."""
        found = []
        for id_ in dict.fromkeys(asked):
            group = self._store.get(SECURITY_GROUPS, id_)
            if group is None or group.vpc_id != vpc_id:
                raise InvalidSecurityGroup
            found.append(group.id)
        return tuple(found)

    def default_security_group(self, vpc_id: VpcId) -> tuple[SecurityGroupId, ...]:
        groups = self._store.find(SECURITY_GROUPS, "vpc", vpc_id)
        return tuple(group.id for group in groups if group.name == "default")

    def _need_subnet(self, id_: str | None) -> Subnet:
        subnet = None if id_ is None else self._store.get(SUBNETS, id_)
        if subnet is None:
            raise SubnetNotFound(id_ or "")
        return subnet

    def _mapping(
        self,
        asked: GivenSubnet,
        subnet: Subnet,
        type_: LoadBalancerType,
        scheme: Scheme,
        before: Sequence[SubnetMapping],
    ) -> SubnetMapping:
        kept = next((each for each in before if each.subnet_id == subnet.id), None)
        if kept is not None and asked.private_ipv4_address in (None, kept.private_address):
            return kept
        if asked.private_ipv4_address is not None:
            self._check_private(asked.private_ipv4_address, subnet, type_, scheme)
        if asked.allocation_id is not None:
            self._check_allocation(asked.allocation_id, type_, scheme)
        allocation = asked.allocation_id
        return SubnetMapping(
            subnet_id=subnet.id,
            zone=subnet.zone,
            private_address=asked.private_ipv4_address,
            allocation_id=None if allocation is None else AllocationId(allocation),
        )

    def _check_private(
        self, address: str, subnet: Subnet, type_: LoadBalancerType, scheme: Scheme
    ) -> None:
        refusal = private_address_refusal(address, subnet, type_, scheme)
        key = f"{subnet.vpc_id}/{address}"
        is_taken = self._store.find(NETWORK_INTERFACES, "address", key) or any(
            (mapping.subnet_id, mapping.private_address) == (subnet.id, address)
            for mapping in self._claims()
        )
        if refusal is None and is_taken:
            refusal = f"The IP address '{address}' is in use"  # our words
        if refusal is not None:
            raise BadConfiguration(refusal)

    def _check_allocation(self, id_: str, type_: LoadBalancerType, scheme: Scheme) -> None:
        if type_ != "network" or scheme != "internet-facing":
            raise BadConfiguration(
                "Allocation IDs are supported for internet-facing Network Load Balancers only"
            )  # our words
        address = self._store.get(ELASTIC_ADDRESSES, id_)
        if address is None:
            raise AllocationIdNotFound(id_)
        is_claimed = any(mapping.allocation_id == id_ for mapping in self._claims())
        if address.association_id is not None or is_claimed:
            raise BadConfiguration(f"The allocation ID '{id_}' is in use")  # our words

    def _claims(self) -> Iterator[SubnetMapping]:
        """Of all balancers: what one wants may not be its interface's yet."""
        for balancer in self._store.all(LOAD_BALANCERS):
            yield from balancer.subnets
