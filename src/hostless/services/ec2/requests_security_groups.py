"""What callers ask about security groups, their rules and tags; shapes of the EC2 model.

Members that only AWS's answers use (`PeeringStatus`) are left out.
"""

from dataclasses import dataclass

from hostless.domain.tags import Tag
from hostless.services.ec2.requests import Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class TagSpecification:
    resource_type: str | None = None
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserIdGroupPair:
    description: str | None = None
    user_id: str | None = None
    group_name: str | None = None
    group_id: str | None = None
    vpc_id: str | None = None
    vpc_peering_connection_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IpRange:
    description: str | None = None
    cidr_ip: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ipv6Range:
    description: str | None = None
    cidr_ipv6: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixListId:
    description: str | None = None
    prefix_list_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IpPermission:
    """One protocol and port range for any number of peers: a rule for each."""

    ip_protocol: str | None = None
    from_port: int | None = None
    to_port: int | None = None
    user_id_group_pairs: tuple[UserIdGroupPair, ...] = ()
    ip_ranges: tuple[IpRange, ...] = ()
    ipv6_ranges: tuple[Ipv6Range, ...] = ()
    prefix_list_ids: tuple[PrefixListId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSecurityGroup:
    description: str
    group_name: str
    vpc_id: str | None = None
    tag_specifications: tuple[TagSpecification, ...] = ()
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteSecurityGroup:
    group_id: str | None = None
    group_name: str | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressRules:
    """Rules of one group, in the new way (IpPermissions) or the old flat one."""

    group_id: str | None = None
    group_name: str | None = None
    ip_permissions: tuple[IpPermission, ...] = ()
    cidr_ip: str | None = None
    ip_protocol: str | None = None
    from_port: int | None = None
    to_port: int | None = None
    source_security_group_name: str | None = None
    source_security_group_owner_id: str | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeSecurityGroupIngress(IngressRules):
    tag_specifications: tuple[TagSpecification, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeSecurityGroupIngress(IngressRules):
    security_group_rule_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeSecurityGroupEgress:
    group_id: str | None = None
    ip_permissions: tuple[IpPermission, ...] = ()
    tag_specifications: tuple[TagSpecification, ...] = ()
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeSecurityGroupEgress:
    group_id: str | None = None
    ip_permissions: tuple[IpPermission, ...] = ()
    security_group_rule_ids: tuple[str, ...] = ()
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroupRuleRequest:
    ip_protocol: str | None = None
    from_port: int | None = None
    to_port: int | None = None
    cidr_ipv4: str | None = None
    cidr_ipv6: str | None = None
    prefix_list_id: str | None = None
    referenced_group_id: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroupRuleUpdate:
    security_group_rule_id: str
    security_group_rule: SecurityGroupRuleRequest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifySecurityGroupRules:
    group_id: str
    security_group_rules: tuple[SecurityGroupRuleUpdate, ...]
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeSecurityGroupRules:
    filters: tuple[Filter, ...] = ()
    security_group_rule_ids: tuple[str, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroupRuleDescription:
    security_group_rule_id: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateSecurityGroupRuleDescriptions:
    """Of one direction, which the operation's name says."""

    group_id: str | None = None
    group_name: str | None = None
    ip_permissions: tuple[IpPermission, ...] = ()
    security_group_rule_descriptions: tuple[SecurityGroupRuleDescription, ...] = ()
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTags:
    """CreateTags and DeleteTags."""

    resources: tuple[str, ...]
    tags: tuple[Tag, ...] = ()
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeTags:
    filters: tuple[Filter, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSecurityGroupsForVpc:
    vpc_id: str
    filters: tuple[Filter, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeSecurityGroupReferences:
    group_id: tuple[str, ...]
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeStaleSecurityGroups:
    """Every answer is one page: there are none."""

    vpc_id: str
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None
