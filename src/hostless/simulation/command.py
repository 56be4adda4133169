"""What `hostless simulate` does, from the file to the report."""

import dataclasses
from pathlib import Path

from hostless.cli.engine_commands import Rehearsed, ScenarioRefused
from hostless.simulation.acting import StepRefused
from hostless.simulation.invariants import BrokenInvariant
from hostless.simulation.reading import ScenarioUnreadable, read_scenario
from hostless.simulation.rehearsal import rehearse
from hostless.simulation.report import facts_of, report_of


def rehearsed(path: Path, seed: int | None) -> Rehearsed:
    """seed: instead of the scenario's own. Raises ScenarioRefused."""
    try:
        scenario = read_scenario(path)
        if seed is not None:
            scenario = dataclasses.replace(scenario, seed=seed)
        outcome = rehearse(scenario)
    except ScenarioUnreadable as unreadable:
        raise ScenarioRefused(unreadable.message, unreadable.advice) from unreadable
    except StepRefused as refused:
        raise ScenarioRefused(f"{path}: a service cannot be created: {refused}") from refused
    except BrokenInvariant as broken:
        advice = "This is a bug of hostless: please report it with the scenario and its seed."
        message = f"{path}: what must always hold was broken: {broken}"
        raise ScenarioRefused(message, advice, is_bug=True) from broken
    return Rehearsed(report=report_of(outcome), facts=facts_of(outcome), is_met=outcome.is_met)
