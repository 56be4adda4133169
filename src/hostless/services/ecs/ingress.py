"""Makes ways in to services: everything between a name and the tasks, in the caller's transaction.

Everything made is an ordinary record of its service, so that whoever serves those serves these, and
callers see and change them by the usual calls. Nothing that a caller changes is changed back (ECS
developer guide, "Updating resources outside of Express Mode").
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from hostless.domain.arns import (
    CertificateArn,
    ListenerArn,
    ListenerRuleArn,
    LoadBalancerArn,
    SecurityGroupId,
    ServiceArn,
    TargetGroupArn,
)
from hostless.domain.errors import ClientError, InvalidParameter
from hostless.domain.ingress import (
    HTTPS_PORT,
    MANAGED,
    MOST_ROUTES_OF_BALANCER,
    IngressRoute,
    new_endpoint,
)
from hostless.domain.listeners import (
    Action,
    Condition,
    FixedResponse,
    Forward,
    Listener,
    ListenerRule,
    WeightedTargetGroup,
)
from hostless.domain.load_balancer_rules import dns_name_of, subnets_refusal, zones_refusal
from hostless.domain.load_balancers import LoadBalancer, Scheme, SubnetMapping
from hostless.domain.network import SecurityGroup, Subnet, Vpc
from hostless.domain.quotas import Quotas, is_reached
from hostless.domain.security_group_rules import Permission, Ports, new_rule, open_egress
from hostless.domain.ssl_policies import DEFAULT_POLICY
from hostless.domain.tags import Tag
from hostless.domain.target_groups import TargetCheck, TargetGroup
from hostless.kit.clock import Timestamp
from hostless.kit.ids import Ids
from hostless.services.operation import Call
from hostless.store.kinds import (
    INGRESS_ROUTES,
    LISTENER_RULES,
    LISTENERS,
    LOAD_BALANCERS,
    SECURITY_GROUP_RULES,
    SECURITY_GROUPS,
    TARGET_GROUPS,
    VPCS,
)
from hostless.store.network_records import is_public_subnet
from hostless.store.store import Store, Transaction

Certify: TypeAlias = Callable[[Transaction, str, tuple[Tag, ...], Call], CertificateArn]
"""Puts a certificate for the name, with the tags, into the transaction."""
_ELB = "elasticloadbalancing"
_NOT_FOUND = FixedResponse(status_code="404", content_type="text/plain", message_body="Not Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressWish:
    """subnets: of the tasks, in one VPC. port: of the container."""

    service_arn: ServiceArn
    service_name: str
    service_made_at: Timestamp
    subnets: tuple[Subnet, ...]
    port: int
    check: TargetCheck
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    vpc: Vpc
    scheme: Scheme
    subnets: tuple[SubnetMapping, ...]


class IngressMaker:
    def __init__(self, store: Store, ids: Ids, certify: Certify, quotas: Quotas) -> None:
        self._store = store
        self._ids = ids
        self._certify = certify
        self._quotas = quotas

    def open(self, transaction: Transaction, wish: IngressWish, call: Call) -> IngressRoute:
        """A way in to the service. Raises InvalidParameter, ClientError."""
        place = self._place(wish.subnets)
        self._check_quota(
            "target groups", self._quotas.target_groups, len(self._store.table(TARGET_GROUPS))
        )
        tags = (*wish.tags, MANAGED)
        endpoint = new_endpoint(wish.service_name, call.realm, self._ids)
        certificate = self._certify(transaction, endpoint, tags, call)
        listener, balancer = self._listener(transaction, place, certificate, call)
        front = balancer.security_groups[0]
        group = self._target_group(wish, place.vpc, tags, call)
        transaction.put(TARGET_GROUPS, group)
        rule = self._rule(listener, endpoint, group.arn, tags, call)
        transaction.put(LISTENER_RULES, rule)
        behind = self._security_group(transaction, f"{endpoint} tasks", place.vpc, tags)
        for each in open_egress(behind, self._ids, has_ipv6=place.vpc.ipv6 is not None):
            transaction.put(SECURITY_GROUP_RULES, each)
        route = IngressRoute(
            endpoint=endpoint,
            service_arn=wish.service_arn,
            service_made_at=wish.service_made_at,
            scheme=place.scheme,
            load_balancer_arn=balancer.arn,
            listener_arn=listener.arn,
            rule_arn=rule.arn,
            target_group_arn=group.arn,
            certificate_arn=certificate,
            balancer_group_id=front,
            service_group_id=behind.id,
            created_at=call.now,
            updated_at=call.now,
        )
        self.let_in(transaction, route, (wish.port,))
        transaction.put(INGRESS_ROUTES, route)
        return route

    def let_in(self, transaction: Transaction, route: IngressRoute, ports: Sequence[int]) -> None:
        """The balancer may reach the tasks at these ports from now on, and at no others."""
        front, behind = route.balancer_group_id, route.service_group_id
        for rule in self._rules_between(front, behind):
            transaction.delete(SECURITY_GROUP_RULES, rule)
        for port in dict.fromkeys(ports):
            for group, other, is_egress in ((front, behind, True), (behind, front, False)):
                permission = Permission(
                    protocol="tcp", ports=Ports(low=port, high=port), referenced_group_id=other
                )
                rule_ = new_rule(self._ids, group, permission, is_egress=is_egress)
                transaction.put(SECURITY_GROUP_RULES, rule_)

    def _rules_between(self, one: SecurityGroupId, other: SecurityGroupId) -> Iterator[str]:
        for group, referenced in ((one, other), (other, one)):
            for rule in self._store.find(SECURITY_GROUP_RULES, "group", group):
                if rule.referenced_group_id == referenced:
                    yield rule.id

    def _place(self, subnets: tuple[Subnet, ...]) -> _Place:
        """In each zone once; facing the internet where all subnets do."""
        by_zone = {subnet.zone: subnet for subnet in reversed(subnets)}
        chosen = [subnet for subnet in subnets if by_zone[subnet.zone] is subnet]
        refusal = zones_refusal("application", chosen) or subnets_refusal(chosen)
        vpc = self._store.get(VPCS, subnets[0].vpc_id) if subnets else None
        if refusal is not None or vpc is None:
            raise InvalidParameter(refusal or "The VPC does not exist.")
        is_public = all(is_public_subnet(self._store, subnet) for subnet in subnets)
        return _Place(
            vpc=vpc,
            scheme="internet-facing" if is_public else "internal",
            subnets=tuple(SubnetMapping(subnet_id=s.id, zone=s.zone) for s in chosen),
        )

    def _listener(
        self, transaction: Transaction, place: _Place, certificate: CertificateArn, call: Call
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

    def _shared(self, place: _Place) -> Iterator[tuple[LoadBalancer, Listener]]:
        routes = {route.load_balancer_arn: route for route in self._store.all(INGRESS_ROUTES)}
        for arn, route in routes.items():
            balancer = self._store.get(LOAD_BALANCERS, arn)
            listener = self._store.get(LISTENERS, route.listener_arn)
            if balancer is None or listener is None or listener.default_certificate is None:
                continue
            used = self._store.table(INGRESS_ROUTES).count("load_balancer", arn)
            is_alike = (balancer.vpc_id, balancer.scheme) == (place.vpc.id, place.scheme)
            is_there = {m.subnet_id for m in balancer.subnets} == {
                m.subnet_id for m in place.subnets
            }
            has_group = route.balancer_group_id in balancer.security_groups[:1]
            if is_alike and is_there and has_group and used < MOST_ROUTES_OF_BALANCER:
                yield balancer, listener

    def _new_balancer(self, transaction: Transaction, place: _Place, call: Call) -> LoadBalancer:
        self._check_quota(
            "load balancers",
            self._quotas.application_load_balancers,
            sum(b.type == "application" for b in self._store.all(LOAD_BALANCERS)),
        )
        name = f"ecs-express-gateway-alb-{self._ids.hex(8)}"
        group = self._security_group(transaction, name, place.vpc, (MANAGED,))
        world = "0.0.0.0/0" if place.scheme == "internet-facing" else place.vpc.cidr_block
        https = Permission(
            protocol="tcp", ports=Ports(low=HTTPS_PORT, high=HTTPS_PORT), cidr_ipv4=world
        )
        transaction.put(SECURITY_GROUP_RULES, new_rule(self._ids, group.id, https, is_egress=False))
        resource = f"loadbalancer/app/{name}/{self._ids.hex(16)}"
        digits = self._ids.digits(10)
        balancer = LoadBalancer(
            arn=LoadBalancerArn(call.realm.arn(_ELB, resource)),
            name=name,
            type="application",
            scheme=place.scheme,
            vpc_id=place.vpc.id,
            subnets=place.subnets,
            security_groups=(group.id,),
            dns_name=dns_name_of(name, "application", place.scheme, call.realm, digits),
            tags=(MANAGED,),
            created_at=call.now,
        )
        transaction.put(LOAD_BALANCERS, balancer)
        return balancer

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

    def _target_group(
        self, wish: IngressWish, vpc: Vpc, tags: tuple[Tag, ...], call: Call
    ) -> TargetGroup:
        name = f"ecs-gateway-tg-{self._ids.hex(17)}"
        resource = f"targetgroup/{name}/{self._ids.hex(16)}"
        return TargetGroup(
            arn=TargetGroupArn(call.realm.arn(_ELB, resource)),
            name=name,
            protocol="HTTP",
            protocol_version="HTTP1",
            port=wish.port,
            vpc_id=vpc.id,
            target_type="ip",
            health_check=wish.check,
            tags=tags,
            created_at=call.now,
        )

    def _rule(
        self,
        listener: Listener,
        endpoint: str,
        group: TargetGroupArn,
        tags: tuple[Tag, ...],
        call: Call,
    ) -> ListenerRule:
        """At the first free priority, as AWS's are seen to be."""
        rules = self._store.find(LISTENER_RULES, "listener", listener.arn)
        taken = {rule.priority for rule in rules}
        path = f"{listener.arn.split(':listener/')[1]}/{self._ids.hex(16)}"
        to = Forward(target_groups=(WeightedTargetGroup(target_group_arn=group),))
        return ListenerRule(
            arn=ListenerRuleArn(call.realm.arn(_ELB, f"listener-rule/{path}")),
            listener_arn=listener.arn,
            load_balancer_arn=listener.load_balancer_arn,
            priority=next(n for n in range(1, len(taken) + 2) if n not in taken),
            conditions=(Condition(field="host-header", values=(endpoint,)),),
            action=Action(forward=to),
            tags=tags,
            created_at=call.now,
        )

    def _security_group(
        self, transaction: Transaction, name: str, vpc: Vpc, tags: tuple[Tag, ...]
    ) -> SecurityGroup:
        group = SecurityGroup(
            id=SecurityGroupId(f"sg-{self._ids.hex(17)}"),
            vpc_id=vpc.id,
            name=name,
            description="Managed by Amazon ECS",
            tags=tags,
            has_recorded_rules=True,
        )
        transaction.put(SECURITY_GROUPS, group)
        return group

    def _check_quota(self, what: str, most: int | None, existing: int) -> None:
        if is_reached(most, existing):
            raise ClientError(
                f"You've reached the limit on the number of {what} for your "
                "Amazon Web Services account"
            )
