"""Which health checks a task definition may have."""

from typing import Any

import pytest
from tests.support.api_world import fargate, refusal


def checked(**members: Any) -> dict[str, Any]:
    check = {"command": ["CMD", "true"], **members}
    return fargate(
        containerDefinitions=[{"name": "app", "image": "busybox:1", "healthCheck": check}]
    )


@pytest.mark.parametrize(
    ("setting", "value", "bounds"),
    [
        ("interval", 4, "5 and 300"),
        ("interval", 301, "5 and 300"),
        ("timeout", 1, "2 and 60"),
        ("timeout", 61, "2 and 60"),
        ("retries", 0, "1 and 10"),
        ("retries", 11, "1 and 10"),
        ("startPeriod", -1, "0 and 300"),
        ("startPeriod", 301, "0 and 300"),
    ],
)
def test_times_and_retries_have_bounds(ecs: Any, setting: str, value: int, bounds: str) -> None:
    code, message = refusal(ecs.register_task_definition, **checked(**{setting: value}))
    assert code == "ClientException"
    assert message == f"the '{setting}' setting for container 'app' must be between {bounds}"
    assert ecs.list_task_definitions()["taskDefinitionArns"] == []


def test_there_must_be_a_command(ecs: Any) -> None:
    code, message = refusal(ecs.register_task_definition, **checked(command=[]))
    assert code == "ClientException"
    assert message == "Invalid 'command' setting for the health check of container 'app'."


@pytest.mark.parametrize("command", [["/healthcheck"], ["NONE"], ["CMD"], ["CMD-SHELL", "a", "b"]])
def test_any_command_is_taken_as_it_is(ecs: Any, command: list[str]) -> None:
    """AWS's own examples for Fargate have one that begins with neither CMD nor CMD-SHELL."""
    definition = ecs.register_task_definition(**checked(command=command))["taskDefinition"]
    assert definition["containerDefinitions"][0]["healthCheck"]["command"] == command
