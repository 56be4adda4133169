"""What is about EC2 instances, daemons, task sets and gateways answers as where there are none."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.api_world import World, fargate, refusal
from tests.support.client import LoopThread
from tests.support.service_records import put_service

ID = "0123456789abcdef0123456789abcdef"
INSTANCE = f"arn:aws:ecs:us-east-1:000000000000:container-instance/default/{ID}"
CLUSTER = "arn:aws:ecs:us-east-1:000000000000:cluster/default"
DAEMON = "arn:aws:ecs:us-east-1:000000000000:daemon/default/agent"
GATEWAY = "arn:aws:ecs:us-east-1:000000000000:gateway/front"
BAD_ID = ("InvalidParameterException", "instanceId length should be one of [32,36]")


@pytest.fixture
def ready(ecs: Any) -> Any:
    ecs.create_cluster()
    ecs.register_task_definition(**fargate())
    return ecs


def code_of(call: Any, **members: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**members)
    return str(refused.value.response["Error"]["Code"])


def missing(*arns: str) -> list[dict[str, str]]:
    return [{"arn": arn, "reason": "MISSING"} for arn in arns]


def test_listings_of_instances_are_empty(ready: Any) -> None:
    assert ready.list_container_instances()["containerInstanceArns"] == []
    found = ready.list_container_instances(cluster=CLUSTER, status="DRAINING", maxResults=5)
    assert (found["containerInstanceArns"], found.get("nextToken")) == ([], None)
    assert ready.list_attributes(targetType="container-instance")["attributes"] == []
    pages = ready.get_paginator("list_container_instances").paginate(filter="ec2InstanceId==i-1")
    assert [page["containerInstanceArns"] for page in pages] == [[]]


def test_listings_still_say_what_is_wrong(ready: Any) -> None:
    listing = ready.list_container_instances
    assert code_of(listing, cluster="none") == "ClusterNotFoundException"
    assert code_of(listing, maxResults=101) == "InvalidParameterException"
    assert refusal(listing, nextToken="x") == ("InvalidParameterException", "Invalid token.")
    assert code_of(listing, status="IDLE") == "InvalidParameterException"
    with_value = {"targetType": "container-instance", "attributeValue": "x"}
    assert code_of(ready.list_attributes, **with_value) == "InvalidParameterException"


def test_instances_that_are_named_are_missing(ready: Any) -> None:
    named = {"containerInstances": [ID, INSTANCE]}
    described = ready.describe_container_instances(include=["TAGS"], **named)
    assert described["containerInstances"] == []
    assert described["failures"] == missing(INSTANCE)
    drained = ready.update_container_instances_state(status="DRAINING", **named)
    assert (drained["containerInstances"], drained["failures"]) == ([], missing(INSTANCE))
    started = ready.start_task(taskDefinition="web", **named)
    assert (started["tasks"], started["failures"]) == ([], missing(INSTANCE))


def test_instances_must_be_named_rightly(ready: Any) -> None:
    describe, start = ready.describe_container_instances, ready.start_task
    assert refusal(describe, containerInstances=["None"]) == BAD_ID
    assert code_of(describe, containerInstances=[]) == "InvalidParameterException"
    assert code_of(describe, containerInstances=[ID] * 101) == "InvalidParameterException"
    eleven = {"containerInstances": [ID] * 11}
    assert code_of(start, taskDefinition="web", **eleven) == "InvalidParameterException"
    gone = {"taskDefinition": "none", "containerInstances": [ID]}
    assert refusal(start, **gone) == ("ClientException", "TaskDefinition not found.")
    state = ready.update_container_instances_state
    only_two = {"containerInstances": [ID], "status": "REGISTERING"}
    assert code_of(state, **only_two) == "InvalidParameterException"


def test_one_instance_cannot_be_changed(ready: Any) -> None:
    not_found = ("InvalidParameterException", "The referenced container instance was not found.")
    for call in (ready.deregister_container_instance, ready.update_container_agent):
        assert refusal(call, containerInstance=INSTANCE) == not_found
        assert refusal(call, containerInstance="i-1") == BAD_ID
    attributes = [{"name": "stack", "value": "production", "targetId": ID}]
    for call in (ready.put_attributes, ready.delete_attributes):
        assert code_of(call, attributes=attributes) == "TargetNotFoundException"
        assert code_of(call, attributes=[]) == "InvalidParameterException"
        assert code_of(call, attributes=[{"name": "stack"}]) == "InvalidParameterException"


def test_agents_are_told_what_to_do_instead(ready: Any) -> None:
    for call, members in (
        (ready.register_container_instance, {}),
        (ready.discover_poll_endpoint, {}),
        (ready.submit_task_state_change, {"task": ID, "status": "RUNNING"}),
        (ready.submit_container_state_change, {"task": ID}),
        (ready.submit_attachment_state_changes, {"attachments": []}),
    ):
        code, message = refusal(call, **members)
        assert code == "ClientException"
        assert "Run tasks with the launch type FARGATE." in message


def test_there_are_the_capacity_providers_of_fargate_only(ready: Any) -> None:
    group = {"autoScalingGroupArn": "arn:aws:autoscaling:us-east-1:000000000000:group"}
    create = ready.create_capacity_provider
    code, message = refusal(create, name="mine", autoScalingGroupProvider=group)
    assert code == "UnsupportedFeatureException"
    assert "Use the capacity providers FARGATE and FARGATE_SPOT." in message
    assert code_of(create, name="mine") == "InvalidParameterException"
    for name in ("fargate-two", "awsome", "a b", ""):
        code, message = refusal(create, name=name, autoScalingGroupProvider=group)
        assert (code, "name is invalid" in message) == ("InvalidParameterException", True)
    reserved = ready.describe_capacity_providers()["capacityProviders"][0]
    for reference in (reserved["name"], reserved["capacityProviderArn"]):
        assert refusal(ready.delete_capacity_provider, capacityProvider=reference) == (
            "InvalidParameterException",
            "The FARGATE capacity provider is reserved and can't be deleted.",
        )
    _, message = refusal(ready.update_capacity_provider, name="mine")
    assert message.startswith("The specified capacity provider was not found.")


def test_there_are_no_daemons(ready: Any) -> None:
    assert ready.list_daemons()["daemonSummariesList"] == []
    assert ready.list_daemon_deployments(daemonArn=DAEMON)["daemonDeployments"] == []
    assert ready.list_daemon_task_definitions()["daemonTaskDefinitions"] == []
    arn = DAEMON.replace("daemon/", "daemon-deployment/")
    described = ready.describe_daemon_deployments(daemonDeploymentArns=[arn, arn])
    assert (described["daemonDeployments"], described["failures"]) == ([], missing(arn))
    described = ready.describe_daemon_revisions(daemonRevisionArns=[arn])
    assert (described["daemonRevisions"], described["failures"]) == ([], missing(arn))
    assert code_of(ready.list_daemons, clusterArn=f"{CLUSTER}x") == "ClusterNotFoundException"
    for call in (ready.describe_daemon, ready.delete_daemon):
        assert code_of(call, daemonArn=DAEMON) == "DaemonNotFoundException"
    made = {"daemonTaskDefinitionArn": "arn:x", "capacityProviderArns": ["arn:y"]}
    assert code_of(ready.update_daemon, daemonArn=DAEMON, **made) == "DaemonNotFoundException"
    code, message = refusal(ready.create_daemon, daemonName="agent", **made)
    assert (code, "task definitions" in message) == ("UnsupportedFeatureException", True)


def test_task_sets_belong_to_another_deployment_controller(
    ready: Any, world: World, portal: LoopThread
) -> None:
    named = {"cluster": "default", "service": "api"}
    for call, members in (
        (ready.create_task_set, {"taskDefinition": "web"}),
        (ready.update_task_set, {"taskSet": "ecs-svc/1", "scale": {"value": 50.0}}),
        (ready.delete_task_set, {"taskSet": "ecs-svc/1"}),
        (ready.update_service_primary_task_set, {"primaryTaskSet": "ecs-svc/1"}),
        (ready.describe_task_sets, {}),
    ):
        assert (
            code_of(call, **{**named, "cluster": "none"}, **members) == "ClusterNotFoundException"
        )
        assert code_of(call, **named, **members) == "ServiceNotFoundException"
    portal.run(put_service(world, "api"))
    described = ready.describe_task_sets(**named, taskSets=["ecs-svc/1"])
    arn = "arn:aws:ecs:us-east-1:000000000000:task-set/default/api/ecs-svc/1"
    assert (described["taskSets"], described["failures"]) == ([], missing(arn))
    code, message = refusal(ready.create_task_set, taskDefinition="web", **named)
    assert (code, "UpdateService" in message) == ("UnsupportedFeatureException", True)
    assert code_of(ready.delete_task_set, taskSet="1", **named) == "TaskSetNotFoundException"


def test_nobody_has_gateways_or_express_services_to_begin_with(ready: Any) -> None:
    assert ready.list_gateways()["gateways"] == []
    assert ready.list_gateway_routes()["gatewayRoutes"] == []
    assert ready.list_gateway_cluster_associations()["gatewayClusterAssociations"] == []
    for call in (ready.describe_gateway, ready.delete_gateway, ready.describe_gateway_resources):
        assert code_of(call, gateway=GATEWAY) == "GatewayNotFoundException"
    joined = {"gateway": GATEWAY, "cluster": CLUSTER}
    assert code_of(ready.associate_gateway_with_cluster, **joined) == "GatewayNotFoundException"
    service = "arn:aws:ecs:us-east-1:000000000000:service/default/api"
    assert code_of(ready.describe_express_gateway_service, serviceArn=service) == (
        "ResourceNotFoundException"
    )
    assert code_of(ready.delete_express_gateway_service, serviceArn=service) == (
        "ServiceNotFoundException"
    )
