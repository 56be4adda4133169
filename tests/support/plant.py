"""The task controller over simulated machinery and simulated time, for scenes written as tests."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.support.layouts import layout_with
from tests.support.tasks import SUBNETS_OF_TEST, VPC, Api, FakeLogs, world_of

from hostless.compute.simulated.backend import SimulatedBackend
from hostless.compute.simulated.behaviour import Behaviour, Simulation
from hostless.controllers.task.controller import TaskController
from hostless.domain.tasks import Task
from hostless.kit.simulated_time import LoopClock, run_simulated
from hostless.network.simulated.fabric import FabricBehaviour, SimulatedFabric
from hostless.store.kinds import TASKS

PATIENCE_SECONDS = 1000.0
LOOK_SECONDS = 0.05


class Plant:
    """The store, backend and fabric outlive the controller: `restart` is a crash of the engine."""

    def __init__(self, *behaviours: Behaviour, fabric: FabricBehaviour | None = None) -> None:
        self.clock = LoopClock()
        self.backend = SimulatedBackend(self.clock, Simulation(behaviour=behaviours))
        self.logs = FakeLogs()
        self.fabric = SimulatedFabric(fabric)
        self.world = world_of(self.clock, self.backend, fabric=self.fabric, logs=self.logs)
        self.store = self.world.store
        self.api = Api(self.store, self.world.ids, self.clock)
        self._running: asyncio.Task[None] | None = None

    async def start(self, group: asyncio.TaskGroup) -> None:
        controller = TaskController(self.world)
        self._running = group.create_task(controller.run())

    async def kill(self) -> None:
        """Cancel the engine wherever it is; what it only knew by heart is gone."""
        assert self._running is not None
        self._running.cancel()
        await asyncio.wait([self._running])
        self.logs.open_tasks.clear()

    async def until(self, task: Task, status: str) -> Task:
        return await self.when(task, lambda now: now.status == status)

    async def when(self, task: Task, is_so: Callable[[Task], bool]) -> Task:
        """The task as soon as it is so."""
        end = self.clock.now() + PATIENCE_SECONDS
        while not is_so(now := self.api.task(task.arn)):
            assert self.clock.now() < end, f"still {now.status}; {self.story(task)}"
            await asyncio.sleep(LOOK_SECONDS)
        return now

    def story(self, task: Task) -> list[str]:
        return [f"{e.before}->{e.after}: {e.because}" for e in self.store.story(TASKS, task.arn)]


Scene = Callable[[Plant, asyncio.TaskGroup], Awaitable[None]]


def in_plant(scene: Scene, *behaviours: Behaviour, fabric: FabricBehaviour | None = None) -> Plant:
    """Play the scene with a running controller, under simulated time; return what is left."""

    async def main() -> Plant:
        plant = Plant(*behaviours, fabric=fabric)
        await plant.backend.open()
        await plant.fabric.lay_out(layout_with((VPC,), SUBNETS_OF_TEST))
        async with asyncio.TaskGroup() as group:
            await plant.start(group)
            await scene(plant, group)
            await plant.kill()
        await plant.backend.close()
        return plant

    return run_simulated(main())
