"""The scenarios that ship: each is read, rehearsed, and comes out as it says that it will."""

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hostless.simulation.reading import read_scenario, scenario_of
from hostless.simulation.rehearsal import rehearse
from hostless.simulation.report import facts_of, report_of
from hostless.simulation.scenario import STEPS, Expectation, Scenario, ServiceSetup

FOLDER = Path(__file__).parent.parent.parent / "docs" / "scenarios"
SCENARIOS = sorted(FOLDER.glob("*.toml"))


def test_there_are_scenarios() -> None:
    assert {path.stem for path in SCENARIOS} >= {"bad-version", "zone-loss", "spot-storm"}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_shipped_scenario_comes_out_as_it_says(path: Path) -> None:
    rehearsal = rehearse(read_scenario(path))
    assert rehearsal.is_met, report_of(rehearsal)
    assert rehearsal.verdicts


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
@pytest.mark.parametrize("seed", range(1, 4))
def test_it_comes_out_so_whatever_chance_decides(path: Path, seed: int) -> None:
    rehearsal = rehearse(dataclasses.replace(read_scenario(path), seed=seed))
    assert rehearsal.is_met, report_of(rehearsal)


def test_a_seed_gives_the_same_report_in_every_process() -> None:
    command = "hostless.main", "simulate", str(FOLDER / "spot-storm.toml"), "--json"
    module, *arguments = command
    code = f"import sys; sys.argv[1:] = {arguments!r}; from {module} import main; main()"
    reports = []
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)},
        )
        reports.append(json.loads(done.stdout))
    assert reports[0] == reports[1]
    assert reports[0]["passed"]


def test_a_report_shows_steps_counts_events_and_verdicts() -> None:
    rehearsal = rehearse(read_scenario(FOLDER / "bad-version.toml"))
    report = report_of(rehearsal)
    for part in (
        "A bad version is rolled back",
        "1. deploy shop image=shop:2",
        "shop:1 ",
        "healthy (least)",
        "rolling back to deployment",
        "ROLLBACK_SUCCESSFUL",
        "shop: never below 4 healthy: it was 4 at least",
    ):
        assert part in report
    assert json.loads(json.dumps(facts_of(rehearsal)))["services"][0]["name"] == "shop"


def test_the_document_shows_a_scenario_that_can_be_read_and_names_everything() -> None:
    text = (FOLDER.parent / "simulate.md").read_text()
    [example] = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert scenario_of(example).service[0].name == "shop"
    named = set(re.findall(r"`([\w-]+)`", text)) | {"name", "state", "behaviour"}
    records = (Scenario, ServiceSetup, Expectation, *STEPS.values())
    fields = {field.name for record in records for field in dataclasses.fields(record)}
    assert fields - named - {"service", "step", "expect", "capacity"} == set()
    assert set(STEPS) <= named
