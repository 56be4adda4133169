"""Unit tests of behaviour files and of what chance makes of them."""

import re
from dataclasses import fields
from pathlib import Path
from random import Random

import pytest

from hostless.compute.seam import ContainerSpec
from hostless.compute.simulated.behaviour import (
    FAMILY_LABEL,
    KILLED,
    OUT_OF_MEMORY,
    Behaviour,
    BehaviourUnreadable,
    End,
    Simulation,
    end_of,
    failure_of,
    host_lost_after,
    read_simulation,
)

DOCUMENT = Path(__file__).parents[4] / "docs" / "simulated-backend.md"


def container(image: str = "i", name: str = "main", family: str = "web") -> ContainerSpec:
    return ContainerSpec(name=name, image=image, labels=((FAMILY_LABEL, family),))


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "behaviour.toml"
    file.write_text(text)
    return file


def example() -> str:
    found = re.search(r"```toml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_documented_example_is_read(tmp_path: Path) -> None:
    simulation = read_simulation(written(tmp_path, example()))
    assert (simulation.seed, simulation.capacity.cpu_units) == (7, 65_536)
    assert simulation.capabilities.memory_mib == 262_144
    batch = simulation.behaviour_of(container("registry/batch:1"))
    assert batch.exit_after_seconds == (20.0, 40.0)
    server = simulation.behaviour_of(container(name="server", family="web-2"))
    assert (server.crash_probability, server.stop_exit_code) == (0.1, 0)
    assert simulation.behaviour_of(container("x", family="other")) == Behaviour()


def test_every_name_is_documented() -> None:
    text = DOCUMENT.read_text()
    assert all(f"`{field.name}`" in text for field in fields(Behaviour))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("sead = 1", "the file knows no sead"),
        ("[capacity]\ncpus = 1", "[capacity] knows no cpus"),
        ("[[behaviour]]\npull_second = 1.0", "[[behaviour]] knows no pull_second"),
        ("seed = 'x'", "Expected `int`"),
        ("[[behaviour]]\npull_seconds = [1.0]", "pull_seconds"),
        ("seed = ", "Invalid value"),
        ("[[behaviour]]\ncrash_probability = 2.0", "Expected `float` <= 1.0"),
        ("[[behaviour]]\nexit_code = -1", "Expected `int` >= 0"),
        ("[[behaviour]]\npull_seconds = -1.0", "number 1, pull_seconds is no time"),
        ("[[behaviour]]\npull_seconds = inf", "number 1, pull_seconds is no time"),
        ("[[behaviour]]\npull_seconds = [3, nan]", "number 1, pull_seconds is no time"),
        ("[[behaviour]]\npull_seconds = [3, 1]", "is a range from more to less"),
        ("[capacity]\nstarts_at_once = 0", "Expected `int` >= 1"),
    ],
)
def test_a_file_that_is_wrong_is_refused_and_says_where(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(BehaviourUnreadable) as refusal:
        read_simulation(written(tmp_path, text))
    assert complaint in str(refusal.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BehaviourUnreadable, match=r"none\.toml"):
        read_simulation(tmp_path / "none.toml")


def test_the_first_behaviour_that_matches_holds() -> None:
    simulation = Simulation(behaviour=(Behaviour(image="a*", cpu_load=1.0), Behaviour(cpu_load=2)))
    assert simulation.behaviour_of(container("abc")).cpu_load == 1.0
    assert simulation.behaviour_of(container("bcd")).cpu_load == 2


def test_the_first_end_that_is_due_comes() -> None:
    hungry = Behaviour(exit_after_seconds=9.0, out_of_memory_after_seconds=3.0)
    assert end_of(hungry, Random(0)) == End(
        after_seconds=3.0, exit_code=KILLED, reason=OUT_OF_MEMORY
    )


def test_a_container_without_an_end_runs_on() -> None:
    assert end_of(Behaviour(), Random(0)) is None
    assert host_lost_after(Behaviour(), Random(0)) is None


@pytest.mark.parametrize("probability", [0.0, 0.25, 1.0])
def test_chance_keeps_to_its_probability(probability: float) -> None:
    chance = Random(0)
    behaviour = Behaviour(crash_probability=probability)
    crashes = sum(end_of(behaviour, chance) is not None for _ in range(2000))
    failures = sum(failure_of("no", probability, chance) is not None for _ in range(2000))
    assert crashes / 2000 == pytest.approx(probability, abs=0.03)
    assert failures / 2000 == pytest.approx(probability, abs=0.03)


def test_chance_depends_on_seed_task_container_and_purpose_only() -> None:
    def drawn(seed: int, *names: str) -> float:
        return Simulation(seed=seed).chance(*names).random()

    assert drawn(1, "t", "c", "p") == drawn(1, "t", "c", "p")
    others = {drawn(2, "t", "c", "p"), drawn(1, "u", "c", "p"), drawn(1, "t", "d", "p")}
    assert len(others | {drawn(1, "t", "c", "p")}) == 4
