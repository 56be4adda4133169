"""One seed's voyage of services behind a load balancer: who is sent to, who is told to stop, when.

Services, clients, faults and crashes are `service_voyage`'s. Here they are registered with target
groups, targets fail their checks and are busy, and nodes refuse to serve. The scheduler's bounds
are not judged here: what is healthy, the balancer says.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any

from tests.simulation.service_images import HEALTHY_AFTER
from tests.simulation.service_voyage import PORT, ServiceVoyage

from hostless.balancer.seam import BalancingFailed, NodePlan
from hostless.balancer.simulated.balancer import SimulatedBalancer
from hostless.compute.seam import TaskSpec
from hostless.controllers.balancer.health import drains_until
from hostless.domain.arns import NetworkInterfaceId
from hostless.domain.target_groups import Target, TargetGroup
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp
from hostless.simulation.invariants import Invariants
from hostless.simulation.ledger import Change
from hostless.store.kinds import (
    DEPLOYMENTS,
    LOAD_BALANCERS,
    SERVICE_REVISIONS,
    SERVICES,
    TARGETS,
    TASKS,
    VPCS,
)

ELB = "elbv2"
DELAYS = ("0", "20", "300")
"""A target group for each; with the balancer's listeners at 8000 and following."""


class OfTasks(Invariants):
    """What holds of records by themselves."""

    def check(self, changes: Iterable[Change], now: Timestamp) -> None:
        for change in changes:
            for what in self._about_one(change):
                self._note(now, change.key, what)


class WatchedBalancer(SimulatedBalancer):
    """stale: nodes that refused what they were to serve last, and go on with what they had.

    dropped: told of targets that a node forgets.
    """

    def __init__(self, dropped: Callable[[Target, TargetGroup], None]) -> None:
        super().__init__()
        self.stale: set[NetworkInterfaceId] = set()
        self._dropped = dropped

    async def serve(self, plan: NodePlan) -> None:
        id_ = plan.node.interface_id
        before = self.plans.get(id_)
        try:
            await super().serve(plan)
        except BalancingFailed:
            self.stale.add(id_)
            raise
        if before is not None and id_ not in self.stale:
            self._compare(before, plan)
        self.stale.discard(id_)

    def _compare(self, before: NodePlan, plan: NodePlan) -> None:
        kept = {target.key for targets in plan.targets.values() for target in targets}
        for arn, targets in before.targets.items():
            for target in (each for each in targets if each.key not in kept):
                self._dropped(target, before.groups[arn])


