"""The load balancers that ways in share: one with room for one more, or a new one.

What leads from them to one service is in `ingress`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hostless.domain.arns import (
    CertificateArn,
    ListenerArn,
    ListenerRuleArn,
    LoadBalancerArn,
    SecurityGroupId,
)
from hostless.domain.errors import ClientError, InvalidParameter
from hostless.domain.ingress import (
    HTTPS_PORT,
    MANAGED,
    MOST_ROUTES_OF_BALANCER,
)
from hostless.domain.ingress_gateways import Gateway, attributes_for, spread_tags
from hostless.domain.listeners import (
    Action,
    FixedResponse,
    Listener,
)
from hostless.domain.load_balancer_rules import dns_name_of, subnets_refusal, zones_refusal
from hostless.domain.load_balancers import LoadBalancer, Scheme, SubnetMapping
from hostless.domain.network import SecurityGroup, Subnet, Vpc
from hostless.domain.quotas import Quotas, is_reached
from hostless.domain.security_group_rules import Permission, Ports, new_rule
from hostless.domain.ssl_policies import DEFAULT_POLICY
from hostless.domain.tags import Tag
from hostless.kit.ids import Ids
from hostless.services.ecs.launch_network import default_subnets
from hostless.services.operation import Call
from hostless.store.ingress import is_route_needed
from hostless.store.kinds import (
    INGRESS_ROUTES,
    LISTENERS,
    LOAD_BALANCERS,
    SECURITY_GROUP_RULES,
    SECURITY_GROUPS,
    SUBNETS,
    VPCS,
)
from hostless.store.network_records import is_public_subnet
from hostless.store.store import Store, Transaction

_ELB = "elasticloadbalancing"
_NOT_FOUND = FixedResponse(status_code="404", content_type="text/plain", message_body="Not Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressPlace:
    """Where the balancer of a way in is to be, and whose it is."""

    vpc: Vpc
    scheme: Scheme
    subnets: tuple[SubnetMapping, ...]
    gateway: Gateway | None = None


class IngressBalancers:
    def __init__(self, store: Store, ids: Ids, quotas: Quotas) -> None:
        self._store = store
        self._ids = ids
        self._quotas = quotas

    def place(self, subnets: tuple[Subnet, ...], gateway: Gateway | None) -> IngressPlace:
        """In each zone once. Of an Express service where its tasks are, facing the internet where
        all their subnets do; of a gateway where that says."""
        own = subnets
        if gateway is not None:
            subnets = self._subnets_of(gateway)
        first_of_zone = {subnet.zone: subnet for subnet in reversed(subnets)}
        chosen = [subnet for subnet in subnets if first_of_zone[subnet.zone] is subnet]
        refusal = zones_refusal("application", chosen) or subnets_refusal(chosen)
        if refusal is None and subnets[0].vpc_id != own[0].vpc_id:
            refusal = "The service must be in the VPC of the gateway's load balancers."  # our words
        vpc = self._store.get(VPCS, subnets[0].vpc_id) if subnets else None
        if refusal is not None or vpc is None:
            raise InvalidParameter(refusal or "The VPC does not exist.")
        is_public = all(is_public_subnet(self._store, subnet) for subnet in subnets)
        scheme: Scheme = "internet-facing" if is_public else "internal"
        return IngressPlace(
            vpc=vpc,
            scheme=scheme if gateway is None else gateway.scheme,
            subnets=tuple(SubnetMapping(subnet_id=s.id, zone=s.zone) for s in chosen),
            gateway=gateway,
        )

    def _subnets_of(self, gateway: Gateway) -> tuple[Subnet, ...]:
        if not gateway.subnets:
            return default_subnets(self._store)
        found = (self._store.get(SUBNETS, id_) for id_ in gateway.subnets)
        return tuple(subnet for subnet in found if subnet is not None)

    def listener(
        self, transaction: Transaction, place: IngressPlace, certificate: CertificateArn, call: Call
    ) -> tuple[Listener, LoadBalancer]:
        """A shared balancer's with room for one more, else a new balancer's."""
        for balancer, found in self._shared(place):
            listener = transaction.get(LISTENERS, found.arn)
            if listener is not None and transaction.get(LOAD_BALANCERS, balancer.arn) is balancer:
                joined = replace(listener, certificates=(*listener.certificates, certificate))
                transaction.put(LISTENERS, joined)
                return joined, balancer
        balancer = self._new_balancer(transaction, place, call)
        listener = self._new_listener(balancer, certificate, call)
        transaction.put(LISTENERS, listener)
        return listener, balancer

    def _shared(self, place: IngressPlace) -> Iterator[tuple[LoadBalancer, Listener]]:
        """Balancers of the same gateway, or of Express services in the same place."""
        whose = None if place.gateway is None else place.gateway.arn
        routes = {r.load_balancer_arn: r for r in self._store.all(INGRESS_ROUTES)}
        for arn, route in routes.items():
            balancer = self._store.get(LOAD_BALANCERS, arn)
            listener = self._store.get(LISTENERS, route.listener_arn)
            if balancer is None or listener is None or listener.default_certificate is None:
                continue
            through = self._store.find(INGRESS_ROUTES, "load_balancer", arn)
            used = sum(is_route_needed(self._store, each) for each in through)
            wanted = {mapping.subnet_id for mapping in place.subnets}
            if (
                route.gateway_arn == whose
                and (balancer.vpc_id, balancer.scheme) == (place.vpc.id, place.scheme)
                and (whose or {m.subnet_id for m in balancer.subnets} == wanted)
                and route.balancer_group_id in balancer.security_groups[:1]
                and used < MOST_ROUTES_OF_BALANCER
            ):
                yield balancer, listener

    def _new_balancer(
        self, transaction: Transaction, place: IngressPlace, call: Call
    ) -> LoadBalancer:
        check_quota(
            "load balancers",
            self._quotas.application_load_balancers,
            sum(b.type == "application" for b in self._store.all(LOAD_BALANCERS)),
        )
        gateway = place.gateway
        kind = "express-gateway" if gateway is None else "gateway"
        name = f"ecs-{kind}-alb-{self._ids.hex(8)}"
        tags = (*(() if gateway is None else spread_tags(gateway)), MANAGED)
        inbound = None if gateway is None else gateway.inbound_group
        if gateway is not None:
            self._check_balancers(gateway)
        group = new_group(self._ids, transaction, name, place.vpc, tags)
        if inbound is None:
            clients = clients_of(place.scheme, place.vpc)
            transaction.put(
                SECURITY_GROUP_RULES, new_rule(self._ids, group.id, clients, is_egress=False)
            )
        resource = f"loadbalancer/app/{name}/{self._ids.hex(16)}"
        digits = self._ids.digits(10)
        balancer = LoadBalancer(
            arn=LoadBalancerArn(call.realm.arn(_ELB, resource)),
            name=name,
            type="application",
            scheme=place.scheme,
            vpc_id=place.vpc.id,
            subnets=place.subnets,
            security_groups=(group.id,) if inbound is None else (group.id, inbound),
            dns_name=dns_name_of(name, "application", place.scheme, call.realm, digits),
            attributes={} if gateway is None else attributes_for(gateway),
            tags=tags,
            created_at=call.now,
        )
        transaction.put(LOAD_BALANCERS, balancer)
        return balancer

    def _check_balancers(self, gateway: Gateway) -> None:
        routes = self._store.find(INGRESS_ROUTES, "gateway", gateway.arn)
        if len({route.load_balancer_arn for route in routes}) >= gateway.most_balancers:
            raise InvalidParameter(  # our words
                f"The gateway {gateway.name} has as many load balancers as it may have, "
                f"{gateway.most_balancers}, and no room for one more service."
            )

    def _new_listener(
        self, balancer: LoadBalancer, certificate: CertificateArn, call: Call
    ) -> Listener:
        path = f"{balancer.arn.split(':loadbalancer/')[1]}/{self._ids.hex(16)}"
        rule = f"listener-rule/{path}/{self._ids.hex(16)}"
        return Listener(
            arn=ListenerArn(call.realm.arn(_ELB, f"listener/{path}")),
            load_balancer_arn=balancer.arn,
            protocol="HTTPS",
            port=HTTPS_PORT,
            default_action=Action(fixed_response=_NOT_FOUND),
            default_rule_arn=ListenerRuleArn(call.realm.arn(_ELB, rule)),
            default_certificate=certificate,
            ssl_policy=DEFAULT_POLICY,
            tags=(MANAGED,),
            created_at=call.now,
        )


def clients_of(scheme: Scheme, vpc: Vpc) -> Permission:
    """Whom a balancer's own group lets in."""
    world = "0.0.0.0/0" if scheme == "internet-facing" else vpc.cidr_block
    return Permission(protocol="tcp", ports=Ports(low=HTTPS_PORT, high=HTTPS_PORT), cidr_ipv4=world)


def new_group(
    ids: Ids, transaction: Transaction, name: str, vpc: Vpc, tags: tuple[Tag, ...]
) -> SecurityGroup:
    group = SecurityGroup(
        id=SecurityGroupId(f"sg-{ids.hex(17)}"),
        vpc_id=vpc.id,
        name=name,
        description="Managed by Amazon ECS",
        tags=tags,
        has_recorded_rules=True,
    )
    transaction.put(SECURITY_GROUPS, group)
    return group


def check_quota(what: str, most: int | None, existing: int) -> None:
    if is_reached(most, existing):
        raise ClientError(
            f"You've reached the limit on the number of {what} for your Amazon Web Services account"
        )
