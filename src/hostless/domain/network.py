"""Records of the network: VPCs, subnets, security groups, network interfaces."""

from dataclasses import dataclass
from typing import Literal

from hostless.domain.arns import NetworkInterfaceId, SecurityGroupId, SubnetId, TaskArn, VpcId
from hostless.domain.tags import Tag
from hostless.kit.clock import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpc:
    """cidr_block: IPv4 range such as `172.31.0.0/16`."""

    id: VpcId
    cidr_block: str
    is_default: bool = False
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """AWS keeps the first four addresses and the last one of every subnet for itself."""

    id: SubnetId
    vpc_id: VpcId
    cidr_block: str
    zone: str
    is_default_for_zone: bool = False
    maps_public_ip: bool = False
    tags: tuple[Tag, ...] = ()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInterface:
    """The network interface of one task.

    address: IPv4 address from the subnet's range. gateway: the subnet's first address.
    """

    id: NetworkInterfaceId
    attachment_id: str
    task_arn: TaskArn
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
