"""What else changes when a VPC gets a range of IPv6, or gives it back. Pure.

Route tables gain and lose the route to the range; network ACLs gain rules about IPv6 and keep them
(Amazon VPC User Guide, "Default network ACL": the rule that lets IPv6 pass is added only where
nobody has changed the rules), as the default security group does
(`security_group_rules.egress_with_range`).
"""

from dataclasses import replace

from hostless.domain.network_acls import NetworkAcl
from hostless.domain.new_vpc import default_entries, last_entries
from hostless.domain.routing import LOCAL, Route, RouteTable


def with_local_route(table: RouteTable, cidr: str) -> RouteTable:
    """Behind the other local ones."""
    route = Route(destination=cidr, target=LOCAL, origin="CreateRouteTable")
    local = tuple(each for each in table.routes if each.target == LOCAL)
    others = tuple(each for each in table.routes if each.target != LOCAL)
    return replace(table, routes=(*local, route, *others))


def without_local_route(table: RouteTable, cidr: str) -> RouteTable:
    kept = (r for r in table.routes if not (r.target == LOCAL and r.destination == cidr))
    return replace(table, routes=tuple(kept))


def with_ipv6_rules(acl: NetworkAcl) -> NetworkAcl:
    is_untouched = acl.is_default and set(acl.entries) == set(default_entries(has_ipv6=False))
    wanted = default_entries(has_ipv6=True) if is_untouched else last_entries(has_ipv6=True)
    new = tuple(entry for entry in wanted if entry not in acl.entries)
    return replace(acl, entries=(*acl.entries, *new))
