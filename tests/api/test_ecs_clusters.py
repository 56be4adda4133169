"""Clusters and capacity providers through a real client."""

from typing import Any

import pytest
from tests.support.api_world import World, refusal

ARN = "arn:aws:ecs:us-east-1:000000000000:cluster/web"
NOT_FOUND = ("ClusterNotFoundException", "Cluster not found.")


def test_a_new_cluster_is_shown_to_the_field(ecs: Any) -> None:
    cluster = ecs.create_cluster(
        clusterName="web",
        tags=[{"key": "team", "value": "a"}],
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}],
    )["cluster"]
    assert cluster == {
        "clusterArn": ARN,
        "clusterName": "web",
        "status": "ACTIVE",
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": 0,
        "pendingTasksCount": 0,
        "activeServicesCount": 0,
        "statistics": [],
        "tags": [{"key": "team", "value": "a"}],
        "settings": [{"name": "containerInsights", "value": "disabled"}],
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": [
            {"capacityProvider": "FARGATE", "weight": 1, "base": 0}
        ],
        "attachments": [],
    }


def test_without_a_name_the_cluster_is_called_default(ecs: Any) -> None:
    assert ecs.create_cluster()["cluster"]["clusterName"] == "default"
    described = ecs.describe_clusters()
    assert [cluster["clusterName"] for cluster in described["clusters"]] == ["default"]


def test_describe_shows_extras_only_when_asked(ecs: Any) -> None:
    configuration = {"executeCommandConfiguration": {"logging": "DEFAULT"}}
    ecs.create_cluster(
        clusterName="web", tags=[{"key": "a", "value": ""}], configuration=configuration
    )
    plain = ecs.describe_clusters(clusters=["web"])["clusters"][0]
    assert (plain["tags"], plain["settings"], plain["statistics"]) == ([], [], [])
    assert "configuration" not in plain
    full = ecs.describe_clusters(
        clusters=[ARN],
        include=["TAGS", "SETTINGS", "CONFIGURATIONS", "STATISTICS", "ATTACHMENTS"],
    )["clusters"][0]
    assert full["tags"] == [{"key": "a", "value": ""}]
    assert full["settings"] == [{"name": "containerInsights", "value": "disabled"}]
    assert full["configuration"] == configuration
    assert full["attachments"] == []
    statistics = {pair["name"]: pair["value"] for pair in full["statistics"]}
    assert statistics["runningFargateTasksCount"] == "0"
    assert len(statistics) == 16


def test_a_missing_cluster_is_a_failure_and_no_error(ecs: Any) -> None:
    answer = ecs.describe_clusters(clusters=["web"])
    assert answer["clusters"] == []
    assert answer["failures"] == [{"arn": ARN, "reason": "MISSING"}]


def test_creating_it_again_is_fine_but_not_with_other_arguments(ecs: Any) -> None:
    ecs.create_cluster(clusterName="web", tags=[{"key": "a", "value": "1"}])
    assert ecs.create_cluster(clusterName="web")["cluster"]["clusterArn"] == ARN
    assert refusal(ecs.create_cluster, clusterName="web", tags=[{"key": "a", "value": "2"}]) == (
        "InvalidParameterException",
        "Arguments on this idempotent request are inconsistent with arguments used in "
        "previous request(s).",
    )


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        (
            {"clusterName": "a b"},
            r"Cluster must match ^[a-zA-Z0-9\-_]{1,255}$, but was a b",
        ),
        ({"settings": [{"name": "containerInsights", "value": "x"}]}, "Invalid setting 'value'"),
        (
            {"capacityProviders": ["mine"]},
            "The specified capacity provider was not found. "
            "Specify a valid capacity provider and try again.",
        ),
        (
            {"defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE"}]},
            "The specified capacity provider strategy cannot contain a capacity provider that is "
            "not associated with the cluster. Associate the capacity provider with the cluster "
            "or specify a valid capacity provider and try again.",
        ),
        (
            {
                "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
                "defaultCapacityProviderStrategy": [
                    {"capacityProvider": "FARGATE", "base": 1},
                    {"capacityProvider": "FARGATE_SPOT", "base": 1},
                ],
            },
            "There are multiple capacity providers in the specified capacity provider strategy "
            "with a base value defined.",
        ),
        (
            {"configuration": {"executeCommandConfiguration": {"logging": "OVERRIDE"}}},
            "A CloudWatch log group name or S3 bucket name must be specified when overriding "
            "the default log configuration.",
        ),
        (
            {
                "configuration": {
                    "executeCommandConfiguration": {
                        "logging": "DEFAULT",
                        "logConfiguration": {"s3BucketName": "b"},
                    }
                }
            },
            "You must set logging to 'OVERRIDE' when you supply a log configuration.",
        ),
    ],
)
def test_what_a_cluster_cannot_be(ecs: Any, members: dict[str, Any], sentence: str) -> None:
    assert refusal(ecs.create_cluster, **members) == ("InvalidParameterException", sentence)
    assert ecs.list_clusters()["clusterArns"] == []


def test_a_clusters_namespace_may_be_one_that_exists_by_name_or_arn(
    ecs: Any, cloud_map: Any
) -> None:
    cloud_map.create_http_namespace(Name="shop")
    [shop] = cloud_map.list_namespaces()["Namespaces"]
    for name, said in (("one", "shop"), ("two", shop["Arn"])):
        members = {"clusterName": name, "serviceConnectDefaults": {"namespace": said}}
        made = ecs.create_cluster(**members)["cluster"]
        assert made["serviceConnectDefaults"] == {"namespace": shop["Arn"]}
        assert ecs.create_cluster(**members)["cluster"] == made
    assert len(cloud_map.list_namespaces()["Namespaces"]) == 1


