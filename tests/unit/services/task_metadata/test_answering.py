"""Who asks for what, and is told what: everybody about themselves and nobody about others."""

import asyncio
from typing import Any

import pytest
from tests.support.tasks import VPC
from tests.support.told_tasks import NAMES, Street

from hostless.domain.arns import VpcId
from hostless.domain.container_identity import runtime_id_of
from hostless.domain.tasks import Task
from hostless.services.task_metadata.reading import FORGOTTEN_SECONDS

HERE, THERE = "172.31.0.10", "172.31.0.11"
PATHS = ("", "/task", "/taskWithTags", "/stats", "/task/stats")


def id_of(task: Task, name: str = "web") -> str:
    return runtime_id_of(task.id, name)


async def told(street: Street, task: Task, path: str) -> Any:
    found = await street.answers.answer(VPC.id, HERE, f"/v4/{id_of(task)}{path}")
    assert found.status == 200, found
    return found.body


async def test_a_task_asks_about_itself_by_any_of_its_containers() -> None:
    street = Street()
    task = await street.move_in(HERE)
    for name in NAMES:
        for version in ("v3", "v4"):
            for path in PATHS:
                uri = f"/{version}/{id_of(task, name)}{path}"
                assert (await street.answers.answer(VPC.id, HERE, uri)).status == 200
    assert (await told(street, task, ""))["Name"] == "web"
    assert (await told(street, task, "/task"))["TaskARN"] == task.arn
    assert (await told(street, task, "/task"))["EphemeralStorageMetrics"]["Utilized"] == 261


@pytest.mark.parametrize("path", PATHS)
async def test_another_tasks_id_is_answered_like_one_that_nobody_has(path: str) -> None:
    street = Street()
    await street.move_in(HERE)
    theirs = id_of(await street.move_in(THERE))
    refused = await street.answers.answer(VPC.id, HERE, f"/v4/{theirs}{path}")
    unknown = await street.answers.answer(VPC.id, HERE, f"/v4/nobodys{path}")
    assert (refused.status, unknown.status) == (404, 404)
    assert str(refused.body).replace(theirs, "nobodys") == unknown.body


async def test_the_same_address_in_another_vpc_is_somebody_else() -> None:
    street = Street()
    own = id_of(await street.move_in(HERE))
    elsewhere = VpcId("vpc-2")
    assert (await street.answers.answer(elsewhere, HERE, f"/v4/{own}")).status == 404
    assert (await street.answers.answer(VPC.id, "172.31.0.99", f"/v4/{own}")).status == 404


async def test_the_sentences_are_the_agents() -> None:
    street = Street()
    await street.move_in(HERE)
    for path, sentence in (
        (
            "/v4/bad",
            "V4 container metadata handler: unable to get container ID from request: "
            "unable to get docker ID from v3 endpoint ID: bad",
        ),
        (
            "/v4/bad/task",
            "V4 task metadata handler: unable to get task arn from request: "
            "unable to get task Arn from v3 endpoint ID: bad",
        ),
    ):
        assert (await street.answers.answer(VPC.id, HERE, path)).body == sentence


@pytest.mark.parametrize(
    "path", ["", "/", "/v4", "/v2/metadata", "/v2/credentials/x", "/v5/{}", "/v4/{}/nothing"]
)
async def test_other_paths_are_nowhere(path: str) -> None:
    street = Street()
    own = id_of(await street.move_in(HERE))
    assert (await street.answers.answer(VPC.id, HERE, path.replace("{}", own))).status == 404


async def test_stats_are_between_two_readings_a_second_apart_at_least() -> None:
    street = Street()
    task = await street.move_in(HERE)
    street.clock.at, street.compute.cpu, street.fabric.carried = 1010.0, 100, 500
    first = (await told(street, task, "/task/stats"))[id_of(task)]
    assert first["preread"] == "0001-01-01T00:00:00Z"
    assert first["precpu_stats"]["cpu_usage"]["total_usage"] == 0
    assert first["network_rate_stats"] == {"rx_bytes_per_sec": 50.0, "tx_bytes_per_sec": 100.0}
    street.clock.at, street.compute.cpu = 1010.5, 200
    assert (await told(street, task, "/stats")) == first
    assert (street.compute.looks, street.fabric.looks) == (1, 1)
    street.clock.at, street.compute.cpu, street.fabric.carried = 1012.0, 300, 520
    second = await told(street, task, "/stats")
    assert second["preread"] == first["read"]
    assert second["cpu_stats"]["cpu_usage"]["total_usage"] == 300
    assert second["precpu_stats"]["cpu_usage"] == first["cpu_stats"]["cpu_usage"]
    vcpus = second["cpu_stats"]["online_cpus"]
    machine = [second[each]["system_cpu_usage"] for each in ("cpu_stats", "precpu_stats")]
    assert machine[0] - machine[1] == pytest.approx(2e9 * vcpus)
    assert second["network_rate_stats"] == {"rx_bytes_per_sec": 10.0, "tx_bytes_per_sec": 20.0}


async def test_one_look_at_the_network_is_for_all_that_ask_within_a_second() -> None:
    street = Street()
    task = await street.move_in(HERE)
    other = await street.move_in(THERE)
    await told(street, task, "/stats")
    answer = await street.answers.answer(VPC.id, THERE, f"/v4/{id_of(other)}/stats")
    assert answer.status == 200
    assert (street.compute.looks, street.fabric.looks) == (2, 1)


async def test_what_does_not_run_uses_nothing_that_can_be_told() -> None:
    street = Street()
    task = await street.move_in(HERE)
    street.compute.running = ("side",)
    found = await told(street, task, "/task/stats")
    assert found[id_of(task)] is None
    assert found[id_of(task, "side")]["name"] == "side"
    failed = await street.answers.answer(VPC.id, HERE, f"/v4/{id_of(task)}/stats")
    assert failed.status == 500
    assert failed.body == f"Unable to get container stats for: {id_of(task)}"
    street.compute.running = ()
    street.clock.at += 2
    assert set((await told(street, task, "/task/stats")).values()) == {None}


async def test_a_task_that_asks_no_more_is_forgotten() -> None:
    street = Street()
    task = await street.move_in(HERE)
    other = await street.move_in(THERE)
    await told(street, task, "/stats")
    street.clock.at += FORGOTTEN_SECONDS + 1
    await street.answers.answer(VPC.id, THERE, f"/v4/{id_of(other)}/stats")
    assert (await told(street, task, "/stats"))["preread"] == "0001-01-01T00:00:00Z"


async def test_who_asks_many_times_at_once_has_one_look_taken() -> None:
    street = Street()
    task = await street.move_in(HERE)
    answers = await asyncio.gather(*(told(street, task, "/stats") for _ in range(16)))
    assert answers == [answers[0]] * 16
    assert street.compute.looks == 1


async def test_a_look_that_takes_long_is_good_for_longer() -> None:
    street = Street()
    task = await street.move_in(HERE)
    street.compute.takes = 0.5
    first = await told(street, task, "/stats")
    street.clock.at += 9
    assert await told(street, task, "/stats") == first
    street.clock.at += 2
    assert (await told(street, task, "/stats"))["preread"] == first["read"]
