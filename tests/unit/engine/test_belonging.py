"""Unit tests of whose a state folder is."""

import random
from dataclasses import replace

import pytest
from tests.support.api_world import HandClock
from tests.support.tasks import definition_of, new_task

from hostless.domain.arns import Realm
from hostless.domain.clusters import Cluster
from hostless.domain.settings import Settings
from hostless.engine.belonging import StateOfAnother, check_belongs
from hostless.engine.first_start import keep, networks_of
from hostless.kit.ids import Ids
from hostless.store.kinds import CLUSTERS, TASKS
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store

SETTINGS = Settings(state_dir="/nowhere")
IDS = Ids(random.Random(1))


@pytest.fixture
async def store() -> Store:
    """Of an engine that was started with SETTINGS and has a cluster and a task."""
    store = Store(MemoryStorage(), HandClock())
    await keep(networks_of(store, SETTINGS, IDS), store)
    arn = SETTINGS.realm.cluster_arn("default")
    transaction = store.transaction("test")
    transaction.put(CLUSTERS, Cluster(arn=arn, name="default", created_at=0.0))
    transaction.put(TASKS, new_task(definition_of(), IDS, 0.0))
    await transaction.commit()
    return store


def test_an_empty_store_belongs_to_anybody() -> None:
    realm = Realm(account_id="111111111111", region="eu-west-1")
    check_belongs(Store(MemoryStorage(), HandClock()), replace(SETTINGS, realm=realm))


async def test_the_engine_that_made_it_may_come_back(store: Store) -> None:
    check_belongs(store, SETTINGS)


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (
            replace(SETTINGS, realm=Realm(region="eu-west-1")),
            "what /nowhere holds is of region us-east-1, not eu-west-1",
        ),
        (
            replace(SETTINGS, realm=Realm(account_id="111111111111")),
            "what /nowhere holds is of account 000000000000, not 111111111111",
        ),
        (
            replace(SETTINGS, backend="simulated"),
            "what /nowhere holds is of backend local, not simulated",
        ),
    ],
)
async def test_another_engine_is_told_whose_it_is(
    store: Store, other: Settings, sentence: str
) -> None:
    with pytest.raises(StateOfAnother, match=sentence):
        check_belongs(store, other)


async def test_tasks_that_have_stopped_bind_no_backend(store: Store) -> None:
    transaction = store.transaction("test")
    for task in store.all(TASKS):
        transaction.put(TASKS, replace(task, goal="STOPPED", status="STOPPED"))
    await transaction.commit()
    check_belongs(store, replace(SETTINGS, backend="simulated"))
