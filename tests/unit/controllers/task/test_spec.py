"""Unit tests of what becomes of a definition and its overrides."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.connect import API, PLAIN, WEB, connected_task
from tests.support.tasks import definition_of, new_task

from hostless.balancer.connect_seam import MOUNT_POINT, READY_FILE
from hostless.compute.seam import (
    ContainerSpec,
    FolderMount,
    MemoryMount,
    UlimitSpec,
    VolumeMount,
    VolumesFrom,
)
from hostless.controllers.task.spec import (
    STOP_TIMEOUT_SECONDS,
    DefinitionMissing,
    log_sinks_of,
    task_spec_of,
)
from hostless.domain.container_definitions import (
    ContainerDefinition,
    KernelCapabilities,
    KeyValuePair,
    LinuxParameters,
    LogConfiguration,
    MountPoint,
    SystemControl,
    Tmpfs,
    Ulimit,
    VolumeFrom,
)
from hostless.domain.container_identity import runtime_id_of
from hostless.domain.service_connect import PROXY_IMAGE
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import ContainerOverride, Task, TaskOverride
from hostless.kit.ids import Ids


def task_of(definition: TaskDefinition, **overrides: object) -> Task:
    asked = TaskOverride(container_overrides=(ContainerOverride(name="main", **overrides),))  # type: ignore[arg-type]
    return new_task(definition, Ids(random.Random(0)), 0.0, overrides=asked)


def spec_of(container: ContainerDefinition, **overrides: object) -> ContainerSpec:
    definition = definition_of(container)
    return task_spec_of(task_of(definition, **overrides), definition).containers[0]


def plain_environment_of(definition: ContainerDefinition) -> dict[str, str]:
    """Without where metadata is to be had."""
    found = dict(spec_of(definition).environment)
    return {name: value for name, value in found.items() if "METADATA" not in name}


def container(**fields: object) -> ContainerDefinition:
    return ContainerDefinition(name="main", image="busybox", **fields)  # type: ignore[arg-type]


def pairs(**values: str) -> tuple[KeyValuePair, ...]:
    return tuple(KeyValuePair(name=name, value=value) for name, value in values.items())


def test_a_bare_container_has_the_defaults_of_ecs() -> None:
    spec = spec_of(container())
    assert (spec.name, spec.image, spec.essential) == ("main", "busybox", True)
    assert spec.stop_timeout_seconds == STOP_TIMEOUT_SECONDS == 30
    assert (spec.cpu_units, spec.memory_mib, spec.command, spec.user) == (0, None, (), None)


def test_everything_of_a_definition_reaches_the_backend() -> None:
    spec = spec_of(
        container(
            essential=False,
            entry_point=("sh",),
            command=("-c", "true"),
            working_directory="/srv",
            user="7:8",
            cpu=64,
            memory=100,
            memory_reservation=50,
            readonly_root_filesystem=True,
            pseudo_terminal=True,
            stop_timeout=0,
            ulimits=(Ulimit(name="nofile", soft_limit=1, hard_limit=2),),
            linux_parameters=LinuxParameters(
                init_process_enabled=True,
                capabilities=KernelCapabilities(add=("SYS_PTRACE",), drop=("CHOWN",)),
                tmpfs=(Tmpfs(container_path="/t/", size=3, mount_options=("exec",)),),
            ),
            mount_points=(
                MountPoint(source_volume="v", container_path="//a/../b/", read_only=True),
                MountPoint(source_volume="w", container_path="/w"),
            ),
            volumes_from=(VolumeFrom(source_container="side", read_only=True),),
            system_controls=(SystemControl(namespace="kernel.msgmax", value="9"),),
        )
    )
    assert spec.volumes == (
        VolumeMount(volume="v", destination="/b", is_read_only=True),
        VolumeMount(volume="w", destination="/w"),
    )
    assert spec.system_controls == (("kernel.msgmax", "9"),)
    assert spec.volumes_from == (VolumesFrom(container="side", is_read_only=True),)
    assert spec.memory_mounts == (MemoryMount(destination="/t", size_mib=3, options=("exec",)),)
    assert not spec.essential
    assert (spec.entry_point, spec.command) == (("sh",), ("-c", "true"))
    assert (spec.working_directory, spec.user) == ("/srv", "7:8")
    assert (spec.cpu_units, spec.memory_mib, spec.memory_reservation_mib) == (64, 100, 50)
    assert spec.is_root_read_only
    assert spec.has_terminal
    assert spec.has_init_process
    assert spec.stop_timeout_seconds == 0
    assert spec.ulimits == (UlimitSpec(name="nofile", soft=1, hard=2),)
    assert (spec.capabilities_added, spec.capabilities_dropped) == (("SYS_PTRACE",), ("CHOWN",))


def test_an_override_wins_by_name_and_leaves_the_rest() -> None:
    spec = spec_of(
        container(command=("a",), cpu=1, memory=64, environment=pairs(KEPT="1", CHANGED="2")),
        command=("b",),
        cpu=2,
        memory=128,
        environment=pairs(CHANGED="3", NEW="4"),
    )
    environment = dict(spec.environment)
    assert (spec.command, spec.cpu_units, spec.memory_mib) == (("b",), 2, 128)
    assert (environment["KEPT"], environment["CHANGED"], environment["NEW"]) == ("1", "3", "4")


def test_the_environment_tells_that_this_is_fargate_and_where() -> None:
    environment = plain_environment_of(container())
    assert environment == {
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_a_region_of_the_tasks_own_is_left_alone(name: str) -> None:
    environment = plain_environment_of(container(environment=pairs(**{name: "eu-west-1"})))
    assert environment == {"AWS_EXECUTION_ENV": "AWS_ECS_FARGATE", name: "eu-west-1"}


def test_no_variable_is_given_twice() -> None:
    own = pairs(AWS_REGION="x", ECS_CONTAINER_METADATA_URI_V4="http://elsewhere/")
    names = [name for name, _ in spec_of(container(environment=own)).environment]
    assert len(names) == len(set(names))


def test_each_container_is_told_where_its_metadata_is_and_nobody_else_says() -> None:
    elsewhere = pairs(ECS_CONTAINER_METADATA_URI_V4="http://elsewhere/")
    definition = definition_of(container(environment=elsewhere))
    task = task_of(definition)
    (spec,) = task_spec_of(task, definition).containers
    id_ = runtime_id_of(task.id, "main")
    environment = dict(spec.environment)
    assert environment["ECS_CONTAINER_METADATA_URI_V4"] == f"http://169.254.170.2/v4/{id_}"
    assert environment["ECS_CONTAINER_METADATA_URI"] == f"http://169.254.170.2/v3/{id_}"


def test_labels_name_the_task_and_its_definition() -> None:
    labels = dict(spec_of(container(docker_labels={"mine": "yes"})).labels)
    assert labels["mine"] == "yes"
    assert labels["com.amazonaws.ecs.container-name"] == "main"
    assert labels["com.amazonaws.ecs.task-definition-family"] == "web"
    assert labels["com.amazonaws.ecs.task-definition-version"] == "1"
    assert labels["com.amazonaws.ecs.cluster"].endswith(":cluster/default")
    assert ":task/default/" in labels["com.amazonaws.ecs.task-arn"]


def test_a_definition_that_is_gone_is_a_bug() -> None:
    with pytest.raises(DefinitionMissing):
        task_spec_of(task_of(definition_of(container())), None)


def logged(name: str, driver: str = "awslogs", **options: str) -> ContainerDefinition:
    given = {key.replace("_", "-"): value for key, value in options.items()}
    return ContainerDefinition(
        name=name,
        image="i",
        log_configuration=LogConfiguration(log_driver=driver, options=given),
    )


def test_a_stream_is_named_prefix_container_and_task() -> None:
    definition = definition_of(
        logged("main", awslogs_group="/web", awslogs_stream_prefix="p"),
        logged(
            "side", awslogs_group="/side", awslogs_stream_prefix="q", awslogs_create_group="true"
        ),
        logged("other", driver="splunk"),
        ContainerDefinition(name="silent", image="i"),
    )
    task = new_task(definition, Ids(random.Random(0)), 0.0)
    main, side = log_sinks_of(task, definition, lambda task_id, name: Path(f"/{task_id}/{name}"))
    assert (main.group, main.stream) == ("/web", f"p/main/{task.id}")
    assert (main.path, main.creates_group) == (Path(f"/{task.id}/main"), False)
    assert (side.group, side.stream, side.creates_group) == ("/side", f"q/side/{task.id}", True)


def test_what_nobody_keeps_is_not_written_and_who_may_not_wait_may_lose_lines() -> None:
    definition = definition_of(
        logged("any", awslogs_group="/web"),
        logged("all", awslogs_group="/web", mode="blocking"),
        ContainerDefinition(name="silent", image="i"),
    )
    task = new_task(definition, Ids(random.Random(0)), 0.0)
    sinks = log_sinks_of(task, definition, lambda id_, name: None)
    assert [sink.may_drop for sink in sinks] == [True, False]
    specs = task_spec_of(task, definition).containers
    assert [spec.is_logged for spec in specs] == [True, True, False]


def test_a_proxy_is_the_first_container_and_reads_its_folder() -> None:
    task = connected_task("10.0.0.1", serves=[API], calls=[API, WEB])
    mount = FolderMount(source=Path("/state/task"), destination=MOUNT_POINT)
    spec = task_spec_of(task, PLAIN, mount)
    proxy, app = spec.containers
    assert (proxy.role, proxy.image, proxy.essential) == ("proxy", PROXY_IMAGE, True)
    assert (proxy.mounts, proxy.ready_file) == ((mount,), Path("/state/task") / READY_FILE)
    assert proxy.name == task.containers[0].name
    assert (app.name, app.role, app.mounts) == ("app", "application", ())
    bare = task_spec_of(task, PLAIN).containers[0]
    assert (bare.mounts, bare.ready_file) == ((), None)


def test_names_are_found_at_the_proxys_addresses_each_once() -> None:
    task = connected_task("10.0.0.1", calls=[API, API, WEB])
    assert task_spec_of(task, PLAIN).hosts == ("127.255.0.1 api", "127.255.0.1 web")
    assert task_spec_of(connected_task("10.0.0.1"), PLAIN).hosts == ()


def test_a_proxys_logs_go_where_its_service_says() -> None:
    options = {"awslogs-group": "/mesh", "awslogs-stream-prefix": "proxy"}
    task = connected_task("10.0.0.1")
    assert task.connect is not None
    logging = LogConfiguration(log_driver="awslogs", options=options)
    connect = replace(task.connect, log_configuration=logging)
    (sink,) = log_sinks_of(replace(task, connect=connect), PLAIN, lambda id_, name: None)
    assert (sink.group, sink.container) == ("/mesh", connect.container_name)
    assert sink.stream == f"proxy/{connect.container_name}/{task.id}"


def test_containers_share_their_processes_when_the_definition_says_so() -> None:
    definition = definition_of(container())
    assert not task_spec_of(task_of(definition), definition).shares_processes
    shared = replace(definition, pid_mode="task")
    assert task_spec_of(task_of(shared), shared).shares_processes
