"""The fabric of this machine keeps the contract, on the real host."""

from collections.abc import AsyncIterator

import pytest
from tests.contract.network_suite import NetworkSuite, Range
from tests.support.layouts import layout_with
from tests.support.networks import free_range, namespaces_of, new_engine_id

from hostless.network.local.fabric import LocalFabric
from hostless.network.seam import NetworkFabric


@pytest.mark.root
class TestLocalNetwork(NetworkSuite):
    @pytest.fixture
    def range_(self) -> Range:
        return free_range()

    @pytest.fixture
    async def fabric(self, range_: Range) -> AsyncIterator[NetworkFabric]:
        engine_id = new_engine_id()
        fabric = LocalFabric(engine_id, "us-east-1")
        try:
            await fabric.lay_out(layout_with((range_.vpc,), range_.subnets))
            yield fabric
        finally:
            await fabric.purge()
            assert namespaces_of(engine_id) == []
