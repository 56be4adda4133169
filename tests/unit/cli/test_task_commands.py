"""`ps`, `describe`, `stop`, `logs` and `run` against a table of answers."""

import json
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.support.fake_api import ARN, START, FakeApi, fake_api, task_view

from hostless.cli.api import Refusal, address_of
from hostless.cli.exec import open_session
from hostless.cli.find_task import own_containers
from hostless.cli.outcome import UNREACHABLE, CommandFailed
from hostless.cli.program import program
from hostless.cli.run_request import definition_of, name_of_image
from hostless.cli.stop import outcome_of

A, AB, B = "a" * 32, "ab" * 16, "b" * 32


def call(*arguments: str, env: dict[str, str] | None = None) -> Result:
    result = CliRunner(env=env).invoke(program(None), list(arguments))  # type: ignore[arg-type]
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def stopped(task: dict[str, Any], exit_code: int = 0) -> dict[str, Any]:
    containers = [{**each, "exitCode": exit_code} for each in task["containers"]]
    end = {"lastStatus": "STOPPED", "desiredStatus": "STOPPED", "stopCode": "UserInitiated"}
    return {**task, **end, "containers": containers, "stoppedAt": START + timedelta(seconds=5)}


# --- ps ---------------------------------------------------------------------------------------


def test_ps_shows_plain_aligned_text_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_api(monkeypatch, task_view(A), task_view(B, cluster="other"))
    lines = call("ps").stdout.splitlines()
    assert lines[0].split() == [
        "TASK",
        "DEFINITION",
        "STATUS",
        "AGE",
        "ADDRESS",
        "CPU",
        "MIB",
        "CLUSTER",
    ]
    assert [line.split()[0] for line in lines[1:]] == ["aaaaaaaa", "bbbbbbbb"]
    assert len({line.index("172.31.0.10") for line in lines[1:]}) == 1
    assert "\x1b" not in "".join(lines)


def test_ps_leaves_out_what_has_stopped_unless_all_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leaving = task_view(AB, desiredStatus="STOPPED", lastStatus="STOPPING")
    fake_api(monkeypatch, task_view(A), leaving, stopped(task_view(B)))
    assert call("ps", "-q").stdout.split() == [A, AB]
    assert call("ps", "-q", "--all").stdout.split() == [A, AB, B]


def test_ps_prints_the_tasks_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_api(monkeypatch, task_view(A))
    [task] = json.loads(call("ps", "--json").stdout)
    assert task["createdAt"] == START.isoformat()


# --- naming tasks -----------------------------------------------------------------------------


