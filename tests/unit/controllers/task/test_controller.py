"""Unit tests of the whole task controller, under simulated time."""

import asyncio
from asyncio import TaskGroup
from dataclasses import replace

from tests.support.plant import Plant, in_plant
from tests.support.tasks import SUBNETS_OF_TEST, definition_of

from hostless.compute.simulated.behaviour import OUT_OF_MEMORY, Behaviour
from hostless.compute.simulated.machine import SimulatedTask
from hostless.controllers.task.farewell import REASON, stop_every_task
from hostless.domain.arns import TaskId
from hostless.domain.container_definitions import ContainerDefinition, LogConfiguration
from hostless.domain.lifecycle import MOVES
from hostless.domain.signals import Outage
from hostless.domain.task_definitions import TaskDefinition
from hostless.network.simulated.fabric import PROVISIONING_TIMED_OUT, FabricBehaviour
from hostless.store.kinds import NETWORK_INTERFACES, OUTAGES, SUBNETS, TASKS

WEB = definition_of()


def container(name: str, **fields: object) -> ContainerDefinition:
    return ContainerDefinition(name=name, image=name, **fields)  # type: ignore[arg-type]


def logged(**options: str) -> TaskDefinition:
    options = {"awslogs-group": "/web", "awslogs-stream-prefix": "p", **options}
    driver = LogConfiguration(
        log_driver="awslogs", options={k.replace("_", "-"): v for k, v in options.items()}
    )
    return definition_of(container("main", log_configuration=driver))


def test_a_task_lives_through_every_state_with_true_times() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        begun = plant.clock.now()
        task = await plant.until(await plant.api.run_task(WEB), "RUNNING")
        assert (task.connectivity_at, task.pull_started_at) == (begun, begun)
        assert (task.pull_stopped_at, task.started_at) == (begun + 2, begun + 3)
        assert task.attachment.status == "ATTACHED"
        assert task.containers[0].status == "RUNNING"
        assert task.containers[0].runtime_id is not None
        assert task.containers[0].runtime_id.startswith(f"{task.id}-")
        assert task.containers[0].image_digest is not None
        stopped_at = plant.clock.now()
        await plant.api.stop_task(task.arn, "enough")
        task = await plant.until(task, "STOPPED")
        assert task.stopping_at == stopped_at
        assert task.execution_stopped_at == task.stopped_at == stopped_at + 3
        assert task.stop_request is not None
        assert (task.stop_request.code, task.stop_request.reason) == ("UserInitiated", "enough")
        assert task.containers[0].exit_code == 143
        assert task.attachment.status == "DELETED"
        states = [entry.after.partition("/")[0] for entry in plant.store.story(TASKS, task.arn)]
        assert list(dict.fromkeys(states)) == list(MOVES)

    plant = in_plant(scene, Behaviour(pull_seconds=2.0, start_seconds=1.0, stop_seconds=3.0))
    assert not plant.backend.machine.tasks()
    assert not list(plant.store.all(NETWORK_INTERFACES))


def test_the_first_essential_container_that_ends_takes_the_task_with_it() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        definition = definition_of(container("job"), container("helper", essential=False))
        await plant.api.prepare(definition)
        task = await plant.until(await plant.api.run_task(definition), "STOPPED")
        assert task.stop_request is not None
        assert task.stop_request.code == "EssentialContainerExited"
        assert task.stop_request.reason == "Essential container in task exited"
        assert task.goal == "STOPPED"
        assert {c.name: c.exit_code for c in task.containers} == {"job": 3, "helper": 143}
        assert task.started_at is not None
        assert task.execution_stopped_at == task.started_at + 5

    in_plant(scene, Behaviour(container="job", exit_after_seconds=5.0, exit_code=3))


