"""One seed's voyage of services that call each other by Service Connect: who is told what, when.

Services, clients, faults and crashes are `service_voyage`'s. Here every service is in one namespace
and knows the names of those that were there when it was deployed; proxies are silent at times, and
requests are under way. The scheduler's bounds are not judged here: proxies are containers that no
image of a voyage is made for.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.simulation.balanced_voyage import OfTasks
from tests.simulation.service_images import HEALTHY_AFTER
from tests.simulation.service_voyage import PORT, ServiceVoyage

from hostless.balancer.connect_seam import Server, Servers
from hostless.balancer.simulated.proxies import SimulatedProxy, SimulatedServiceProxies
from hostless.compute.seam import TaskSpec
from hostless.controllers.connect.decide import checked_containers, drains_until, standing_of
from hostless.domain.arns import TaskId
from hostless.domain.service_connect import Endpoint, TaskConnect
from hostless.domain.service_discovery import IPV4
from hostless.domain.tasks import Task
from hostless.kit.clock import Clock, Timestamp
from hostless.store.kinds import (
    CONNECT_ENDPOINTS,
    DISCOVERY_INSTANCES,
    TASK_DEFINITIONS,
    TASKS,
)

MAP = "servicediscovery"
NAMESPACE = "shop"


class WatchedProxies(SimulatedServiceProxies):
    """judge: told of every server that a proxy is to send to from now on."""

    def __init__(self, clock: Clock, judge: Callable[[TaskId, Server], None]) -> None:
        super().__init__(clock)
        self._judge = judge

    async def prepare(self, task_id: TaskId, connect: TaskConnect, servers: Servers) -> None:
        self._judge_all(task_id, servers)
        await super().prepare(task_id, connect, servers)

    async def apply(self, task_id: TaskId, servers: Servers) -> None:
        self._judge_all(task_id, servers)
        await super().apply(task_id, servers)

    def _judge_all(self, task_id: TaskId, servers: Servers) -> None:
        for there in servers.values():
            for server in there:
                self._judge(task_id, server)


class ConnectedVoyage(ServiceVoyage):
    """To be made within the simulated loop."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.observer.invariants = OfTasks(self.observer.ledger, HEALTHY_AFTER)
        self.proxies = WatchedProxies(self.machine.clock, self._judge_telling)
        object.__setattr__(self.machine, "proxies", self.proxies)
        self.stops = 0
        self.tellings = 0
        self.told_at: dict[tuple[TaskId, Server], Timestamp] = {}
        self._watch_stops()

    def _watch_stops(self) -> None:
        stop = self.machine.backend.stop

        async def watched(spec: TaskSpec, since: Timestamp) -> None:
            self._judge_stop(spec)
            await stop(spec, since)

        self.machine.backend.stop = watched  # type: ignore[method-assign]

    def _judge_telling(self, teller: TaskId, server: Server) -> None:
        """Raised in the controller it would be tried again: it is noted."""
        self.tellings += 1
        self.told_at[teller, server] = self.machine.clock.now()
        now = self.machine.clock.now()
        at = [t for t in self.machine.backend.machine.tasks().values() if self._is_at(t.id, server)]
        if not any(c.started_at is not None for task in at for c in task.containers):
            self._note(teller, f"told to send to {server}, where nothing has run", now)

    def _is_at(self, task_id: TaskId, server: Server) -> bool:
        found = self.machine.backend.machine.find(task_id)
        return found is not None and any(c.address == server.address for c in found.containers)

    def _judge_stop(self, spec: TaskSpec) -> None:
        task = next(t for t in self.plane.store.all(TASKS) if t.id == spec.id)
        now = self.machine.clock.now()
        if task.is_host_lost or task.connect is None or task.stop_request is None:
            return
        self.stops += 1
        if now >= drains_until(self._drained_from(task), task.connect.ingresses[0]):
            return
        name = task.connect.ingresses[0].discovery_service_id
        server = Server(address=task.attachment.address or "", port=PORT)
        callers = {id_: p for id_, p in self._living().items() if name in p.servers}
        for caller, proxy in callers.items():
            told_at = self.told_at.get((caller, server), 0.0)  # before: of who had the address
            if server in proxy.servers[name] and told_at >= task.created_at:
                self._note(caller, f"still sends to {task.id}, which is told to stop", now)
        if server in self.proxies.busy and callers:
            self._note(task.id, "a request to it is cut off", now)

    def _drained_from(self, task: Task) -> Timestamp:
        """An unhealthy task is taken out before it is told to stop."""
        assert task.stop_request is not None
        story = self.plane.store.story(TASKS, task.arn)
        ill = [entry.at for entry in story if entry.after.endswith("/UNHEALTHY")]
        return min([task.stop_request.at, *ill])

    def _living(self) -> dict[TaskId, SimulatedProxy]:
        """Of tasks that run whole and may be running, by their records."""
        now = self.machine.clock.now()
        over = ("DEPROVISIONING", "STOPPED")
        tasks = [t for t in self.plane.store.all(TASKS) if not t.is_host_lost]
        known = {task.id for task in tasks if task.status not in over}
        return {
            id_: proxy
            for id_, proxy in self.proxies.proxies.items()
            if id_ in known and self._runs(id_, now)
        }

    def _runs(self, task_id: TaskId, now: Timestamp) -> bool:
        found = self.machine.backend.machine.find(task_id)
        if found is None or found.is_lost(now):
            return False
        return all(container.is_running(now) for container in found.containers)

    def _note(self, task_id: TaskId, what: str, now: Timestamp) -> None:
        self.observer.invariants._note(now, task_id, what)

    async def _prepare(self) -> None:
        """Safe to be called again: the engine may have died in the middle."""
        found = await self._of("ListNamespaces")
        if not found["Namespaces"]:
            await self._of("CreateHttpNamespace", name=NAMESPACE)
        await super()._prepare()

    async def _of(self, operation: str, **members: Any) -> Any:
        self.requests += 1
        return await self.plane.call(operation, members, MAP)

    def _more_of_a_service(self) -> dict[str, Any]:
        """Each is called by a name of its own."""
        name = f"name-{self.serial}"
        service = {
            "port_name": "http",
            "discovery_name": name,
            "client_aliases": [{"port": 80, "dns_name": name}],
        }
        return {
            "service_connect_configuration": {
                "enabled": True,
                "namespace": NAMESPACE,
                "services": [service],
            }
        }

    def _acts(self) -> dict[Callable[[], Awaitable[None]], int]:
        return {
            **super()._acts(),
            self._make_busy: 6,
            self._make_silent: 2,
            self._crash_at_a_commit: 5,
        }

    async def _make_busy(self) -> None:
        """Requests end, others begin; none begins where no proxy sends any."""
        sent_to = {
            server
            for proxy in self._living().values()
            for there in proxy.servers.values()
            for server in there
        }
        some = sorted(sent_to | self.proxies.busy)
        chosen = set(self.chance.sample(some, self.chance.randint(0, len(some))))
        self.proxies.busy = (self.proxies.busy & chosen) | (chosen & sent_to)

    async def _make_silent(self) -> None:
        there = sorted(self.proxies.proxies)
        self.proxies.silent = set(self.chance.sample(there, self.chance.randint(0, len(there))))

    async def _end_the_faults(self) -> bool:
        self.proxies.busy, self.proxies.silent = set(), set()
        return await super()._end_the_faults()

    async def check_ends(self) -> None:
        await super().check_ends()
        self.check_endpoints()

    def check_endpoints(self) -> None:
        """Who serves is known to every proxy that knows the name, and to Cloud Map; nobody else."""
        store = self.plane.store
        serving = {task.arn: task for task in store.all(TASKS) if self._serves(task)}
        endpoints: list[Endpoint] = list(store.all(CONNECT_ENDPOINTS))
        ill = {e.task_arn for e in endpoints} - serving.keys()
        assert all(e.drains_since is None for e in endpoints), endpoints
        assert {e.task_arn for e in endpoints} >= serving.keys(), "not everybody is sent to"
        for arn in ill:
            self._check_fails(store.get(TASKS, arn))
        instances = {(i.service_id, i.attributes[IPV4]) for i in store.all(DISCOVERY_INSTANCES)}
        assert instances == {(e.discovery_service_id, e.address) for e in endpoints}
        living = {task.id: task for task in store.all(TASKS) if task.status != "STOPPED"}
        assert self.proxies.proxies.keys() <= living.keys(), "proxies of tasks that are gone"
        for task_id, proxy in self.proxies.proxies.items():
            if living[task_id].status != "RUNNING":
                continue
            for name, there in proxy.servers.items():
                behind = {e.address for e in endpoints if e.discovery_service_id == name}
                assert {server.address for server in there} == behind, f"{task_id} of {name}"

    def _serves(self, task: Task) -> bool:
        definition = self.plane.store.get(TASK_DEFINITIONS, task.definition_arn)
        return standing_of(task, checked_containers(definition)) == "serves"

    def _check_fails(self, task: Task | None) -> None:
        """An unhealthy task is sent to where no healthy one is."""
        assert task is not None, "an endpoint of a task that is gone"
        definition = self.plane.store.get(TASK_DEFINITIONS, task.definition_arn)
        assert standing_of(task, checked_containers(definition)) == "fails", task
