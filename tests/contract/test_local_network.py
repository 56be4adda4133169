"""The fabric of this machine keeps the contract, on the real host."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.network_suite import NetworkSuite, Range
from tests.support.dns import ask, query, records_in
from tests.support.networks import free_range, in_namespace, namespaces_of, new_engine_id

from hostless.domain.network import NetworkPlace
from hostless.network.local.fabric import LocalFabric
from hostless.network.local.nameservers import HostNameservers
from hostless.network.seam import NetworkFabric


@pytest.mark.root
class TestLocalNetwork(NetworkSuite):
    @pytest.fixture
    def range_(self) -> Range:
        return free_range()

    @pytest.fixture
    async def fabric(self, range_: Range, tmp_path: Path) -> AsyncIterator[NetworkFabric]:
        engine_id = new_engine_id()
        nobody = HostNameservers(tmp_path / "missing")
        fabric = LocalFabric(engine_id, "us-east-1", nobody, patience_seconds=0.2)
        try:
            await fabric.lay_out(range_.layout())
            yield fabric
        finally:
            await fabric.purge()
            assert namespaces_of(engine_id) == []

    async def found(
        self, fabric: NetworkFabric, place: NetworkPlace, range_: Range, name: str
    ) -> set[str]:
        namespace = Path(str(place.namespace_path)).name
        answer = await in_namespace(namespace, ask, range_.resolver, query(name))
        return {value for _, _, value in records_in(answer)}

    async def test_what_a_task_sends_and_receives_is_counted(
        self, fabric: NetworkFabric, range_: Range
    ) -> None:
        interface = range_.interface(1)
        namespace = Path(str((await fabric.attach(interface)).namespace_path)).name
        before = (await fabric.counters())[interface.id]
        await in_namespace(namespace, ask, range_.resolver, query("example.com"))
        after = (await fabric.counters())[interface.id]
        assert after.sent_packets > before.sent_packets
        assert after.sent_bytes - before.sent_bytes >= len(query("example.com"))
        assert after.received_packets > before.received_packets