def test_the_end_of_a_container_that_is_not_essential_is_shown_and_no_more() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        definition = definition_of(container("main"), container("job", essential=False))
        await plant.api.prepare(definition)
        task = await plant.api.run_task(definition)
        task = await plant.when(task, lambda now: now.containers[1].status == "STOPPED")
        assert (task.status, task.containers[1].exit_code) == ("RUNNING", 0)
        version = task.version
        await asyncio.sleep(300)
        assert plant.api.task(task.arn).version == version

    in_plant(scene, Behaviour(container="job", exit_after_seconds=5.0))


def test_a_container_killed_for_its_memory_says_so() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        task = await plant.until(await plant.api.run_task(WEB), "STOPPED")
        assert (task.containers[0].exit_code, task.containers[0].reason) == (137, OUT_OF_MEMORY)

    in_plant(scene, Behaviour(out_of_memory_after_seconds=1.0))


def test_a_container_that_ignores_the_stop_signal_is_killed_after_its_time_out() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        definition = definition_of(container("main", stop_timeout=7))
        await plant.api.prepare(definition)
        task = await plant.until(await plant.api.run_task(definition), "RUNNING")
        await plant.api.stop_task(task.arn)
        task = await plant.until(task, "STOPPED")
        assert task.stopping_at is not None
        assert task.execution_stopped_at == task.stopping_at + 7
        assert task.containers[0].exit_code == 137

    in_plant(scene, Behaviour(ignores_stop_signal=True))


def test_an_image_that_cannot_be_pulled_stops_the_task_in_the_words_of_aws() -> None:
    sentence = "CannotPullContainerError: pull image manifest has been retried 5 time(s)"

    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        task = await plant.until(await plant.api.run_task(WEB), "STOPPED")
        assert task.stop_request is not None
        assert task.stop_request.code == "TaskFailedToStart"
        assert task.stop_request.reason == sentence
        assert task.containers[0].reason == sentence
        assert task.containers[0].exit_code is None
        assert task.started_at is None
        assert task.pull_started_at is not None

    plant = in_plant(scene, Behaviour(pull_failure=sentence, pull_seconds=2.0))
    assert not plant.backend.machine.tasks()


def test_a_container_that_cannot_be_started_stops_those_before_it() -> None:
    sentence = "CannotStartContainerError: no such file or directory"

    async def scene(plant: Plant, group: TaskGroup) -> None:
        definition = definition_of(container("good"), container("bad"))
        await plant.api.prepare(definition)
        task = await plant.until(await plant.api.run_task(definition), "STOPPED")
        assert task.stop_request is not None
        assert (task.stop_request.code, task.stop_request.reason) == (
            "TaskFailedToStart",
            sentence,
        )
        good, bad = task.containers
        assert (good.exit_code, good.reason, good.status) == (143, None, "STOPPED")
        assert (bad.exit_code, bad.reason, bad.status) == (None, sentence, "STOPPED")

    plant = in_plant(scene, Behaviour(container="bad", start_failure=sentence))
    assert not plant.backend.machine.tasks()


def test_a_network_that_fails_stops_the_task_before_anything_is_pulled() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        task = await plant.until(await plant.api.run_task(WEB), "STOPPED")
        assert task.stop_request is not None
        assert task.stop_request.reason == PROVISIONING_TIMED_OUT
        assert task.pull_started_at is None
        assert task.execution_stopped_at is None

    plant = in_plant(scene, fabric=FabricBehaviour(failure_rate=1.0))
    assert not list(plant.store.all(NETWORK_INTERFACES))
    assert asyncio.run(plant.fabric.attached()) == frozenset()


def test_a_log_group_that_does_not_exist_stops_the_task() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        plant.logs.missing_groups.add("/web")
        await plant.api.prepare(logged())
        task = await plant.until(await plant.api.run_task(logged()), "STOPPED")
        assert task.stop_request is not None
        assert task.stop_request.reason.startswith("ResourceInitializationError: failed to val")

    in_plant(scene)


