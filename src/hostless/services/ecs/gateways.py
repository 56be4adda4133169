"""Gateways: made, changed, described, deleted. Their clusters and routes are in gateway_routes.

Sentences are the ECS model's or after it, except where a comment says "our words".
"""

import re
from dataclasses import replace
from typing import cast

from hostless.domain.arns import Realm, SecurityGroupId, SubnetId
from hostless.domain.balancer_attributes import future_balancer_refusal
from hostless.domain.errors import ApiError, ClientError, InvalidParameter
from hostless.domain.express_services import infrastructure_role_refusal
from hostless.domain.ingress import HTTPS_PORT
from hostless.domain.ingress_gateways import (
    DEFAULT_BALANCERS,
    Gateway,
    LogBucket,
    TrafficHeader,
    attributes_for,
)
from hostless.domain.load_balancer_rules import subnets_refusal, zones_refusal
from hostless.domain.load_balancers import LoadBalancer, Scheme
from hostless.domain.network import Subnet
from hostless.domain.resource_tags import tags_refusal
from hostless.domain.tasks import IdempotencyToken
from hostless.kit.either import either
from hostless.services.client_tokens import token_of
from hostless.services.ecs import requests_gateways as requests
from hostless.services.ecs.errors import UnsupportedFeature
from hostless.services.ecs.gateway_views import gateway_summary, gateway_view, status_of
from hostless.services.ecs.ingress_balancers import clients_of
from hostless.services.ecs.launch_network import default_subnets
from hostless.services.ecs.listing import ecs_page
from hostless.services.operation import Answer, Call
from hostless.store.kinds import (
    GATEWAY_ASSOCIATIONS,
    GATEWAYS,
    INGRESS_ROUTES,
    INTERNET_GATEWAYS,
    LOAD_BALANCERS,
    SECURITY_GROUP_RULES,
    SECURITY_GROUPS,
    SUBNETS,
    TOKENS,
    VPCS,
)
from hostless.store.store import Store, Transaction

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,255}")
_MOST_NAMES = 10
_MOST_BALANCERS = 1_000
_SAME_NAME = "Creation of gateway was not idempotent."  # our words


class GatewayNotFound(ApiError):
    code = "GatewayNotFoundException"

    def __init__(self) -> None:
        super().__init__("The specified gateway wasn't found.")


def gateway_arn_of(reference: str, realm: Realm) -> str:
    return reference if reference.startswith("arn:") else realm.arn("ecs", f"gateway/{reference}")


def need_gateway(store: Store, reference: str, realm: Realm) -> Gateway:
    """By name or ARN. Raises GatewayNotFound."""
    found = store.get(GATEWAYS, gateway_arn_of(reference, realm))
    if found is None:
        raise GatewayNotFound
    return found


def balancers_of(store: Store, gateway: Gateway) -> list[LoadBalancer]:
    routes = store.find(INGRESS_ROUTES, "gateway", gateway.arn)
    arns = dict.fromkeys(route.load_balancer_arn for route in routes)
    return [found for arn in arns if (found := store.get(LOAD_BALANCERS, arn)) is not None]


