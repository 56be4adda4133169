"""End to end: services that call each other by Service Connect, made by an unmodified client."""

import contextlib
import json
import os
import signal
from collections.abc import Iterator

import pytest
from tests.e2e.conftest import LOGS, left_empty, log_lines, started_engine, stop_everything
from tests.e2e.test_load_balancers import stable
from tests.e2e.test_load_balancers_under_load import processes_of
from tests.support.calling import (
    GET,
    NAMESPACE,
    PORT,
    Answers,
    redeploy,
    register,
    script,
    serve,
    tasks_of_service,
)
from tests.support.engine import RunningEngine, wait_for

pytestmark = pytest.mark.root
BOTH = ("api", "web")


@pytest.fixture(scope="module")
def module_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    state_dir = tmp_path_factory.mktemp("connect") / "state"
    with started_engine(state_dir, "--healthy-after", "0.5") as engine:
        engine.client("servicediscovery").create_http_namespace(Name=NAMESPACE)
        yield engine


@pytest.fixture
def engine(module_engine: RunningEngine) -> Iterator[RunningEngine]:
    yield from left_empty(module_engine)


@pytest.fixture
def answers(engine: RunningEngine) -> Iterator[Answers]:
    """Services, their names and what they wrote are gone at the end, and nothing may be left."""
    yield Answers(engine)
    ecs, logs = engine.client("ecs"), engine.client("logs")
    for arn in ecs.list_services()["serviceArns"]:
        ecs.delete_service(service=arn, force=True)
    stop_everything(engine)
    wait_for(lambda: not engine.traces(), what=f"no traces: {engine.traces()}")
    wait_for(lambda: not ecs.list_services()["serviceArns"])
    assert not list((engine.state_dir / "service-connect").iterdir()), "folders of proxies"
    logs.delete_log_group(logGroupName=LOGS)
    logs.create_log_group(logGroupName=LOGS)


def two_that_call_each_other(engine: RunningEngine, image: str, answers: Answers) -> None:
    """`api` is made first and does not know `web`: it is deployed again to call it."""
    serve(engine, "api", register(engine, image, "api", script("api", "web")))
    stable(engine.client("ecs"), "api")
    serve(engine, "web", register(engine, image, "web", script("web", "api")))
    stable(engine.client("ecs"), "web")
    redeploy(engine, "api")
    answers.wait_for_more(20, BOTH)


def test_no_request_fails_while_services_that_call_each_other_are_deployed_and_scaled_in(
    engine: RunningEngine, image: str, answers: Answers
) -> None:
    ecs = engine.client("ecs")
    two_that_call_each_other(engine, image, answers)
    redeploy(engine, "api")
    answers.wait_for_more(20, BOTH)
    redeploy(engine, "web")
    answers.wait_for_more(20, BOTH)
    for name in BOTH:
        ecs.update_service(service=name, desiredCount=1)
    for name in BOTH:
        stable(ecs, name)
    answers.wait_for_more(20, BOTH)
    assert set(answers.counted()) == {"ok api", "ok web"}, answers.counted()


def test_traffic_goes_on_while_the_engine_is_killed_and_another_begins(
    engine: RunningEngine, image: str, answers: Answers
) -> None:
    two_that_call_each_other(engine, image, answers)
    engine.kill()
    before = pages_written(engine)
    wait_for(lambda: pages_written(engine) > before + 50)
    engine.start()
    answers.wait_for_more(20, BOTH)
    engine.client("ecs").update_service(service="api", forceNewDeployment=True)
    engine.kill()
    engine.start()
    stable(engine.client("ecs"), "api")
    answers.wait_for_more(20, BOTH)
    assert set(answers.counted()) == {"ok api", "ok web"}, answers.counted()


def pages_written(engine: RunningEngine) -> int:
    """By callers, where their containers write, whether an engine runs or not."""
    files = engine.state_dir.glob("compute/tasks/*/*.log")
    return sum(file.read_bytes().count(b" F ok ") for file in files)


MOST_LOST = 6
"""Of one caller, when a task that serves dies: what was under way, and until that is known."""


def test_a_task_that_dies_costs_its_callers_a_few_requests_and_no_more(
    engine: RunningEngine, image: str, answers: Answers
) -> None:
    two_that_call_each_other(engine, image, answers)
    before = answers.good("api")
    for pid in processes_of(tasks_of_service(engine, "api")[0]):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: answers.good("api") > before + 50)
    stable(engine.client("ecs"), "api")
    lost = answers.failed()
    answers.wait_for_more(100, BOTH)
    assert answers.failed() == lost, answers.counted()
    assert lost <= MOST_LOST * 2, answers.counted()


