"""Has load balancers carry traffic as their records say, and writes down what they see.

A pass settles a balancer in its subnets, has each node serve what it is to serve, and records the
health of targets. It is made when a record that it depends on changes, and every second for the
health. A balancer whose record is gone is taken away.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from hostless.balancer.seam import Balancer, BalancingFailed, SeenTarget
from hostless.controllers.balancer.health import drains_until, health_of, is_drained
from hostless.controllers.balancer.nodes import NodeRecords
from hostless.controllers.balancer.plans import (
    BalancerFacts,
    balancers_of_group,
    facts_of,
    is_sent_to,
    plan_of,
)
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.domain.arns import NetworkInterfaceId
from hostless.domain.load_balancers import LoadBalancer
from hostless.domain.target_groups import Target, TargetGroup
from hostless.kit.clock import Clock, Timestamp
from hostless.network.seam import NetworkFabric, NetworkFailed
from hostless.store.kinds import (
    CERTIFICATES,
    LISTENER_RULES,
    LISTENERS,
    LOAD_BALANCERS,
    NETWORK_INTERFACES,
    TARGET_GROUPS,
    TARGETS,
    Kind,
)
from hostless.store.network_records import policies_of
from hostless.store.store import Store, Watch

R = TypeVar("R")
LOOK_SECONDS = 1.0
TRIAL_LOOK_SECONDS = 0.25
"""How often nodes are asked while a target is new or drains."""
FAILED_LOOK_SECONDS = 5.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerWorld:
    store: Store
    balancer: Balancer
    fabric: NetworkFabric
    clock: Clock


class BalancerController:
    def __init__(self, world: BalancerWorld, nodes: NodeRecords) -> None:
        self._world = world
        self._nodes = nodes
        self._loop = KeyedLoop(LoopSpec(name="load balancer", one_pass=self._pass), world.clock)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(LOAD_BALANCERS, lambda key: {key}))
            group.create_task(self._follow(LISTENERS, self._of_listener))
            group.create_task(self._follow(LISTENER_RULES, self._of_rule))
            group.create_task(self._follow(TARGET_GROUPS, self._of_group))
            group.create_task(self._follow(TARGETS, lambda key: self._of_group(key.split()[0])))
            group.create_task(self._follow(CERTIFICATES, self._of_certificate))
            group.create_task(self._loop.run(Watch(self._left())))

    async def _follow(self, kind: Kind[R], balancers_of: Callable[[str], Iterable[str]]) -> None:
        """Wake every balancer that a changed record matters to."""
        watch = self._world.store.watch(kind)
        try:
            async for key in watch:
                for arn in balancers_of(key):
                    self._loop.wake(arn)
        finally:
            self._world.store.unwatch(kind, watch)

    def _left(self) -> set[str]:
        """Balancers that still have something, their records gone or not."""
        interfaces = self._world.store.all(NETWORK_INTERFACES)
        return {i.owner for i in interfaces if i.kind == "load_balancer" and i.owner is not None}

    def _of_listener(self, key: str) -> Iterable[str]:
        """A listener's ARN has its balancer's in it, and is known when the listener is gone."""
        head, _, rest = key.partition(":listener/")
        return {f"{head}:loadbalancer/{rest.rpartition('/')[0]}"}

    def _of_rule(self, key: str) -> Iterable[str]:
        head, _, rest = key.partition(":listener-rule/")
        return {f"{head}:loadbalancer/{'/'.join(rest.split('/')[:3])}"}

    def _of_group(self, key: str) -> Iterable[str]:
        return balancers_of_group(self._world.store, key)

    def _of_certificate(self, key: str) -> Iterable[str]:
        found = self._world.store.find(LISTENERS, "certificate", key)
        return {each.load_balancer_arn for each in found}

    async def _pass(self, arn: str) -> Timestamp | None:
        world = self._world
        for interface in self._nodes.surplus(arn):
            await world.balancer.remove(interface.id)
            await world.fabric.detach(interface.id)
            await self._nodes.give_back(interface)
        balancer = world.store.get(LOAD_BALANCERS, arn)
        if balancer is None:
            return None
        now = world.clock.now()
        try:
            facts = await self._served(balancer, now)
        except (BalancingFailed, NetworkFailed) as failure:
            await self._note_failure(balancer, failure.reason)
            return now + FAILED_LOOK_SECONDS
        await self._note_served(arn)
        is_settled = await self._record_health(facts, now)
        return now + (LOOK_SECONDS if is_settled else TRIAL_LOOK_SECONDS)

    async def _served(self, balancer: LoadBalancer, now: Timestamp) -> BalancerFacts:
        """Raises BalancingFailed, NetworkFailed."""
        world = self._world
        settled = await self._nodes.settle(balancer, now)
        if settled is not balancer:
            interfaces = world.store.all(NETWORK_INTERFACES)
            await world.fabric.enforce(policies_of(world.store), interfaces)
        facts = facts_of(world.store, settled)
        for node in settled.nodes:
            interface = world.store.get(NETWORK_INTERFACES, node.interface_id)
            if interface is None:
                raise BalancingFailed(f"the interface {node.interface_id} is gone")
            place = await world.fabric.attach(interface)
            await world.balancer.serve(plan_of(facts, node, place))
        return facts

    async def _note_failure(self, balancer: LoadBalancer, reason: str) -> None:
        log.warning("%s does not serve what it should: %s", balancer.arn, reason)

        def change(current: LoadBalancer) -> LoadBalancer:
            state = "failed" if current.state == "provisioning" else "active_impaired"
            if current.state == "failed":
                state = "failed"
            return replace(current, state=state, state_reason=reason)  # type: ignore[arg-type]

        await self._change(balancer.arn, change, "it cannot serve")

    async def _note_served(self, arn: str) -> None:
        await self._change(
            arn, lambda current: replace(current, state="active", state_reason=None), "it serves"
        )

    async def _change(
        self, arn: str, change: Callable[[LoadBalancer], LoadBalancer], because: str
    ) -> None:
        transaction = self._world.store.transaction(because)
        current = transaction.get(LOAD_BALANCERS, arn)
        if current is not None and change(current) != current:
            transaction.put(LOAD_BALANCERS, change(current))
            await transaction.commit()

    async def _record_health(self, facts: BalancerFacts, now: Timestamp) -> bool:
        """Whether every target is settled: neither new nor on its way out."""
        seen = {
            node.interface_id: await self._world.balancer.seen(node.interface_id)
            for node in facts.load_balancer.nodes
        }
        transaction = self._world.store.transaction("what the nodes see")
        changes = 0
        is_settled = True
        for arn, targets in facts.targets.items():
            group = facts.groups[arn]
            for target in targets:
                if transaction.get(TARGETS, target.key) != target:
                    is_settled = False
                    continue
                views = self._views(target, group, facts, seen)
                until = drains_until(target, group)
                if until is not None and (now >= until or is_drained(target, views)):
                    transaction.delete(TARGETS, target.key)
                    changes += 1
                    continue
                health = health_of(target, group, views, now)
                is_settled &= until is None and (health is None or health.state != "initial")
                if health != target.health:
                    transaction.put(TARGETS, replace(target, health=health))
                    changes += 1
        if changes:
            await transaction.commit()
        return is_settled

    def _views(
        self,
        target: Target,
        group: TargetGroup,
        facts: BalancerFacts,
        seen: Mapping[NetworkInterfaceId, Mapping[str, SeenTarget]],
    ) -> list[SeenTarget | None]:
        return [
            seen[node.interface_id].get(target.key)
            for node in facts.load_balancer.nodes
            if is_sent_to(target, group, facts, node)
        ]
