"""Requests about load balancers, and those that are alike for all: members in snake case."""

from dataclasses import dataclass

from hostless.domain.tags import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenSubnet:
    subnet_id: str | None = None
    allocation_id: str | None = None
    private_ipv4_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateLoadBalancer:
    name: str
    subnets: tuple[str, ...] = ()
    subnet_mappings: tuple[GivenSubnet, ...] = ()
    security_groups: tuple[str, ...] = ()
    scheme: str = "internet-facing"
    tags: tuple[Tag, ...] = ()
    type: str = "application"
    ip_address_type: str = "ipv4"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedBalancer:
    load_balancer_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeLoadBalancers:
    load_balancer_arns: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    marker: str | None = None
    page_size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSubnets:
    load_balancer_arn: str
    subnets: tuple[str, ...] = ()
    subnet_mappings: tuple[GivenSubnet, ...] = ()
    ip_address_type: str = "ipv4"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSecurityGroups:
    load_balancer_arn: str
    security_groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetIpAddressType:
    load_balancer_arn: str
    ip_address_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAttribute:
    key: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyLoadBalancerAttributes:
    load_balancer_arn: str
    attributes: tuple[GivenAttribute, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedListener:
    listener_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyListenerAttributes:
    listener_arn: str
    attributes: tuple[GivenAttribute, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedGroup:
    target_group_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyTargetGroupAttributes:
    target_group_arn: str
    attributes: tuple[GivenAttribute, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTags:
    resource_arns: tuple[str, ...]
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveTags:
    resource_arns: tuple[str, ...]
    tag_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeTags:
    resource_arns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeSslPolicies:
    names: tuple[str, ...] = ()
    marker: str | None = None
    page_size: int | None = None
    load_balancer_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeAccountLimits:
    marker: str | None = None
    page_size: int | None = None
