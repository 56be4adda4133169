"""Routes: put into route tables, replaced, taken out. Where they may lead is in `route_targets`.

Sources: the EC2 model and reference of each call. Sentences are EC2's own.
"""

from dataclasses import replace

from hostless.domain.arns import Realm
from hostless.domain.quotas import Quotas, is_reached
from hostless.domain.routing import LOCAL, Route, RouteTable
from hostless.domain.security_group_rules import canonical_cidr
from hostless.services.ec2 import requests_routes as requests
from hostless.services.ec2.errors import BadParameter, DryRun
from hostless.services.ec2.errors_gateways import OverQuota, RouteDuplicate, RouteNotFound
from hostless.services.ec2.errors_vpcs import NoCidr
from hostless.services.ec2.gateway_lookup import ROUTE_TABLE_FORM
from hostless.services.ec2.lookup import need
from hostless.services.ec2.prefix_list_lookup import need_prefix_list
from hostless.services.ec2.route_targets import (
    PREFIX_LIST_ROUTE,
    RouteTargets,
    check_one,
)
from hostless.services.operation import Answer, Call
from hostless.store.kinds import ROUTE_TABLES
from hostless.store.store import Store

_ONE_DESTINATION = (
    "The request must contain exactly one of: destinationCidrBlock, destinationIpv6CidrBlock, "
    "destinationPrefixListId"
)
_NOT_LOCAL = "local-target only allowed with network local destination CIDRs"


class Routes:
    def __init__(self, store: Store, quotas: Quotas) -> None:
        self._store = store
        self._quotas = quotas
        self._targets = RouteTargets(store)

    async def create(self, request: requests.CreateRoute, call: Call) -> Answer:
        """The same route once more is no error."""
        table = self._need(request.route_table_id)
        destination = self._destination(request, call.realm)
        target = self._targets.target_of(request, table, destination)
        existing = _find(table, destination)
        if existing is not None and existing.target != target:
            raise RouteDuplicate(destination)
        routes = table.routes
        if existing is None:
            if is_reached(self._quotas.routes_per_table, len(routes)):
                raise OverQuota("Route", "routes")
            routes = (*routes, Route(destination=destination, target=target))
        await self._write(table, routes, request, "CreateRoute")
        return {"Return": True}

    async def replace(self, request: requests.ReplaceRoute, call: Call) -> Answer:
        table = self._need(request.route_table_id)
        destination = self._destination(request, call.realm)
        existing = _find(table, destination)
        target = LOCAL
        if not request.local_target:
            target = self._targets.target_of(request, table, destination)
        elif existing is None or existing.target != LOCAL:
            raise BadParameter(_NOT_LOCAL)
        if existing is None:
            raise BadParameter(
                f"There is no route defined for '{destination}' in the route table. "
                "Use CreateRoute instead."
            )
        if _is_of_endpoint(existing):
            raise BadParameter(PREFIX_LIST_ROUTE)
        routes = tuple(
            replace(each, target=target) if each is existing else each for each in table.routes
        )
        await self._write(table, routes, request, "ReplaceRoute")
        return None

    async def delete(self, request: requests.NamedRoute, call: Call) -> Answer:
        table = self._need(request.route_table_id)
        destination = self._destination(request, call.realm)
        existing = _find(table, destination)
        if existing is None:
            raise RouteNotFound(_kind_of(destination), destination, table.id)
        if existing.target == LOCAL:
            raise BadParameter(f"cannot remove local route {destination} in route table {table.id}")
        if _is_of_endpoint(existing):
            raise BadParameter(
                f"cannot remove VPC endpoint route {destination} in route table {table.id}"
            )
        routes = tuple(route for route in table.routes if route is not existing)
        await self._write(table, routes, request, "DeleteRoute")
        return None

    async def _write(
        self,
        table: RouteTable,
        routes: tuple[Route, ...],
        request: requests.NamedRoute,
        because: str,
    ) -> None:
        if request.dry_run:
            raise DryRun
        if routes != table.routes:
            transaction = self._store.transaction(because)
            transaction.put(ROUTE_TABLES, replace(table, routes=routes))
            await transaction.commit()

    def _need(self, given: str) -> RouteTable:
        return need(self._store, ROUTE_TABLES, ROUTE_TABLE_FORM, given)

    def _destination(self, request: requests.NamedRoute, realm: Realm) -> str:
        """As it is kept. Raises EC2's errors."""
        ipv4, ipv6 = request.destination_cidr_block, request.destination_ipv6_cidr_block
        listed = request.destination_prefix_list_id
        check_one((ipv4, ipv6, listed), _ONE_DESTINATION)
        if ipv4:
            return _canonical(ipv4, 4, "destinationCidrBlock")
        if ipv6:
            return _canonical(ipv6, 6, "destinationIpv6CidrBlock")
        return need_prefix_list(self._store, realm, listed or "").id


def _find(table: RouteTable, destination: str) -> Route | None:
    return next((route for route in table.routes if route.destination == destination), None)


def _is_of_endpoint(route: Route) -> bool:
    """Gateway endpoints put their routes into tables, and take them out, themselves."""
    return route.target.startswith("vpce-")


def _kind_of(destination: str) -> str:
    if destination.startswith("pl-"):
        return "destination-prefix-list-id"
    return "destination-ipv6-cidr-block" if ":" in destination else "destination-cidr-block"


def _canonical(given: str, version: int, member: str) -> str:
    found = canonical_cidr(given, version)
    if found is None:
        raise NoCidr(given, member)
    return found
