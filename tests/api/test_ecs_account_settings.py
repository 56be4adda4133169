"""ECS account settings through a real client."""

from typing import Any

import pytest
from tests.support.api_world import refusal

ME = "arn:aws:iam::000000000000:user/admin"


def effective(ecs: Any, **members: Any) -> dict[str, str]:
    settings = ecs.list_account_settings(effectiveSettings=True, **members)["settings"]
    return {setting["name"]: setting["value"] for setting in settings}


def test_defaults_are_awss_own(ecs: Any) -> None:
    values = effective(ecs)
    assert values["dualStackIPv6"] == "enabled"
    assert len(values) == 12
    assert values["taskLongArnFormat"] == "enabled"
    assert values["containerInsights"] == "disabled"
    assert values["fargateTaskRetirementWaitPeriod"] == "7"
    assert ecs.list_account_settings()["settings"] == []


def test_ones_own_value_goes_before_the_accounts(ecs: Any) -> None:
    ecs.put_account_setting_default(name="containerInsights", value="enabled")
    assert effective(ecs)["containerInsights"] == "enabled"
    put = ecs.put_account_setting(name="containerInsights", value="enhanced")["setting"]
    assert put == {
        "name": "containerInsights",
        "value": "enhanced",
        "principalArn": ME,
        "type": "user",
    }
    assert effective(ecs)["containerInsights"] == "enhanced"
    assert (
        effective(ecs, principalArn="arn:aws:iam::000000000000:user/x")["containerInsights"]
        == "enabled"
    )
    assert [s["value"] for s in ecs.list_account_settings()["settings"]] == ["enhanced"]
    ecs.delete_account_setting(name="containerInsights")
    assert effective(ecs)["containerInsights"] == "enabled"


def test_new_clusters_take_container_insights_from_the_settings(ecs: Any) -> None:
    ecs.put_account_setting_default(name="containerInsights", value="enabled")
    settings = ecs.create_cluster()["cluster"]["settings"]
    assert settings == [{"name": "containerInsights", "value": "enabled"}]


def test_settings_are_filtered_and_paged(ecs: Any) -> None:
    assert effective(ecs, name="awsvpcTrunking") == {"awsvpcTrunking": "disabled"}
    assert effective(ecs, name="awsvpcTrunking", value="enabled") == {}
    pages = ecs.get_paginator("list_account_settings").paginate(
        effectiveSettings=True, PaginationConfig={"PageSize": 4}
    )
    shown = [[setting["name"] for setting in page["settings"]] for page in pages]
    assert {len(names) for names in shown[:-1]} == {4}
    assert [name for names in shown for name in names] == list(effective(ecs))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("taskLongArnFormat", "disabled"),
        ("fargateTaskRetirementWaitPeriod", "1"),
        ("guardDutyActivate", "on"),
    ],
)
def test_values_that_cannot_be(ecs: Any, name: str, value: str) -> None:
    assert refusal(ecs.put_account_setting, name=name, value=value) == (
        "InvalidParameterException",
        f"Invalid value for setting {name}: {value}",
    )
    assert ecs.list_account_settings()["settings"] == []
