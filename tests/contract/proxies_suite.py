"""What all proxies of Service Connect must do; each one's test module subclasses the suite."""

import pytest
from tests.support.mesh import SHOP, upstream

from hostless.balancer.connect_seam import ProxyUnreachable, Server, ServiceProxies
from hostless.domain.arns import DiscoveryServiceId, NamespaceId, TaskId
from hostless.domain.service_connect import TaskConnect

TASK, NOBODY = TaskId("a" * 32), TaskId("b" * 32)
ONE = frozenset({Server(address="10.0.0.5", port=80)})
CONNECT = TaskConnect(
    container_name="ecs-service-connect-abcde",
    namespace_id=NamespaceId("ns-1"),
    namespace="test",
    upstreams=(upstream(),),
)


class ServiceProxiesSuite:
    """A subclass gives the fixture `proxies`, and has the proxy of a prepared task serve."""

    @pytest.fixture
    def proxies(self) -> ServiceProxies:
        raise NotImplementedError

    async def serve(self, proxies: ServiceProxies, task_id: TaskId) -> None:
        raise NotImplementedError

    async def test_nothing_is_there_in_the_beginning(self, proxies: ServiceProxies) -> None:
        assert await proxies.task_ids() == frozenset()
        assert await proxies.counters(NOBODY) is None
        await proxies.remove(NOBODY)
        with pytest.raises(ProxyUnreachable):
            await proxies.apply(NOBODY, {})
        assert await proxies.task_ids() == frozenset()

    async def test_a_prepared_proxy_is_there_until_it_is_removed(
        self, proxies: ServiceProxies
    ) -> None:
        for _ in range(2):
            await proxies.prepare(TASK, CONNECT, {SHOP: ONE})
        assert await proxies.task_ids() == {TASK}
        for _ in range(2):
            await proxies.remove(TASK)
        assert await proxies.task_ids() == frozenset()

    async def test_servers_may_be_told_again_and_names_that_are_not_known_are_passed_over(
        self, proxies: ServiceProxies
    ) -> None:
        await proxies.prepare(TASK, CONNECT, {})
        await self.serve(proxies, TASK)
        unknown = DiscoveryServiceId("srv-unknown")
        for servers in ({SHOP: ONE, unknown: ONE}, {SHOP: ONE}, {}, {}):
            await proxies.apply(TASK, servers)

    async def test_a_proxy_that_nobody_called_has_counted_nothing(
        self, proxies: ServiceProxies
    ) -> None:
        await proxies.prepare(TASK, CONNECT, {SHOP: ONE})
        await self.serve(proxies, TASK)
        counted = await proxies.counters(TASK)
        assert counted is not None
        assert set(counted.upstreams) == {"shop"}
        assert counted.upstreams["shop"].requests == 0
        assert counted.ingresses == {}
        assert counted.sent_to == {"shop": {}}

    async def test_preparing_a_proxy_that_serves_leaves_it_alone(
        self, proxies: ServiceProxies
    ) -> None:
        await proxies.prepare(TASK, CONNECT, {SHOP: ONE})
        await self.serve(proxies, TASK)
        await proxies.prepare(TASK, CONNECT, {})
        await proxies.apply(TASK, {SHOP: ONE})
