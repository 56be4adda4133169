"""ECS services that register their tasks with Cloud Map: what they may say, and what is shown."""

from typing import Any

import pytest
from tests.support.api_world import World, fargate, refusal, service_members

INVALID = "InvalidParameterException"


def new_registry(cloud_map: Any, world: World, *types: str, routing: str = "MULTIVALUE") -> str:
    """The ARN of a service in a private namespace."""
    cloud_map.create_private_dns_namespace(Name="app.local", Vpc=world.network.vpc.id)
    namespace = cloud_map.list_namespaces()["Namespaces"][0]["Id"]
    records = [{"Type": each, "TTL": 10} for each in types]
    config = {"DnsRecords": records, "RoutingPolicy": routing}
    made = cloud_map.create_service(Name="web", NamespaceId=namespace, DnsConfig=config)
    return str(made["Service"]["Arn"])


@pytest.fixture
def ready(ecs: Any) -> Any:
    """A cluster, and `web`, whose container `app` has the port 80."""
    ecs.create_cluster(capacityProviders=["FARGATE"])
    app = {"name": "app", "image": "busybox:1", "portMappings": [{"containerPort": 80}]}
    ecs.register_task_definition(**fargate(containerDefinitions=[app]))
    return ecs


def test_a_service_shows_its_registry_and_so_does_its_revision(
    ready: Any, cloud_map: Any, world: World
) -> None:
    arn = new_registry(cloud_map, world, "SRV")
    registry = {"registryArn": arn, "containerName": "app", "containerPort": 80}
    members = service_members(world, serviceRegistries=[registry])
    made = ready.create_service(**members)["service"]
    assert made["serviceRegistries"] == [registry]
    attempt = ready.list_service_deployments(service="web")["serviceDeployments"][0]
    revision = attempt["targetServiceRevisionArn"]
    shown = ready.describe_service_revisions(serviceRevisionArns=[revision])["serviceRevisions"][0]
    assert shown["serviceRegistries"] == [registry]


def test_an_update_keeps_registries_that_it_does_not_name_and_a_change_rolls_out(
    ready: Any, cloud_map: Any, world: World
) -> None:
    arn = new_registry(cloud_map, world, "A")
    members = service_members(world, serviceRegistries=[{"registryArn": arn}])
    made = ready.create_service(**members)["service"]
    kept = ready.update_service(service="web", desiredCount=3)["service"]
    assert kept["serviceRegistries"] == [{"registryArn": arn}]
    gone = ready.update_service(service="web", serviceRegistries=[])["service"]
    assert gone["serviceRegistries"] == []
    ids = [each["deployments"][0]["id"] for each in (made, kept, gone)]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    ("types", "routing", "registry"),
    [
        (("AAAA",), "MULTIVALUE", {}),
        (("CNAME",), "WEIGHTED", {}),
        (("SRV",), "MULTIVALUE", {}),
        (("SRV",), "MULTIVALUE", {"containerName": "app"}),
        (("SRV",), "MULTIVALUE", {"containerName": "other", "containerPort": 80}),
        (("SRV",), "MULTIVALUE", {"containerName": "app", "containerPort": 81}),
        (("SRV",), "MULTIVALUE", {"port": 70_000}),
        (("SRV",), "MULTIVALUE", {"port": 80, "containerName": "app", "containerPort": 80}),
    ],
)
def test_registries_that_tasks_have_no_answer_to_are_refused(
    ready: Any,
    cloud_map: Any,
    world: World,
    types: tuple[str, ...],
    routing: str,
    registry: dict[str, Any],
) -> None:
    arn = new_registry(cloud_map, world, *types, routing=routing)
    given = service_members(world, serviceRegistries=[{"registryArn": arn, **registry}])
    assert refusal(ready.create_service, **given)[0] == INVALID
    assert ready.list_services()["serviceArns"] == []


def test_a_service_has_one_registry_at_most(ready: Any, cloud_map: Any, world: World) -> None:
    registry = {"registryArn": new_registry(cloud_map, world, "A")}
    given = service_members(world, serviceRegistries=[registry, registry])
    assert refusal(ready.create_service, **given)[0] == INVALID


def test_a_definition_without_the_registered_port_is_refused_in_an_update(
    ready: Any, cloud_map: Any, world: World
) -> None:
    registry = {
        "registryArn": new_registry(cloud_map, world, "SRV"),
        "containerName": "app",
        "containerPort": 80,
    }
    ready.create_service(**service_members(world, serviceRegistries=[registry]))
    ready.register_task_definition(**fargate())
    assert refusal(ready.update_service, service="web", taskDefinition="web:2") == (
        INVALID,
        "The container app did not have a container port 80 defined.",
    )
