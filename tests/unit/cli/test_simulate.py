"""`hostless simulate`: what it prints, and with what it ends."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hostless.cli.engine_commands import Rehearsed, ScenarioRefused
from hostless.cli.outcome import REFUSED, USAGE
from hostless.cli.program import program
from hostless.main import _Engine

SERVICE = """\
[[service]]
name = "web"
desired = 2
"""
STABLE = """\
[[expect]]
service = "web"
stable_within = "{limit}"
"""


class Rehearser:
    """Remembers what it was asked to rehearse."""

    def __init__(self, outcome: Rehearsed | ScenarioRefused) -> None:
        self.asked: list[tuple[Path, int | None]] = []
        self._outcome = outcome

    def simulate(self, scenario: Path, seed: int | None) -> Rehearsed:
        self.asked.append((scenario, seed))
        if isinstance(self._outcome, ScenarioRefused):
            raise self._outcome
        return self._outcome


def call(engine: Any, *arguments: Any) -> Result:
    return CliRunner().invoke(program(engine), ["simulate", *(str(a) for a in arguments)])


def test_the_report_is_printed_and_0_says_that_all_came_true() -> None:
    engine = Rehearser(Rehearsed(report="a report", facts={}, is_met=True))
    done = call(engine, "s.toml", "--seed", "9")
    assert (done.exit_code, done.stdout) == (0, "a report\n")
    assert engine.asked == [(Path("s.toml"), 9)]


def test_1_says_that_something_did_not_come_true() -> None:
    engine = Rehearser(Rehearsed(report="a report", facts={}, is_met=False))
    assert call(engine, "s.toml").exit_code == REFUSED


def test_json_is_all_there_is_on_stdout() -> None:
    engine = Rehearser(Rehearsed(report="a report", facts={"passed": True}, is_met=True))
    assert json.loads(call(engine, "s.toml", "--json").stdout) == {"passed": True}


def test_2_says_that_the_scenario_cannot_be_played() -> None:
    refusal = ScenarioRefused("s.toml:3: what is this", "Write something else.")
    done = call(Rehearser(refusal), "s.toml")
    assert done.exit_code == USAGE
    assert "s.toml:3: what is this" in done.stderr
    assert "Write something else." in done.stderr


def test_a_bug_that_a_rehearsal_finds_is_told_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "s.toml"
    file.write_text(SERVICE)
    monkeypatch.setattr("hostless.simulation.invariants.ceiling_of", lambda service: 0)
    done = call(_Engine(), file)
    assert done.exit_code == REFUSED
    assert "started up to 1 tasks, the ceiling is 0" in done.stderr
    assert "This is a bug of hostless" in done.stderr


def test_a_scenario_is_rehearsed_and_judged(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text(SERVICE + STABLE.format(limit="2m"))
    done = call(_Engine(), file)
    assert done.exit_code == 0, done.output
    assert "ok      web: stable within 2 min of 0:00" in done.stdout
    file.write_text(SERVICE + '[[expect]]\nservice = "web"\nrunning = 3\n')
    done = call(_Engine(), file)
    assert done.exit_code == REFUSED
    assert "failed  web: 3 running at 15:00: 2 were" in done.stdout


def test_what_the_api_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text(SERVICE + "cpu = 333\n")
    done = call(_Engine(), file)
    assert done.exit_code == USAGE
    assert "No Fargate configuration exists for given values" in done.stderr


def test_a_step_that_is_refused_fails_the_rehearsal(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    step = '[[step]]\nat = "5m"\ndo = "stop-deployment"\nservice = "web"\n'
    file.write_text(SERVICE + step + STABLE.format(limit="2m"))
    done = call(_Engine(), file)
    assert done.exit_code == REFUSED
    assert "no deployment of web is under way" in done.stdout
