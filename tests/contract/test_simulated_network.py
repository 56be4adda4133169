"""The simulated fabric keeps the contract."""

import pytest
from tests.contract.network_suite import NetworkSuite, Range
from tests.support.layouts import layout_with

from hostless.network.seam import NetworkFabric
from hostless.network.simulated.fabric import SimulatedFabric


class TestSimulatedNetwork(NetworkSuite):
    @pytest.fixture
    def range_(self) -> Range:
        return Range("10.7.4.0/22")

    @pytest.fixture
    async def fabric(self, range_: Range) -> NetworkFabric:
        fabric = SimulatedFabric()
        await fabric.lay_out(layout_with((range_.vpc,), range_.subnets))
        return fabric
