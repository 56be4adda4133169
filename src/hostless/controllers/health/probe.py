"""One health check, run in its container. Whether one is due and what follows is decided elsewhere.

A check that is not done in its time is killed. What it prints is read and dropped: nobody asks for
it, and a check must not wait for a reader.
"""

import asyncio

from hostless.compute.seam import ComputeBackend, ExecFailed, ExecProcess
from hostless.controllers.health.decide import Patient

STARTS_AT_ONCE = 4
"""A check begins with a program of the runtime's; more at once only take turns."""
ENDING_SECONDS = 1.0
"""The kernel kills what runs in a container before the container's own end can be seen."""
_SIGNALLED = 128


class Prober:
    def __init__(self, compute: ComputeBackend) -> None:
        self._compute = compute
        self._starts = asyncio.Semaphore(STARTS_AT_ONCE)

    async def passes(self, patient: Patient) -> bool | None:
        """Whether the command ended with 0 in time; False too when it could not be started.

        None when the container ended meanwhile: that is no matter of health.
        """
        code = await self._exit_code_of(patient)
        if code == 0:
            return True
        if code is not None and code > _SIGNALLED:
            await asyncio.sleep(ENDING_SECONDS)
        seen = await self._compute.observe(patient.task_id)
        container = seen.containers.get(patient.container)
        return None if container is None or container.state != "running" else False

    async def _exit_code_of(self, patient: Patient) -> int | None:
        """None when it was not started, or was killed for the time it took."""
        try:
            async with self._starts, asyncio.timeout(patient.plan.timeout_seconds) as limit:
                process = await self._begin(patient)
        except (ExecFailed, TimeoutError):
            return None
        try:
            async with asyncio.timeout_at(limit.when()), asyncio.TaskGroup() as group:
                reading = group.create_task(_drop_output(process))
                await process.close_input()
                code = await process.wait()
                reading.cancel()
            return code
        except TimeoutError:
            return None
        finally:
            await process.kill()

    async def _begin(self, patient: Patient) -> ExecProcess:
        return await self._compute.exec(
            patient.task_id,
            patient.container,
            patient.plan.command,
            has_terminal=False,
            is_health_check=True,
        )


async def _drop_output(process: ExecProcess) -> None:
    while await process.read() is not None:
        pass
