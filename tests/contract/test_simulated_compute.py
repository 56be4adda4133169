"""The simulated backend keeps the contract, in real time."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.compute_suite import ComputeSuite, Stage

from hostless.compute.seam import ContainerSpec
from hostless.compute.simulated.backend import SimulatedBackend
from hostless.compute.simulated.behaviour import Behaviour, Simulation
from hostless.domain.network import NetworkPlace
from hostless.kit.clock import SystemClock

PLACE = NetworkPlace(
    namespace_path=None, address="10.0.0.9", host_name="host", hosts=(), resolver_lines=()
)
NO_IMAGE = "CannotPullContainerError: pull image manifest has been retried 1 time(s)"
NO_COMMAND = "CannotStartContainerError: executable file not found in $PATH"
BEHAVIOURS = (
    *(
        Behaviour(image=f"ending-{code}", exit_after_seconds=0.0, exit_code=code)
        for code in (0, 1, 3, 7, 42, 255)
    ),
    Behaviour(image="stubborn", ignores_stop_signal=True),
    Behaviour(image="hungry", out_of_memory_after_seconds=0.01),
    Behaviour(image="missing-command", start_failure=NO_COMMAND),
    Behaviour(image="missing-image", pull_failure=NO_IMAGE),
    Behaviour(stop_exit_code=0),
)


class SimulatedPrograms:
    """By image: see BEHAVIOURS."""

    def forever(self, name: str = "main") -> ContainerSpec:
        return ContainerSpec(name=name, image="forever")

    def ending(self, code: int, name: str = "main") -> ContainerSpec:
        return ContainerSpec(name=name, image=f"ending-{code}")

    def stubborn(self, name: str = "main") -> ContainerSpec:
        return ContainerSpec(name=name, image="stubborn", stop_timeout_seconds=1)

    def hungry(self, name: str = "main") -> ContainerSpec:
        return ContainerSpec(name=name, image="hungry", memory_mib=16)

    def missing_command(self, name: str = "main") -> ContainerSpec:
        return ContainerSpec(name=name, image="missing-command")

    def missing_image(self, name: str = "main") -> ContainerSpec:
        return ContainerSpec(name=name, image="missing-image")


class TestSimulatedCompute(ComputeSuite):
    @pytest.fixture
    async def stage(self, tmp_path: Path) -> AsyncIterator[Stage]:
        clock = SystemClock()
        backend = SimulatedBackend(clock, Simulation(behaviour=BEHAVIOURS), tmp_path / "machine")
        await backend.open()
        yield Stage(
            backend=backend,
            programs=SimulatedPrograms(),
            place=PLACE,
            clock=clock,
            isolation="simulated",
        )
        await backend.purge()
        assert not list(tmp_path.iterdir())
