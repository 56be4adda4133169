"""How callers name clusters, definitions and tasks."""

import pytest

from hostless.domain.arns import Realm
from hostless.domain.errors import ApiError
from hostless.services.ecs.references import (
    DefinitionName,
    cluster_arn_of,
    definition_name_of,
    task_arn_of,
)

REALM = Realm()
ID = "0123456789abcdef0123456789abcdef"
TASK = f"arn:aws:ecs:us-east-1:000000000000:task/web/{ID}"
OLD_TASK = f"arn:aws:ecs:us-east-1:000000000000:task/{ID}"


@pytest.mark.parametrize("reference", [None, "", "default", REALM.cluster_arn("default")])
def test_the_default_cluster_has_four_names(reference: str | None) -> None:
    assert cluster_arn_of(reference, REALM) == REALM.cluster_arn("default")


@pytest.mark.parametrize("reference", [ID, TASK, OLD_TASK])
def test_a_task_is_named_by_id_long_arn_or_old_arn(reference: str) -> None:
    assert task_arn_of(reference, "web", REALM) == TASK


@pytest.mark.parametrize(
    "reference", ["", "x", ID[:-1], ID.upper(), f"{TASK}/x", "arn:aws:ecs:x", f"{OLD_TASK}0"]
)
def test_what_names_no_task_is_refused(reference: str) -> None:
    with pytest.raises(ApiError):
        task_arn_of(reference, "web", REALM)


@pytest.mark.parametrize(
    ("reference", "revision"),
    [("web", None), ("web:3", 3), (REALM.task_definition_arn("web", 3), 3)],
)
def test_a_definition_is_named_with_or_without_revision(
    reference: str, revision: int | None
) -> None:
    assert definition_name_of(reference) == DefinitionName(family="web", revision=revision)


@pytest.mark.parametrize("reference", ["", "a b", "web:", "web:0", "web:x", "web:1:2", "web:٣"])
def test_what_names_no_definition_is_refused(reference: str) -> None:
    with pytest.raises(ApiError):
        definition_name_of(reference)
