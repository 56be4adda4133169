"""One seed's voyage: a control plane under random orders, failures and crashes.

Everything random comes from the seed, and time is simulated: the same seed is the same voyage.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterator

from tests.simulation.safety import Safety
from tests.simulation.truth import Truth
from tests.support.layouts import layout_with
from tests.support.tasks import SUBNETS_OF_TEST, VPC, Api, FakeLogs, definition_of

from hostless.balancer.simulated.proxies import SimulatedServiceProxies
from hostless.compute.simulated.backend import SimulatedBackend
from hostless.compute.simulated.behaviour import Behaviour, Capacity, Simulation
from hostless.controllers.connect.proxies import TaskProxies
from hostless.controllers.health.controller import HealthController
from hostless.controllers.task.controller import TaskController
from hostless.controllers.task.perform import TaskWorld
from hostless.domain.arns import TaskArn
from hostless.domain.container_definitions import (
    ContainerDefinition,
    ContainerDependency,
    ContainerRestartPolicy,
    HealthCheck,
    LogConfiguration,
)
from hostless.domain.drills import has_host, is_retirable, retiring, with_lost_host
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Task
from hostless.kit.ids import Ids
from hostless.kit.simulated_time import LoopClock
from hostless.network.simulated.fabric import FabricBehaviour, SimulatedFabric
from hostless.simulation.disk import SimulatedDisk
from hostless.store.kinds import NETWORK_INTERFACES, TASK_DEFINITIONS, TASKS
from hostless.store.storage import StorageFailed
from hostless.store.store import Store, WriteConflict

STEPS = 60
CALM_SECONDS = 900.0
"""More than every pull, time-out, back-off and sweep together, less than a stopped task's hour."""
BEHAVIOURS = (
    Behaviour(image="short", exit_after_seconds=(0.0, 8.0), exit_code=3),
    Behaviour(image="flaky", crash_probability=0.5, crash_within_seconds=20.0),
    Behaviour(image="unpullable", pull_seconds=2.0, pull_failure="CannotPullContainerError: no"),
    Behaviour(image="slow", pull_seconds=(5.0, 60.0), start_seconds=(0.0, 2.0)),
    Behaviour(
        image="unstartable",
        start_seconds=0.2,
        start_failure="CannotStartContainerError: no",
        start_failure_probability=0.5,
    ),
    Behaviour(image="stubborn", ignores_stop_signal=True),
    Behaviour(image="tired", exit_after_seconds=(50.0, 130.0), exit_code=4),
    Behaviour(image="hungry", out_of_memory_after_seconds=(1.0, 10.0)),
    Behaviour(image="doomed", host_lost_after_seconds=(0.0, 15.0), host_lost_probability=0.7),
    Behaviour(
        image="ailing",
        healthy_after_seconds=(0.0, 90.0),
        unhealthy_after_seconds=(0.0, 400.0),
        unhealthy_probability=0.5,
        health_check_seconds=1.5,
    ),
    Behaviour(image="*", pull_seconds=(0.0, 0.5), start_seconds=(0.0, 0.2), stop_seconds=0.3),
)
IMAGES = (
    "good",
    "short",
    "flaky",
    "unpullable",
    "slow",
    "unstartable",
    "stubborn",
    "hungry",
    "doomed",
    "ailing",
    "tired",
)
RESTARTS = ContainerRestartPolicy(enabled=True, ignored_exit_codes=(3,), restart_attempt_period=60)
CHECK = HealthCheck(command=("CMD", "true"), interval=60, retries=2)


