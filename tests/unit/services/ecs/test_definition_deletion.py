"""A deleted definition stays while a task refers to it, and an hour at least."""

from tests.support.api_world import EPOCH, World, fargate_definition

from hostless.domain.definition_deletion import KEPT_SECONDS
from hostless.store.kinds import TASK_DEFINITIONS, TASKS


async def deleted_world(*, with_task: bool) -> World:
    world = await World().open()
    await world.call("CreateCluster")
    await world.call("RegisterTaskDefinition", **fargate_definition())
    if with_task:
        await world.call(
            "RunTask",
            task_definition="web",
            launch_type="FARGATE",
            network_configuration=world.network_configuration(),
        )
    await world.call("DeregisterTaskDefinition", task_definition="web:1")
    await world.call("DeleteTaskDefinitions", task_definitions=["web:1"])
    return world


async def revisions(world: World) -> list[int]:
    """Those there are after another one was registered."""
    await world.call("RegisterTaskDefinition", **fargate_definition())
    return [definition.revision for definition in world.store.all(TASK_DEFINITIONS)]


async def test_it_stays_for_an_hour_and_its_number_is_never_given_again() -> None:
    world = await deleted_world(with_task=False)
    world.clock.time = EPOCH + KEPT_SECONDS - 1
    assert await revisions(world) == [1, 2]
    world.clock.time = EPOCH + KEPT_SECONDS
    assert await revisions(world) == [2, 3]


async def test_it_stays_while_a_task_refers_to_it() -> None:
    world = await deleted_world(with_task=True)
    world.clock.time = EPOCH + 2 * KEPT_SECONDS
    assert await revisions(world) == [1, 2]
    transaction = world.store.transaction("forgotten")
    for task in list(world.store.all(TASKS)):
        transaction.delete(TASKS, task.arn)
    await transaction.commit()
    assert await revisions(world) == [2, 3]
