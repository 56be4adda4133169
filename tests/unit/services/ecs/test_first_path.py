"""Register, run, describe, stop: the path that everything else hangs on."""

from tests.support.api_world import EPOCH, World, fargate_definition, without_none

from hostless.store.kinds import TASKS


async def make_world() -> World:
    world = await World().open()
    await world.call("CreateCluster")
    await world.call("RegisterTaskDefinition", **fargate_definition())
    return world


async def run(world: World, **members: object) -> dict[str, object]:
    given = {
        "task_definition": "web",
        "launch_type": "FARGATE",
        "network_configuration": world.network_configuration(),
        **members,
    }
    answer: dict[str, object] = await world.call("RunTask", **given)
    return answer


async def test_a_task_that_was_run_is_provisioning_and_shows_its_attachment() -> None:
    world = await make_world()
    answer = await run(world)
    assert answer["failures"] == []
    task = without_none(answer["tasks"][0])  # type: ignore[index]
    assert task["lastStatus"] == "PROVISIONING"
    assert task["desiredStatus"] == "RUNNING"
    assert task["group"] == "family:web"
    assert task["createdAt"] == EPOCH
    assert task["overrides"] == {
        "containerOverrides": [{"name": "app"}],
        "inferenceAcceleratorOverrides": [],
    }
    attachment = task["attachments"][0]
    assert attachment["status"] == "PRECREATED"
    assert [detail["name"] for detail in attachment["details"]] == ["subnetId"]


async def test_what_run_task_answered_is_in_the_store_and_can_be_described_and_stopped() -> None:
    world = await make_world()
    answer = await run(world, count=3)
    arns = [task["taskArn"] for task in answer["tasks"]]  # type: ignore[attr-defined]
    assert {task.arn for task in world.store.all(TASKS)} == set(arns)
    described = await world.call("DescribeTasks", tasks=arns)
    assert [task["taskArn"] for task in described["tasks"]] == arns
    stopped = await world.call("StopTask", task=arns[0], reason="enough")
    assert stopped["task"]["desiredStatus"] == "STOPPED"
    assert stopped["task"]["stopCode"] == "UserInitiated"
    assert stopped["task"]["stoppedReason"] == "enough"
    assert set((await world.call("ListTasks"))["taskArns"]) == set(arns[1:])
    listed = await world.call("ListTasks", desired_status="STOPPED")
    assert list(listed["taskArns"]) == [arns[0]]
