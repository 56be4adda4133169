"""What is refused of Service Connect; nothing is changed by it."""

from typing import Any

import pytest
from tests.support.api_world import World, refusal, service_members
from tests.support.connect_requests import SHOP, connected, create, port, registered, served

from hostless.store.kinds import ALL_KINDS, DEPLOYMENTS

INVALID, UNSUPPORTED = "InvalidParameterException", "UnsupportedFeatureException"
NOT_FOUND = "NamespaceNotFoundException"


@pytest.fixture
def shop(ecs: Any, cloud_map: Any) -> Any:
    """A cluster, a namespace, `web` and `other` with the port `http`."""
    ecs.create_cluster(capacityProviders=["FARGATE"])
    cloud_map.create_http_namespace(Name=SHOP)
    registered(ecs, "web", port("http"))
    registered(ecs, "other", port("http"))
    return ecs


def everything(world: World) -> dict[str, list[object]]:
    return {kind.name: list(world.store.all(kind)) for kind in ALL_KINDS}


def namespace_arn(cloud_map: Any) -> str:
    return str(cloud_map.list_namespaces()["Namespaces"][0]["Arn"])


REFUSED: dict[str, tuple[Any, str, str]] = {
    "no such port": (
        connected(served("admin")),
        INVALID,
        "The portName admin does not exist in the task definition.",
    ),
    "no namespace": (
        connected(namespace=None),
        INVALID,
        "A namespace must be specified in serviceConnectConfiguration: the cluster has no "
        "default Service Connect namespace.",
    ),
    "unknown namespace": (
        connected(namespace="none"),
        NOT_FOUND,
        "Failed to retrieve namespace for none",
    ),
    "tls": (
        connected(served("http", tls={"issuerCertificateAuthority": {}})),
        UNSUPPORTED,
        "serviceConnectConfiguration.services.tls: there is no AWS Private CA here",
    ),
    "test traffic": (
        connected(
            {
                "portName": "http",
                "clientAliases": [{"port": 1, "testTrafficRules": {"header": {"name": "x"}}}],
            }
        ),
        UNSUPPORTED,
        "serviceConnectConfiguration.services.clientAliases.testTrafficRules: only rolling "
        "updates are supported here",
    ),
    "log driver": (
        connected(logConfiguration={"logDriver": "splunk"}),
        UNSUPPORTED,
        "The log driver splunk is not supported here; awslogs is.",
    ),
    "two levels": (
        connected(containerConfigurations=[{"logLevel": "info"}, {"logLevel": "debug"}]),
        INVALID,
        "Each setting can appear only once in containerConfigurations.",
    ),
    "no setting": (
        connected(containerConfigurations=[{}]),
        INVALID,
        "ContainerConfigurations must have exactly one member set.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_create_service_refuses(shop: Any, world: World, case: str) -> None:
    configuration, code, sentence = REFUSED[case]
    before = everything(world)
    members = service_members(world, serviceConnectConfiguration=configuration)
    assert refusal(shop.create_service, **members) == (code, sentence)
    assert everything(world) == before


@pytest.mark.parametrize("case", REFUSED)
def test_update_service_refuses_the_same(shop: Any, world: World, case: str) -> None:
    configuration, code, sentence = REFUSED[case]
    create(shop, world, "web", connected(served("http")))
    before = everything(world)
    changes = {"service": "web", "serviceConnectConfiguration": configuration}
    assert refusal(shop.update_service, **changes) == (code, sentence)
    assert everything(world) == before


def test_a_discovery_name_is_one_services_in_a_namespace(
    shop: Any, cloud_map: Any, world: World
) -> None:
    create(shop, world, "web", connected(served("http", alias="web")))
    before = everything(world)
    members = service_members(
        world,
        serviceName="other",
        serviceConnectConfiguration=connected(served("http", alias="other")),
    )
    sentence = f"SC service is already used by {namespace_arn(cloud_map)}"
    assert refusal(shop.create_service, **members) == (INVALID, f"CreateService error: {sentence}")
    assert everything(world) == before
    create(shop, world, "other", connected(served("http", alias="other", discoveryName="o")))
    changed = connected(served("http", alias="other"))
    assert refusal(shop.update_service, service="other", serviceConnectConfiguration=changed) == (
        INVALID,
        f"UpdateService error: {sentence}",
    )


def test_a_service_of_cloud_map_that_somebody_else_made_is_not_taken(
    shop: Any, cloud_map: Any, world: World
) -> None:
    [namespace] = cloud_map.list_namespaces()["Namespaces"]
    cloud_map.create_service(Name="http", NamespaceId=namespace["Id"])
    members = service_members(world, serviceConnectConfiguration=connected(served("http")))
    assert refusal(shop.create_service, **members) == (
        INVALID,
        f"CreateService error: SC service is already used by {namespace['Arn']}",
    )


def test_a_client_alias_is_one_services_in_a_namespace(
    shop: Any, cloud_map: Any, world: World
) -> None:
    create(shop, world, "web", connected(served("http", alias="web")))
    taken = connected(served("http", alias="web", discoveryName="second"))
    members = service_members(world, serviceName="other", serviceConnectConfiguration=taken)
    assert refusal(shop.create_service, **members) == (
        INVALID,
        "The client alias web:80 is already used by another service of the namespace "
        f"{namespace_arn(cloud_map)}.",
    )
    at_another_port = connected(served("http", alias="web", at=81, discoveryName="second"))
    create(shop, world, "other", at_another_port)


async def test_a_client_alias_is_free_when_no_deployment_can_be_gone_back_to_that_has_it(
    shop: Any, world: World
) -> None:
    made = create(shop, world, "web", connected(served("http", alias="web")))
    shop.update_service(
        service="web", serviceConnectConfiguration=connected(served("http", alias="later"))
    )
    wanted = connected(served("http", alias="web", discoveryName="second"))
    members = service_members(world, serviceName="other", serviceConnectConfiguration=wanted)
    code, sentence = refusal(shop.create_service, **members)
    assert code == INVALID
    assert sentence.startswith("The client alias web:80 is already used by another service")
    transaction = world.store.transaction("it is forgotten")
    transaction.delete(DEPLOYMENTS, made["deployments"][0]["id"])
    await transaction.commit()
    create(shop, world, "other", wanted)


def test_a_task_definition_without_the_port_is_refused_as_long_as_the_port_is_served(
    shop: Any, world: World
) -> None:
    create(shop, world, "web", connected(served("http")))
    registered(shop, "bare")
    assert refusal(shop.update_service, service="web", taskDefinition="bare") == (
        INVALID,
        "The portName http does not exist in the task definition.",
    )
    off = {"enabled": False}
    shop.update_service(service="web", taskDefinition="bare", serviceConnectConfiguration=off)


def test_a_namespace_with_names_of_services_cannot_be_deleted(
    shop: Any, cloud_map: Any, world: World
) -> None:
    create(shop, world, "web", connected(served("http")))
    [namespace] = cloud_map.list_namespaces()["Namespaces"]
    assert refusal(cloud_map.delete_namespace, Id=namespace["Id"])[0] == "ResourceInUse"


def test_a_names_protocol_is_for_ever(shop: Any, world: World) -> None:
    arn = create(shop, world, "web", connected(served("http")))["serviceArn"]
    registered(shop, "web", port("http", app_protocol="http2"))

    def config(protocol: str) -> str:
        return (
            f"ScServiceStableConfig(applicationProtocol={protocol}, transportProtocol=tcp, "
            f"ecsServiceArn={arn})"
        )

    assert refusal(shop.update_service, service="web", taskDefinition="web") == (
        INVALID,
        "The following config cannot be changed for a SC service. Previous config: "
        f"{config('http')}, current config: {config('http2')}",
    )
    renamed = connected(served("http", discoveryName="anew"))
    shop.update_service(service="web", taskDefinition="web", serviceConnectConfiguration=renamed)


def test_service_connect_needs_the_newest_platform(shop: Any, world: World) -> None:
    members = service_members(world, platformVersion="1.3.0")
    configuration = connected(served("http"))
    code, _ = refusal(shop.create_service, **members, serviceConnectConfiguration=configuration)
    assert code == "PlatformTaskDefinitionIncompatibilityException"
    shop.create_service(**members, serviceConnectConfiguration={"enabled": False})


def test_a_client_whose_namespace_was_deleted_goes_on_and_is_not_deployed_again(
    shop: Any, cloud_map: Any, world: World
) -> None:
    create(shop, world, "web", connected())
    [namespace] = cloud_map.list_namespaces()["Namespaces"]
    cloud_map.delete_namespace(Id=namespace["Id"])
    assert shop.update_service(service="web", desiredCount=1)["service"]["desiredCount"] == 1
    before = everything(world)
    assert refusal(shop.update_service, service="web", forceNewDeployment=True) == (
        NOT_FOUND,
        f"Failed to retrieve namespace for {SHOP}",
    )
    assert everything(world) == before
    off = {"enabled": False}
    shop.update_service(service="web", serviceConnectConfiguration=off)
