"""VPC endpoints: made, described, deleted; and the services that they can lead to.

Sources: the EC2 model and reference of each call. Sentences are EC2's own, except where a comment
says "our words".
"""

from dataclasses import replace

from hostless.domain.arns import Realm, VpcEndpointId
from hostless.domain.endpoint_services import EndpointService, endpoint_services, find_service
from hostless.domain.network import NetworkInterface, Vpc
from hostless.domain.routing import RouteTable
from hostless.domain.vpc_endpoints import VpcEndpoint
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_endpoints as requests
from hostless.services.ec2.client_tokens import find_made, remember
from hostless.services.ec2.describing import page_for, question_of
from hostless.services.ec2.endpoint_parts import (
    EndpointParts,
    checked_policy,
    list_of,
    with_route,
    without_route,
)
from hostless.services.ec2.endpoint_views import (
    ENDPOINT_FORM,
    described_endpoints,
    described_services,
    endpoint_view,
    service_view,
)
from hostless.services.ec2.errors import DryRun, MissingParameter
from hostless.services.ec2.errors_endpoints import BadEndpoint, ServiceUnknown
from hostless.services.ec2.tagging import tags_for
from hostless.services.ec2.vpc_lookup import need_vpc
from hostless.services.operation import Answer, Call
from hostless.store.kinds import NETWORK_INTERFACES, ROUTE_TABLES, VPC_ENDPOINTS
from hostless.store.store import Store, Transaction

_DEFAULT_TYPE = "Gateway"


