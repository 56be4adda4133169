"""Tells the engine when something about a simulated task changes by itself."""

import asyncio
from collections.abc import Callable

from hostless.compute.simulated.machine import SimulatedMachine, SimulatedTask
from hostless.domain.arns import TaskId
from hostless.kit.clock import Clock


class Alarms:
    """One timer a task, for its next change. hint: whom to tell."""

    def __init__(self, clock: Clock, machine: SimulatedMachine) -> None:
        self._clock = clock
        self._machine = machine
        self._timers: dict[TaskId, asyncio.TimerHandle] = {}
        self.hint: Callable[[TaskId], None] = lambda task_id: None

    def set(self, task: SimulatedTask) -> None:
        """Instead of the task's former alarm; none when nothing is going to change."""
        self.cancel(task.id)
        now = self._clock.now()
        at = task.next_change(now)
        if at is not None:
            loop = asyncio.get_running_loop()
            self._timers[task.id] = loop.call_later(at - now, self._ring, task.id)

    def cancel(self, task_id: TaskId) -> None:
        timer = self._timers.pop(task_id, None)
        if timer is not None:
            timer.cancel()

    def clear(self) -> None:
        for task_id in list(self._timers):
            self.cancel(task_id)

    def _ring(self, task_id: TaskId) -> None:
        task = self._machine.find(task_id)
        if task is not None:
            self.hint(task_id)
            self.set(task)
