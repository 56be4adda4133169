"""hostless's own API in process: who may call it, how it refuses, what drills and events answer."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.support.api_world import World
from tests.support.client import ENDPOINT, TEST_KEY, LoopThread, post
from tests.support.own_api import PREFIX, Own

from hostless.domain.services import Service
from hostless.domain.tasks import Task
from hostless.store.kinds import OUTAGES, SERVICES, TASKS


def now(own: Own, task: Task) -> Task:
    found = own.world.store.get(TASKS, task.arn)
    assert found is not None
    return found


# --- who may call, and how it refuses --------------------------------------------------------


def test_who_does_not_sign_is_refused(own: Own) -> None:
    for method, path in (("GET", "drills"), ("POST", "drills/spot"), ("GET", "no/such")):
        status, answer = own.send(method, path, {})
        assert (status, answer["__type"]) == (400, "MissingAuthenticationTokenException")


def test_a_wrong_signature_is_refused(own: Own) -> None:
    request = AWSRequest(method="GET", url=f"{ENDPOINT}{PREFIX}drills")
    wrong = Credentials(TEST_KEY.access_key_id, "another secret")
    SigV4Auth(wrong, "hostless", "us-east-1").add_auth(request)
    assert own.send("GET", "drills", dict(request.headers))[1]["__type"] == (
        "InvalidSignatureException"
    )
    assert own.raw("GET", "drills", service="ecs")[1]["message"].startswith(
        "Credential should be scoped to correct service: 'hostless'."
    )


def test_a_body_counts_for_the_signature(own: Own) -> None:
    request = AWSRequest(method="POST", url=f"{ENDPOINT}{PREFIX}drills/spot", data=b'{"count": 1}')
    keys = Credentials(TEST_KEY.access_key_id, TEST_KEY.secret_access_key)
    SigV4Auth(keys, "hostless", "us-east-1").add_auth(request)
    _, answer = own.send("POST", "drills/spot", dict(request.headers), b'{"count": 9}')
    assert answer["__type"] == "InvalidSignatureException"


def test_with_any_key_accepted_nobody_has_to_sign(portal: LoopThread, world: World) -> None:
    world.settings = replace(world.settings, accepts_any_key=True)
    assert Own(world, portal).send("GET", "drills", {}) == (200, {"outages": [], "retiring": []})


def test_paths_and_methods_that_are_not_there_are_told(own: Own) -> None:
    status, answer = own("GET", "drill")
    assert (status, answer["__type"]) == (404, "UnknownOperationException")
    assert "/_hostless/drills/zone-loss" in answer["message"]
    status, answer = own("GET", "drills/spot")
    assert (status, answer["message"]) == (405, "/_hostless/drills/spot takes DELETE and POST.")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "The body is not JSON"),
        (b"[1]", "The body must be a JSON object."),
        (b'{"tasks": "all"}', "Expected `array`, got `str`"),
        (b'{"size": 3}', "DrillHostLoss has no member size."),
        (b'{"count": "3"}', "Expected `int | null`, got `str`"),
        (b'{"count": 0}', "count must be at least 1."),
    ],
)
def test_bodies_that_make_no_sense_are_refused_and_change_nothing(
    own: Own, tasks: Callable[..., list[Task]], body: bytes, said: str
) -> None:
    [task] = tasks(1)
    status, answer = own.raw("POST", "drills/host-loss", body)
    assert (status, answer["__type"]) == (400, "ValidationException")
    assert said in answer["message"]
    assert now(own, task) == task


def test_other_paths_are_the_gateways(own: Own) -> None:
    answer = post(own.app, own.portal, headers={}, method="GET", path="/health")
    assert answer.status == 200


# --- spot -------------------------------------------------------------------------------------


def test_spot_interrupts_what_runs_on_spot_and_nothing_else(
    own: Own, tasks: Callable[..., list[Task]]
) -> None:
    spot = tasks(2, capacity_provider_name="FARGATE_SPOT")
    others = [
        *tasks(1, capacity_provider_name="FARGATE"),
        *tasks(1, capacity_provider_name="FARGATE_SPOT", status="PENDING"),
        *tasks(1, capacity_provider_name="FARGATE_SPOT", goal="STOPPED"),
    ]
    status, answer = own("POST", "drills/spot")
    assert (status, answer["drill"]) == (200, "spot")
    assert {task["taskArn"] for task in answer["tasks"]} == {task.arn for task in spot}
    assert "outage" not in answer
    for task in spot:
        hit = now(own, task)
        assert (hit.goal, hit.version) == ("STOPPED", task.version + 1)
        assert hit.stop_request is not None
        assert hit.stop_request.code == "SpotInterruption"
        assert hit.stop_request.reason == "Your Spot Task was interrupted."
        assert not hit.is_host_lost
    assert [now(own, task) for task in others] == others


def test_spot_hits_as_many_as_it_is_told(own: Own, tasks: Callable[..., list[Task]]) -> None:
    tasks(7, capacity_provider_name="FARGATE_SPOT")
    assert len(own("POST", "drills/spot", count=2)[1]["tasks"]) == 2
    assert len(own("POST", "drills/spot", share=0.5)[1]["tasks"]) == 3
    assert len(own("POST", "drills/spot", count=9)[1]["tasks"]) == 2
    assert own("POST", "drills/spot", count=1, share=0.5)[0] == 400
    assert own("POST", "drills/spot", share=1.5)[0] == 400


def test_spot_capacity_is_gone_for_so_long_or_until_it_is_ended(own: Own) -> None:
    for bad in (0, -5, 1e300, 1e400):
        assert own("POST", "drills/spot", durationSeconds=bad)[0] == 400
    outage = own("POST", "drills/spot", durationSeconds=600)[1]["outage"]
    assert (outage["kind"], outage["name"]) == ("spot", "spot")
    assert own("GET", "drills")[1]["outages"] == [outage]
    assert own("DELETE", "drills/spot") == (200, {"ended": outage})
    status, answer = own("DELETE", "drills/spot")
    assert (status, answer["__type"]) == (404, "ResourceNotFoundException")
    assert own("GET", "drills")[1]["outages"] == []


# --- zones and hosts --------------------------------------------------------------------------


def test_a_lost_zone_takes_every_task_in_it(own: Own, tasks: Callable[..., list[Task]]) -> None:
    there = [*tasks(2, zone="us-east-1a"), *tasks(1, zone="us-east-1a", status="PENDING")]
    spared = [
        *tasks(1, zone="us-east-1b"),
        *tasks(1, zone="us-east-1a", goal="STOPPED", status="STOPPED"),
    ]
    _, answer = own("POST", "drills/zone-loss", zone="us-east-1a")
    assert {task["taskArn"] for task in answer["tasks"]} == {task.arn for task in there}
    assert "endsAt" not in answer["outage"]
    for task in there:
        hit = now(own, task)
        assert (hit.goal, hit.is_host_lost) == ("STOPPED", True)
        assert hit.stop_request is not None
        assert hit.stop_request.code == "InfrastructureHealth"
    assert [now(own, task) for task in spared] == spared
    assert own.world.store.get(OUTAGES, "zone/us-east-1a") is not None
    assert own("DELETE", "drills/zone-loss", zone="us-east-1a")[0] == 200
    assert own.world.store.get(OUTAGES, "zone/us-east-1a") is None


def test_a_zone_that_is_not_there_is_told(own: Own) -> None:
    status, answer = own("POST", "drills/zone-loss", zone="us-east-1z")
    assert (status, answer["message"]) == (
        404,
        "There is no zone us-east-1z; there are us-east-1a, us-east-1b, us-east-1c.",
    )
    assert own("DELETE", "drills/zone-loss", zone="us-east-1a")[0] == 404
    assert "Object missing required field" in own("POST", "drills/zone-loss")[1]["message"]


def test_a_host_is_lost_at_random_or_by_name(own: Own, tasks: Callable[..., list[Task]]) -> None:
    made = tasks(5)
    assert len(own("POST", "drills/host-loss")[1]["tasks"]) == 1
    left = [task for task in made if not now(own, task).is_host_lost]
    named = [left[0].arn, left[1].id]
    assert len(own("POST", "drills/host-loss", tasks=named)[1]["tasks"]) == 2
    assert len(own("POST", "drills/host-loss", count=9)[1]["tasks"]) == 2
    assert own("POST", "drills/host-loss")[0] == 404


def test_a_task_that_cannot_be_hit_hits_none(own: Own, tasks: Callable[..., list[Task]]) -> None:
    [runs] = tasks(1)
    [gone] = tasks(1, goal="STOPPED", status="STOPPED")
    status, answer = own("POST", "drills/host-loss", tasks=[runs.arn, gone.arn])
    assert (status, "on its way out already" in answer["message"]) == (400, True)
    assert own("POST", "drills/host-loss", tasks=[runs.arn, "f" * 32])[0] == 404
    assert own("POST", "drills/host-loss", tasks=["nonsense"])[0] == 400
    assert own("POST", "drills/host-loss", tasks=[runs.arn], count=2)[0] == 400
    assert now(own, runs) == runs


def test_a_host_lost_in_the_stop_time_out_keeps_the_first_reason(
    own: Own, tasks: Callable[..., list[Task]], ready_to_run: Any
) -> None:
    [task] = tasks(1)
    ready_to_run.stop_task(task=task.arn, reason="enough")
    assert own("POST", "drills/host-loss", tasks=[task.arn])[0] == 200
    hit = now(own, task)
    assert hit.is_host_lost
    assert hit.stop_request is not None
    assert hit.stop_request.reason == "enough"


# --- retirement -------------------------------------------------------------------------------


def test_retirement_writes_when_and_leaves_the_rest_to_the_controllers(
    own: Own, tasks: Callable[..., list[Task]]
) -> None:
    [task, other] = tasks(2)
    status, answer = own("POST", "drills/retire", tasks=[task.arn], afterSeconds=3600)
    assert (status, len(answer["tasks"])) == (200, 1)
    hit = now(own, task)
    assert hit.retires_at is not None
    assert replace(hit, retires_at=None) == task
    assert now(own, other) == other
    [shown] = own("GET", "drills")[1]["retiring"]
    assert (shown["taskArn"], shown["retiresAt"]) == (task.arn, answer["retiresAt"])


def test_retirement_has_to_be_told_of_whom(own: Own, tasks: Callable[..., list[Task]]) -> None:
    tasks(2)
    assert own("POST", "drills/retire")[0] == 400
    assert own("POST", "drills/retire", all=True, tasks=["a" * 32])[0] == 400
    assert len(own("POST", "drills/retire", all=True)[1]["tasks"]) == 2
    for bad in (-1, 1e300):
        assert own("POST", "drills/retire", all=True, afterSeconds=bad)[0] == 400


def test_drills_can_be_held_to_a_service_or_a_cluster(
    own: Own, tasks: Callable[..., list[Task]]
) -> None:
    arn = own.world.realm.service_arn("default", "web")
    service = Service(
        arn=arn,
        cluster_arn=own.world.realm.cluster_arn("default"),
        name="web",
        desired_count=2,
        revision_arn=own.world.realm.service_revision_arn("default", "web", "1" * 19),
        created_at=0.0,
    )

    async def create() -> None:
        transaction = own.world.store.transaction("test")
        transaction.put(SERVICES, service)
        await transaction.commit()

    own.portal.run(create())
    mine = tasks(2, service_arn=arn)
    tasks(3)
    for name in ("web", arn):
        answer = own("POST", "drills/retire", service=name)[1]
        assert {task["taskArn"] for task in answer["tasks"]} == {task.arn for task in mine}
    status, answer = own("POST", "drills/retire", service="no")
    assert (status, answer["message"]) == (404, "There is no service no.")
    assert own("POST", "drills/spot", cluster="no")[1]["__type"] == "ClusterNotFoundException"


# --- events -----------------------------------------------------------------------------------


def test_events_are_read_from_where_one_was(own: Own, tasks: Callable[..., list[Task]]) -> None:
    tasks(3)
    _, everything = own("GET", "events", after=0)
    versions = [(e["event"]["detail"]["taskArn"], e["sequence"]) for e in everything["events"]]
    assert len(versions) == 3
    assert everything["last"] == versions[-1][1]
    assert everything["missed"] == 0
    assert {e["event"]["detail-type"] for e in everything["events"]} == {"ECS Task State Change"}
    last = everything["last"]
    assert own("GET", "events", after=last) == (200, {"events": [], "last": last, "missed": 0})
    own("POST", "drills/host-loss")
    [event] = own("GET", "events", after=last)[1]["events"]
    assert event["event"]["detail"]["stopCode"] == "InfrastructureHealth"
    assert own("GET", "events", limit=1)[1]["events"] == [event]


def test_a_reader_that_is_too_late_is_told_how_much_it_missed(
    own: Own, tasks: Callable[..., list[Task]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks(10)
    read = own.world.store.events
    monkeypatch.setattr(own.world.store, "events", lambda after, limit: read(max(after, 5), limit))
    answer = own("GET", "events", after=2, limit=3)[1]
    assert [event["sequence"] for event in answer["events"]] == [6, 7, 8]
    assert answer["missed"] == 3


def test_limits_of_reading_are_told(own: Own) -> None:
    for query in ("limit=0", "limit=1001", "after=-1", "after=x", "since=1"):
        status, answer = own.raw("GET", "events", query=query)
        assert (status, answer["__type"]) == (400, "ValidationException")


def test_pulls_are_none_where_nothing_is_pulled(own: Own) -> None:
    assert own("GET", "pulls") == (200, {"pulls": []})
    assert own("GET", "pulls", task="x")[0] == 400
