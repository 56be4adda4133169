"""Shared gateways: not here yet; there are none."""

from dataclasses import dataclass
from typing import Any

from hostless.domain.errors import ApiError, InvalidParameter
from hostless.services.ecs.errors import ResourceNotFound, UnsupportedFeature
from hostless.services.ecs.listing import check_empty_page
from hostless.services.operation import Answer, Call, Operation
from hostless.services.refusing import refusing

_NO_GATEWAYS = "there are no gateways"
_MOST_NAMES = 10


class GatewayNotFound(ApiError):
    code = "GatewayNotFoundException"

    def __init__(self) -> None:
        super().__init__("The specified gateway wasn't found.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListGateways:
    names: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    max_results: int | None = None
    next_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListGatewayRoutes:
    gateway: str | None = None
    cluster: str | None = None
    service: str | None = None
    service_container_port_name: str | None = None
    status: tuple[str, ...] = ()
    max_results: int | None = None
    next_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListGatewayClusterAssociations:
    gateway: str | None = None
    cluster: str | None = None
    status: tuple[str, ...] = ()
    max_results: int | None = None
    next_token: str | None = None


async def list_gateways(request: ListGateways, call: Call) -> Answer:
    if len(request.names) > _MOST_NAMES:
        raise InvalidParameter(f"names can have at most {_MOST_NAMES} items.")
    check_empty_page("ListGateways", request.max_results, request.next_token)
    return {"gateways": []}


async def list_routes(request: ListGatewayRoutes, call: Call) -> Answer:
    check_empty_page("ListGatewayRoutes", request.max_results, request.next_token)
    if request.gateway:
        raise GatewayNotFound
    return {"gatewayRoutes": []}


async def list_associations(request: ListGatewayClusterAssociations, call: Call) -> Answer:
    check_empty_page("ListGatewayClusterAssociations", request.max_results, request.next_token)
    return {"gatewayClusterAssociations": []}


def gateway_operations() -> tuple[Operation[Any], ...]:
    return (
        Operation(name="ListGateways", request=ListGateways, perform=list_gateways),
        Operation(name="ListGatewayRoutes", request=ListGatewayRoutes, perform=list_routes),
        Operation(
            name="ListGatewayClusterAssociations",
            request=ListGatewayClusterAssociations,
            perform=list_associations,
        ),
        refusing("CreateGateway", _no_gateways_yet, "gateways are not here yet"),
        refusing("DescribeGateway", GatewayNotFound, _NO_GATEWAYS),
        refusing("UpdateGateway", GatewayNotFound, _NO_GATEWAYS),
        refusing("DeleteGateway", GatewayNotFound, _NO_GATEWAYS),
        refusing("DescribeGatewayResources", GatewayNotFound, _NO_GATEWAYS),
        refusing("DescribeGatewayRoute", ResourceNotFound, _NO_GATEWAYS),
        refusing("AssociateGatewayWithCluster", GatewayNotFound, _NO_GATEWAYS),
        refusing("DisassociateGatewayFromCluster", GatewayNotFound, _NO_GATEWAYS),
    )


def _no_gateways_yet() -> ApiError:
    return UnsupportedFeature(
        "Gateways are not supported here yet. "
        "Reach the tasks of a service at their own addresses, which DescribeTasks shows."
    )
