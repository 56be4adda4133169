"""Takes out endpoints that drain, once nobody sends to them: then their containers may stop.

That is when every proxy that knows the name was told, and neither the task's own proxy nor those of
callers have anything under way to it; or when that was waited for long enough.
"""

from hostless.balancer.connect_seam import ProxyCounters, Server
from hostless.controllers.connect.decide import drains_until
from hostless.controllers.connect.proxies import TaskProxies
from hostless.controllers.following import follow_each
from hostless.controllers.keyed_loop import KeyedLoop, LoopSpec
from hostless.domain.service_connect import Endpoint, Ingress
from hostless.domain.tasks import Task
from hostless.kit.clock import Clock, Timestamp
from hostless.store.kinds import CONNECT_ENDPOINTS, TASKS
from hostless.store.store import Store

LOOK_SECONDS = 0.25
LOOKS_AT_ONCE = 8


class EndpointDrainer:
    def __init__(self, store: Store, proxies: TaskProxies, clock: Clock) -> None:
        self._store = store
        self._proxies = proxies
        self._clock = clock
        spec = LoopSpec(
            name="draining endpoint",
            one_pass=self._pass,
            is_news=self._drains,
            passes_at_once=LOOKS_AT_ONCE,
        )
        self._loop = KeyedLoop(spec, clock)

    async def run(self) -> None:
        """Work until cancelled."""
        await self._proxies.open()
        await follow_each(self._loop, self._store, CONNECT_ENDPOINTS)

    def _drains(self, key: str) -> bool:
        endpoint = self._store.get(CONNECT_ENDPOINTS, key)
        return endpoint is not None and endpoint.drains_since is not None

    async def _pass(self, key: str) -> Timestamp | None:
        endpoint = self._store.get(CONNECT_ENDPOINTS, key)
        if endpoint is None or endpoint.drains_since is None:
            return None
        task = self._store.get(TASKS, endpoint.task_arn)
        ingress = None if task is None else _ingress_of(task, endpoint)
        until = drains_until(endpoint.drains_since, ingress)
        if self._clock.now() < until and await self._is_in_use(endpoint, task, ingress):
            return min(until, self._clock.now() + LOOK_SECONDS)
        transaction = self._store.transaction("drained")
        if transaction.get(CONNECT_ENDPOINTS, key) == endpoint:
            transaction.delete(CONNECT_ENDPOINTS, key)
            await transaction.commit()
        return None

    async def _is_in_use(
        self, endpoint: Endpoint, task: Task | None, ingress: Ingress | None
    ) -> bool:
        """Who cannot be asked may have something under way."""
        name = endpoint.discovery_service_id
        server = Server(address=endpoint.address, port=endpoint.port)
        callers = self._store.find(TASKS, "calls", name)
        if any(self._proxies.may_send(caller, name, server) for caller in callers):
            return True
        if task is not None and ingress is not None and self._proxies.is_alive(task):
            counters = await self._proxies.counters(task.id)
            if counters is None or _arrived(counters, ingress):
                return True
        for caller in callers:
            if self._proxies.is_alive(caller):
                counters = await self._proxies.counters(caller.id)
                if counters is None or _sent(counters, caller, endpoint, server):
                    return True
        return False


def _ingress_of(task: Task, endpoint: Endpoint) -> Ingress | None:
    ingresses = () if task.connect is None else task.connect.ingresses
    name = endpoint.discovery_service_id
    return next((each for each in ingresses if each.discovery_service_id == name), None)


def _arrived(counters: ProxyCounters, ingress: Ingress) -> int:
    found = counters.ingresses.get(ingress.discovery_name)
    return 0 if found is None else found.under_way


def _sent(counters: ProxyCounters, caller: Task, endpoint: Endpoint, server: Server) -> int:
    upstreams = () if caller.connect is None else caller.connect.upstreams
    names = {
        each.discovery_name
        for each in upstreams
        if each.discovery_service_id == endpoint.discovery_service_id
    }
    return sum(counters.sent_to.get(name, {}).get(server, 0) for name in names)
