"""A scenario file is read whole, or refused with its line and what to write instead."""

from pathlib import Path

import pytest

from hostless.simulation.reading import ScenarioUnreadable, read_scenario, scenario_of
from hostless.simulation.scenario import SETTLING_SECONDS, Deploy, LoseZone

GOOD = """\
title = "An example"
seed = 7

[capacity]
cpu_units = 65_536

[[behaviour]]
image = "web:2"
crash_probability = 1.0

[[service]]
name = "web"
desired = 4
zones = ["us-east-1a"]
capacity = [{provider = "FARGATE", base = 1, weight = 1}]
health_check = {interval = 10}

[[step]]
at = "5m"
do = "deploy"
service = "web"
image = "web:2"

[[step]]
at = "1h30m"
do = "zone-loss"
zone = "us-east-1a"
lasts = 90

[[expect]]
service = "web"
stable_within = "5m"
"""


def complaint_about(text: str) -> tuple[str, str]:
    with pytest.raises(ScenarioUnreadable) as raised:
        scenario_of(text, "s.toml")
    return raised.value.message, raised.value.advice


def test_a_scenario_is_read_whole() -> None:
    scenario = scenario_of(GOOD)
    [service] = scenario.service
    assert (scenario.title, scenario.seed, scenario.capacity.cpu_units) == ("An example", 7, 65_536)
    assert (service.desired, service.capacity[0].base) == (4, 1)
    assert service.health_check is not None
    assert (service.health_check.interval, service.health_check.retries) == (10, 3)
    deploy, loss = scenario.step
    assert deploy == Deploy(at=deploy.at, service="web", image="web:2")
    assert isinstance(loss, LoseZone)
    assert (deploy.at, loss.at, loss.lasts) == (300.0, 5400.0, 90.0)


def test_a_rehearsal_goes_on_after_the_last_thing_that_is_spoken_of() -> None:
    assert scenario_of(GOOD).end == 5400.0 + 300.0 + SETTLING_SECONDS
    assert scenario_of('lasts = "2h"\n' + GOOD).end == 7200.0


@pytest.mark.parametrize(
    ("written", "instead", "message", "advice"),
    [
        (
            "desired = 4",
            "desird = 4",
            "s.toml:13: [[service]] number 1, `desird`: is not known here",
            "Did you mean `desired`?",
        ),
        (
            "desired = 4",
            'desired = "4"',
            "s.toml:13: [[service]] number 1, `desired`: expected `int`, got `str`",
            "",
        ),
        (
            "weight = 1",
            "wait = 1",
            "s.toml:15: [[service]] number 1, `capacity.wait`: is not known here",
            "Did you mean `weight`?",
        ),
        (
            '"FARGATE"',
            '"EC2"',
            "s.toml:15: [[service]] number 1, `capacity[0].provider`: invalid enum value 'EC2'",
            "It is one of: FARGATE, FARGATE_SPOT.",
        ),
        (
            'at = "5m"',
            'at = "soon"',
            "s.toml:19: [[step]] number 1, `at`: "
            "'soon' is no time; write it as '90s', '5m' or '1h30m'",
            "",
        ),
        ('at = "1h30m"\n', "", "s.toml:24: [[step]] number 2, `at`: is missing", "Add it."),
        (
            'zone = "us-east-1a"',
            'zone = "us-east-1d"',
            "s.toml:27: [[step]] number 2, `zone`: there is no zone 'us-east-1d'",
            "There are: us-east-1a, us-east-1b, us-east-1c.",
        ),
        (
            'service = "web"\nimage',
            'service = "wen"\nimage',
            "s.toml:21: [[step]] number 1, `service`: there is no service 'wen'",
            "Did you mean `web`?",
        ),
        (
            "cpu_units",
            "cpus",
            "s.toml:5: [capacity], `cpus`: is not known here",
            "Did you mean `cpu_units`?",
        ),
        (
            "[[service]]",
            "[service]",
            "s.toml:11: [service]: is one table, not a list of them",
            "Write [[service]], with two brackets: there may be several.",
        ),
        (
            'title = "An example"',
            'lasts = "2m"',
            "s.toml:19: [[step]] number 1, `at`: is after the end",
            "Raise `lasts` at the top of the file.",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_to_write(
    written: str, instead: str, message: str, advice: str
) -> None:
    assert written in GOOD
    assert complaint_about(GOOD.replace(written, instead, 1)) == (message, advice)


@pytest.mark.parametrize(
    ("written", "instead", "complaint"),
    [
        ("desired = 4", "desired = -1", "`desired`: expected `int` >= 0"),
        ("desired = 4", "desired = 99999999999999999999", "`desired`: expected `int` <= 10000"),
        ("seed = 7", "lasts = 0", "`lasts`: is no time for anything"),
        ("seed = 7", "lasts = inf", "`lasts`: inf is too long; 31 days are the most"),
        ('at = "5m"', "at = 1e300", "`at`: 1e+300 is too long"),
        ("lasts = 90", "lasts = nan", "`lasts`: nan is no time"),
        (
            'do = "zone-loss"\nzone = "us-east-1a"\nlasts = 90',
            'do = "spot"\nshare = nan',
            "`share`",
        ),
        (
            'do = "zone-loss"\nzone = "us-east-1a"\nlasts = 90',
            'do = "stop-tasks"\nservice = "web"\ntasks = -1',
            "`tasks`: expected `int` >= 1",
        ),
        ("cpu_units = 65_536", "starts_at_once = 0", "`starts_at_once`: expected `int` >= 1"),
        ("crash_probability = 1.0", "crash_probability = 7", "expected `float` <= 1.0"),
        ("crash_probability = 1.0", "pull_seconds = -1", "`pull_seconds`: is no time"),
        ('stable_within = "5m"', "running = 1\nafter = 9\nuntil = 5", "`until`: is before `after`"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused_with_its_line(
    written: str, instead: str, complaint: str
) -> None:
    assert written in GOOD
    message, _ = complaint_about(GOOD.replace(written, instead, 1))
    assert complaint in message
    assert message.startswith("s.toml:")


def test_a_step_that_does_nothing_known_is_told_what_there_is() -> None:
    message, advice = complaint_about(GOOD.replace('do = "deploy"', 'do = "explode"'))
    assert message == "s.toml:20: [[step]] number 1, `do`: 'explode' is nothing that can be done"
    assert "zone-loss" in advice


def test_an_expectation_of_nothing_is_told_what_can_be_expected() -> None:
    message, advice = complaint_about(GOOD.replace('stable_within = "5m"', 'after = "1m"'))
    assert message == "s.toml:30: [[expect]] number 1: expects nothing"
    assert "never_below" in advice


def test_an_alarm_that_nobody_watches_is_refused() -> None:
    text = GOOD + '[[step]]\nat = 0\ndo = "alarm"\nname = "errors"\n'
    assert "no service watches an alarm 'errors'" in complaint_about(text)[0]


@pytest.mark.parametrize("text", ["", 'title = "no services"'])
def test_a_scenario_without_services_is_refused(text: str) -> None:
    assert "there is no service to rehearse with" in complaint_about(text)[0]


def test_what_is_no_toml_is_refused_with_its_place() -> None:
    assert "line 2, column 5" in complaint_about("seed = 1\nname\n")[0]


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(ScenarioUnreadable, match="cannot be read: No such file"):
        read_scenario(Path("/nowhere/s.toml"))
