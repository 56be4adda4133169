"""The proxies of this machine keep the contract, with a real HAProxy in a container."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.proxies_suite import CONNECT, ServiceProxiesSuite
from tests.support.local_compute import OneImage
from tests.support.mesh import SHOP, Mesh, a_mesh

from hostless.balancer.connect_seam import Server, ServiceProxies
from hostless.balancer.local.proxies import LocalServiceProxies
from hostless.domain.arns import TaskId
from hostless.kit.clock import SystemClock


@pytest.mark.root
class TestLocalProxies(ServiceProxiesSuite):
    @pytest.fixture
    async def mesh(self, tmp_path: Path, images: OneImage) -> AsyncIterator[Mesh]:
        async with a_mesh(tmp_path, images) as found:
            yield found

    @pytest.fixture
    def proxies(self, mesh: Mesh) -> ServiceProxies:
        return mesh.proxies

    @pytest.fixture(autouse=True)
    def _known(self, mesh: Mesh) -> None:
        self.mesh = mesh

    async def serve(self, proxies: ServiceProxies, task_id: TaskId) -> None:
        await self.mesh.start(self.mesh.connected(2, task_id, CONNECT))

    async def test_an_engine_that_did_not_prepare_a_proxy_goes_on_with_it(
        self, mesh: Mesh, tmp_path: Path
    ) -> None:
        client = await mesh.run(2, *CONNECT.upstreams)
        server = Server(address="10.0.0.5", port=80)
        successor = LocalServiceProxies(tmp_path / "connect", SystemClock())
        assert await successor.task_ids() == {client.id}
        await successor.apply(client.id, {SHOP: frozenset({server})})
        counted = await successor.counters(client.id)
        assert counted is not None
        assert set(counted.upstreams) == {"shop"}
        folder = successor.folder(client.id)
        assert folder is not None
        assert "10.0.0.5:80" in (folder / "haproxy.cfg").read_text()
