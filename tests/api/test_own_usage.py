"""hostless's own API in process: what tasks use."""

from collections.abc import Callable, Mapping

from tests.support.own_api import Own
from tests.support.world_application import own_paths_of

from hostless.compute.seam import ContainerSpec, TaskSpec
from hostless.compute.simulated.backend import SimulatedBackend
from hostless.compute.simulated.behaviour import Behaviour, Simulation
from hostless.domain.arns import NetworkInterfaceId
from hostless.domain.network import NetworkPlace
from hostless.domain.tasks import Task
from hostless.kit.clock import SystemClock
from hostless.network.seam import InterfaceCounters, NetworkFailed
from hostless.network.simulated.fabric import SimulatedFabric


def start(own: Own, backend: SimulatedBackend, task: Task) -> None:
    spec = TaskSpec(
        id=task.id,
        cpu_units=256,
        memory_mib=512,
        ephemeral_storage_gib=20,
        isolation="simulated",
        containers=tuple(ContainerSpec(name=c.name, image="i") for c in task.containers),
    )
    place = NetworkPlace(
        namespace_path=None, address="10.0.0.9", host_name="host", hosts=(), resolver_lines=()
    )
    own.portal.run(backend.start(spec, place))


def test_usage_is_of_tasks_that_run_here(own: Own, tasks: Callable[..., list[Task]]) -> None:
    backend = SimulatedBackend(SystemClock(), Simulation(behaviour=(Behaviour(memory_mib=7),)))
    own.app = own_paths_of(own.world, compute=backend)
    here, _ = tasks(2)
    start(own, backend, here)
    status, answer = own("GET", "usage", cluster="default")
    assert status == 200
    (found,) = answer["tasks"]
    assert (found["taskArn"], found["memory"], found["cpuReserved"]) == (here.arn, 7 << 20, 256)
    (container,) = found["containers"]
    assert (container["name"], container["processes"]) == (here.containers[0].name, 1)


def test_usage_is_told_without_the_network_while_that_cannot_be_asked(
    own: Own, tasks: Callable[..., list[Task]]
) -> None:
    class Deaf(SimulatedFabric):
        async def counters(self) -> Mapping[NetworkInterfaceId, InterfaceCounters]:
            raise NetworkFailed("no netlink")

    compute = SimulatedBackend(SystemClock(), Simulation(behaviour=(Behaviour(),)))
    own.app = own_paths_of(own.world, compute=compute, fabric=Deaf())
    (task,) = tasks(1)
    start(own, compute, task)
    status, answer = own("GET", "usage")
    assert (status, "network" in answer["tasks"][0]) == (200, False)


def test_usage_of_what_is_not_there_is_refused(own: Own) -> None:
    assert own("GET", "usage", cluster="nowhere")[1]["__type"] == "ClusterNotFoundException"