class Voyage:
    """Storage, backend and fabric are the machine and outlive the engine."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.clock = LoopClock()
        simulation = Simulation(
            seed=seed,
            behaviour=BEHAVIOURS,
            capacity=Capacity(starts_at_once=self.chance.choice((1, 4, 100))),
        )
        self.backend = SimulatedBackend(self.clock, simulation)
        self.truth = Truth(self.backend, self.clock)
        self.safety = Safety(self.backend.machine)
        self.storage = SimulatedDisk(
            self.chance,
            self.safety.look,
            self.safety.forgot,
            refusal_rate=0.01,
            slowest_sync=self.chance.choice((0.001, 0.05, 0.5)),
        )
        failing = FabricBehaviour(
            attach_seconds=self.chance.choice((0.0, 0.1)), detach_seconds=0.05, failure_rate=0.05
        )
        self.fabric = SimulatedFabric(failing, self.chance)
        self.ids = Ids(self.chance)
        self.definitions = _definitions(self.chance)
        self.safety.definitions = {each.arn: each for each in self.definitions}
        self.asked: dict[TaskArn, str] = {}
        """What the API acknowledged: by task, the goal."""

    async def sail(self) -> None:
        await self.backend.open()
        await self.fabric.lay_out(layout_with((VPC,), SUBNETS_OF_TEST))
        self._embark()
        with self._no_refusal():
            await self.api.prepare(*self.definitions)
        async with asyncio.TaskGroup() as group:
            self._start_engine(group)
            for _ in range(STEPS):
                await self._step(group)
            self.storage.refusal_rate = 0.0
            await asyncio.sleep(CALM_SECONDS)
            self._check_liveness()
            self._check_events()
            await asyncio.sleep(3700.0)
            self._check_nothing_stopped_is_kept()
            await self._stop_engine()
        await self.backend.close()

    def _embark(self) -> None:
        """A new engine's memory: what is durable, and nothing else."""
        self.store = Store(self.storage, self.clock)
        self.logs = FakeLogs(missing_groups={"/missing"})
        self.api = Api(self.store, self.ids, self.clock)

    @contextlib.contextmanager
    def _no_refusal(self) -> Iterator[None]:
        rate, self.storage.refusal_rate = self.storage.refusal_rate, 0.0
        yield
        self.storage.refusal_rate = rate

    def _start_engine(self, group: asyncio.TaskGroup) -> None:
        world = TaskWorld(
            store=self.store,
            compute=self.backend,
            proxies=TaskProxies(self.store, SimulatedServiceProxies(self.clock), self.clock),
            fabric=self.fabric,
            logs=self.logs,
            clock=self.clock,
            ids=self.ids,
        )
        health = HealthController(self.store, self.backend, self.clock)
        self._engine = [
            group.create_task(controller.run()) for controller in (TaskController(world), health)
        ]
        self._calls: list[asyncio.Task[None]] = []

    async def _stop_engine(self) -> None:
        """Wherever it is, between any two steps of any pass; calls under way are never answered."""
        doomed = [*self._engine, *self._calls]
        for task in doomed:
            task.cancel()
        await asyncio.wait(doomed)
        self.storage.crash()

    async def _step(self, group: asyncio.TaskGroup) -> None:
        act = self.chance.choices(
            (
                self._run_tasks,
                self._stop_a_task,
                self._crash,
                self._lose_a_host,
                self._drill,
                self._rest,
            ),
            (4, 3, 1, 1, 1, 3),
        )[0]
        await act(group)
        await asyncio.sleep(self.chance.choice((0.0, 0.0, 0.001, 0.01, 0.1, 1.0)))

    async def _run_tasks(self, group: asyncio.TaskGroup) -> None:
        for _ in range(self.chance.randint(1, 3)):
            definition = self.chance.choice(self.definitions)
            self._call(group, self._acknowledged_run(definition))

    async def _acknowledged_run(self, definition: TaskDefinition) -> None:
        is_public = self.chance.random() < 0.5
        task = await self.api.run_task(definition, assigns_public_ip=is_public)
        self.asked[task.arn] = "RUNNING"

    async def _stop_a_task(self, group: asyncio.TaskGroup) -> None:
        if self.asked:
            arn = self.chance.choice(list(self.asked))
            self._call(group, self._acknowledged_stop(arn))

    async def _acknowledged_stop(self, arn: TaskArn) -> None:
        await self.api.stop_task(arn)
        self.asked[arn] = "STOPPED"

    def _call(self, group: asyncio.TaskGroup, call: Awaitable[None]) -> None:
        async def answered() -> None:
            with contextlib.suppress(StorageFailed, WriteConflict):
                await call

        self._calls.append(group.create_task(answered()))

    async def _crash(self, group: asyncio.TaskGroup) -> None:
        await self._stop_engine()
        await asyncio.sleep(self.chance.choice((0.0, 0.0, 1.0, 30.0)))
        self._embark()
        self._start_engine(group)

    async def _lose_a_host(self, group: asyncio.TaskGroup) -> None:
        tasks = sorted(self.backend.machine.tasks())
        if tasks:
            self.backend.lose_host(self.chance.choice(tasks))

    async def _drill(self, group: asyncio.TaskGroup) -> None:
        """Take a host, or announce that one retires."""
        tasks = [task for task in self.store.all(TASKS) if has_host(task)]
        if not tasks:
            return
        arn, now = self.chance.choice(tasks).arn, self.clock.now()
        change = self.chance.choice(
            (
                lambda task: with_lost_host(task, now) if has_host(task) else task,
                lambda task: retiring(task, now + 20.0) if is_retirable(task) else task,
            )
        )
        self._call(group, self._acknowledged_drill(arn, change))

    async def _acknowledged_drill(self, arn: TaskArn, change: Callable[[Task], Task]) -> None:
        await self.store.update(TASKS, arn, change, "drill")

    async def _rest(self, group: asyncio.TaskGroup) -> None:
        await asyncio.sleep(self.chance.uniform(0.0, 10.0))

    def _check_liveness(self) -> None:
        tasks = {task.arn: task for task in self.store.all(TASKS)}
        for arn, goal in self.asked.items():
            assert arn in tasks, f"{arn} was acknowledged and is lost"
            self._check_end(tasks[arn], goal)
            self._check_health(tasks[arn])
            self.truth.check(tasks[arn])
        alive = [task for task in tasks.values() if task.status != "STOPPED"]
        interfaces = {task.attachment.interface_id for task in alive}
        assert {i.id for i in self.store.all(NETWORK_INTERFACES)} == interfaces
        assert set(self.fabric._interfaces) == interfaces
        assert set(self.backend.machine.tasks()) == {task.id for task in alive}
        assert set(self.logs.open_tasks) == {task.id for task in alive}

    def _check_events(self) -> None:
        """Each version of each task is one durable event, in order, and there are no others."""
        versions: dict[str, list[int]] = {}
        for event in self.store.events(0, 1_000_000):
            assert isinstance(event.record, Task)
            versions.setdefault(event.record.arn, []).append(event.record.version)
        tasks = {task.arn: task.version for task in self.store.all(TASKS)}
        assert versions.keys() == tasks.keys()
        for arn, found in versions.items():
            assert found == list(range(1, tasks[arn] + 1))

    def _check_end(self, task: Task, goal: str) -> None:
        if goal == "STOPPED":
            assert task.goal == "STOPPED"
        if task.goal == "STOPPED":
            assert task.status == "STOPPED", f"never stopped: {task}"
        else:
            assert task.status == "RUNNING", f"never ran: {task}"

    def _check_health(self, task: Task) -> None:
        """The calm was longer than it takes to find out."""
        machine = self.backend.machine.find(task.id)
        definition = self.store.get(TASK_DEFINITIONS, task.definition_arn)
        assert definition is not None
        for container, defined in zip(
            task.containers, definition.container_definitions, strict=True
        ):
            real = None if machine is None else machine.find(container.name)
            if defined.health_check is None:
                assert container.health == "UNKNOWN"
            elif real is not None and container.status == "RUNNING":
                is_fit = real.is_fit(self.clock.now())
                assert container.health == ("HEALTHY" if is_fit else "UNHEALTHY"), container

    def _check_nothing_stopped_is_kept(self) -> None:
        """A container that is restarted again and again may end for good at any time."""
        ends = [task.stopped_at for task in self.store.all(TASKS) if task.stopped_at is not None]
        assert all(at > self.clock.now() - 3700.0 for at in ends)


