"""The simulated proxies of Service Connect keep the contract."""

import pytest
from tests.contract.proxies_suite import ServiceProxiesSuite

from hostless.balancer.connect_seam import ServiceProxies
from hostless.balancer.simulated.proxies import SimulatedServiceProxies
from hostless.domain.arns import TaskId
from hostless.kit.clock import SystemClock


class TestSimulatedProxies(ServiceProxiesSuite):
    @pytest.fixture
    def proxies(self) -> ServiceProxies:
        return SimulatedServiceProxies(SystemClock())

    async def serve(self, proxies: ServiceProxies, task_id: TaskId) -> None:
        """It always does."""
