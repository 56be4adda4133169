"""Network access control lists: what may cross the border of a subnet, packet by packet."""

from dataclasses import dataclass

from hostless.domain.arns import NetworkAclId, SubnetId, VpcId
from hostless.domain.tags import Tag

LAST_RULE = 32767
"""The number of the rule that denies the rest; every list has it, and nobody can change it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAclEntry:
    """The entry with the lowest number that fits a packet decides.

    protocol: a number, or `-1` for all. Exactly one of the ranges of addresses is given.
    icmp_type, icmp_code: -1 for every one. from_port, to_port: of destination ports.
    """

    number: int
    is_egress: bool
    allows: bool
    protocol: str = "-1"
    cidr_ipv4: str | None = None
    cidr_ipv6: str | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
    from_port: int | None = None
    to_port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAcl:
    """entries: in no particular order; numbers are unique within a direction."""

    id: NetworkAclId
    vpc_id: VpcId
    is_default: bool
    entries: tuple[NetworkAclEntry, ...]
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAclAssociation:
    """Every subnet has exactly one."""

    id: str
    vpc_id: VpcId
    acl_id: NetworkAclId
    subnet_id: SubnetId
