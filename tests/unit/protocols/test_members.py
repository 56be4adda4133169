"""Answers of both kinds: mappings by AWS's names, records in snake case, and mixtures."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from hostless.protocols.catalogue import ServiceDescription
from hostless.protocols.faults import NotInModel
from hostless.protocols.routing import SpokenService


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    name: str
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRecord:
    cluster_name: str
    settings: tuple[Setting, ...] = ()
    revision_inside: int = 7

    @property
    def status(self) -> str:
        return "ACTIVE"


def rendered(answer: object) -> object:
    description = ServiceDescription("ecs")
    operation = description.find_operation("CreateCluster")
    assert operation is not None
    response = SpokenService(description).protocol("json").render(operation, answer, "rid")
    return json.loads(response.body)


def test_records_and_mappings_may_be_mixed_at_any_depth() -> None:
    record = ClusterRecord(cluster_name="a", settings=(Setting(name="x"),))
    as_mapping: Mapping[str, object] = {
        "clusterName": "a",
        "settings": [Setting(name="x")],
        "status": "ACTIVE",
        "clusterArn": None,
    }
    wanted = {"cluster": {"clusterName": "a", "settings": [{"name": "x"}], "status": "ACTIVE"}}
    assert rendered({"cluster": record}) == wanted
    assert rendered({"cluster": as_mapping}) == wanted


def test_no_answer_is_an_empty_one() -> None:
    assert rendered(None) == {}


def test_a_misspelt_member_is_our_bug_and_not_silently_lost() -> None:
    with pytest.raises(NotInModel, match="Cluster has no member cluster_name"):
        rendered({"cluster": {"cluster_name": "a"}})
    with pytest.raises(NotInModel, match="str is no Cluster"):
        rendered({"cluster": "a"})