def _definitions(chance: random.Random) -> tuple[TaskDefinition, ...]:
    return tuple(
        definition_of(*_containers(chance), family=f"family{number}") for number in range(6)
    )


def _containers(chance: random.Random) -> tuple[ContainerDefinition, ...]:
    containers: list[ContainerDefinition] = []
    for number in range(chance.randint(1, 3)):
        containers.append(_container(chance, number, containers))
    return tuple(containers)


def _container(
    chance: random.Random, number: int, before: list[ContainerDefinition]
) -> ContainerDefinition:
    """before: those that it may depend on."""
    group = chance.choice(("/web", "/web", "/web", "/missing"))
    options = {"awslogs-group": group, "awslogs-stream-prefix": "p"}
    return ContainerDefinition(
        name=f"c{number}",
        image=chance.choice(IMAGES),
        essential=number == 0 or chance.random() < 0.5,
        start_timeout=chance.choice((2, 20, 120)),
        stop_timeout=chance.choice((None, 2, 20, 120)),
        health_check=chance.choice((None, CHECK)),
        restart_policy=chance.choice((None, RESTARTS)),
        depends_on=tuple(_dependency(chance, each) for each in before if chance.random() < 0.4),
        log_configuration=LogConfiguration(log_driver="awslogs", options=options),
    )


def _dependency(chance: random.Random, on: ContainerDefinition) -> ContainerDependency:
    """On a condition that ECS lets pass."""
    conditions = ["START"]
    conditions += [] if on.health_check is None else ["HEALTHY"] * 2
    conditions += [] if on.essential else ["COMPLETE", "SUCCESS"]
    return ContainerDependency(container_name=on.name or "", condition=chance.choice(conditions))
