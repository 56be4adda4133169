"""Who serves behind a name, in every state of its tasks."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.connect import API, CHECKED, PLAIN, connected_task, ingress_of

from hostless.controllers.connect.decide import (
    EndpointChanges,
    ServingTask,
    Standing,
    changes_of,
    checked_containers,
    drains_until,
    sent_to_of,
    standing_of,
)
from hostless.domain.health import HealthStatus
from hostless.domain.service_connect import Endpoint

NOW = 50.0
NOTHING = EndpointChanges(put=(), deleted=())


def standing(health: HealthStatus = "UNKNOWN", **changes: Any) -> Standing:
    return standing_of(connected_task("10.0.0.1", health=health, **changes), ())


def checked(health: HealthStatus) -> Standing:
    task = connected_task("10.0.0.1", health=health, definition=CHECKED)
    return standing_of(task, checked_containers(CHECKED))


def serving(address: str | None, standing: Standing) -> ServingTask:
    return ServingTask(
        task=connected_task(address, serves=[API]), standing=standing, address=address, port=8080
    )


def endpoint(of: ServingTask, drains_since: float | None = None) -> Endpoint:
    return Endpoint(
        discovery_service_id=API,
        task_arn=of.task.arn,
        address=of.address or "",
        port=of.port,
        since=1.0,
        drains_since=drains_since,
    )


def test_a_running_task_without_health_checks_serves() -> None:
    assert standing() == "serves"
    assert checked_containers(PLAIN) == frozenset()
    assert checked_containers(None) == frozenset()


def test_a_task_with_health_checks_serves_once_they_have_succeeded() -> None:
    assert checked("UNKNOWN") == "begins"
    assert checked("HEALTHY") == "serves"
    assert checked("UNHEALTHY") == "fails"


@pytest.mark.parametrize(
    ("status", "goal", "expected"),
    [
        ("PROVISIONING", "RUNNING", "begins"),
        ("PENDING", "RUNNING", "begins"),
        ("ACTIVATING", "RUNNING", "begins"),
        ("RUNNING", "STOPPED", "ends"),
        ("DEACTIVATING", "STOPPED", "ends"),
        ("STOPPING", "STOPPED", "ended"),
        ("DEPROVISIONING", "STOPPED", "ended"),
        ("STOPPED", "STOPPED", "ended"),
    ],
)
def test_only_a_running_task_serves(status: str, goal: str, expected: Standing) -> None:
    task = replace(connected_task("10.0.0.1"), status=status, goal=goal)  # type: ignore[arg-type]
    assert standing_of(task, ()) == expected


def test_nobody_is_sent_to_a_lost_host() -> None:
    assert standing(is_host_lost=True) == "ended"


def test_unhealthy_tasks_are_sent_to_only_when_no_healthy_one_is_there() -> None:
    well, ill, new = serving("1", "serves"), serving("2", "fails"), serving("3", "begins")
    assert sent_to_of([well, ill, new]) == [well]
    assert sent_to_of([ill, new]) == [ill]
    assert sent_to_of([new]) == []
    assert sent_to_of([serving(None, "serves")]) == []


def test_who_begins_to_serve_is_recorded_as_it_is_called() -> None:
    task = serving("10.0.0.1", "serves")
    changes = changes_of(API, [task], [], NOW)
    assert changes.put == (replace(endpoint(task), since=NOW),)
    assert changes.deleted == ()
    assert changes_of(API, [task], changes.put, NOW + 1) == NOTHING


def test_who_is_to_stop_drains_from_then_on_and_goes_when_it_has_ended() -> None:
    task = serving("10.0.0.1", "ends")
    there = endpoint(task)
    draining = replace(there, drains_since=NOW)
    assert changes_of(API, [task], [there], NOW).put == (draining,)
    assert changes_of(API, [task], [draining], NOW + 1) == NOTHING
    ended = changes_of(API, [replace(task, standing="ended")], [draining], NOW + 1)
    assert ended == EndpointChanges(put=(), deleted=(draining,))
    assert changes_of(API, [], [there], NOW).deleted == (there,), "its task is forgotten"


def test_who_recovers_while_it_drains_is_sent_to_again() -> None:
    well, ill = serving("1", "serves"), serving("2", "fails")
    (added, drained) = changes_of(API, [well, ill], [endpoint(ill)], NOW).put
    assert (added.address, drained.drains_since) == ("1", NOW)
    again = changes_of(API, [well, replace(ill, standing="serves")], [added, drained], NOW + 1)
    assert again.put == (replace(drained, since=NOW + 1, drains_since=None),)


def test_one_that_comes_is_recorded_with_the_one_that_goes() -> None:
    new, old = serving("1", "serves"), serving("2", "ends")
    put = changes_of(API, [new, old], [endpoint(old)], NOW).put
    assert {each.address: each.drains_since for each in put} == {"1": None, "2": NOW}


def test_what_is_under_way_is_waited_for_as_long_as_a_request_may_take() -> None:
    assert drains_until(NOW, ingress_of(request_timeout_seconds=15)) == NOW + 30
    assert drains_until(NOW, ingress_of(request_timeout_seconds=600)) == NOW + 605
    assert drains_until(NOW, ingress_of(protocol="tcp", request_timeout_seconds=0)) == NOW + 30
    assert drains_until(NOW, None) == NOW + 30
