"""Service Connect as clients of the API say and see it."""

from typing import Any

import pytest
from tests.support.api_world import World
from tests.support.connect_requests import SHOP, connected, create, port, registered, served

from hostless.domain.service_connect import TaskConnect
from hostless.store.kinds import DEPLOYMENTS


@pytest.fixture
def shop(ecs: Any, cloud_map: Any) -> Any:
    """A cluster, a namespace, `web` with the port `http`, and `client` without any."""
    ecs.create_cluster(capacityProviders=["FARGATE"])
    cloud_map.create_http_namespace(Name=SHOP)
    registered(ecs, "web", port("http"))
    registered(ecs, "client")
    return ecs


def settled(world: World, service: Any) -> TaskConnect:
    """What the proxies of the newest deployment do."""
    deployment = world.store.get(DEPLOYMENTS, service["deployments"][0]["id"])
    assert deployment is not None
    assert deployment.connect is not None
    return deployment.connect


def names(connect: TaskConnect) -> list[tuple[str, int]]:
    return [(each.dns_name, each.port) for each in connect.upstreams]


def described(ecs: Any, name: str) -> Any:
    return ecs.describe_services(services=[name])["services"][0]


def test_a_service_has_a_service_of_cloud_map_for_each_name_and_shows_it(
    shop: Any, cloud_map: Any, world: World
) -> None:
    asked = connected(
        served(
            "http", alias="web", timeout={"idleTimeoutSeconds": 9, "perRequestTimeoutSeconds": 0}
        )
    )
    made = create(shop, world, "web", asked)
    [behind] = cloud_map.list_services()["Services"]
    assert (behind["Name"], behind["Type"]) == ("http", "HTTP")
    [deployment] = made["deployments"]
    assert deployment["serviceConnectConfiguration"] == asked
    assert deployment["serviceConnectResources"] == [
        {"discoveryName": "http", "discoveryArn": behind["Arn"]}
    ]
    [revision] = shop.describe_service_revisions(
        serviceRevisionArns=[made["currentServiceRevisions"][0]["arn"]]
    )["serviceRevisions"]
    assert revision["serviceConnectConfiguration"] == asked


def test_all_that_can_be_said_is_shown_again(shop: Any, world: World) -> None:
    registered(shop, "web", port("http"), executionRoleArn="arn:aws:iam::000000000000:role/r")
    options = {"awslogs-group": "g", "awslogs-region": "r", "awslogs-stream-prefix": "p"}
    asked = connected(
        served("http", discoveryName="front", ingressPortOverride=8080),
        logConfiguration={"logDriver": "awslogs", "options": options},
        accessLogConfiguration={"format": "JSON", "includeQueryParameters": "ENABLED"},
        containerConfigurations=[{"logLevel": "debug"}],
    )
    made = create(shop, world, "web", asked)
    assert made["deployments"][0]["serviceConnectConfiguration"] == asked
    connect = settled(world, made)
    assert connect.log_configuration is not None
    assert connect.access_log is not None
    assert connect.access_log.includes_query_parameters
    [ingress] = connect.ingresses
    assert (ingress.listen_port, ingress.is_redirected) == (8080, False)


def test_a_client_knows_the_names_that_there_were_when_its_deployment_began(
    shop: Any, world: World
) -> None:
    early = create(shop, world, "client", connected())
    create(shop, world, "web", connected(served("http", alias="web")))
    assert names(settled(world, early)) == []
    scaled = shop.update_service(service="client", desiredCount=5)["service"]
    assert names(settled(world, scaled)) == []
    anew = shop.update_service(service="client", forceNewDeployment=True)["service"]
    assert names(settled(world, anew)) == [("web", 80)]


def test_services_of_other_clusters_are_in_the_namespace_and_other_namespaces_are_not(
    shop: Any, cloud_map: Any, world: World
) -> None:
    cloud_map.create_http_namespace(Name="other")
    shop.create_cluster(clusterName="second", capacityProviders=["FARGATE"])
    create(shop, world, "web", connected(served("http")), cluster="second")
    registered(shop, "else", port("http"))
    create(shop, world, "else", connected(served("http"), namespace="other"))
    assert names(settled(world, create(shop, world, "client", connected()))) == [("http.shop", 80)]


