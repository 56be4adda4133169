"""Records of the network: VPCs, subnets, security groups, network interfaces."""

from dataclasses import dataclass
from typing import Literal

from hostless.domain.arns import (
    DhcpOptionsId,
    NetworkInterfaceId,
    SecurityGroupId,
    SubnetId,
    TaskArn,
    VpcId,
)
from hostless.domain.tags import Tag
from hostless.kit.clock import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Ipv6Range:
    """A range of IPv6 that a VPC (a /56) or a subnet (a /64) has, and the id of its having it."""

    association_id: str
    cidr_block: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpc:
    """cidr_block: IPv4 range such as `172.31.0.0/16`.

    dhcp_options_id: None stands for AWS's own set, `default`. has_dns_support: whether the VPC's
    resolver answers. has_dns_hostnames: whether public addresses have names. tenancy: of instances
    that are launched in it; Fargate knows only `default`.
    """

    id: VpcId
    cidr_block: str
    is_default: bool = False
    tags: tuple[Tag, ...] = ()
    dhcp_options_id: DhcpOptionsId | None = None
    has_dns_support: bool = True
    has_dns_hostnames: bool = False
    has_address_metrics: bool = False
    ipv6: Ipv6Range | None = None
    tenancy: Literal["default", "dedicated"] = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """AWS keeps the first four addresses and the last one of every subnet for itself.

    The last four fields are settings for instances that are launched in it; tasks have none.
    """

    id: SubnetId
    vpc_id: VpcId
    cidr_block: str
    zone: str
    is_default_for_zone: bool = False
    maps_public_ip: bool = False
    tags: tuple[Tag, ...] = ()
    ipv6: Ipv6Range | None = None
    assigns_ipv6: bool = False
    has_dns64: bool = False
    hostname_type: Literal["ip-name", "resource-name"] = "ip-name"
    has_resource_name_a: bool = False
    has_resource_name_aaaa: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup:
    """has_recorded_rules: False in the records of engines that did not keep rules."""

    id: SecurityGroupId
    vpc_id: VpcId
    name: str
    description: str
    tags: tuple[Tag, ...] = ()
    has_recorded_rules: bool = False


InterfaceStatus = Literal["available", "in-use"]
InterfaceKind = Literal["task", "nat_gateway", "vpc_endpoint", "load_balancer", "mount_target"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortRedirect:
    """What is sent by TCP to one port is led to another of the same address.

    address: one of the task's own loopback, and it is what its containers send there; None: what
    arrives from outside, and rules of security groups are about the first port.
    """

    from_port: int
    to_port: int
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInterface:
    """An address in a subnet, and who has it.

    kind, owner: what has it, and the id or ARN of that. task_arn: of the task, where it is one's.
    address: IPv4 address from the subnet's range. gateway: the subnet's first address.
    public_address: the address under which the world knows it, from the engine's pool; it never
    changes. ipv6_address: from the subnet's range of IPv6. port_redirects: inside its namespace.
    """

    id: NetworkInterfaceId
    attachment_id: str
    task_arn: TaskArn | None = None
    kind: InterfaceKind = "task"
    owner: str | None = None
    vpc_id: VpcId
    subnet_id: SubnetId
    zone: str
    address: str
    prefix_length: int
    gateway: str
    mac_address: str
    private_dns_name: str
    security_groups: tuple[SecurityGroupId, ...]
    status: InterfaceStatus = "in-use"
    created_at: Timestamp
    tags: tuple[Tag, ...] = ()
    public_address: str | None = None
    ipv6_address: str | None = None
    port_redirects: tuple[PortRedirect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlace:
    """What a task's containers live in.

    namespace_path: the network namespace, None under simulation. host_name: as Fargate names it
    (`ip-172-31-0-10.ec2.internal`). hosts, resolver_lines: lines of /etc/hosts and
    /etc/resolv.conf.
    """

    namespace_path: str | None
    address: str
    host_name: str
    hosts: tuple[str, ...]
    resolver_lines: tuple[str, ...]
