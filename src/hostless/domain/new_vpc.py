"""What comes with a new VPC and a new subnet, as AWS makes them.

A main route table with the route to the VPC itself, a default network ACL that lets everything
pass, a default security group whose members may talk to each other (Amazon VPC User Guide, "VPC
basics"). A subnet is born with the VPC's default network ACL and main route table.
"""

from dataclasses import dataclass, replace

from hostless.domain.arns import NetworkAclId, RouteTableId, SecurityGroupId
from hostless.domain.network import SecurityGroup, Subnet, Vpc
from hostless.domain.network_acls import (
    LAST_RULE,
    NetworkAcl,
    NetworkAclAssociation,
    NetworkAclEntry,
)
from hostless.domain.routing import LOCAL, Route, RouteTable, RouteTableAssociation
from hostless.domain.security_group_rules import default_group_rules
from hostless.domain.security_groups import SecurityGroupRule
from hostless.kit.ids import Ids

EVERYWHERE, EVERYWHERE_IPV6 = "0.0.0.0/0", "::/0"
_FIRST_RULE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsOfVpc:
    route_table: RouteTable
    main_association: RouteTableAssociation
    acl: NetworkAcl
    security_group: SecurityGroup
    rules: tuple[SecurityGroupRule, ...]


def parts_of_new_vpc(vpc: Vpc, ids: Ids) -> PartsOfVpc:
    table, association = main_table_of(vpc, ids)
    group = SecurityGroup(
        id=SecurityGroupId(f"sg-{ids.hex(17)}"),
        vpc_id=vpc.id,
        name="default",
        description="default VPC security group",
        has_recorded_rules=True,
    )
    return PartsOfVpc(
        route_table=table,
        main_association=association,
        acl=default_acl_of(vpc, ids),
        security_group=group,
        rules=default_group_rules(group, ids, has_ipv6=vpc.ipv6 is not None),
    )


def main_table_of(vpc: Vpc, ids: Ids) -> tuple[RouteTable, RouteTableAssociation]:
    table = new_route_table(vpc, ids)
    association = RouteTableAssociation(
        id=f"rtbassoc-{ids.hex(17)}", vpc_id=vpc.id, route_table_id=table.id, subnet_id=None
    )
    return table, association


def new_route_table(vpc: Vpc, ids: Ids) -> RouteTable:
    """With the routes to the VPC itself, and no others."""
    ranges = [vpc.cidr_block] + ([vpc.ipv6.cidr_block] if vpc.ipv6 else [])
    return RouteTable(
        id=RouteTableId(f"rtb-{ids.hex(17)}"),
        vpc_id=vpc.id,
        routes=tuple(
            Route(destination=each, target=LOCAL, origin="CreateRouteTable") for each in ranges
        ),
    )


def default_acl_of(vpc: Vpc, ids: Ids) -> NetworkAcl:
    return NetworkAcl(
        id=NetworkAclId(f"acl-{ids.hex(17)}"),
        vpc_id=vpc.id,
        is_default=True,
        entries=default_entries(has_ipv6=vpc.ipv6 is not None),
    )


def default_entries(*, has_ipv6: bool) -> tuple[NetworkAclEntry, ...]:
    """Of a VPC's default list, until somebody changes it."""
    return (
        *_entries(_FIRST_RULE, allows=True, has_ipv6=has_ipv6),
        *last_entries(has_ipv6=has_ipv6),
    )


def last_entries(*, has_ipv6: bool) -> tuple[NetworkAclEntry, ...]:
    """The end of every list: what no rule lets pass is denied."""
    return _entries(LAST_RULE, allows=False, has_ipv6=has_ipv6)


def _entries(number: int, *, allows: bool, has_ipv6: bool) -> tuple[NetworkAclEntry, ...]:
    """IPv6 gets the next number, as on AWS."""
    both = [
        NetworkAclEntry(number=number, is_egress=out, allows=allows, cidr_ipv4=EVERYWHERE)
        for out in (True, False)
    ]
    if has_ipv6:
        both += [
            replace(each, number=number + 1, cidr_ipv4=None, cidr_ipv6=EVERYWHERE_IPV6)
            for each in both
        ]
    return tuple(both)


def acl_association_of(subnet: Subnet, acl: NetworkAcl, ids: Ids) -> NetworkAclAssociation:
    return NetworkAclAssociation(
        id=f"aclassoc-{ids.hex(17)}", vpc_id=subnet.vpc_id, acl_id=acl.id, subnet_id=subnet.id
    )