class BalancedVoyage(ServiceVoyage):
    """To be made within the simulated loop."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.observer.invariants = OfTasks(self.observer.ledger, HEALTHY_AFTER)
        self.balancer = WatchedBalancer(self._judge_drop)
        object.__setattr__(self.machine, "balancer", self.balancer)
        self.groups: list[str] = []
        self.stops = 0
        self._watch_stops()

    def _watch_stops(self) -> None:
        stop = self.machine.backend.stop

        async def watched(spec: TaskSpec, since: Timestamp) -> None:
            self._judge_stop(spec)
            await stop(spec, since)

        self.machine.backend.stop = watched  # type: ignore[method-assign]

    def _judge_stop(self, spec: TaskSpec) -> None:
        """Raised in the controller it would be tried again: it is noted."""
        task = next(t for t in self.plane.store.all(TASKS) if t.id == spec.id)
        if task.is_host_lost:
            return
        self.stops += 1
        now = self.machine.clock.now()
        for id_, plan in self.balancer.plans.items():
            if id_ not in self.balancer.stale:
                for what in self._sent_to(task, plan):
                    self.observer.invariants._note(now, task.arn, what)

    def _sent_to(self, task: Task, plan: NodePlan) -> Iterable[str]:
        for arn, targets in plan.targets.items():
            for target in (each for each in targets if each.task_arn == task.arn):
                until = drains_until(target, plan.groups[arn])
                if until is None:
                    yield "told to stop while a balancer sends to it"

    def _judge_drop(self, target: Target, group: TargetGroup) -> None:
        """A node ends what is under way to a target that it forgets."""
        now = self.machine.clock.now()
        since = now if target.drains_since is None else target.drains_since
        until = drains_until(replace(target, drains_since=since), group)
        task = self.plane.store.get(TASKS, target.task_arn or "")
        if task is None or task.is_host_lost or task.status not in ("RUNNING", "DEACTIVATING"):
            return
        seen = self.machine.backend.machine.find(task.id)
        is_over = until is not None and now >= until
        runs = seen is not None and seen.containers[0].is_running(now)
        if runs and not is_over and target.id in self.balancer.busy:
            self.observer.invariants._note(now, task.arn, "a request to it was cut off")

    async def _prepare(self) -> None:
        await self._make_balancer()
        await super()._prepare()

    async def _make_balancer(self) -> None:
        """Safe to be called again: the engine may have died in the middle."""
        vpc, subnets = next(iter(self.plane.store.all(VPCS))).id, self.plane.subnets
        members: dict[str, Any] = {"name": "web", "subnets": [each.id for each in subnets]}
        made = await self._of("CreateLoadBalancer", **members)
        balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
        self.groups = []
        for number, delay in enumerate(DELAYS):
            name = f"group-{delay}"
            members = {"name": name, "protocol": "HTTP", "port": PORT, "vpc_id": vpc}
            members |= {"target_type": "ip", "health_check_interval_seconds": 10}
            made = await self._of("CreateTargetGroup", **members)
            arn = made["TargetGroups"][0]["TargetGroupArn"]
            self.groups.append(arn)
            asked = {"key": "deregistration_delay.timeout_seconds", "value": delay}
            await self._of("ModifyTargetGroupAttributes", target_group_arn=arn, attributes=[asked])
            listeners = await self._of("DescribeListeners", load_balancer_arn=balancer)
            if len(listeners["Listeners"]) == number:
                await self._of(
                    "CreateListener",
                    load_balancer_arn=balancer,
                    protocol="HTTP",
                    port=8000 + number,
                    default_actions=[{"type": "forward", "target_group_arn": arn}],
                )

    async def _of(self, operation: str, **members: Any) -> Any:
        self.requests += 1
        return await self.plane.call(operation, members, ELB)

    def _more_of_a_service(self) -> dict[str, Any]:
        """No group, one, or two."""
        groups = self.chance.sample(self.groups, self.chance.choice((0, 1, 1, 1, 2)))
        return {
            "load_balancers": [
                {"target_group_arn": arn, "container_name": "app", "container_port": PORT}
                for arn in groups
            ]
        }

    def _acts(self) -> dict[Callable[[], Awaitable[None]], int]:
        return {
            **super()._acts(),
            self._make_busy: 6,
            self._make_sick: 2,
            self._fail_nodes: 1,
            self._crash_at_a_commit: 5,
        }

    async def _make_busy(self) -> None:
        """Requests end, others begin; none begins at a target that drains."""
        sent_to = {t.id for t in self.plane.store.all(TARGETS) if t.drains_since is None}
        self.balancer.busy &= self._some_targets() | sent_to
        self.balancer.busy |= self._some_targets() & sent_to

    async def _make_sick(self) -> None:
        self.balancer.sick = self._some_targets()

    def _some_targets(self) -> set[str]:
        targets = sorted({target.id for target in self.plane.store.all(TARGETS)})
        return set(self.chance.sample(targets, self.chance.randint(0, len(targets))))

    async def _fail_nodes(self) -> None:
        nodes = sorted(self.balancer.plans)
        self.balancer.failing = set(self.chance.sample(nodes, self.chance.randint(0, len(nodes))))

    async def _end_the_faults(self) -> bool:
        self.balancer.busy, self.balancer.sick = set(), set()
        self.balancer.failing = set()
        return await super()._end_the_faults()

    def check_targets(self) -> None:
        """Who runs is sent to, by every node, and nobody else."""
        store = self.plane.store
        wanted = {
            (group, task.arn)
            for service in store.all(SERVICES)
            for task in store.all(TASKS)
            if task.service_arn == service.arn and task.status == "RUNNING"
            for group in self._groups_of(task)
        }
        assert {(t.target_group_arn, t.task_arn) for t in store.all(TARGETS)} == wanted
        for target in store.all(TARGETS):
            assert target.drains_since is None
            assert target.health is not None
            assert target.health.state == "healthy", f"not found healthy: {target}"
        (balancer,) = store.all(LOAD_BALANCERS)
        assert balancer.state == "active", balancer
        assert set(self.balancer.plans) == {node.interface_id for node in balancer.nodes}
        for plan in self.balancer.plans.values():
            found = {(arn, t.task_arn) for arn, each in plan.targets.items() for t in each}
            assert found == wanted, "a node serves something else"

    def _groups_of(self, task: Task) -> list[str]:
        deployment = self.plane.store.get(DEPLOYMENTS, task.started_by or "")
        assert deployment is not None
        revision = self.plane.store.get(SERVICE_REVISIONS, deployment.revision_arn)
        assert revision is not None
        return [each.target_group_arn for each in revision.load_balancers]

    async def check_ends(self) -> None:
        await super().check_ends()
        self.check_targets()
