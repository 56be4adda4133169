"""Rules of security groups: what may pass to and from the network interfaces that carry a group.

How they are compiled for a fabric is its business; the words of their API are services/ec2's.
"""

from dataclasses import dataclass

from hostless.domain.arns import SecurityGroupId, SecurityGroupRuleId, VpcId
from hostless.domain.tags import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroupRule:
    """Lets traffic pass; a group denies whatever no rule of it lets pass (EC2 API).

    protocol: `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number, or `-1` for all. from_port and
    to_port: the range of destination ports, or ICMP type and code (-1: every one); None with `-1`
    and with protocols that have none. Exactly one of the last four says who is at the other end.
    """

    id: SecurityGroupRuleId
    group_id: SecurityGroupId
    is_egress: bool
    protocol: str
    from_port: int | None = None
    to_port: int | None = None
    description: str | None = None
    tags: tuple[Tag, ...] = ()
    cidr_ipv4: str | None = None
    cidr_ipv6: str | None = None
    referenced_group_id: SecurityGroupId | None = None
    prefix_list_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPolicy:
    """A security group as a fabric sees it: all its rules, in no particular order."""

    group_id: SecurityGroupId
    vpc_id: VpcId
    rules: tuple[SecurityGroupRule, ...]