def test_a_name_that_there_is_no_namespace_of_becomes_one_of_calls_of_the_api(
    ecs: Any, cloud_map: Any
) -> None:
    ecs.create_cluster()
    ecs.update_cluster(cluster="default", serviceConnectDefaults={"namespace": "new"})
    [shown] = ecs.describe_clusters()["clusters"]
    [made] = cloud_map.list_namespaces()["Namespaces"]
    assert (made["Name"], made["Type"]) == ("new", "HTTP")
    assert shown["serviceConnectDefaults"] == {"namespace": made["Arn"]}
    tags = cloud_map.list_tags_for_resource(ResourceARN=made["Arn"])["Tags"]
    assert tags == [{"Key": "AmazonECSManaged", "Value": "true"}]
    ecs.update_cluster(cluster="default", serviceConnectDefaults={"namespace": ""})
    [shown] = ecs.describe_clusters()["clusters"]
    assert "serviceConnectDefaults" not in shown
    assert len(cloud_map.list_namespaces()["Namespaces"]) == 1


def test_an_arn_of_no_namespace_is_not_found_and_not_every_name_can_be_one(ecs: Any) -> None:
    arn = "arn:aws:servicediscovery:us-east-1:000000000000:namespace/ns-x"
    assert refusal(ecs.create_cluster, serviceConnectDefaults={"namespace": arn}) == (
        "NamespaceNotFoundException",
        f"Failed to retrieve namespace for {arn}",
    )
    code, _ = refusal(ecs.create_cluster, serviceConnectDefaults={"namespace": "a/b"})
    assert code == "InvalidParameterException"
    assert ecs.list_clusters()["clusterArns"] == []


def test_listing_has_pages(ecs: Any) -> None:
    for number in range(5):
        ecs.create_cluster(clusterName=f"c{number}")
    pages = list(ecs.get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["clusterArns"]) for page in pages] == [2, 2, 1]
    assert len({arn for page in pages for arn in page["clusterArns"]}) == 5
    assert refusal(ecs.list_clusters, nextToken="nonsense") == (
        "InvalidParameterException",
        "Invalid token.",
    )


def test_a_deleted_cluster_is_inactive_and_its_name_free_again(ecs: Any) -> None:
    ecs.create_cluster(clusterName="web", tags=[{"key": "a", "value": "1"}])
    assert ecs.delete_cluster(cluster="web")["cluster"]["status"] == "INACTIVE"
    assert ecs.list_clusters()["clusterArns"] == []
    assert ecs.describe_clusters(clusters=["web"])["clusters"][0]["status"] == "INACTIVE"
    assert refusal(ecs.update_cluster, cluster="web") == (
        "ClientException",
        "Cluster was not ACTIVE.",
    )
    assert ecs.create_cluster(clusterName="web")["cluster"]["tags"] == []


def test_settings_and_configuration_can_be_changed(ecs: Any) -> None:
    ecs.create_cluster(clusterName="web")
    enhanced = [{"name": "containerInsights", "value": "enhanced"}]
    updated = ecs.update_cluster_settings(cluster="web", settings=enhanced)["cluster"]
    assert updated["settings"] == enhanced
    configuration = {
        "executeCommandConfiguration": {
            "logging": "OVERRIDE",
            "logConfiguration": {"cloudWatchLogGroupName": "/exec"},
        }
    }
    updated = ecs.update_cluster(cluster=ARN, configuration=configuration)["cluster"]
    assert updated["configuration"] == configuration
    assert updated["settings"] == enhanced


def test_capacity_providers_are_replaced_whole(ecs: Any) -> None:
    ecs.create_cluster(clusterName="web", capacityProviders=["FARGATE"])
    changed = ecs.put_cluster_capacity_providers(
        cluster="web",
        capacityProviders=["FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 3}],
    )["cluster"]
    assert changed["capacityProviders"] == ["FARGATE_SPOT"]
    shown = ecs.describe_capacity_providers(cluster="web")["capacityProviders"]
    assert [provider["name"] for provider in shown] == ["FARGATE_SPOT"]


def test_the_two_capacity_providers_of_fargate_exist(ecs: Any) -> None:
    answer = ecs.describe_capacity_providers(capacityProviders=["FARGATE", "mine"])
    assert answer["capacityProviders"] == [
        {
            "capacityProviderArn": ("arn:aws:ecs:us-east-1:000000000000:capacity-provider/FARGATE"),
            "name": "FARGATE",
            "status": "ACTIVE",
            "tags": [],
        }
    ]
    assert [failure["reason"] for failure in answer["failures"]] == ["MISSING"]


def test_unknown_clusters_are_not_found(ecs: Any, world: World) -> None:
    assert refusal(ecs.update_cluster, cluster="web") == NOT_FOUND
    assert refusal(ecs.update_cluster_settings, cluster="web", settings=[]) == NOT_FOUND
    assert refusal(ecs.delete_cluster, cluster="web") == NOT_FOUND
    assert (
        refusal(
            ecs.put_cluster_capacity_providers,
            cluster="web",
            capacityProviders=[],
            defaultCapacityProviderStrategy=[],
        )
        == NOT_FOUND
    )
