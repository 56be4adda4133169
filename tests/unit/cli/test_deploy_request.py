"""What `hostless deploy` makes of its flags and files."""

import json
from pathlib import Path

import pytest

from hostless.cli.deploy_request import Wish, create_service_of, definition_in, update_service_of
from hostless.cli.outcome import CommandFailed

DEFINITION = {
    "family": "web",
    "containerDefinitions": [
        {"name": "proxy", "image": "proxy:1", "essential": False},
        {"name": "web", "image": "web:1"},
    ],
}


def written(folder: Path, value: object) -> Path:
    path = folder / "definition.json"
    path.write_text(json.dumps(value))
    return path


def test_a_file_that_describe_printed_loses_what_only_an_answer_has(tmp_path: Path) -> None:
    answer = {"taskDefinition": {**DEFINITION, "revision": 7, "status": "ACTIVE"}, "tags": []}
    assert definition_in(written(tmp_path, answer), None) == DEFINITION


def test_an_image_replaces_that_of_the_first_essential_container(tmp_path: Path) -> None:
    members = definition_in(written(tmp_path, DEFINITION), "web:2")
    assert [each["image"] for each in members["containerDefinitions"]] == ["proxy:1", "web:2"]


@pytest.mark.parametrize("containers", [None, "web", [], ["web"]])
def test_a_file_without_containers_is_refused(tmp_path: Path, containers: object) -> None:
    for value in ([], {}, {"containerDefinitions": containers}):
        with pytest.raises(CommandFailed, match="holds no task definition"):
            definition_in(written(tmp_path, value), "web:2")


def test_a_file_that_is_not_there_or_not_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="cannot be read"):
        definition_in(tmp_path / "none.json", None)
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(CommandFailed, match="is not JSON"):
        definition_in(tmp_path / "bad.json", None)


def test_a_new_service_gets_one_task_and_a_circuit_breaker() -> None:
    members = create_service_of(Wish(definition_arn="d"), "web", "default", ["subnet-1"])
    assert members["desiredCount"] == 1
    breaker = members["deploymentConfiguration"]["deploymentCircuitBreaker"]
    assert breaker == {"enable": True, "rollback": True}


def test_an_update_leaves_alone_what_no_flag_names() -> None:
    members = update_service_of(Wish(definition_arn="d"), "web", "default")
    assert members == {"cluster": "default", "service": "web", "taskDefinition": "d"}


def test_an_update_without_a_definition_rolls_the_present_one_out_again() -> None:
    wish = Wish(
        definition_arn=None, desired_count=0, maximum_percent=150, has_circuit_breaker=False
    )
    assert update_service_of(wish, "web", "default") == {
        "cluster": "default",
        "service": "web",
        "forceNewDeployment": True,
        "desiredCount": 0,
        "deploymentConfiguration": {
            "maximumPercent": 150,
            "deploymentCircuitBreaker": {"enable": False, "rollback": False},
        },
    }
