"""What an engine of each kind keeps running beside its backend."""

import os
from pathlib import Path

import pytest
from tests.support.layouts import layout_with

from hostless.domain.arns import VpcId
from hostless.domain.network import Vpc
from hostless.domain.network_layout import NetworkLayout
from hostless.domain.settings import Settings
from hostless.engine.outside import lay_out_first, opened_backend
from hostless.engine.purging import purge
from hostless.kit.clock import SystemClock
from hostless.network.seam import NetworkFailed
from hostless.network.simulated.fabric import SimulatedFabric


async def test_simulated_containers_need_no_upkeep(tmp_path: Path) -> None:
    settings = Settings(state_dir=str(tmp_path), backend="simulated")
    async with opened_backend(settings, SystemClock()) as backend:
        assert backend.keep is None


@pytest.mark.root
async def test_real_ones_have_their_images_looked_after(tmp_path: Path) -> None:
    settings = Settings(state_dir=str(tmp_path))
    async with opened_backend(settings, SystemClock()) as backend:
        assert backend.keep is not None
    await purge(settings)
    assert os.listdir(tmp_path) == ["images"]


class _Refusing(SimulatedFabric):
    def __init__(self, *refused: VpcId) -> None:
        super().__init__()
        self._refused = frozenset(refused)

    async def lay_out(self, layout: NetworkLayout) -> None:
        await super().lay_out(layout)
        raise NetworkFailed("the range is taken", self._refused or None)


HOME = Vpc(id=VpcId("vpc-home"), cidr_block="10.90.0.0/20", is_default=True)
OTHER = Vpc(id=VpcId("vpc-other"), cidr_block="10.91.0.0/20")
LAYOUT = layout_with([HOME, OTHER], [])


async def test_a_vpc_that_is_refused_does_not_keep_an_engine_from_starting(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await lay_out_first(_Refusing(OTHER.id), LAYOUT)
    assert "vpc-other carry no packets yet: the range is taken" in caplog.text


@pytest.mark.parametrize("refused", [(), (HOME.id,), (HOME.id, OTHER.id)])
async def test_without_the_default_vpc_there_is_no_engine(refused: tuple[VpcId, ...]) -> None:
    with pytest.raises(NetworkFailed, match="the range is taken"):
        await lay_out_first(_Refusing(*refused), LAYOUT)
