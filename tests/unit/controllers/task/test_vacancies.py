"""Unit tests of what a task that needs an address is offered, by way of the whole controller."""

from asyncio import TaskGroup

from tests.support.plant import Plant, in_plant
from tests.support.tasks import definition_of

from hostless.store.kinds import NETWORK_INTERFACES

WEB = definition_of()


def test_public_addresses_are_given_once_and_are_free_again_with_their_task() -> None:
    async def scene(plant: Plant, group: TaskGroup) -> None:
        await plant.api.prepare(WEB)
        run = plant.api.run_task
        tasks = [await run(WEB, assigns_public_ip=True) for _ in range(15)]
        ends = [
            await plant.when(task, lambda now: now.status in ("RUNNING", "STOPPED"))
            for task in tasks
        ]
        running = [task for task in ends if task.status == "RUNNING"]
        given = {i.public_address for i in plant.store.all(NETWORK_INTERFACES)}
        assert len(running) == len(given) == 11
        assert all(address and address.startswith("198.18.0.") for address in given)
        reasons = {task.stop_request.reason for task in ends if task.stop_request is not None}
        assert len(reasons) == 1
        assert reasons.pop().endswith(": InsufficientAddressCapacity")
        private = await plant.until(await run(WEB), "RUNNING")
        interface = plant.store.get(NETWORK_INTERFACES, private.attachment.interface_id or "")
        assert interface is not None
        assert interface.public_address is None
        await plant.api.stop_task(running[0].arn)
        await plant.until(running[0], "STOPPED")
        await plant.until(await run(WEB, assigns_public_ip=True), "RUNNING")

    in_plant(scene)
