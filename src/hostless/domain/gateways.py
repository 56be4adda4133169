"""Ways between a VPC and the world: gateways, and the public addresses that go with them."""

from dataclasses import dataclass
from typing import Literal

from hostless.domain.arns import (
    AllocationId,
    EgressOnlyGatewayId,
    InternetGatewayId,
    NatGatewayId,
    NetworkInterfaceId,
    SubnetId,
    VpcId,
)
from hostless.domain.tags import Tag
from hostless.kit.clock import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPool:
    """The range that public addresses are taken from; an engine has one. Its first address is the
    host's own, under which the host speaks to public addresses."""

    cidr_block: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InternetGateway:
    """vpc_id: None while it is attached to none."""

    id: InternetGatewayId
    vpc_id: VpcId | None = None
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressOnlyGateway:
    """Lets IPv6 out and nothing in that was not asked for."""

    id: EgressOnlyGatewayId
    vpc_id: VpcId
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ElasticAddress:
    """A public address that is kept. association_id, interface_id: of what it belongs to now."""

    allocation_id: AllocationId
    public_address: str
    association_id: str | None = None
    interface_id: NetworkInterfaceId | None = None
    tags: tuple[Tag, ...] = ()


NatGatewayState = Literal["pending", "failed", "available", "deleting", "deleted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NatGateway:
    """The API writes `pending` and `deleting`; what makes them true writes the other states.

    is_public: whether it leads to the world; then it was asked for with an elastic address.
    association_id, public_address: None when that belonged to something else already.
    interface_id, address: its network interface's in its subnet; None when the subnet was full.
    failure: AWS's code and sentence. deleted_at: also of one that failed.
    """

    id: NatGatewayId
    vpc_id: VpcId
    subnet_id: SubnetId
    state: NatGatewayState
    is_public: bool
    allocation_id: AllocationId | None
    association_id: str | None
    interface_id: NetworkInterfaceId | None
    address: str | None
    public_address: str | None
    created_at: Timestamp
    deleted_at: Timestamp | None = None
    failure: tuple[str, str] | None = None
    tags: tuple[Tag, ...] = ()
