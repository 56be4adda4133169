"""What callers ask about network ACLs; shapes of the EC2 model."""

from dataclasses import dataclass
from typing import Literal

from hostless.services.ec2.requests import Filter
from hostless.services.ec2.requests_security_groups import TagSpecification


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpTypeCode:
    code: int | None = None
    type: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AclPortRange:
    from_: int | None = None
    to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateNetworkAcl:
    vpc_id: str
    tag_specifications: tuple[TagSpecification, ...] = ()
    client_token: str | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteNetworkAcl:
    network_acl_id: str
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeNetworkAcls:
    filters: tuple[Filter, ...] = ()
    network_acl_ids: tuple[str, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PutNetworkAclEntry:
    """CreateNetworkAclEntry and ReplaceNetworkAclEntry."""

    network_acl_id: str
    rule_number: int
    protocol: str
    rule_action: Literal["allow", "deny"]
    egress: bool
    cidr_block: str | None = None
    ipv6_cidr_block: str | None = None
    icmp_type_code: IcmpTypeCode | None = None
    port_range: AclPortRange | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteNetworkAclEntry:
    network_acl_id: str
    rule_number: int
    egress: bool
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceNetworkAclAssociation:
    association_id: str
    network_acl_id: str
    dry_run: bool | None = None