def test_the_clusters_namespace_is_that_of_services_that_name_none(
    shop: Any, cloud_map: Any, world: World
) -> None:
    shop.update_cluster(cluster="default", serviceConnectDefaults={"namespace": SHOP})
    made = create(shop, world, "client", connected(namespace=None))
    [namespace] = cloud_map.list_namespaces()["Namespaces"]
    shown = made["deployments"][0]["serviceConnectConfiguration"]
    assert shown == {"enabled": True, "namespace": namespace["Arn"]}
    listed = shop.list_services_by_namespace(namespace=SHOP)["serviceArns"]
    assert listed == [made["serviceArn"]]


def test_an_update_that_says_nothing_keeps_it_and_a_change_rolls_out(
    shop: Any, cloud_map: Any, world: World
) -> None:
    made = create(shop, world, "web", connected(served("http", alias="web")))
    kept = shop.update_service(service="web", desiredCount=3)["service"]
    same = shop.update_service(
        service="web", serviceConnectConfiguration=connected(served("http", alias="web"))
    )["service"]
    changed = shop.update_service(
        service="web", serviceConnectConfiguration=connected(served("http", alias="front"))
    )["service"]
    ids = [each["deployments"][0]["id"] for each in (made, kept, same, changed)]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    assert names(settled(world, changed)) == [("front", 80)]
    assert len(cloud_map.list_services()["Services"]) == 1


def test_switching_it_off_rolls_out_and_is_shown(shop: Any, world: World) -> None:
    made = create(shop, world, "web", connected(served("http")))
    off = {"enabled": False}
    after = shop.update_service(service="web", serviceConnectConfiguration=off)["service"]
    again = shop.update_service(service="web", serviceConnectConfiguration=off)["service"]
    [deployment] = after["deployments"]
    assert deployment["id"] != made["deployments"][0]["id"]
    assert again["deployments"][0]["id"] == deployment["id"]
    assert deployment["serviceConnectConfiguration"] == off
    assert "serviceConnectResources" not in deployment
    record = world.store.get(DEPLOYMENTS, deployment["id"])
    assert record is not None
    assert record.connect is None
    assert shop.list_services_by_namespace(namespace=SHOP)["serviceArns"] == []


def test_saying_no_to_what_there_was_not_changes_nothing(shop: Any, world: World) -> None:
    made = create(shop, world, "client", {"enabled": False})
    after = shop.update_service(service="client", serviceConnectConfiguration={"enabled": False})[
        "service"
    ]
    assert after["deployments"][0]["id"] == made["deployments"][0]["id"]


def test_a_private_namespace_does_as_well_as_one_of_calls(
    shop: Any, cloud_map: Any, world: World
) -> None:
    cloud_map.create_private_dns_namespace(Name="in.vpc", Vpc=world.network.vpc.id)
    made = create(shop, world, "web", connected(served("http"), namespace="in.vpc"))
    assert names(settled(world, made)) == [("http.in.vpc", 80)]
    [behind] = cloud_map.list_services()["Services"]
    assert (behind["Type"], behind.get("DnsConfig")) == ("HTTP", None)


def test_services_of_a_namespace_are_listed_in_pages_wherever_they_are(
    shop: Any, cloud_map: Any, world: World
) -> None:
    arns = set()
    for number in range(3):
        registered(shop, f"c{number}")
        arns.add(create(shop, world, f"c{number}", connected())["serviceArn"])
    [namespace] = cloud_map.list_namespaces()["Namespaces"]
    asked = shop.get_paginator("list_services_by_namespace").paginate(
        namespace=namespace["Arn"], PaginationConfig={"PageSize": 2}
    )
    pages = list(asked)
    assert [len(page["serviceArns"]) for page in pages] == [2, 1]
    assert {arn for page in pages for arn in page["serviceArns"]} == arns
    shop.delete_service(service="c0", force=True)
    assert len(shop.list_services_by_namespace(namespace=SHOP)["serviceArns"]) == 2


def test_a_service_of_cloud_map_that_somebody_deleted_is_made_again_with_the_next_update(
    shop: Any, cloud_map: Any, world: World
) -> None:
    create(shop, world, "web", connected(served("http")))
    [behind] = cloud_map.list_services()["Services"]
    cloud_map.delete_service(Id=behind["Id"])
    after = shop.update_service(service="web", forceNewDeployment=True)["service"]
    [anew] = cloud_map.list_services()["Services"]
    [resource] = after["deployments"][0]["serviceConnectResources"]
    assert resource["discoveryArn"] == anew["Arn"] != behind["Arn"]
