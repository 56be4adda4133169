"""VPC endpoints that are to lead to the same service, but from elsewhere or for others.

Source: the EC2 model and reference of ModifyVpcEndpoint. Sentences are EC2's own, except where a
comment says "our words".
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from hostless.domain.endpoint_services import EndpointService, find_service
from hostless.domain.vpc_endpoints import VpcEndpoint
from hostless.kit.ids import Ids
from hostless.services.ec2.endpoint_parts import (
    OPEN_POLICY,
    EndpointParts,
    checked_policy,
    list_of,
    with_route,
    without_route,
)
from hostless.services.ec2.endpoint_views import ENDPOINT_FORM
from hostless.services.ec2.errors import DryRun
from hostless.services.ec2.errors_endpoints import BadEndpoint
from hostless.services.ec2.requests_endpoints import ModifyVpcEndpoint
from hostless.services.ec2.vpc_endpoints import check_address_type
from hostless.services.ec2.vpc_lookup import need_vpc
from hostless.services.operation import Answer, Call
from hostless.store.kinds import NETWORK_INTERFACES, ROUTE_TABLES, VPC_ENDPOINTS
from hostless.store.store import Store, Transaction

S = TypeVar("S", bound=str)


class EndpointChanges:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._parts = EndpointParts(store, ids)

    async def modify(self, request: ModifyVpcEndpoint, call: Call) -> Answer:
        ENDPOINT_FORM.check(request.vpc_endpoint_id)
        before = self._store.get(VPC_ENDPOINTS, request.vpc_endpoint_id)
        service = None if before is None else find_service(call.realm, before.service_name)
        if before is None or service is None or before.state == "deleting":
            raise ENDPOINT_FORM.not_found(request.vpc_endpoint_id)
        check_address_type(request.ip_address_type)
        _check_fits(before, request)
        transaction = self._store.transaction("ModifyVpcEndpoint")
        after = replace(before, policy=_policy(before, request))
        if before.type == "Gateway":
            after = self._rerouted(after, service, request, call, transaction)
        else:
            after = self._regrouped(after, request)
            after = self._named(after, service, request)
            after = self._moved(after, request, call, transaction)
        if request.dry_run:
            raise DryRun
        transaction.put(VPC_ENDPOINTS, after)
        await transaction.commit()
        return {"Return": True}

    def _rerouted(
        self,
        endpoint: VpcEndpoint,
        service: EndpointService,
        request: ModifyVpcEndpoint,
        call: Call,
        transaction: Transaction,
    ) -> VpcEndpoint:
        gone = self._parts.tables(endpoint.vpc_id, request.remove_route_table_ids)
        come = self._parts.tables(endpoint.vpc_id, request.add_route_table_ids)
        come = [table for table in come if table.id not in endpoint.route_table_ids]
        for table in gone:
            transaction.put(ROUTE_TABLES, without_route(table, endpoint.id))
        for table in come:
            changed = with_route(table, list_of(service, call), endpoint.id)
            transaction.put(ROUTE_TABLES, changed)
        ids = _changed(endpoint.route_table_ids, (t.id for t in come), (t.id for t in gone))
        return replace(endpoint, route_table_ids=ids)

    def _regrouped(self, endpoint: VpcEndpoint, request: ModifyVpcEndpoint) -> VpcEndpoint:
        gone = self._parts.groups(endpoint.vpc_id, request.remove_security_group_ids)
        come = self._parts.groups(endpoint.vpc_id, request.add_security_group_ids)
        groups = _changed(endpoint.security_groups, come, gone)
        if not groups:
            # our words
            raise BadEndpoint("An Interface endpoint must have at least one security group")
        return replace(endpoint, security_groups=groups)

    def _named(
        self, endpoint: VpcEndpoint, service: EndpointService, request: ModifyVpcEndpoint
    ) -> VpcEndpoint:
        if request.private_dns_enabled is None:
            return endpoint
        if request.private_dns_enabled:
            vpc = need_vpc(self._store, endpoint.vpc_id)
            self._parts.check_private_dns(vpc, service, endpoint.id)
        return replace(endpoint, has_private_dns=request.private_dns_enabled)

    def _moved(
        self,
        endpoint: VpcEndpoint,
        request: ModifyVpcEndpoint,
        call: Call,
        transaction: Transaction,
    ) -> VpcEndpoint:
        """Into subnets and out of others; its interfaces carry its groups.

        An interface that it has no longer goes by and by, see the controller of endpoints.
        """
        gone = set(request.remove_subnet_ids)
        kept = tuple(id_ for id_ in endpoint.subnet_ids if id_ not in gone)
        asked = [id_ for id_ in request.add_subnet_ids if id_ not in kept]
        subnets = self._parts.subnets(endpoint.vpc_id, asked, kept)
        interfaces = []
        for id_ in endpoint.interface_ids:
            interface = transaction.get(NETWORK_INTERFACES, id_)
            if interface is not None and interface.subnet_id not in gone:
                interfaces.append(replace(interface, security_groups=endpoint.security_groups))
        interfaces += [self._parts.interface(endpoint, subnet, call) for subnet in subnets]
        for interface in interfaces:
            transaction.put(NETWORK_INTERFACES, interface)
        return replace(
            endpoint,
            subnet_ids=(*kept, *(subnet.id for subnet in subnets)),
            interface_ids=tuple(interface.id for interface in interfaces),
            state="pending",
        )


def _check_fits(endpoint: VpcEndpoint, request: ModifyVpcEndpoint) -> None:
    routes = (*request.add_route_table_ids, *request.remove_route_table_ids)
    parts = (
        *(*request.add_subnet_ids, *request.remove_subnet_ids),
        *(*request.add_security_group_ids, *request.remove_security_group_ids),
    )
    if endpoint.type == "Interface" and routes:
        # our words
        raise BadEndpoint("Route tables are not supported for Interface endpoints")
    if endpoint.type == "Gateway" and (parts or request.private_dns_enabled):
        # our words
        raise BadEndpoint(
            "Subnets, security groups and private DNS are not supported for Gateway endpoints"
        )


def _policy(endpoint: VpcEndpoint, request: ModifyVpcEndpoint) -> str:
    if request.reset_policy:
        return OPEN_POLICY
    return checked_policy(request.policy_document) if request.policy_document else endpoint.policy


def _changed(before: Iterable[S], come: Iterable[S], gone: Iterable[S]) -> tuple[S, ...]:
    left = set(gone)
    return tuple(dict.fromkeys([*(each for each in before if each not in left), *come]))
