"""Route tables: where packets that leave a subnet go.

The route to the VPC's own range, `local`, is in every table and cannot be left out. What a table's
routes come to on the machine is `network_layout`'s business.
"""

from dataclasses import dataclass
from typing import Literal

from hostless.domain.arns import RouteTableId, SubnetId, VpcId
from hostless.domain.tags import Tag

LOCAL = "local"
RouteOrigin = Literal["CreateRouteTable", "CreateRoute"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """destination: a range of IPv4 or IPv6, or the id of a prefix list.

    target: `local`, or the id of a gateway or endpoint (`igw-`, `nat-`, `eigw-`, `vpce-`).
    """

    destination: str
    target: str
    origin: RouteOrigin = "CreateRoute"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    id: RouteTableId
    vpc_id: VpcId
    routes: tuple[Route, ...]
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTableAssociation:
    """subnet_id: None in the association that makes the table the VPC's main one.

    A VPC has one main table, for all subnets that have no association of their own.
    """

    id: str
    vpc_id: VpcId
    route_table_id: RouteTableId
    subnet_id: SubnetId | None
