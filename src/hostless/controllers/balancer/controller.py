"""Has load balancers carry traffic as their records say, and writes down what they see.

A pass settles a balancer in its subnets, has each node serve what it is to serve, and records the
health of targets. It is made when a record that it depends on changes, and every second for the
health. A balancer whose record is gone is taken away.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from hostless.balancer.seam import Balancer, BalancingFailed, SeenTarget
from hostless.controllers.balancer.delivering import LogDeliveries
from hostless.controllers.balancer.health import drains_until, health_of, is_drained
from hostless.controllers.balancer.nodes import NodeRecords
from hostless.controllers.balancer.plans import (
    BalancerFacts,
    facts_of,
    is_sent_to,
    plan_of,
)
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.domain.arns import NetworkInterfaceId
from hostless.domain.load_balancers import LoadBalancer, LoadBalancerNode
from hostless.domain.target_groups import Target
from hostless.kit.clock import Clock, Timestamp
from hostless.network.seam import NetworkFabric, NetworkFailed
from hostless.store.balancing import load_balancers_of
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
    def __init__(self, world: BalancerWorld, nodes: NodeRecords, logs: LogDeliveries) -> None:
        self._world = world
        self._nodes = nodes
        self._logs = logs
        self._loop = KeyedLoop(LoopSpec(name="load balancer", one_pass=self._pass), world.clock)

    async def run(self) -> None:
        """Work until cancelled."""
        watch = Watch(self._left())
        async with asyncio.TaskGroup() as group:
            group.create_task(self._loop.run(watch))  # first: before it runs nobody can be woken
            group.create_task(self._follow(LOAD_BALANCERS, lambda key: {key}))
            group.create_task(self._follow(LISTENERS, self._of_listener))
            group.create_task(self._follow(LISTENER_RULES, self._of_rule))
            group.create_task(self._follow(TARGET_GROUPS, self._of_group))
            group.create_task(self._follow(TARGETS, lambda key: self._of_group(key.split()[0])))
            group.create_task(self._follow(CERTIFICATES, self._of_certificate))

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
        return load_balancers_of(self._world.store, key)

    def _of_certificate(self, key: str) -> Iterable[str]:
        found = self._world.store.find(LISTENERS, "certificate", key)
        return {each.load_balancer_arn for each in found}

    async def _pass(self, arn: str) -> Timestamp | None:
        await self._clear_away(arn)
        balancer = self._world.store.get(LOAD_BALANCERS, arn)
        if balancer is None:
            return None
        now = self._world.clock.now()
        settled, failure = await self._settled(balancer, now)
        facts = facts_of(self._world.store, settled)
        reasons = {node.interface_id: await self._serve(facts, node) for node in settled.nodes}
        failing = {id_: reason for id_, reason in reasons.items() if reason is not None}
        failure = failure or next(iter(failing.values()), None)
        await self._note(arn, failure)
        is_quiet = await self._record_health(facts, failing, now)
        if failure is not None:
            return now + FAILED_LOOK_SECONDS
        return now + (LOOK_SECONDS if is_quiet else TRIAL_LOOK_SECONDS)

    async def _clear_away(self, arn: str) -> None:
        for interface in self._nodes.surplus(arn):
            await self._world.balancer.stop(interface.id)
            await self._logs.finish(interface.id)
            await self._world.balancer.remove(interface.id)
            await self._world.fabric.detach(interface.id)
            await self._nodes.give_back(interface)

    async def _settled(
        self, balancer: LoadBalancer, now: Timestamp
    ) -> tuple[LoadBalancer, str | None]:
        """The balancer in its subnets; or as it is, and why it cannot be in all of them."""
        world = self._world
        try:
            settled = await self._nodes.settle(balancer, now)
            if settled is not balancer:
                interfaces = world.store.all(NETWORK_INTERFACES)
                await world.fabric.enforce(policies_of(world.store), interfaces)
        except (BalancingFailed, NetworkFailed) as failure:
            return balancer, failure.reason
        return settled, None

    async def _serve(self, facts: BalancerFacts, node: LoadBalancerNode) -> str | None:
        """Have one node serve; why it cannot. One that fails does not keep others from it."""
        interface = self._world.store.get(NETWORK_INTERFACES, node.interface_id)
        if interface is None:
            return f"the interface {node.interface_id} is gone"
        try:
            place = await self._world.fabric.attach(interface)
            await self._world.balancer.serve(plan_of(facts, node, place))
        except (BalancingFailed, NetworkFailed) as failure:
            return failure.reason
        return None

    async def _note(self, arn: str, reason: str | None) -> None:
        """reason: why it does not serve as it should; None when it does."""
        if reason is None:
            changes: dict[str, Any] = {"state": "active", "state_reason": None}
        else:
            log.warning("%s does not serve what it should: %s", arn, reason)
            balancer = self._world.store.get(LOAD_BALANCERS, arn)
            has_served = balancer is not None and balancer.state in ("active", "active_impaired")
            state = "active_impaired" if has_served else "failed"
            changes = {"state": state, "state_reason": reason}
        transaction = self._world.store.transaction("how it serves")
        current = transaction.get(LOAD_BALANCERS, arn)
        if current is not None and replace(current, **changes) != current:
            transaction.put(LOAD_BALANCERS, replace(current, **changes))
            await transaction.commit()

    async def _record_health(
        self, facts: BalancerFacts, failing: Collection[NetworkInterfaceId], now: Timestamp
    ) -> bool:
        """Whether every target is settled: neither new nor on its way out.

        failing: nodes that do not serve what they should. What they see does not count, and while
        there are any, or one does not answer, only time tells that a target is drained. What
        nobody sees stays as it was seen last.
        """
        nodes = facts.load_balancer.nodes
        seen: dict[NetworkInterfaceId, Mapping[str, SeenTarget]] = {}
        for node in nodes:
            found = None
            if node.interface_id not in failing:
                found = await self._world.balancer.seen(node.interface_id)
            if found is not None:
                seen[node.interface_id] = found
        is_whole = len(seen) == len(nodes)
        transaction = self._world.store.transaction("what the nodes see")
        changes = 0
        is_settled = True
        for arn, targets in facts.targets.items():
            group = facts.groups[arn]
            for target in targets:
                if transaction.get(TARGETS, target.key) != target:
                    is_settled = False
                    continue
                views = self._views(target, facts, seen)
                until = drains_until(target, group)
                is_done = is_whole and is_drained(target, views)
                if until is not None and (now >= until or is_done):
                    transaction.delete(TARGETS, target.key)
                    changes += 1
                    continue
                health = health_of(target, group, views, now) if views else target.health
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
        facts: BalancerFacts,
        seen: Mapping[NetworkInterfaceId, Mapping[str, SeenTarget]],
    ) -> list[SeenTarget | None]:
        return [
            seen[node.interface_id].get(target.key)
            for node in facts.load_balancer.nodes
            if node.interface_id in seen and is_sent_to(target, facts, node)
        ]
