"""One rehearsal from the first commit to the verdicts: a scenario played in simulated time."""

import asyncio
from dataclasses import dataclass

from hostless.compute.simulated.behaviour import Simulation
from hostless.domain.settings import Settings
from hostless.kit.simulated_time import EPOCH, run_simulated
from hostless.simulation.acting import Actor, StepRefused
from hostless.simulation.control_plane import ControlPlane
from hostless.simulation.history import ServiceStory
from hostless.simulation.judging import Verdict, judge
from hostless.simulation.machine import machine_of
from hostless.simulation.scenario import Scenario, Step
from hostless.simulation.watching import Observer

_NOWHERE = "/nonexistent"
"""A state folder that nothing is read from or written to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenStep:
    """done_at: seconds from the start. refusal: what the control plane said when it said no."""

    step: Step
    done_at: float
    refusal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What came of it. commits: how many were made and found in order."""

    scenario: Scenario
    steps: tuple[TakenStep, ...]
    stories: tuple[ServiceStory, ...]
    verdicts: tuple[Verdict, ...]
    commits: int

    @property
    def is_met(self) -> bool:
        """Every step was taken, and every expectation came true."""
        refused = any(taken.refusal is not None for taken in self.steps)
        return not refused and all(verdict.is_met for verdict in self.verdicts)


def rehearse(scenario: Scenario) -> Rehearsal:
    """Play it to its end.

    Raises StepRefused when the stage cannot be set, BrokenInvariant for a bug of hostless.
    """
    return run_simulated(_rehearsed(scenario))


async def _rehearsed(scenario: Scenario) -> Rehearsal:
    observer = Observer(scenario.healthy_after)
    try:
        steps = await _played(scenario, observer)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    observer.invariants.raise_any()
    stories = {story.name: story for story in observer.history.stories.values()}
    starts: dict[str, float] = {
        attempt.arn: attempt.created_at - EPOCH
        for story in stories.values()
        for attempt in story.attempts.values()
    }
    return Rehearsal(
        scenario=scenario,
        steps=steps,
        stories=tuple(stories.values()),
        verdicts=judge(scenario, stories, starts, scenario.end),
        commits=observer.commits,
    )


async def _played(scenario: Scenario, observer: Observer) -> tuple[TakenStep, ...]:
    """The steps as they were taken; the engine is gone afterwards."""
    simulation = Simulation(
        seed=scenario.seed, capacity=scenario.capacity, behaviour=scenario.behaviour
    )
    machine = machine_of(simulation, observer)
    settings = Settings(
        state_dir=_NOWHERE,
        backend="simulated",
        over_commit=1.0,
        healthy_after_seconds=scenario.healthy_after,
    )
    async with asyncio.TaskGroup() as group:
        plane = ControlPlane(machine, settings, group)
        await plane.start()
        actor = Actor(plane, scenario)
        await actor.set_the_stage()
        steps = await _take_steps(actor, scenario)
        await _sleep_until(scenario.end)
        observer.look()
        await plane.die()
    return steps


async def _take_steps(actor: Actor, scenario: Scenario) -> tuple[TakenStep, ...]:
    taken = []
    for step in sorted(scenario.step, key=lambda step: step.at):
        await _sleep_until(step.at)
        refusal = None
        try:
            await actor.take(step)
        except StepRefused as refused:
            refusal = str(refused)
        now = asyncio.get_running_loop().time()
        taken.append(TakenStep(step=step, done_at=now, refusal=refusal))
    return tuple(taken)


async def _sleep_until(at: float) -> None:
    await asyncio.sleep(max(0.0, at - asyncio.get_running_loop().time()))
