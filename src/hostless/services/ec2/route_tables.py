"""Route tables: made, given to subnets, described, deleted. What is in them is in `routes`.

Sources: the EC2 model and reference of each call. Sentences are EC2's own, except where a comment
says "our words".
"""

from dataclasses import replace

from hostless.domain.network import Subnet
from hostless.domain.new_vpc import new_route_table
from hostless.domain.quotas import Quotas, is_reached
from hostless.domain.routing import RouteTable, RouteTableAssociation
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_routes as requests
from hostless.services.ec2.client_tokens import find_made, remember
from hostless.services.ec2.describing import page_for, question_of
from hostless.services.ec2.errors import BadParameter, DryRun, HasDependencies, MissingParameter
from hostless.services.ec2.errors_gateways import AssociationConflict, OverQuota
from hostless.services.ec2.gateway_lookup import (
    GATEWAY_FORM,
    ROUTE_TABLE_FORM,
    TABLE_ASSOCIATION_FORM,
)
from hostless.services.ec2.lookup import need
from hostless.services.ec2.route_views import ASSOCIATED, RouteTableViews
from hostless.services.ec2.tagging import tags_for
from hostless.services.ec2.vpc_lookup import need_subnet, need_vpc
from hostless.services.operation import Answer, Call
from hostless.store.kinds import ROUTE_TABLE_ASSOCIATIONS, ROUTE_TABLES, VPC_ENDPOINTS
from hostless.store.store import Store


class RouteTables:
    def __init__(self, store: Store, ids: Ids, quotas: Quotas) -> None:
        self._store = store
        self._ids = ids
        self._quotas = quotas

    async def create(self, request: requests.CreateRouteTable, call: Call) -> Answer:
        vpc = need_vpc(self._store, request.vpc_id)
        tags = tags_for(request.tag_specifications, "route-table")
        table = find_made(self._store, ROUTE_TABLES, "CreateRouteTable", request)
        if table is None:
            existing = self._store.table(ROUTE_TABLES).count("vpc", vpc.id)
            if is_reached(self._quotas.route_tables_per_vpc, existing):
                raise OverQuota("RouteTable", "route tables")
            if request.dry_run:
                raise DryRun
            table = replace(new_route_table(vpc, self._ids), tags=tags)
            transaction = self._store.transaction("CreateRouteTable")
            transaction.put(ROUTE_TABLES, table)
            remember(transaction, "CreateRouteTable", request, table.id, call)
            await transaction.commit()
        shown = RouteTableViews(call.realm, self._store).view(table)
        return {"RouteTable": shown, "ClientToken": request.client_token}

    async def delete(self, request: requests.DeleteRouteTable, _: Call) -> Answer:
        table = self._need(request.route_table_id)
        if self._store.table(ROUTE_TABLE_ASSOCIATIONS).count("table", table.id):
            raise HasDependencies("routeTable", table.id)
        if request.dry_run:
            raise DryRun
        transaction = self._store.transaction("DeleteRouteTable")
        transaction.delete(ROUTE_TABLES, table.id)
        for endpoint in self._store.find(VPC_ENDPOINTS, "vpc", table.vpc_id):
            if table.id in endpoint.route_table_ids:
                rest = tuple(id_ for id_ in endpoint.route_table_ids if id_ != table.id)
                transaction.put(VPC_ENDPOINTS, replace(endpoint, route_table_ids=rest))
        await transaction.commit()
        return None

    async def describe(self, request: requests.DescribeRouteTables, call: Call) -> Answer:
        question = question_of(request, request.route_table_ids)
        views = RouteTableViews(call.realm, self._store)
        page = page_for(question, views.described(), self._store.all(ROUTE_TABLES))
        shown = [views.view(table) for table in page.items]
        return {"RouteTables": shown, "NextToken": page.next_token}

    async def associate(self, request: requests.AssociateRouteTable, _: Call) -> Answer:
        """What is so already is answered as if it was just made."""
        table = self._need(request.route_table_id)
        if not request.subnet_id:
            raise MissingParameter("The request must contain the parameter subnetId")
        subnet = need_subnet(self._store, request.subnet_id)
        _check_network(table, subnet)
        for existing in self._store.find(ROUTE_TABLE_ASSOCIATIONS, "subnet", subnet.id):
            if existing.route_table_id != table.id:
                raise AssociationConflict(table.id)
            return {"AssociationId": existing.id, "AssociationState": ASSOCIATED}
        if request.dry_run:
            raise DryRun
        association = RouteTableAssociation(
            id=f"rtbassoc-{self._ids.hex(17)}",
            vpc_id=subnet.vpc_id,
            route_table_id=table.id,
            subnet_id=subnet.id,
        )
        transaction = self._store.transaction("AssociateRouteTable")
        transaction.put(ROUTE_TABLE_ASSOCIATIONS, association)
        await transaction.commit()
        return {"AssociationId": association.id, "AssociationState": ASSOCIATED}

    async def disassociate(self, request: requests.DisassociateRouteTable, _: Call) -> Answer:
        association = self._need_association(request.association_id)
        if association.subnet_id is None:
            raise BadParameter(
                f"cannot disassociate the main route table association {association.id}"
            )
        if request.dry_run:
            raise DryRun
        transaction = self._store.transaction("DisassociateRouteTable")
        transaction.delete(ROUTE_TABLE_ASSOCIATIONS, association.id)
        await transaction.commit()
        return None

    async def replace_association(
        self, request: requests.ReplaceRouteTableAssociation, _: Call
    ) -> Answer:
        """Of a subnet, or of the VPC itself: then the table is its main one from now on."""
        before = self._need_association(request.association_id)
        table = self._need(request.route_table_id)
        if table.vpc_id != before.vpc_id:
            other = f"network {before.vpc_id}" if before.subnet_id is None else before.subnet_id
            raise BadParameter(f"route table {table.id} and {other} belong to different networks")
        if request.dry_run:
            raise DryRun
        after = replace(before, id=f"rtbassoc-{self._ids.hex(17)}", route_table_id=table.id)
        transaction = self._store.transaction("ReplaceRouteTableAssociation")
        transaction.delete(ROUTE_TABLE_ASSOCIATIONS, before.id)
        transaction.put(ROUTE_TABLE_ASSOCIATIONS, after)
        await transaction.commit()
        return {"NewAssociationId": after.id, "AssociationState": ASSOCIATED}

    async def propagate(self, request: requests.VgwRoutePropagation, _: Call) -> Answer:
        """There are no virtual private gateways."""
        self._need(request.route_table_id)
        raise GATEWAY_FORM.not_found(request.gateway_id)

    def _need(self, given: str) -> RouteTable:
        return need(self._store, ROUTE_TABLES, ROUTE_TABLE_FORM, given)

    def _need_association(self, given: str) -> RouteTableAssociation:
        return need(self._store, ROUTE_TABLE_ASSOCIATIONS, TABLE_ASSOCIATION_FORM, given)


def _check_network(table: RouteTable, subnet: Subnet) -> None:
    if table.vpc_id != subnet.vpc_id:
        raise BadParameter(
            f"route table {table.id} and subnet {subnet.id} belong to different networks"
        )
