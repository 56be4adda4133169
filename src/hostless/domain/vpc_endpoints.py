"""VPC endpoints: ways from a VPC to a service without the world in between."""

from dataclasses import dataclass
from typing import Literal

from hostless.domain.arns import (
    NetworkInterfaceId,
    RouteTableId,
    SecurityGroupId,
    SubnetId,
    VpcEndpointId,
    VpcId,
)
from hostless.domain.tags import Tag
from hostless.kit.clock import Timestamp

API_PORT = 80
"""Where the engine's API answers at the addresses of interface endpoints; plain HTTP."""
EndpointType = Literal["Gateway", "Interface"]
EndpointState = Literal["pending", "available", "deleting", "deleted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcEndpoint:
    """service_name: such as `com.amazonaws.us-east-1.logs`.

    route_table_ids: of a gateway endpoint. subnet_ids, interface_ids, security_groups,
    has_private_dns: of an interface endpoint. policy: JSON as it was given.
    """

    id: VpcEndpointId
    vpc_id: VpcId
    type: EndpointType
    service_name: str
    state: EndpointState
    policy: str
    route_table_ids: tuple[RouteTableId, ...] = ()
    subnet_ids: tuple[SubnetId, ...] = ()
    interface_ids: tuple[NetworkInterfaceId, ...] = ()
    security_groups: tuple[SecurityGroupId, ...] = ()
    has_private_dns: bool = False
    created_at: Timestamp
    tags: tuple[Tag, ...] = ()