class VpcEndpoints:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids
        self._parts = EndpointParts(store, ids)

    async def create(self, request: requests.CreateVpcEndpoint, call: Call) -> Answer:
        vpc = need_vpc(self._store, request.vpc_id)
        service = need_service(request, call.realm)
        tags = tags_for(request.tag_specifications, "vpc-endpoint")
        check_address_type(request.ip_address_type)
        made = find_made(self._store, VPC_ENDPOINTS, "CreateVpcEndpoint", request)
        if made is None:
            new = VpcEndpoint(
                id=VpcEndpointId(f"vpce-{self._ids.hex(17)}"),
                vpc_id=vpc.id,
                type=service.type,
                service_name=service.name,
                state="available" if service.type == "Gateway" else "pending",
                policy=checked_policy(request.policy_document),
                created_at=call.now,
                tags=tags,
            )
            made, tables, interfaces = (
                self._gateway(new, service, request, call)
                if service.type == "Gateway"
                else self._interface(new, vpc, service, request, call)
            )
            if request.dry_run:
                raise DryRun
            transaction = self._store.transaction("CreateVpcEndpoint")
            transaction.put(VPC_ENDPOINTS, made)
            for table in tables:
                transaction.put(ROUTE_TABLES, table)
            for interface in interfaces:
                transaction.put(NETWORK_INTERFACES, interface)
            remember(transaction, "CreateVpcEndpoint", request, made.id, call)
            await transaction.commit()
        return {
            "VpcEndpoint": endpoint_view(made, self._store, call.realm),
            "ClientToken": request.client_token,
        }

    async def delete(self, request: requests.DeleteVpcEndpoints, _: Call) -> Answer:
        """Those that there are; of the others the answer says why not."""
        for given in request.vpc_endpoint_ids:
            ENDPOINT_FORM.check(given)
        if request.dry_run:
            raise DryRun
        transaction = self._store.transaction("DeleteVpcEndpoints")
        missing = []
        for given in dict.fromkeys(request.vpc_endpoint_ids):
            endpoint = self._store.get(VPC_ENDPOINTS, given)
            if endpoint is None:
                missing.append(given)
            else:
                self._take_down(endpoint, transaction)
        await transaction.commit()
        return {"Unsuccessful": [_not_found(given) for given in missing]}

    async def describe(self, request: requests.DescribeVpcEndpoints, call: Call) -> Answer:
        question = question_of(request, request.vpc_endpoint_ids)
        page = page_for(question, described_endpoints(call.realm), self._store.all(VPC_ENDPOINTS))
        shown = [endpoint_view(each, self._store, call.realm) for each in page.items]
        return {"VpcEndpoints": shown, "NextToken": page.next_token}

    async def describe_services(
        self, request: requests.DescribeVpcEndpointServices, call: Call
    ) -> Answer:
        realm = call.realm
        question = question_of(request)
        for name in request.service_names:
            if find_service(realm, name) is None:
                raise ServiceUnknown(name)
        is_elsewhere = request.service_regions and realm.region not in request.service_regions
        asked = [
            service
            for service in endpoint_services(realm)
            if not is_elsewhere and service.name in (request.service_names or (service.name,))
        ]
        page = page_for(question, described_services(realm), asked)
        return {
            "ServiceNames": [service.name for service in page.items],
            "ServiceDetails": [service_view(service, realm) for service in page.items],
            "NextToken": page.next_token,
        }

    def _gateway(
        self,
        new: VpcEndpoint,
        service: EndpointService,
        request: requests.CreateVpcEndpoint,
        call: Call,
    ) -> tuple[VpcEndpoint, list[RouteTable], list[NetworkInterface]]:
        if request.subnet_ids or request.security_group_ids or request.private_dns_enabled:
            # our words
            raise BadEndpoint(
                "Subnets, security groups and private DNS are not supported for Gateway endpoints"
            )
        list_id = list_of(service, call)
        tables = self._parts.tables(new.vpc_id, request.route_table_ids)
        made = replace(new, route_table_ids=tuple(table.id for table in tables))
        return made, [with_route(table, list_id, new.id) for table in tables], []

    def _interface(
        self,
        new: VpcEndpoint,
        vpc: Vpc,
        service: EndpointService,
        request: requests.CreateVpcEndpoint,
        call: Call,
    ) -> tuple[VpcEndpoint, list[RouteTable], list[NetworkInterface]]:
        if request.route_table_ids:
            # our words
            raise BadEndpoint("Route tables are not supported for Interface endpoints")
        has_private_dns = request.private_dns_enabled is not False
        if has_private_dns:
            self._parts.check_private_dns(vpc, service, None)
        subnets = self._parts.subnets(vpc.id, request.subnet_ids, ())
        groups = self._parts.groups(vpc.id, request.security_group_ids)
        made = replace(
            new,
            subnet_ids=tuple(subnet.id for subnet in subnets),
            security_groups=groups or self._parts.default_group(vpc.id),
            has_private_dns=has_private_dns,
        )
        interfaces = [self._parts.interface(made, subnet, call) for subnet in subnets]
        return replace(made, interface_ids=tuple(i.id for i in interfaces)), [], interfaces

    def _take_down(self, endpoint: VpcEndpoint, transaction: Transaction) -> None:
        """One that has interfaces goes when these are gone."""
        if endpoint.type == "Interface":
            going = replace(endpoint, state="deleting", has_private_dns=False)
            transaction.put(VPC_ENDPOINTS, going)
            return
        transaction.delete(VPC_ENDPOINTS, endpoint.id)
        for table_id in endpoint.route_table_ids:
            table = transaction.get(ROUTE_TABLES, table_id)
            if table is not None:
                transaction.put(ROUTE_TABLES, without_route(table, endpoint.id))


def check_address_type(given: str | None) -> None:
    if given not in (None, "ipv4"):
        # our words
        raise BadEndpoint(f"The IP address type {given} is not supported by this service")


def need_service(request: requests.CreateVpcEndpoint, realm: Realm) -> EndpointService:
    """Raises MissingParameter, BadEndpoint, ServiceUnknown."""
    type_ = request.vpc_endpoint_type or _DEFAULT_TYPE
    if type_ not in ("Gateway", "Interface"):
        # our words
        raise BadEndpoint(f"VPC endpoints of type {type_} are not supported here")
    if not request.service_name:
        raise MissingParameter("The request must contain the parameter ServiceName")
    service = find_service(realm, request.service_name)
    if service is None or request.service_region not in (None, realm.region):
        raise ServiceUnknown(request.service_name)
    if service.type != type_:
        raise BadEndpoint(
            f"Endpoint type ({type_}) does not match available service types ([{service.type}])."
        )
    return service


def _not_found(given: str) -> dict[str, object]:
    error = {
        "Code": f"Invalid{ENDPOINT_FORM.noun}.NotFound",
        "Message": f"The {ENDPOINT_FORM.spoken} '{given}' does not exist",
    }
    return {"ResourceId": given, "Error": error}
