"""Tags of ECS resources through a real client."""

from typing import Any

import pytest
from tests.support.api_world import World, fargate, network, refusal


@pytest.fixture
def arns(ecs: Any, world: World) -> list[str]:
    """A cluster, a task definition, a task."""
    cluster = ecs.create_cluster()["cluster"]["clusterArn"]
    definition = ecs.register_task_definition(**fargate())["taskDefinition"]["taskDefinitionArn"]
    task = ecs.run_task(taskDefinition="web", launchType="FARGATE", **network(world))["tasks"][0]
    return [cluster, definition, task["taskArn"]]


def test_tags_are_put_replaced_and_taken_away(ecs: Any, arns: list[str]) -> None:
    for arn in arns:
        ecs.tag_resource(
            resourceArn=arn, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": ""}]
        )
        ecs.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "2"}])
        assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [
            {"key": "a", "value": "2"},
            {"key": "b", "value": ""},
        ]
        ecs.untag_resource(resourceArn=arn, tagKeys=["a", "unknown"])
        assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": ""}]


def test_a_resource_has_at_most_fifty_tags(ecs: Any, arns: list[str]) -> None:
    tags = [{"key": f"k{n}", "value": ""} for n in range(50)]
    for arn in arns:
        ecs.tag_resource(resourceArn=arn, tags=tags)
        code, _ = refusal(ecs.tag_resource, resourceArn=arn, tags=[{"key": "one-more"}])
        assert code == "InvalidParameterException"
        assert len(ecs.list_tags_for_resource(resourceArn=arn)["tags"]) == 50


def test_reserved_and_doubled_keys_are_refused(ecs: Any, arns: list[str]) -> None:
    for tags in ([{"key": "AWS:x", "value": ""}], [{"key": "a", "value": ""}] * 2):
        code, _ = refusal(ecs.tag_resource, resourceArn=arns[0], tags=tags)
        assert code == "InvalidParameterException"
    assert ecs.list_tags_for_resource(resourceArn=arns[0])["tags"] == []


def test_what_is_not_there_has_no_tags(ecs: Any, arns: list[str]) -> None:
    cluster, definition, task = arns
    assert refusal(ecs.list_tags_for_resource, resourceArn=f"{cluster}x") == (
        "ClusterNotFoundException",
        "Cluster not found.",
    )
    for arn in (f"{definition}9", f"{task[:-1]}x"):
        code, _ = refusal(ecs.list_tags_for_resource, resourceArn=arn)
        assert code == "InvalidParameterException"
        code, _ = refusal(ecs.untag_resource, resourceArn=arn, tagKeys=["a"])
        assert code == "ResourceNotFoundException"
    assert refusal(ecs.list_tags_for_resource, resourceArn="web") == (
        "InvalidParameterException",
        "Invalid arn syntax.",
    )