def test_the_first_characters_of_an_id_name_a_task(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_api(monkeypatch, task_view(A), task_view(AB))
    assert json.loads(call("describe", "ab", "--json").stdout)["task"]["taskArn"].endswith(AB)
    assert call("describe", task_view(A)["taskArn"]).exit_code == 0


def test_an_id_that_names_several_tasks_lists_them(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_api(monkeypatch, task_view(A), task_view(AB))
    result = call("describe", "a")
    assert result.exit_code == 1
    assert "2 tasks have ids that start with 'a': aaaaa, ababa" in result.stderr


def test_an_id_that_names_nothing_says_where_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_api(monkeypatch, task_view(A))
    result = call("logs", "f00")
    assert result.exit_code == 1
    assert "hostless ps --all" in result.stderr


# --- describe and stop ------------------------------------------------------------------------


def test_describe_tells_story_and_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = stopped(task_view(A), exit_code=3)
    fake_api(monkeypatch, {**broken, "stopCode": "EssentialContainerExited"})
    text = call("describe", "a").stdout
    assert "asked for by a caller of RunTask" in text
    assert "✗ web ended with code 3" in text
    assert "172.31.0.10" in text


def test_describe_tells_how_far_the_image_is(monkeypatch: pytest.MonkeyPatch) -> None:
    api = fake_api(monkeypatch, task_view(A, lastStatus="PENDING"))
    size = {"layers": 3, "layersHere": 1, "bytes": 26_500_000, "bytesHere": 4_200_000}
    others = {"image": "busybox:12", **size}
    api.answers["GET pulls"] = {"pulls": [others, {"image": "busybox:1@sha256:0", **size}]}
    text = call("describe", "a").stdout
    assert "\npulling busybox:1@sha256:0: 1 of 3 layers, 4.2 of 26.5 MB\n" in text
    assert "busybox:12" not in text


def test_stop_waits_for_the_end_and_shows_the_exit_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    api = fake_api(monkeypatch, task_view(A))

    def stop_task(**_: Any) -> dict[str, Any]:
        api.tasks[0] = {**api.tasks[0], "lastStatus": "DEACTIVATING", "desiredStatus": "STOPPED"}
        seen = iter([{"tasks": [api.tasks[0]]}, {"tasks": [stopped(api.tasks[0], 143)]}])
        api.answers["describe_tasks"] = lambda **_: next(seen)
        return {}

    api.answers["stop_task"] = stop_task
    result = call("stop", "a", "--reason", "enough")
    assert result.stdout == "aaaaaaaa  STOPPED  web 143\n"
    assert api.asked_for("stop_task")[0]["reason"] == "enough"


def test_stop_of_an_ended_task_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    api = fake_api(monkeypatch, stopped(task_view(A)))
    assert call("stop", "a").stdout == "aaaaaaaa  STOPPED  web 0\n"
    assert not api.asked_for("stop_task")


# --- logs -------------------------------------------------------------------------------------


def with_logs(api: FakeApi, *names: str) -> None:
    """Each container has written one line, its name at a second of its own."""
    options = {"awslogs-group": "/g", "awslogs-stream-prefix": "p"}
    api.answers["describe_task_definition"] = {
        "taskDefinition": {
            "containerDefinitions": [
                {"name": name, "logConfiguration": {"logDriver": "awslogs", "options": options}}
                for name in names
            ]
        }
    }

    def events(logStreamName: str, nextToken: str = "", **_: Any) -> dict[str, Any]:  # noqa: N803
        name = logStreamName.split("/")[1]
        line = {"timestamp": 1000 * (names[::-1].index(name) + 1), "message": f"I am {name}"}
        return {"events": [] if nextToken else [line], "nextForwardToken": "f/1"}

    api.answers["get_log_events"] = events


def test_logs_of_one_container_are_the_bare_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    with_logs(fake_api(monkeypatch, task_view(A)), "web")
    assert call("logs", "a").stdout == "I am web\n"


def test_logs_of_several_containers_are_merged_by_time_with_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api = fake_api(monkeypatch, task_view(A))
    with_logs(api, "web", "sidecar")
    assert call("logs", "a").stdout == "sidecar | I am sidecar\nweb     | I am web\n"
    assert call("logs", "a", "--container", "web", "-t").stdout == (
        "1970-01-01T00:00:02.000Z I am web\n"
    )
    assert call("logs", "a", "--tail", "1").stdout == "web     | I am web\n"


def test_following_logs_ends_with_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    api = fake_api(monkeypatch, stopped(task_view(A)))
    with_logs(api, "web")
    assert json.loads(call("logs", "-f", "a", "--json").stdout)["message"] == "I am web"


def test_a_stream_that_is_not_there_yet_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    api = fake_api(monkeypatch, task_view(A))
    with_logs(api, "web")
    api.answers["get_log_events"] = Refusal("ResourceNotFoundException", "no such stream")
    result = call("logs", "a")
    assert (result.exit_code, result.stdout) == (0, "")


def test_a_task_that_does_not_log_says_what_its_definition_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_logs(fake_api(monkeypatch, task_view(A)))
    result = call("logs", "a")
    assert result.exit_code == 1
    assert "awslogs" in result.stderr


@pytest.mark.parametrize("since", ["yesterday", "10", "5x"])
def test_a_since_that_is_no_time_is_refused(since: str) -> None:
    assert call("logs", "a", "--since", since).exit_code == 2


# --- run --------------------------------------------------------------------------------------


def ready_to_run(monkeypatch: pytest.MonkeyPatch, task: dict[str, Any]) -> FakeApi:
    api = fake_api(monkeypatch, task)
    api.answers |= {
        "describe_clusters": {"clusters": []},
        "create_cluster": {},
        "create_log_group": Refusal("ResourceAlreadyExistsException", "there is one"),
        "get_caller_identity": {"Account": "000000000000"},
        "register_task_definition": {
            "taskDefinition": {"taskDefinitionArn": f"{ARN}:task-definition/run-web:1"}
        },
        "describe_subnets": {"Subnets": [{"SubnetId": "subnet-1"}]},
        "run_task": {"tasks": [task], "failures": []},
    }
    return api


def test_run_prepares_everything_and_prints_the_id_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api = ready_to_run(monkeypatch, task_view(A))
    result = call(
        *("run", "127.0.0.1:5000/web:1", "--cpu", "0.5", "--memory", "600", "-p", "80"),
        *("-e", "COLOUR=blue", "-e", "FROM_HERE", "--", "serve", "-v"),
        env={"FROM_HERE": "yes"},
    )
    assert result.stdout == f"{A}\n"
    [definition] = api.asked_for("register_task_definition")
    assert (definition["family"], definition["cpu"], definition["memory"]) == (
        "run-web",
        "512",
        "1024",
    )
    [container] = definition["containerDefinitions"]
    assert container["command"] == ["serve", "-v"]
    assert container["environment"] == [
        {"name": "COLOUR", "value": "blue"},
        {"name": "FROM_HERE", "value": "yes"},
    ]
    assert api.asked_for("create_cluster") == [{"clusterName": "default"}]
    [request] = api.asked_for("run_task")
    assert request["networkConfiguration"]["awsvpcConfiguration"]["subnets"] == ["subnet-1"]
    assert request["enableExecuteCommand"] is True


def test_run_that_follows_prints_the_output_and_ends_with_the_containers_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api = ready_to_run(monkeypatch, stopped(task_view(A), exit_code=4))
    with_logs(api, "web")
    result = call("run", "-f", "web")
    assert (result.exit_code, result.stdout) == (4, "I am web\n")


def test_run_of_a_task_that_never_started_tells_why(monkeypatch: pytest.MonkeyPatch) -> None:
    reason = "CannotPullContainerError: web:9: not found"
    task = task_view(A, lastStatus="STOPPED", stoppedReason=reason, startedAt=None)
    ready_to_run(monkeypatch, task)
    result = call("run", "web:9")
    assert result.exit_code == 1
    assert "✗ could not pull the image: web:9: not found" in result.stderr
    assert call("run", "-d", "web:9", "--json").exit_code == 1


def test_run_without_room_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    api = ready_to_run(monkeypatch, task_view(A))
    api.answers["run_task"] = {"tasks": [], "failures": [{"detail": "RESOURCE:CPU"}]}
    result = call("run", "web")
    assert result.exit_code == 1
    assert "RESOURCE:CPU" in result.stderr
    assert "--over-commit" in result.stderr


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--cpu", "lots"], "no amount of CPU"),
        (["--memory", "999g"], "Fargate has no size"),
        (["-e", "NOT_SET_ANYWHERE"], "is not set here"),
        (["--command", "a", "--", "b"], "not both"),
        (["--command", "'"], "quotes"),
        (["-d", "-f"], "exclude each other"),
    ],
)
def test_run_refuses_flags_that_make_no_sense(flags: list[str], sentence: str) -> None:
    result = call("run", "web", *flags)
    assert result.exit_code == 2
    assert sentence in result.stderr


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("nginx", "nginx"),
        ("127.0.0.1:5000/a/b.c:1.2", "b-c"),
        ("public.ecr.aws/docker/library/busybox@sha256:" + "0" * 64, "busybox"),
    ],
)
def test_a_task_is_named_after_its_image(image: str, name: str) -> None:
    assert name_of_image(image) == name


