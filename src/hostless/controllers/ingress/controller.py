"""Takes away what ECS made for services that are gone, and follows their rollbacks.

A pass is over one way in. It is made when the route changes, when its service does, and when a
deployment of that does. What a pass decides is in `decide`.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from hostless.controllers.following import follow_each
from hostless.controllers.ingress.decide import (
    GroupFacts,
    Removal,
    RouteFacts,
    path_to_check,
    removal_of,
)
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.domain.arns import LoadBalancerArn, SecurityGroupId
from hostless.domain.balancer_attributes import attributes_of
from hostless.domain.express_services import check_of_path
from hostless.domain.ingress import IngressRoute
from hostless.domain.ingress_gateways import association_key
from hostless.domain.new_service import newest_of
from hostless.domain.services import Service
from hostless.kit.clock import Clock, Timestamp
from hostless.store.ingress import cluster_of, is_route_needed, rules_between, service_of_route
from hostless.store.kinds import (
    CERTIFICATE_KEYS,
    CERTIFICATES,
    DEPLOYMENTS,
    EXPRESS_SERVICES,
    GATEWAY_ASSOCIATIONS,
    INGRESS_ROUTES,
    LISTENER_RULES,
    LISTENERS,
    LOAD_BALANCERS,
    NETWORK_INTERFACES,
    SECURITY_GROUP_RULES,
    SECURITY_GROUPS,
    SERVICES,
    TARGET_GROUPS,
    TARGETS,
)
from hostless.store.store import Store, Transaction

LOOK_SECONDS = 1.0
"""Nobody tells that a security group's last interface is gone."""
REST_SECONDS = 10.0
"""Nobody tells that a target group's last target is gone either."""


class IngressController:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._loop = KeyedLoop(LoopSpec(name="way in", one_pass=self._pass), clock)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(follow_each(self._loop, self._store, INGRESS_ROUTES))
            group.create_task(self._follow_services())
            group.create_task(self._follow_deployments())

    async def _follow_services(self) -> None:
        watch = self._store.watch(SERVICES)
        try:
            async for arn in watch:
                self._wake(arn)
        finally:
            self._store.unwatch(SERVICES, watch)

    async def _follow_deployments(self) -> None:
        watch = self._store.watch(DEPLOYMENTS)
        try:
            async for id_ in watch:
                deployment = self._store.get(DEPLOYMENTS, id_)
                if deployment is not None:
                    self._wake(deployment.service_arn)
        finally:
            self._store.unwatch(DEPLOYMENTS, watch)

    def _wake(self, service_arn: str) -> None:
        for route in self._store.find(INGRESS_ROUTES, "service", service_arn):
            self._loop.wake(route.endpoint)

    async def _pass(self, endpoint: str) -> Timestamp | None:
        transaction = self._store.transaction("a way in")
        route = transaction.get(INGRESS_ROUTES, endpoint)
        if route is None:
            return None
        service = service_of_route(self._store, route)
        if service is not None and is_route_needed(self._store, route):
            self._follow_rollback(transaction, route, service)
            await transaction.commit()
            return self._clock.now() + REST_SECONDS if route.gateway_arn else None
        removal = removal_of(facts_of(self._store, route))
        self._remove(transaction, route, removal)
        await transaction.commit()
        return self._clock.now() + LOOK_SECONDS if removal.is_unfinished else None

    def _follow_rollback(
        self, transaction: Transaction, route: IngressRoute, service: Service
    ) -> None:
        express = transaction.get(EXPRESS_SERVICES, route.endpoint)
        newest = newest_of(self._store.find(DEPLOYMENTS, "service", service.arn))
        if express is None or newest is None:
            return
        path = path_to_check(express, newest.revision_arn)
        group = transaction.get(TARGET_GROUPS, route.target_group_arn)
        if path is None or group is None:
            return
        check = check_of_path(path, group.health_check)
        transaction.put(TARGET_GROUPS, replace(group, health_check=check))
        transaction.put(EXPRESS_SERVICES, replace(express, checked_path=path))

    def _remove(self, transaction: Transaction, route: IngressRoute, removal: Removal) -> None:
        if removal.balancer:
            self._delete_balancer(transaction, route.load_balancer_arn)
        if removal.listener is not None:
            transaction.get(LISTENERS, removal.listener.arn)
            transaction.put(LISTENERS, removal.listener)
        if removal.rule:
            transaction.delete(LISTENER_RULES, route.rule_arn)
        if removal.group:
            transaction.delete(TARGET_GROUPS, route.target_group_arn)
            for target in self._store.find(TARGETS, "target_group", route.target_group_arn):
                transaction.delete(TARGETS, target.key)
        if removal.certificate:
            transaction.delete(CERTIFICATES, route.certificate_arn)
            transaction.delete(CERTIFICATE_KEYS, route.certificate_arn)
        for id_ in removal.security_groups:
            transaction.delete(SECURITY_GROUPS, id_)
            for index in ("group", "referenced"):
                for rule in self._store.find(SECURITY_GROUP_RULES, index, id_):
                    transaction.delete(SECURITY_GROUP_RULES, rule.id)
        if removal.between:
            self._shut_out(transaction, route)
        if removal.is_over:
            transaction.delete(INGRESS_ROUTES, route.endpoint)
            transaction.delete(EXPRESS_SERVICES, route.endpoint)
            self._let_cluster_go(transaction, route)

    def _shut_out(self, transaction: Transaction, route: IngressRoute) -> None:
        for rule in _passage_of(self._store, route):
            transaction.delete(SECURITY_GROUP_RULES, rule)

    def _let_cluster_go(self, transaction: Transaction, route: IngressRoute) -> None:
        """With the last route of its services."""
        cluster = cluster_of(route)
        if route.gateway_arn is None:
            return
        association = transaction.get(
            GATEWAY_ASSOCIATIONS, association_key(route.gateway_arn, cluster)
        )
        others = self._store.find(INGRESS_ROUTES, "gateway", route.gateway_arn)
        is_last = not any(
            cluster_of(other) == cluster and other.endpoint != route.endpoint for other in others
        )
        if association is not None and association.status == "DISASSOCIATING" and is_last:
            transaction.delete(GATEWAY_ASSOCIATIONS, association.key)

    def _delete_balancer(self, transaction: Transaction, arn: LoadBalancerArn) -> None:
        transaction.delete(LOAD_BALANCERS, arn)
        for listener in self._store.find(LISTENERS, "load_balancer", arn):
            transaction.delete(LISTENERS, listener.arn)
        for rule in self._store.find(LISTENER_RULES, "load_balancer", arn):
            transaction.delete(LISTENER_RULES, rule.arn)