def test_a_service_may_call_only_and_knows_the_names_that_there_were_when_it_was_deployed(
    engine: RunningEngine, image: str, answers: Answers
) -> None:
    ecs, cloud_map = engine.client("ecs"), engine.client("servicediscovery")
    serve(engine, "api", register(engine, image, "api", script("api", None)), 1)
    stable(ecs, "api")
    calls = GET + "while :; do for n in api late; do call $n; done; sleep 0.1; done"
    serve(engine, "client", register(engine, image, "client", calls), 1, is_client_only=True)
    stable(ecs, "client")
    answers.wait_for_more(5, ["api"])
    serve(engine, "late", register(engine, image, "late", script("late", None)), 1)
    stable(ecs, "late")
    answers.wait_for_more(10, ["api"])
    assert answers.good("late") == 0
    found = cloud_map.discover_instances(NamespaceName=NAMESPACE, ServiceName="late")["Instances"]
    (task,) = ecs.describe_tasks(tasks=tasks_of_service(engine, "late"))["tasks"]
    details = {d["name"]: d["value"] for each in task["attachments"] for d in each["details"]}
    assert [each["InstanceId"] for each in found] == [task["taskArn"].rpartition("/")[2]]
    assert found[0]["Attributes"]["AWS_INSTANCE_IPV4"] == details["privateIPv4Address"]
    assert found[0]["Attributes"]["AWS_INSTANCE_PORT"] == str(PORT)
    redeploy(engine, "client")
    answers.wait_for_more(5, ["api", "late"])
    assert answers.failed("api") == 0, answers.counted()


def test_a_task_is_not_called_before_its_health_checks_succeed(
    engine: RunningEngine, image: str, answers: Answers
) -> None:
    """The application begins to answer seconds after its container runs."""
    ecs = engine.client("ecs")
    slow = "sleep 4; " + script("api", None)
    asks = f"printf 'GET /well HTTP/1.0\\r\\n\\r\\n' | nc -w 2 127.0.0.1 {PORT} | grep -q ok"
    check = {"command": ["CMD-SHELL", asks], "interval": 5, "retries": 3}
    serve(engine, "api", register(engine, image, "api", slow, healthCheck=check), 1)
    stable(ecs, "api")
    client = register(engine, image, "client", script("client", "api"))
    serve(engine, "client", client, 1, is_client_only=True)
    answers.wait_for_more(10, ["api"])
    redeploy(engine, "api")
    answers.wait_for_more(10, ["api"])
    assert set(answers.counted("api")) == {"ok api"}, answers.counted()


def test_a_proxy_is_one_of_the_tasks_containers_and_ends_last(
    engine: RunningEngine, image: str, answers: Answers
) -> None:
    """While an application stops it may still call others."""
    ecs = engine.client("ecs")
    serve(engine, "api", register(engine, image, "api", script("api", None)), 1)
    stable(ecs, "api")
    bye = GET + "trap 'sleep 1; echo bye $(get api); exit 0' TERM; "
    bye += "while :; do sleep 0.2; done"
    definition = register(engine, image, "client", bye, stopTimeout=10)
    serve(engine, "client", definition, 1, is_client_only=True)
    stable(ecs, "client")
    (id_,) = tasks_of_service(engine, "client")
    (task,) = ecs.describe_tasks(tasks=[id_])["tasks"]
    names = [each["name"] for each in task["containers"]]
    (proxy,) = [name for name in names if name.startswith("ecs-service-connect-")]
    assert sorted(names) == sorted(["app", proxy])
    shown = engine.cli("describe", id_).stdout
    assert proxy in shown
    assert engine.cli("exec", id_, "--", "echo", "here").stdout == "here\n"
    ecs.update_service(service="client", desiredCount=0)
    wait_for(lambda: "bye api" in log_lines(engine, task, "app"))
    assert answers.failed() == 0


def test_what_services_ask_each_other_is_in_their_metrics(
    engine: RunningEngine, image: str, answers: Answers
) -> None:
    def measured(**dimensions: str) -> dict[str, float]:
        series = json.loads(engine.cli("metrics", "--json").stdout)
        found = [each for each in series if each["dimensions"] == dimensions]
        return {each["name"]: each["sum"] for each in found}

    whole = {"ClusterName": "default", "DiscoveryName": "api", "ServiceName": "api"}
    asked = {"ClusterName": "default", "TargetDiscoveryName": "api", "ServiceName": "web"}
    good, bad = "HTTPCode_Target_2XX_Count", "HTTPCode_Target_5XX_Count"
    earlier, asked_earlier = measured(**whole), measured(**asked)
    two_that_call_each_other(engine, image, answers)
    enough = earlier.get("RequestCount", 0) + 10
    wait_for(lambda: measured(**whole).get("RequestCount", 0) > enough, what="requests at api")
    enough = asked_earlier.get(good, 0) + 10
    wait_for(lambda: measured(**asked).get(good, 0) > enough, what="answers to web")
    found = measured(**asked)
    assert found.pop(bad, 0) == asked_earlier.get(bad, 0)
    assert set(found) == {
        good,
        "RequestCountPerTarget",
        "TargetProcessedBytes",
        "TargetResponseTime",
    }
    assert measured(DiscoveryName="api")["NewConnectionCount"] >= 1