def test_a_definition_needs_roles_for_logs_and_exec() -> None:
    from hostless.cli.run_request import RunRequest

    request = RunRequest(image="web", name="web", cpu_units=256, memory_mib=512)
    definition = definition_of(request, "run-web", "123456789012", "eu-west-1")
    assert definition["executionRoleArn"] == "arn:aws:iam::123456789012:role/ecsTaskExecutionRole"
    assert "command" not in definition["containerDefinitions"][0]


# --- reaching the engine ----------------------------------------------------------------------


def test_without_an_engine_every_command_says_how_to_start_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with pytest.raises(CommandFailed) as refusal:
        address_of(tmp_path)
    assert refusal.value.exit_code == UNREACHABLE
    assert "hostless up" in refusal.value.advice


def test_an_endpoint_that_nobody_answers_at_is_named() -> None:
    environment = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    result = call("ps", env=environment)
    assert result.exit_code == UNREACHABLE
    assert "no engine answers at http://127.0.0.1:1" in result.stderr


# --- tasks with a proxy of Service Connect -------------------------------------------------------


def test_a_proxy_is_described_and_is_none_of_the_containers_that_a_stop_tells_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = stopped(task_view(A))
    proxy = {"name": "ecs-service-connect-abcde", "lastStatus": "STOPPED", "exitCode": 7}
    task["containers"] = [proxy, *task["containers"]]
    fake_api(monkeypatch, task)
    assert "ecs-service-connect-abcde" in call("describe", A).stdout
    (own,) = own_containers(task)
    assert outcome_of(task) == f"STOPPED  {own['name']} 0"


def test_a_command_runs_in_the_only_container_beside_the_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = task_view(A)
    (own,) = task["containers"]
    task["containers"] = [{"name": "ecs-service-connect-abcde"}, own]
    api = fake_api(monkeypatch, task)
    asked: list[dict[str, Any]] = []

    def execute(service: str, operation: str, **members: Any) -> dict[str, Any]:
        asked.append(members)
        return {"session": {"streamUrl": "ws://127.0.0.1:1/exec", "tokenValue": "t"}}

    monkeypatch.setattr(api, "call", execute)
    open_session(api, task, None, ("ls",))
    assert asked[0]["container"] == own["name"]
