"""A service is looked at by indexes and counts alone."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.support.api_world import World, fargate_definition

from hostless.domain.new_service import begin_rollout, content_of
from hostless.services.ecs.service_picture import need_revision, picture_of
from hostless.store.kinds import (
    DEPLOYMENTS,
    SERVICE_DEPLOYMENTS,
    SERVICE_REVISIONS,
    SERVICES,
    TASKS,
)
from hostless.store.tables import Table


async def world_with_service() -> World:
    world = await World().open()
    await world.call("CreateCluster")
    await world.call("RegisterTaskDefinition", **fargate_definition())
    await world.call(
        "CreateService",
        service_name="web",
        task_definition="web",
        desired_count=1,
        launch_type="FARGATE",
        network_configuration=world.network_configuration(),
    )
    return world


def test_describing_a_service_looks_at_no_task_and_at_no_other_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scene() -> None:
        world = await world_with_service()

        def no_scan(table: Table[Any]) -> Iterator[Any]:
            raise AssertionError("everything was looked through")

        find = Table.find

        def no_tasks(table: Table[Any], index: str, value: str) -> list[Any]:
            assert table is not world.store.table(TASKS)
            return find(table, index, value)

        monkeypatch.setattr(Table, "all", no_scan)
        monkeypatch.setattr(Table, "find", no_tasks)
        answer = await world.perform("ecs", "DescribeServices", {"services": ["web"]})
        assert answer["services"][0]["status"] == "ACTIVE"

    asyncio.run(scene())


def test_a_replaced_deployment_without_tasks_is_not_shown_any_more() -> None:
    async def scene() -> None:
        world = await world_with_service()
        (service,) = world.store.all(SERVICES)
        (old,) = world.store.all(DEPLOYMENTS)
        content = content_of(need_revision(world.store, service.revision_arn))
        rollout = begin_rollout(world.realm, service, content, (old,), world.ids, world.clock.now())
        transaction = world.store.transaction("test")
        transaction.put(SERVICE_REVISIONS, rollout.revision)
        transaction.put(SERVICE_DEPLOYMENTS, rollout.service_deployment)
        transaction.put(DEPLOYMENTS, rollout.deployment)
        transaction.put(SERVICES, replace(service, revision_arn=rollout.revision.arn))
        await transaction.commit()
        picture = picture_of(world.store, service)
        assert [shown.deployment.id for shown in picture.deployments] == [rollout.deployment.id]
        assert picture.newest_attempt == rollout.service_deployment

    asyncio.run(scene())
