"""Keeps the fabric's zones what the records of Cloud Map, VPCs, load balancers and endpoints say.

What a zone holds is `decide`'s and `endpoints`' business, how it is asked the fabric's.
"""

import asyncio
from typing import TypeAlias, TypeVar

from hostless.controllers.names.balancers import balancer_zones
from hostless.controllers.names.decide import ServiceFacts, zone_of
from hostless.controllers.names.endpoints import endpoint_zones
from hostless.domain.private_names import AnswerZone
from hostless.domain.service_discovery import Namespace
from hostless.network.seam import NetworkFabric
from hostless.store.kinds import (
    DISCOVERY_INSTANCES,
    DISCOVERY_SERVICES,
    INGRESS_ROUTES,
    LOAD_BALANCERS,
    NAMESPACES,
    NETWORK_INTERFACES,
    VPC_ENDPOINTS,
    VPCS,
    Kind,
)
from hostless.store.store import Store

R = TypeVar("R")
Compiled: TypeAlias = dict[str, tuple[tuple[object, ...], tuple[AnswerZone, ...]]]
"""By what has them: the records that its zones are made from, and these."""


class NameController:
    def __init__(self, store: Store, fabric: NetworkFabric) -> None:
        self._store = store
        self._fabric = fabric
        self._zones = Zones(store)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(VPCS), name="names of VPCs")
            group.create_task(self._follow(LOAD_BALANCERS), name="names of load balancers")
            group.create_task(self._follow(INGRESS_ROUTES), name="names of ways in")
            group.create_task(self._follow(NAMESPACES), name="names of namespaces")
            group.create_task(self._follow(DISCOVERY_SERVICES), name="names of services")
            group.create_task(self._follow(DISCOVERY_INSTANCES), name="names of instances")
            group.create_task(self._follow(VPC_ENDPOINTS), name="names of endpoints")

    async def _follow(self, kind: Kind[R]) -> None:
        watch = self._store.watch(kind)
        try:
            while True:
                await watch.changed()
                self._fabric.answer_zones(self._zones.current())
        finally:
            self._store.unwatch(kind, watch)


class Zones:
    """Compiles a zone anew only when a record that it is made from is another one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._compiled: dict[str, tuple[tuple[object, ...], AnswerZone]] = {}
        self._balanced: Compiled = {}
        self._endpoints: Compiled = {}

    def current(self) -> tuple[AnswerZone, ...]:
        before, self._compiled = self._compiled, {}
        for namespace in self._store.all(NAMESPACES):
            self._compile(namespace, before.get(namespace.id))
        return (
            *(zone for _, zone in self._compiled.values()),
            *(zone for _, zones in self._of_balancers().values() for zone in zones),
            *(zone for _, zones in self._of_endpoints().values() for zone in zones),
        )

    def _of_balancers(self) -> Compiled:
        before, self._balanced = self._balanced, {}
        vpcs = tuple(self._store.all(VPCS))
        for balancer in self._store.all(LOAD_BALANCERS):
            routes = self._store.find(INGRESS_ROUTES, "load_balancer", balancer.arn)
            made_from = (balancer, *routes, *vpcs)
            known = before.get(balancer.arn)
            if known is None or not _is_same(known[0], list(made_from)):
                endpoints = [route.endpoint for route in routes]
                zones = tuple(balancer_zones(balancer, endpoints, [vpc.id for vpc in vpcs]))
                known = (made_from, zones)
            self._balanced[balancer.arn] = known
        return self._balanced

    def _of_endpoints(self) -> Compiled:
        before, self._endpoints = self._endpoints, {}
        for endpoint in self._store.all(VPC_ENDPOINTS):
            found = (self._store.get(NETWORK_INTERFACES, id_) for id_ in endpoint.interface_ids)
            interfaces = tuple(interface for interface in found if interface is not None)
            made_from = (endpoint, *interfaces)
            known = before.get(endpoint.id)
            if known is None or not _is_same(known[0], list(made_from)):
                known = (made_from, endpoint_zones(endpoint, interfaces))
            self._endpoints[endpoint.id] = known
        return self._endpoints

    def _compile(
        self, namespace: Namespace, before: tuple[tuple[object, ...], AnswerZone] | None
    ) -> None:
        facts = [
            ServiceFacts(
                service=service,
                instances=tuple(self._store.find(DISCOVERY_INSTANCES, "service", service.id)),
            )
            for service in self._store.find(DISCOVERY_SERVICES, "namespace", namespace.id)
        ]
        vpc = None if namespace.vpc_id is None else self._store.get(VPCS, namespace.vpc_id)
        made_from: list[object] = [namespace, vpc]
        for each in facts:
            made_from += (each.service, *each.instances)
        if before is not None and _is_same(before[0], made_from):
            self._compiled[namespace.id] = before
            return
        zone = zone_of(namespace, vpc, facts)
        if zone is not None:
            self._compiled[namespace.id] = (tuple(made_from), zone)


def _is_same(one: tuple[object, ...], other: list[object]) -> bool:
    """By identity: records are never changed in place."""
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