def test_a_full_subnet_is_passed_over_and_full_subnets_stop_the_task() -> None:
    tiny = [replace(s, cidr_block=f"172.31.{n}.0/29") for n, s in enumerate(SUBNETS_OF_TEST[:2])]

    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        transaction = plant.store.transaction("test")
        for subnet in tiny:
            transaction.put(SUBNETS, subnet)
        await transaction.commit()
        asked = tuple(s.id for s in tiny)
        tasks = [await plant.api.run_task(WEB, subnets=asked) for _ in range(7)]
        for task in tasks:
            await plant.when(task, lambda now: now.status in ("RUNNING", "STOPPED"))
        ends = [plant.api.task(t.arn) for t in tasks]
        assert [t.status for t in ends].count("RUNNING") == 6
        left_over = next(t for t in ends if t.status == "STOPPED")
        assert left_over.stop_request is not None
        assert left_over.stop_request.reason == (
            "Unexpected EC2 error while attempting to Create Network Interface with public IP "
            f"assignment disabled in subnet '{tiny[0].id}': InsufficientFreeAddressesInSubnet"
        )
        addresses = {t.attachment.address for t in ends if t.status == "RUNNING"}
        assert len(addresses) == 6

    in_plant(scene)


def test_the_tasks_of_a_group_are_spread_over_the_zones() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        for asked, name in ((9, "family:a"), (3, "family:b")):
            tasks = [await plant.api.run_task(WEB, group=name) for _ in range(asked)]
            zones = [(await plant.until(task, "RUNNING")).zone for task in tasks]
            assert {zones.count(zone) for zone in set(zones)} == {asked // 3}

    in_plant(scene)


def test_a_stop_does_not_wait_for_the_images() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        task = await plant.until(await plant.api.run_task(WEB), "PENDING")
        asked_at = plant.clock.now()
        await plant.api.stop_task(task.arn)
        task = await plant.until(task, "STOPPED")
        assert plant.clock.now() - asked_at < 1
        assert task.stop_request is not None
        assert task.stop_request.code == "UserInitiated"

    in_plant(scene, Behaviour(pull_seconds=500.0))


def test_tasks_that_stop_slowly_keep_no_other_from_starting() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        stubborn = definition_of(container("stubborn", stop_timeout=120))
        quick = definition_of(container("quick"), family="quick")
        await plant.api.prepare(stubborn, quick)
        tasks = [await plant.api.run_task(stubborn) for _ in range(50)]
        for task in tasks:
            await plant.until(task, "RUNNING")
            await plant.api.stop_task(task.arn)
        begun = plant.clock.now()
        await plant.until(await plant.api.run_task(quick), "RUNNING")
        assert plant.clock.now() - begun < 1

    in_plant(scene, Behaviour(container="stubborn", ignores_stop_signal=True))


def test_a_lost_host_ends_its_task() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        task = await plant.until(await plant.api.run_task(WEB), "RUNNING")
        lost_at = plant.clock.now()
        plant.backend.lose_host(task.id)
        task = await plant.until(task, "STOPPED")
        assert task.stop_request is not None
        assert task.stop_request.code == "InfrastructureHealth"
        assert task.containers[0].exit_code is None
        assert task.execution_stopped_at == lost_at

    in_plant(scene)


def test_a_backend_that_forgot_a_running_task_has_lost_it() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        task = await plant.until(await plant.api.run_task(WEB), "RUNNING")
        plant.backend.machine.remove(task.id)
        task = await plant.until(task, "STOPPED")
        assert task.stop_request is not None
        assert task.stop_request.code == "InfrastructureHealth"

    in_plant(scene)


def test_an_end_while_the_engine_was_down_is_adopted_with_code_and_time() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(logged())
        task = await plant.until(await plant.api.run_task(logged()), "RUNNING")
        await plant.kill()
        await asyncio.sleep(100)
        await plant.start(group)
        assert task.started_at is not None
        task = await plant.until(task, "STOPPED")
        assert task.execution_stopped_at == task.started_at + 10  # type: ignore[operator]
        assert task.containers[0].exit_code == 4
        assert plant.logs.drained == [task.id]

    in_plant(scene, Behaviour(exit_after_seconds=10.0, exit_code=4))


def test_a_new_engine_follows_the_logs_of_the_tasks_it_finds() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(logged())
        task = await plant.until(await plant.api.run_task(logged()), "RUNNING")
        (sink,) = plant.logs.open_tasks[task.id]
        assert (sink.group, sink.stream) == ("/web", f"p/main/{task.id}")
        await plant.kill()
        await plant.start(group)
        await asyncio.sleep(1)
        assert plant.logs.open_tasks[task.id] == (sink,)
        assert plant.api.task(task.arn).status == "RUNNING"

    in_plant(scene)


def test_a_running_task_outlives_its_log_group() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(logged())
        task = await plant.until(await plant.api.run_task(logged()), "RUNNING")
        await plant.kill()
        plant.logs.missing_groups.add("/web")
        await plant.start(group)
        await asyncio.sleep(200)
        assert plant.api.task(task.arn).status == "RUNNING"

    in_plant(scene)


def test_a_stopped_task_is_shown_for_an_hour_and_then_forgotten() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        task = await plant.until(await plant.api.run_task(WEB), "STOPPED")
        await asyncio.sleep(3590)
        assert plant.store.get(TASKS, task.arn) is not None
        await asyncio.sleep(20)
        assert plant.store.get(TASKS, task.arn) is None

    in_plant(scene, Behaviour(exit_after_seconds=1.0))


def test_all_tasks_can_be_stopped_together() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        tasks = [await plant.api.run_task(WEB) for _ in range(5)]
        await plant.until(tasks[0], "RUNNING")
        await plant.api.stop_task(tasks[1].arn, "first")
        await stop_every_task(plant.store, plant.clock)
        reasons = []
        for task in tasks:
            ended = plant.api.task(task.arn)
            assert ended.status == "STOPPED"
            assert ended.stop_request is not None
            reasons.append(ended.stop_request.reason)
        assert reasons == [REASON, "first", REASON, REASON, REASON]

    in_plant(scene, Behaviour(stop_seconds=5.0))


def test_what_belongs_to_no_task_is_swept_up_at_the_start_and_later() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        task = await plant.until(await plant.api.run_task(WEB), "RUNNING")
        await plant.kill()
        transaction = plant.store.transaction("the disk forgot")
        transaction.delete(TASKS, task.arn)
        assert task.attachment.interface_id is not None
        transaction.delete(NETWORK_INTERFACES, task.attachment.interface_id)
        await transaction.commit()
        await plant.start(group)
        await asyncio.sleep(1)
        assert not await plant.backend.task_ids()
        assert not await plant.fabric.attached()
        plant.backend.machine.put(SimulatedTask(id=TaskId("f" * 32)))
        await asyncio.sleep(70)
        assert not await plant.backend.task_ids()

    in_plant(scene)


def test_a_host_lost_while_its_task_is_given_time_to_stop_ends_it_at_once() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        stubborn = definition_of(container("stubborn", stop_timeout=120))
        await plant.api.prepare(stubborn)
        task = await plant.until(await plant.api.run_task(stubborn), "RUNNING")
        await plant.api.stop_task(task.arn)
        await plant.until(task, "STOPPING")
        await asyncio.sleep(10)
        lost_at = plant.clock.now()
        await plant.store.update(TASKS, task.arn, lambda t: replace(t, is_host_lost=True), "drill")
        task = await plant.until(task, "STOPPED")
        assert task.stopped_at == lost_at
        assert task.containers[0].exit_code is None

    in_plant(scene, Behaviour(container="stubborn", ignores_stop_signal=True))


def test_no_task_is_placed_in_a_zone_that_is_out() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        transaction = plant.store.transaction("drill")
        for zone in ("us-east-1a", "us-east-1c"):
            transaction.put(OUTAGES, Outage(kind="zone", name=zone, began_at=plant.clock.now()))
        await transaction.commit()
        tasks = [await plant.api.run_task(WEB) for _ in range(5)]
        placed = [await plant.until(task, "RUNNING") for task in tasks]
        assert {task.zone for task in placed} == {"us-east-1b"}

    in_plant(scene)
