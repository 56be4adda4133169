"""A balancer that carries nothing: it finds targets healthy unless it is told otherwise.

It ships to users (`--backend simulated`) and is the test bed of the control plane. Its books are
kept in memory by the object, which in a test outlives the engine as the machine does.
"""

from collections.abc import Mapping
from dataclasses import replace

from hostless.balancer.seam import (
    BalancingFailed,
    LoggedRequest,
    LoggedRequests,
    NodeCounters,
    NodePlan,
    SeenTarget,
)
from hostless.domain.arns import NetworkInterfaceId

_FAILED = SeenTarget(
    state="unhealthy", reason="Target.FailedHealthChecks", description="Health checks failed"
)
_WELL = SeenTarget(state="healthy")


class SimulatedBalancer:
    """Implements `hostless.balancer.seam.Balancer`. sick: addresses of targets that fail their
    checks. busy: those with requests under way. failing: nodes that cannot serve. silent: nodes
    that serve and do not answer the engine. logs: requests that nodes are to have logged.
    counted: by node, what they are to have counted."""

    def __init__(self) -> None:
        self.plans: dict[NetworkInterfaceId, NodePlan] = {}
        self.sick: set[str] = set()
        self.busy: set[str] = set()
        self.failing: set[NetworkInterfaceId] = set()
        self.silent: set[NetworkInterfaceId] = set()
        self.logs: dict[NetworkInterfaceId, list[LoggedRequest]] = {}
        self._freed: dict[NetworkInterfaceId, int] = {}
        self.counted: dict[NetworkInterfaceId, tuple[NodeCounters, ...]] = {}

    async def serve(self, plan: NodePlan) -> None:
        if plan.node.interface_id in self.failing:
            raise BalancingFailed("the node is to fail")
        self.plans[plan.node.interface_id] = plan

    async def stop(self, interface_id: NetworkInterfaceId) -> None:
        self.plans.pop(interface_id, None)

    async def remove(self, interface_id: NetworkInterfaceId) -> None:
        self.plans.pop(interface_id, None)
        self.logs.pop(interface_id, None)
        self._freed.pop(interface_id, None)

    async def log_size(self, interface_id: NetworkInterfaceId) -> int:
        freed = self._freed.get(interface_id, 0)
        return max([freed, *(each.until for each in self.logs.get(interface_id, ()))])

    async def logged(self, interface_id: NetworkInterfaceId, since: int) -> LoggedRequests:
        found = [each for each in self.logs.get(interface_id, ()) if each.until > since]
        until = found[-1].until if found else since
        return LoggedRequests(requests=tuple(found), until=until, is_full=False)

    async def free_log(self, interface_id: NetworkInterfaceId, until: int) -> None:
        kept = [each for each in self.logs.get(interface_id, ()) if each.until > until]
        if interface_id in self.logs:
            self.logs[interface_id] = kept
            self._freed[interface_id] = until

    async def nodes(self) -> frozenset[NetworkInterfaceId]:
        return frozenset(self.plans)

    async def seen(self, interface_id: NetworkInterfaceId) -> Mapping[str, SeenTarget] | None:
        plan = self.plans.get(interface_id)
        if plan is None or interface_id in self.silent:
            return None
        targets = (target for each in plan.targets.values() for target in each)
        return {
            target.key: replace(
                _FAILED if target.id in self.sick else _WELL, active=int(target.id in self.busy)
            )
            for target in targets
        }

    async def counters(self, interface_id: NetworkInterfaceId) -> tuple[NodeCounters, ...]:
        """Nothing passes, so nothing is counted unless a test says so."""
        return self.counted.get(interface_id, ())

    async def close(self) -> None:
        return None

    async def purge(self) -> None:
        self.plans.clear()
        self.logs.clear()
