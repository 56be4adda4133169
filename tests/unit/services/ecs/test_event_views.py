"""Unit tests of events as the bus shows them: envelope, spelling, times."""

import json
import random
from dataclasses import replace

from tests.support.tasks import CLUSTER, REALM, definition_of, new_task

from hostless.domain.arns import DeploymentId
from hostless.domain.ecs_events import DeploymentStateChange, ServiceAction
from hostless.domain.stop_requests import asked_to_stop
from hostless.domain.tasks import StopRequest, Task
from hostless.kit.ids import Ids
from hostless.services.ecs.event_views import event_view
from hostless.store.event_log import Event, Told

AT = 1_700_000_000.4567
SERVICE = REALM.service_arn("default", "web")


def view_of(record: Told, sequence: int = 1) -> dict:
    view = event_view(Event(sequence=sequence, at=AT, record=record), REALM)
    return json.loads(json.dumps(view))


def a_task() -> Task:
    task = new_task(definition_of(), Ids(random.Random(1)), 1_699_999_990.25)
    attachment = replace(task.attachment, status="ATTACHED", address="172.31.0.9")
    return replace(
        task, status="RUNNING", version=6, attachment=attachment, started_at=1_699_999_999.0
    )


def test_the_envelope_is_eventbridges() -> None:
    task = a_task()
    view = view_of(task)
    view.pop("detail")
    assert len(view.pop("id")) == 36
    assert view == {
        "version": "0",
        "detail-type": "ECS Task State Change",
        "source": "aws.ecs",
        "account": "000000000000",
        "time": "2023-11-14T22:13:20Z",
        "region": "us-east-1",
        "resources": [task.arn],
    }


def test_the_detail_is_the_task_with_its_times_in_words() -> None:
    task = a_task()
    detail = view_of(task)["detail"]
    assert detail["createdAt"] == "2023-11-14T22:13:10.250Z"
    assert detail["startedAt"] == "2023-11-14T22:13:19.000Z"
    assert detail["updatedAt"] == "2023-11-14T22:13:20.456Z"
    assert "stoppedAt" not in detail
    assert (detail["version"], detail["lastStatus"]) == (6, "RUNNING")
    assert detail["taskArn"] == task.arn
    [attachment] = detail["attachments"]
    assert (attachment["type"], attachment["status"]) == ("eni", "ATTACHED")


def test_the_detail_lacks_what_only_describe_tasks_shows() -> None:
    detail = view_of(replace(a_task(), is_execute_command_enabled=True))["detail"]
    [container] = detail["containers"]
    for member in ("healthStatus", "networkBindings", "tags", "platformFamily"):
        assert member not in detail
        assert member not in container
    assert container["managedAgents"] == [
        {"name": "ExecuteCommandAgent", "status": container["lastStatus"]}
    ]


def test_a_spot_interruption_is_the_two_minutes_warning() -> None:
    wish = StopRequest(code="SpotInterruption", reason="Your Spot Task was interrupted.", at=AT)
    detail = view_of(asked_to_stop(a_task(), wish))["detail"]
    assert (detail["lastStatus"], detail["desiredStatus"]) == ("RUNNING", "STOPPED")
    assert detail["stopCode"] == "SpotInterruption"
    assert detail["stoppedReason"] == "Your Spot Task was interrupted."
    assert detail["version"] == 7


def test_an_event_has_one_id_whenever_it_is_read_and_others_have_others() -> None:
    assert view_of(a_task()) == view_of(a_task())
    assert view_of(a_task())["id"] != view_of(a_task(), sequence=2)["id"]


def test_a_service_action_says_what_kind_it_is() -> None:
    spot = REALM.arn("ecs", "capacity-provider/FARGATE_SPOT")
    action = ServiceAction(
        service_arn=SERVICE,
        cluster_arn=CLUSTER.arn,
        event_name="SERVICE_TASK_PLACEMENT_FAILURE",
        reason="RESOURCE:FARGATE",
        capacity_provider_arns=(spot,),
    )
    view = view_of(action)
    assert (view["detail-type"], view["resources"]) == ("ECS Service Action", [SERVICE])
    assert view["detail"] == {
        "eventType": "ERROR",
        "eventName": "SERVICE_TASK_PLACEMENT_FAILURE",
        "clusterArn": CLUSTER.arn,
        "capacityProviderArns": [
            "arn:aws:ecs:us-east-1:000000000000:capacity-provider/FARGATE_SPOT"
        ],
        "reason": "RESOURCE:FARGATE",
        "createdAt": "2023-11-14T22:13:20.456Z",
    }


def test_a_steady_state_has_neither_reason_nor_providers() -> None:
    action = ServiceAction(
        service_arn=SERVICE, cluster_arn=CLUSTER.arn, event_name="SERVICE_STEADY_STATE"
    )
    assert view_of(action)["detail"] == {
        "eventType": "INFO",
        "eventName": "SERVICE_STEADY_STATE",
        "clusterArn": CLUSTER.arn,
        "createdAt": "2023-11-14T22:13:20.456Z",
    }


def test_a_deployment_that_failed_is_an_error() -> None:
    change = DeploymentStateChange(
        service_arn=SERVICE,
        deployment_id=DeploymentId("ecs-svc/1"),
        event_name="SERVICE_DEPLOYMENT_FAILED",
        reason="ECS deployment circuit breaker: task failed to start.",
    )
    view = view_of(change)
    assert view["detail-type"] == "ECS Deployment State Change"
    assert view["detail"] == {
        "eventType": "ERROR",
        "eventName": "SERVICE_DEPLOYMENT_FAILED",
        "deploymentId": "ecs-svc/1",
        "updatedAt": "2023-11-14T22:13:20.456Z",
        "reason": "ECS deployment circuit breaker: task failed to start.",
    }
