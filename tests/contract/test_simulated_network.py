"""The simulated fabric keeps the contract."""

import pytest
from tests.contract.network_suite import NetworkSuite, Range

from hostless.domain.network import NetworkPlace
from hostless.network.seam import NetworkFabric
from hostless.network.simulated.fabric import SimulatedFabric


class TestSimulatedNetwork(NetworkSuite):
    @pytest.fixture
    def range_(self) -> Range:
        return Range("10.7.4.0/22")

    @pytest.fixture
    async def fabric(self, range_: Range) -> NetworkFabric:
        fabric = SimulatedFabric(patience_seconds=0.2)
        await fabric.lay_out(range_.layout())
        return fabric

    async def found(
        self, fabric: NetworkFabric, place: NetworkPlace, range_: Range, name: str
    ) -> set[str]:
        """It asks nobody: what it was told is what there is."""
        assert isinstance(fabric, SimulatedFabric)
        own = [zone for zone in fabric.zones if zone.vpc_id == range_.vpc.id]
        sets = [each for zone in own for each in zone.names.get(name, ())]
        return {value for each in sets for value in each.values}
