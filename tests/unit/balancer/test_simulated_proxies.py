"""The simulated proxies of Service Connect keep what they are told, and carry nothing."""

import pytest

from hostless.balancer.connect_seam import ProxyUnreachable, Server
from hostless.balancer.simulated.proxies import SimulatedServiceProxies
from hostless.domain.arns import DiscoveryServiceId, NamespaceId, TaskId
from hostless.domain.service_connect import TaskConnect, Upstream
from hostless.kit.clock import SystemClock

TASK = TaskId("a" * 32)
KNOWN, UNKNOWN = DiscoveryServiceId("srv-known"), DiscoveryServiceId("srv-unknown")
ONE = Server(address="10.0.0.5", port=80)
CONNECT = TaskConnect(
    container_name="ecs-service-connect-abcde",
    namespace_id=NamespaceId("ns-1"),
    namespace="shop",
    upstreams=(
        Upstream(
            discovery_service_id=KNOWN,
            discovery_name="backend",
            dns_name="backend.shop",
            port=80,
            address="127.255.0.1",
            listen_port=15101,
            protocol="http",
            idle_timeout_seconds=300,
            request_timeout_seconds=15,
        ),
    ),
)


@pytest.fixture
def proxies() -> SimulatedServiceProxies:
    return SimulatedServiceProxies(SystemClock())


async def test_a_proxy_keeps_the_servers_of_names_that_it_knows(
    proxies: SimulatedServiceProxies,
) -> None:
    await proxies.prepare(TASK, CONNECT, {})
    await proxies.apply(TASK, {KNOWN: frozenset({ONE}), UNKNOWN: frozenset({ONE})})
    assert proxies.proxies[TASK].servers == {KNOWN: frozenset({ONE})}
    await proxies.prepare(TASK, CONNECT, {})
    assert proxies.proxies[TASK].servers == {KNOWN: frozenset({ONE})}


async def test_a_proxy_that_is_not_there_or_silent_is_unreachable(
    proxies: SimulatedServiceProxies,
) -> None:
    with pytest.raises(ProxyUnreachable):
        await proxies.apply(TASK, {})
    await proxies.prepare(TASK, CONNECT, {})
    proxies.silent.add(TASK)
    with pytest.raises(ProxyUnreachable):
        await proxies.apply(TASK, {})
    assert await proxies.counters(TASK) is None


async def test_nothing_passes_but_what_is_said_to_be_under_way(
    proxies: SimulatedServiceProxies,
) -> None:
    await proxies.prepare(TASK, CONNECT, {})
    counted = await proxies.counters(TASK)
    assert counted is not None
    assert counted.upstreams["backend"].requests == 0
    assert counted.sent_to == {"backend": {}}
    proxies.busy.add(ONE)
    counted = await proxies.counters(TASK)
    assert counted is not None
    assert counted.sent_to == {"backend": {ONE: 1}}


async def test_what_is_removed_is_forgotten(proxies: SimulatedServiceProxies) -> None:
    await proxies.prepare(TASK, CONNECT, {})
    assert await proxies.task_ids() == {TASK}
    await proxies.remove(TASK)
    await proxies.remove(TASK)
    assert await proxies.task_ids() == frozenset()
    assert proxies.folder(TASK) is None