def facts_of(store: Store, route: IngressRoute) -> RouteFacts:
    balancer = store.get(LOAD_BALANCERS, route.load_balancer_arn)
    listeners = store.find(LISTENERS, "target_group", route.target_group_arn)
    rules = store.find(LISTENER_RULES, "target_group", route.target_group_arn)
    certified = store.find(LISTENERS, "certificate", route.certificate_arn)
    protection = {} if balancer is None else attributes_of(balancer)
    return RouteFacts(
        route=route,
        is_needed=is_route_needed(store, route),
        is_known=route.gateway_arn is None and service_of_route(store, route) is not None,
        is_shared=any(
            is_route_needed(store, other)
            for other in store.find(INGRESS_ROUTES, "load_balancer", route.load_balancer_arn)
            if other.endpoint != route.endpoint
        ),
        is_protected=(
            route.gateway_arn is None and protection.get("deletion_protection.enabled") == "true"
        ),
        has_passage=any(_passage_of(store, route)),
        has_balancer=balancer is not None,
        listener=store.get(LISTENERS, route.listener_arn),
        has_rule=store.get(LISTENER_RULES, route.rule_arn) is not None,
        has_group=store.get(TARGET_GROUPS, route.target_group_arn) is not None,
        has_certificate=store.get(CERTIFICATES, route.certificate_arn) is not None,
        group_users=frozenset(
            [each.load_balancer_arn for each in listeners]
            + [each.load_balancer_arn for each in rules if each.arn != route.rule_arn]
        ),
        certificate_users=frozenset(
            each.load_balancer_arn for each in certified if each.arn != route.listener_arn
        ),
        security_groups=tuple(_group_facts(store, route)),
    )


def _group_facts(store: Store, route: IngressRoute) -> Iterator[GroupFacts]:
    lent = (route.service_group_id,) if route.is_group_lent else ()
    own = (route.balancer_group_id, route.service_group_id)
    for id_ in (each for each in own if each not in lent):
        if store.get(SECURITY_GROUPS, id_) is not None:
            referring = store.find(SECURITY_GROUP_RULES, "referenced", id_)
            yield GroupFacts(
                id=id_,
                is_used=_is_used(store, id_),
                is_shared=any(not _is_of_routes(store, route, r.group_id) for r in referring),
            )


def _is_of_routes(store: Store, route: IngressRoute, group_id: SecurityGroupId) -> bool:
    """Whether a group is one that was made for a route through the same balancer."""
    through = store.find(INGRESS_ROUTES, "load_balancer", route.load_balancer_arn)
    made = {id_ for each in through for id_ in (each.balancer_group_id, each.service_group_id)}
    return group_id in made


def _passage_of(store: Store, route: IngressRoute) -> list[str]:
    """Ids of the rules that let the balancer to the route's tasks and are of no use to another
    route through it that is needed."""
    through = store.find(INGRESS_ROUTES, "load_balancer", route.load_balancer_arn)
    shared = {
        (behind, port)
        for other in through
        if other.endpoint != route.endpoint and is_route_needed(store, other)
        for behind in other.task_groups
        for port in other.ports
    }
    found = (store.get(SECURITY_GROUP_RULES, id_) for id_ in rules_between(store, route))
    return [
        rule.id
        for rule in found
        if rule is not None
        and not {(rule.group_id, rule.from_port), (rule.referenced_group_id, rule.from_port)}
        & shared
    ]


def _is_used(store: Store, group_id: SecurityGroupId) -> bool:
    if store.find(LOAD_BALANCERS, "security_group", group_id):
        return True
    return any(group_id in each.security_groups for each in store.all(NETWORK_INTERFACES))
