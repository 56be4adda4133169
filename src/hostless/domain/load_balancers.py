"""Load balancers as they were asked for, and what became of them.

The API writes what was asked for; `state`, `state_reason` and `nodes` are the balancer controller's
alone. A balancer that is deleted has no record any more: whoever holds something for it finds out
by that. Listeners are in `listeners`, defaults and ranges of attributes in `balancer_attributes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from hostless.domain.arns import (
    AllocationId,
    LoadBalancerArn,
    NetworkInterfaceId,
    SecurityGroupId,
    SubnetId,
    VpcId,
)
from hostless.domain.tags import Tag
from hostless.kit.clock import Timestamp

LoadBalancerType: TypeAlias = Literal["application", "network"]
Scheme: TypeAlias = Literal["internet-facing", "internal"]
LoadBalancerState: TypeAlias = Literal["provisioning", "active", "active_impaired", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetMapping:
    """A subnet that the balancer is to have a node in.

    private_address: the one that the caller wants there (internal network balancers only).
    allocation_id: of the elastic address that the caller wants there (network balancers that face
    the internet only).
    """

    subnet_id: SubnetId
    zone: str
    private_address: str | None = None
    allocation_id: AllocationId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancerNode:
    """What the balancer has in one of its subnets. public_address: if it faces the internet."""

    subnet_id: SubnetId
    zone: str
    interface_id: NetworkInterfaceId
    address: str
    public_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    """attributes: those that were set; `balancer_attributes` knows the others.

    dns_name: in small letters. security_groups: a network balancer may have none for good.
    """

    arn: LoadBalancerArn
    name: str
    type: LoadBalancerType
    scheme: Scheme
    vpc_id: VpcId
    subnets: tuple[SubnetMapping, ...]
    security_groups: tuple[SecurityGroupId, ...] = ()
    dns_name: str
    ip_address_type: Literal["ipv4"] = "ipv4"
    state: LoadBalancerState = "provisioning"
    state_reason: str | None = None
    nodes: tuple[LoadBalancerNode, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[Tag, ...] = ()
    created_at: Timestamp