class Gateways:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def create(self, request: requests.CreateGateway, call: Call) -> Answer:
        asked = self._asked(request, call)
        transaction = self._store.transaction("CreateGateway")
        found = transaction.get(GATEWAYS, asked.arn)
        token = _token_of(request)
        used = None if token is None else transaction.get(TOKENS, token.key)
        if used is not None and token is not None and used.fingerprint != token.fingerprint:
            raise InvalidParameter(_SAME_NAME)
        if found is not None:
            if used is None or used.created_at != found.created_at:
                raise InvalidParameter(_SAME_NAME)
            return _brief(found)
        transaction.put(GATEWAYS, asked)
        if token is not None:
            transaction.put(TOKENS, replace(token, arns=(), created_at=call.now))
        await transaction.commit()
        return _brief(asked)

    def _asked(self, request: requests.CreateGateway, call: Call) -> Gateway:
        if not _NAME.fullmatch(request.name):
            raise InvalidParameter("Invalid gateway name.")  # our words
        _check_role(request.infrastructure_role_arn)
        refusal = tags_refusal(request.tags)
        if refusal is not None:
            raise InvalidParameter(refusal)
        shared = _need_shared(request.configuration)
        scheme = cast(Scheme, shared.scheme or "internet-facing")
        network = shared.network_configuration or requests.GivenNetwork()
        blank = Gateway(
            arn=call.realm.arn("ecs", f"gateway/{request.name}"),
            name=request.name,
            infrastructure_role_arn=request.infrastructure_role_arn,
            is_protected=either(request.deletion_protection, True),
            scheme=scheme,
            subnets=tuple(subnet.id for subnet in self._subnets(network, scheme)),
            most_balancers=DEFAULT_BALANCERS,
            propagate_tags=request.propagate_tags or "GATEWAY",
            tags=request.tags,
            created_at=call.now,
            updated_at=call.now,
        )
        return self._with(blank, shared)

    def _subnets(self, network: requests.GivenNetwork, scheme: Scheme) -> list[Subnet]:
        """As they are given; none stands for those of the default VPC."""
        if network.ip_address_type not in (None, "ipv4"):
            raise UnsupportedFeature(  # our words
                f"The IP address type {network.ip_address_type} is not supported here; ipv4 is."
            )
        found = []
        for id_ in dict.fromkeys(network.subnets):
            subnet = self._store.get(SUBNETS, SubnetId(id_))
            if subnet is None:
                raise InvalidParameter(f"The subnet ID '{id_}' does not exist")
            found.append(subnet)
        places = found or list(default_subnets(self._store))
        refusal = subnets_refusal(places) or zones_refusal("application", places)
        vpc = places[0].vpc_id
        if scheme == "internet-facing" and not self._store.find(INTERNET_GATEWAYS, "vpc", vpc):
            refusal = refusal or f"VPC {vpc} has no internet gateway"
        if refusal is not None:
            raise InvalidParameter(refusal)
        return found

    def _with(self, gateway: Gateway, shared: requests.GivenBalancers) -> Gateway:
        """What may be changed at any time. Raises InvalidParameter, UnsupportedFeature."""
        if shared.port not in (None, HTTPS_PORT) or shared.protocol not in (None, "HTTPS"):
            raise InvalidParameter("The gateway supports only HTTPS at port 443.")
        if shared.http_desync not in (None, "defensive"):
            raise UnsupportedFeature(  # our words
                f"The desync mitigation mode {shared.http_desync} is not supported here; "
                "defensive is."
            )
        most = either(shared.max_alb_count, gateway.most_balancers)
        if not 1 <= most <= _MOST_BALANCERS:
            raise InvalidParameter(  # our words
                f"maxAlbCount must be between 1 and {_MOST_BALANCERS}."
            )
        network = shared.network_configuration
        inbound = None if network is None else network.inbound_security_group
        if inbound:
            self._check_group(inbound, gateway)
        bucket = None if shared.access_logs is None else shared.access_logs.destination
        header = None if shared.test_traffic_rules is None else shared.test_traffic_rules.header
        after = replace(
            gateway,
            inbound_group=SecurityGroupId(inbound) if inbound else gateway.inbound_group,
            most_balancers=most,
            access_logs=gateway.access_logs if bucket is None else _bucket(bucket),
            test_traffic=(
                gateway.test_traffic
                if header is None
                else TrafficHeader(name=header.name, values=header.values)
            ),
        )
        refusal = future_balancer_refusal(attributes_for(after))
        if refusal is not None:
            raise InvalidParameter(refusal)
        return after

    def _check_group(self, id_: str, gateway: Gateway) -> None:
        group = self._store.get(SECURITY_GROUPS, id_)
        if group is None:
            raise InvalidParameter(f"The security group '{id_}' does not exist")
        named = [self._store.get(SUBNETS, subnet) for subnet in gateway.subnets]
        subnets = [subnet for subnet in named if subnet] or default_subnets(self._store)
        if group.vpc_id != subnets[0].vpc_id:
            raise InvalidParameter(
                f"Security group {id_} does not appear to belong to the same VPC as the "
                "input subnets."
            )

    async def describe(self, request: requests.NamedGateway, call: Call) -> Answer:
        gateway = need_gateway(self._store, request.gateway, call.realm)
        return {"gateway": gateway_view(gateway, len(balancers_of(self._store, gateway)))}

    async def update(self, request: requests.UpdateGateway, call: Call) -> Answer:
        """Its load balancers get what they have of it in the same transaction."""
        before = need_gateway(self._store, request.gateway, call.realm)
        role = either(request.infrastructure_role_arn, before.infrastructure_role_arn)
        _check_role(role)
        after = replace(
            before,
            infrastructure_role_arn=role,
            is_protected=either(request.deletion_protection, before.is_protected),
            propagate_tags=request.propagate_tags or before.propagate_tags,
            is_updated=True,
            updated_at=call.now,
        )
        if request.configuration is not None:
            after = self._with(after, _need_shared(request.configuration))
        transaction = self._store.transaction("UpdateGateway")
        transaction.get(GATEWAYS, before.arn)
        transaction.put(GATEWAYS, after)
        for balancer in balancers_of(self._store, after):
            self._update_balancer(transaction, balancer, after)
        if before.inbound_group is None and after.inbound_group is not None:
            self._shut_own_groups(transaction, after)
        await transaction.commit()
        return {**_brief(after), "status": "UPDATE_IN_PROGRESS"}

    def _update_balancer(
        self, transaction: Transaction, balancer: LoadBalancer, gateway: Gateway
    ) -> None:
        groups = balancer.security_groups
        if gateway.inbound_group is not None:
            groups = (groups[0], gateway.inbound_group)
        attributes = {**balancer.attributes, **attributes_for(gateway)}
        transaction.get(LOAD_BALANCERS, balancer.arn)
        transaction.put(
            LOAD_BALANCERS, replace(balancer, security_groups=groups, attributes=attributes)
        )

    def _shut_own_groups(self, transaction: Transaction, gateway: Gateway) -> None:
        """The caller's group lets clients in from now on, and no rule that was made."""
        routes = self._store.find(INGRESS_ROUTES, "gateway", gateway.arn)
        for id_ in dict.fromkeys(route.balancer_group_id for route in routes):
            group = self._store.get(SECURITY_GROUPS, id_)
            vpc = None if group is None else self._store.get(VPCS, group.vpc_id)
            if vpc is None:
                continue
            clients = clients_of(gateway.scheme, vpc)
            for rule in self._store.find(SECURITY_GROUP_RULES, "group", id_):
                is_made = (rule.cidr_ipv4, rule.from_port, rule.to_port) == (
                    clients.cidr_ipv4,
                    clients.ports.low,
                    clients.ports.high,
                )
                if is_made and not rule.is_egress:
                    transaction.delete(SECURITY_GROUP_RULES, rule.id)

    async def delete(self, request: requests.NamedGateway, call: Call) -> Answer:
        gateway = need_gateway(self._store, request.gateway, call.realm)
        if gateway.is_protected:
            raise ClientError(  # our words
                f"The gateway {gateway.name} cannot be deleted while deletion protection is "
                "enabled."
            )
        if self._store.find(GATEWAY_ASSOCIATIONS, "gateway", gateway.arn):
            raise ClientError(  # our words
                f"The gateway {gateway.name} cannot be deleted while clusters are associated "
                "with it. Disassociate all clusters first."
            )
        transaction = self._store.transaction("DeleteGateway")
        transaction.delete(GATEWAYS, gateway.arn)
        await transaction.commit()
        return {**_brief(gateway), "status": "DELETED"}

    async def list_gateways(self, request: requests.ListGateways, _: Call) -> Answer:
        if len(request.names) > _MOST_NAMES:
            raise InvalidParameter(f"names can have at most {_MOST_NAMES} items.")
        found = [
            gateway
            for gateway in self._store.all(GATEWAYS)
            if (not request.names or gateway.name in request.names)
            and (not request.status or status_of(gateway) in request.status)
        ]
        page = ecs_page(
            found,
            lambda gateway: (gateway.arn,),
            f"ListGateways {sorted(request.names)} {sorted(request.status)}",
            max_results=request.max_results,
            token=request.next_token,
        )
        shown = [gateway_summary(gateway) for gateway in page.items]
        return {"gateways": shown, "nextToken": page.next_token}


def _brief(gateway: Gateway) -> dict[str, object]:
    return {"gatewayArn": gateway.arn, "name": gateway.name, "status": status_of(gateway)}


def _need_shared(configuration: requests.GivenConfiguration) -> requests.GivenBalancers:
    if configuration.host_shared_alb is None:
        raise InvalidParameter("Exactly one configuration variant must be set.")
    return configuration.host_shared_alb


def _bucket(destination: requests.GivenDestination) -> LogBucket | None:
    given = destination.s3
    if given is None:
        return None
    if not given.bucket:
        raise InvalidParameter("The bucket of access logs cannot be empty.")  # our words
    return LogBucket(bucket=given.bucket, prefix=given.prefix or None)


def _check_role(arn: str) -> None:
    refusal = infrastructure_role_refusal(arn)
    if refusal is not None:
        raise InvalidParameter(refusal)


def _token_of(request: requests.CreateGateway) -> IdempotencyToken | None:
    if request.client_token is None:
        return None
    rest = replace(request, client_token=None)
    return token_of("CreateGateway", request.name, request.client_token, rest)
