"""Makes ways in to services: everything between a name and the tasks, in the caller's transaction.

Everything made is an ordinary record of its service, so that whoever serves those serves these, and
callers see and change them by the usual calls. Nothing that a caller changes is changed back (ECS
developer guide, "Updating resources outside of Express Mode").
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from hostless.domain.arns import (
    CertificateArn,
    ListenerRuleArn,
    Realm,
    SecurityGroupId,
    ServiceArn,
    TargetGroupArn,
)
from hostless.domain.ingress import (
    MANAGED,
    IngressRoute,
    new_endpoint,
)
from hostless.domain.ingress_gateways import Gateway
from hostless.domain.listeners import (
    Action,
    Condition,
    Forward,
    Listener,
    ListenerRule,
    WeightedTargetGroup,
)
from hostless.domain.network import Subnet, Vpc
from hostless.domain.quotas import Quotas
from hostless.domain.security_group_rules import Permission, Ports, new_rule, open_egress
from hostless.domain.tags import Tag
from hostless.domain.target_groups import ProtocolVersion, TargetCheck, TargetGroup
from hostless.kit.clock import Timestamp
from hostless.kit.ids import Ids
from hostless.services.ecs.ingress_balancers import IngressBalancers, check_quota, new_group
from hostless.services.operation import Call
from hostless.store.ingress import rules_between
from hostless.store.kinds import (
    INGRESS_ROUTES,
    LISTENER_RULES,
    SECURITY_GROUP_RULES,
    TARGET_GROUPS,
)
from hostless.store.store import Store, Transaction

Certify: TypeAlias = Callable[[Transaction, str, tuple[Tag, ...], Call], CertificateArn]
"""Puts a certificate for the name, with the tags, into the transaction."""
_ELB = "elasticloadbalancing"


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressWish:
    """subnets: of the tasks, in one VPC. port: of the container, port_name: its name in the task
    definition. gateway: whose route it is; service_group: the tasks' own, for such a route."""

    service_arn: ServiceArn
    service_name: str
    service_made_at: Timestamp
    subnets: tuple[Subnet, ...]
    port: int
    check: TargetCheck
    tags: tuple[Tag, ...]
    version: ProtocolVersion = "HTTP1"
    attributes: Mapping[str, str] = field(default_factory=dict)
    port_name: str | None = None
    gateway: Gateway | None = None
    service_group: SecurityGroupId | None = None


class IngressMaker:
    def __init__(self, store: Store, ids: Ids, certify: Certify, quotas: Quotas) -> None:
        self._store = store
        self._ids = ids
        self._certify = certify
        self._quotas = quotas
        self._balancers = IngressBalancers(store, ids, quotas)

    def open(self, transaction: Transaction, wish: IngressWish, call: Call) -> IngressRoute:
        """A way in to the service. Raises InvalidParameter, ClientError."""
        place = self._balancers.place(wish.subnets, wish.gateway)
        check_quota(
            "target groups", self._quotas.target_groups, len(self._store.table(TARGET_GROUPS))
        )
        tags = (*wish.tags, MANAGED)
        endpoint = new_endpoint(wish.service_name, call.realm, self._ids)
        certificate = self._certify(transaction, endpoint, tags, call)
        listener, balancer = self._balancers.listener(transaction, place, certificate, call)
        group = self._target_group(wish, place.vpc, tags, call)
        transaction.put(TARGET_GROUPS, group)
        rule = self._rule(listener, endpoint, group.arn, tags, call)
        transaction.put(LISTENER_RULES, rule)
        behind = wish.service_group
        if behind is None:
            made = new_group(self._ids, transaction, f"{endpoint} tasks", place.vpc, tags)
            for each in open_egress(made, self._ids, has_ipv6=place.vpc.ipv6 is not None):
                transaction.put(SECURITY_GROUP_RULES, each)
            behind = made.id
        gateway = wish.gateway
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
            balancer_group_id=balancer.security_groups[0],
            service_group_id=behind,
            is_group_lent=wish.service_group is not None,
            arn=None if gateway is None else self._route_arn(gateway, call.realm),
            gateway_arn=None if gateway is None else gateway.arn,
            port_name=wish.port_name,
            created_at=call.now,
            updated_at=call.now,
        )
        return self.let_in(transaction, route, (wish.port,))

    def _route_arn(self, gateway: Gateway, realm: Realm) -> str:
        return realm.arn("ecs", f"gateway-route/{gateway.name}/{self._ids.hex(32)}")

    def let_in(
        self, transaction: Transaction, route: IngressRoute, ports: Sequence[int]
    ) -> IngressRoute:
        """The balancer may reach the tasks at these ports from now on, and at no others but those
        of other routes between the same groups; a group that the route leaves is shut. The route
        is written."""
        before = transaction.get(INGRESS_ROUTES, route.endpoint) or route
        after = replace(route, ports=tuple(dict.fromkeys(ports)))
        transaction.put(INGRESS_ROUTES, after)
        for each in (before, after):
            for rule in rules_between(self._store, each):
                transaction.delete(SECURITY_GROUP_RULES, rule)
        for behind in dict.fromkeys((*before.task_groups, *after.task_groups)):
            for port in self._ports_between(after, behind):
                self._put_passage(transaction, after.balancer_group_id, behind, port)
        return after

    def _ports_between(self, route: IngressRoute, behind: SecurityGroupId) -> tuple[int, ...]:
        """Of all routes through the balancer to tasks of the group."""
        ports = dict.fromkeys(route.ports if behind in route.task_groups else ())
        for other in self._store.find(INGRESS_ROUTES, "load_balancer", route.load_balancer_arn):
            if behind in other.task_groups and other.endpoint != route.endpoint:
                ports.update(dict.fromkeys(other.ports))
        return tuple(ports)

    def _put_passage(
        self,
        transaction: Transaction,
        front: SecurityGroupId,
        behind: SecurityGroupId,
        port: int,
    ) -> None:
        for group, peer, is_egress in ((front, behind, True), (behind, front, False)):
            permission = Permission(
                protocol="tcp", ports=Ports(low=port, high=port), referenced_group_id=peer
            )
            rule = new_rule(self._ids, group, permission, is_egress=is_egress)
            transaction.put(SECURITY_GROUP_RULES, replace(rule, tags=(MANAGED,)))

    def _target_group(
        self, wish: IngressWish, vpc: Vpc, tags: tuple[Tag, ...], call: Call
    ) -> TargetGroup:
        name = f"ecs-gateway-tg-{self._ids.hex(17)}"
        resource = f"targetgroup/{name}/{self._ids.hex(16)}"
        return TargetGroup(
            arn=TargetGroupArn(call.realm.arn(_ELB, resource)),
            name=name,
            protocol="HTTP",
            protocol_version=wish.version,
            port=wish.port,
            vpc_id=vpc.id,
            target_type="ip",
            health_check=wish.check,
            attributes=wish.attributes,
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
