"""What outlives an engine: disk, compute and network, all simulated, and the chance they share.

What the machine remembers it keeps by itself; which engine runs on it is `control_plane`'s
business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from hostless.balancer.simulated.balancer import SimulatedBalancer
from hostless.balancer.simulated.proxies import SimulatedServiceProxies
from hostless.compute.simulated.backend import SimulatedBackend
from hostless.compute.simulated.behaviour import Simulation
from hostless.domain.arns import TaskId
from hostless.kit.clock import Clock
from hostless.kit.ids import Ids
from hostless.kit.simulated_time import LoopClock
from hostless.network.simulated.fabric import FabricBehaviour, SimulatedFabric
from hostless.simulation.disk import SimulatedDisk
from hostless.simulation.watching import Watching
from hostless.telemetry.seam import LogSink


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """chance: of everything that the simulated parts and whoever plays with them draw."""

    chance: Random
    clock: Clock
    ids: Ids
    disk: SimulatedDisk
    backend: SimulatedBackend
    fabric: SimulatedFabric
    balancer: SimulatedBalancer
    proxies: SimulatedServiceProxies


class SilentLogs:
    """Implements `hostless.telemetry.seam.TaskLogs`: simulated containers write nothing."""

    async def open(self, sinks: Sequence[LogSink]) -> None:
        return None

    async def drain(self, task_id: TaskId) -> None:
        return None


def machine_of(
    simulation: Simulation,
    watching: Watching,
    fabric: FabricBehaviour | None = None,
    slowest_sync: float = 0.01,
) -> Machine:
    """Everything that chance decides comes from the simulation's seed. watching: sees commits.

    slowest_sync: seconds that the disk needs at most. To be made within the simulated loop.
    """
    chance, clock = Random(simulation.seed), LoopClock()
    disk = SimulatedDisk(chance, watching.saw, watching.lost, slowest_sync=slowest_sync)
    return Machine(
        chance=chance,
        clock=clock,
        ids=Ids(Random(f"{simulation.seed} ids")),
        disk=disk,
        backend=SimulatedBackend(clock, simulation),
        balancer=SimulatedBalancer(),
        proxies=SimulatedServiceProxies(clock),
        fabric=SimulatedFabric(fabric or FabricBehaviour(attach_seconds=0.01), chance),
    )
