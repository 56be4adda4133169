"""Every rule about volumes: the sentence that a client gets, and that nothing changed."""

from typing import Any

import pytest
from tests.support.api_world import fargate, refusal


def app(**members: Any) -> dict[str, Any]:
    """A definition whose one container has these members."""
    return {"containerDefinitions": [{"name": "app", "image": "busybox:1", **members}]}


def pair(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    return {
        "containerDefinitions": [
            {"name": "one", "image": "busybox:1", **first},
            {"name": "two", "image": "busybox:1", **second},
        ]
    }


RULES: list[tuple[dict[str, Any], str]] = [
    (
        pair(
            {"volumesFrom": [{"sourceContainer": "two"}]},
            {"volumesFrom": [{"sourceContainer": "one"}]},
        ),
        "Container volumes should not have a cycle",
    ),
    (
        {"volumes": [{"name": "v"}], **app(mountPoints=[{"sourceVolume": "v"}])},
        "Invalid container path '' for container 'app'.",
    ),
    (
        {
            "volumes": [{"name": "v"}],
            **app(
                mountPoints=[{"sourceVolume": "v", "containerPath": "/v/"}],
                linuxParameters={"tmpfs": [{"containerPath": "/x/../v", "size": 1}]},
            ),
        },
        "Duplicate mount point '/v' for container 'app'.",
    ),
    (
        app(linuxParameters={"tmpfs": [{"containerPath": "/t", "size": 0}]}),
        "The container has an invalid tmpfs size value specified. "
        "It must be a non-zero, non-negative integer.",
    ),
    (
        app(
            linuxParameters={
                "tmpfs": [{"containerPath": "/t", "size": 1, "mountOptions": ["bind"]}]
            }
        ),
        "Invalid tmpfs mount option 'bind' for container 'app'.",
    ),
    (
        {
            "volumes": [{"name": name, "configuredAtLaunch": True} for name in "vw"],
            **app(
                mountPoints=[{"sourceVolume": name, "containerPath": f"/{name}"} for name in "vw"]
            ),
        },
        "Only one volume can be configured at launch in a task definition",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), RULES, ids=[s[:60] for _, s in RULES])
def test_a_refused_volume_gets_its_sentence_and_changes_nothing(
    ecs: Any, changes: dict[str, Any], sentence: str
) -> None:
    members = {name: value for name, value in fargate(**changes).items() if value is not None}
    assert refusal(ecs.register_task_definition, **members) == ("ClientException", sentence)
    assert ecs.list_task_definition_families()["families"] == []


def test_volumes_are_shown_as_they_were_given(ecs: Any) -> None:
    volumes = [{"name": "data", "host": {}}, {"name": "bare"}]
    container = {
        "mountPoints": [{"sourceVolume": "data", "containerPath": "/data", "readOnly": True}],
        "linuxParameters": {"tmpfs": [{"containerPath": "/t", "size": 1, "mountOptions": ["ro"]}]},
    }
    ecs.register_task_definition(**fargate(volumes=volumes, **app(**container)))
    shown = ecs.describe_task_definition(taskDefinition=fargate()["family"])["taskDefinition"]
    assert "FARGATE" in shown["compatibilities"]
    assert shown["volumes"] == [{"name": "data", "host": {}}, {"name": "bare"}]
    (found,) = shown["containerDefinitions"]
    assert {name: found[name] for name in container} == container
