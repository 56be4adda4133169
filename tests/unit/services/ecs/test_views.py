"""How tasks with a proxy of Service Connect are shown."""

import json
import random
from dataclasses import replace
from typing import Any

from tests.support.connect import connect_of, ingress_of, upstream_of
from tests.support.tasks import REALM, definition_of, new_task

from hostless.domain.service_connect import Ingress
from hostless.domain.tasks import Task
from hostless.kit.ids import Ids
from hostless.services.ecs.event_views import event_view
from hostless.services.ecs.views import task_view
from hostless.store.event_log import Event

PROXY = "ecs-service-connect-abcde"
NAMES: dict[str, Any] = {"discovery_name": "front"}
INGRESS = ingress_of(**NAMES, listen_port=8080, is_redirected=False)
UPSTREAM = upstream_of(**NAMES, dns_name="web", port=81)


def connected(*ingresses: Ingress, status: Any = "RUNNING") -> Task:
    task = new_task(definition_of(), Ids(random.Random(1)), 1.0)
    connect = replace(connect_of(), upstreams=(UPSTREAM,), ingresses=ingresses)
    app = task.containers[0]
    proxy = replace(
        app, arn=REALM.container_arn("default", task.id, "u-1"), name=PROXY, runtime_id="1-2"
    )
    containers = tuple(replace(c, status=status) for c in (proxy, app))
    return replace(task, connect=connect, containers=containers, is_execute_command_enabled=True)


def attached(task: Task) -> Any:
    attachments: Any = task_view(task)["attachments"]
    return attachments[0]


def test_the_proxy_is_attached_and_what_it_serves_is_said() -> None:
    shown = attached(connected(INGRESS))
    assert (shown["type"], shown["status"], shown["id"]) == ("ServiceConnect", "ATTACHED", "u-1")
    said = {each["name"]: each["value"] for each in shown["details"]}
    assert json.loads(said.pop("clientAliases")) == [{"port": 81, "dnsName": "web"}]
    assert said == {
        "ContainerName": PROXY,
        "portName": "http",
        "discoveryName": "front",
        "ingressPortOverride": "8080",
    }


def test_a_clients_attachment_names_its_container_only_and_follows_it() -> None:
    assert attached(connected(status="PENDING"))["status"] == "PRECREATED"
    gone = attached(connected(status="STOPPED"))
    assert gone["status"] == "DELETED"
    assert gone["details"] == [{"name": "ContainerName", "value": PROXY}]


def test_of_the_proxy_nothing_is_told_but_that_it_runs_well() -> None:
    containers: Any = task_view(connected())["containers"]
    proxy, app = containers
    assert (proxy["name"], proxy["lastStatus"], proxy["healthStatus"]) == (
        PROXY,
        "RUNNING",
        "HEALTHY",
    )
    assert not {"image", "imageDigest", "runtimeId", "cpu", "managedAgents"} & proxy.keys()
    assert app["managedAgents"]
    pending: Any = task_view(connected(status="PENDING"))["containers"]
    assert pending[0]["healthStatus"] == "UNKNOWN"


def test_in_events_only_the_network_interface_is_called_otherwise() -> None:
    view: Any = event_view(Event(sequence=1, at=2.0, record=connected()), REALM)
    types = [each["type"] for each in view["detail"]["attachments"]]
    assert types == ["ServiceConnect", "eni"]
