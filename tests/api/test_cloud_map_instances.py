"""Cloud Map's instances through a real client: registering, their health, discovering them."""

from typing import Any

import pytest
from tests.support.api_world import World, refusal

ONE = {"AWS_INSTANCE_IPV4": "10.0.0.1", "version": "1"}
TWO = {"AWS_INSTANCE_IPV4": "10.0.0.2", "version": "2", "AWS_INIT_HEALTH_STATUS": "UNHEALTHY"}


@pytest.fixture
def namespace(cloud_map: Any, world: World) -> str:
    cloud_map.create_private_dns_namespace(Name="app.local", Vpc=world.network.vpc.id)
    return str(cloud_map.list_namespaces()["Namespaces"][0]["Id"])


def new_service(cloud_map: Any, namespace: str, *types: str, **more: Any) -> str:
    config = {
        "DnsRecords": [{"Type": each, "TTL": 60} for each in types],
        "RoutingPolicy": "WEIGHTED",
    }
    made = cloud_map.create_service(
        Name="web", NamespaceId=namespace, **({"DnsConfig": config} if types else {}), **more
    )
    return str(made["Service"]["Id"])


@pytest.fixture
def service(cloud_map: Any, namespace: str) -> str:
    """With a custom health check and two instances; the second one is not healthy."""
    id_ = new_service(cloud_map, namespace, "A", HealthCheckCustomConfig={})
    cloud_map.register_instance(ServiceId=id_, InstanceId="one", Attributes=ONE)
    cloud_map.register_instance(ServiceId=id_, InstanceId="two", Attributes=TWO)
    return id_


def discovered(cloud_map: Any, **members: Any) -> set[str]:
    answer = cloud_map.discover_instances(NamespaceName="app.local", ServiceName="web", **members)
    return {each["InstanceId"] for each in answer["Instances"]}


def test_an_instance_shows_what_was_registered(cloud_map: Any, service: str) -> None:
    shown = cloud_map.get_instance(ServiceId=service, InstanceId="one")["Instance"]
    assert (shown["Id"], shown["Attributes"]) == ("one", ONE)
    listed = cloud_map.list_instances(ServiceId=service)["Instances"]
    assert [each["Id"] for each in listed] == ["one", "two"]
    assert cloud_map.get_service(Id=service)["Service"]["InstanceCount"] == 2
    pages = cloud_map.get_paginator("list_instances").paginate(
        ServiceId=service, PaginationConfig={"PageSize": 1}
    )
    assert [page["Instances"][0]["Id"] for page in pages] == ["one", "two"]


def test_instances_are_discovered_by_health(cloud_map: Any, service: str) -> None:
    assert discovered(cloud_map) == {"one"}
    assert discovered(cloud_map, HealthStatus="UNHEALTHY") == {"two"}
    assert discovered(cloud_map, HealthStatus="ALL") == {"one", "two"}
    cloud_map.update_instance_custom_health_status(
        ServiceId=service, InstanceId="one", Status="UNHEALTHY"
    )
    assert discovered(cloud_map) == set()
    assert discovered(cloud_map, HealthStatus="HEALTHY_OR_ELSE_ALL") == {"one", "two"}
    assert cloud_map.get_instances_health_status(ServiceId=service)["Status"] == {
        "one": "UNHEALTHY",
        "two": "UNHEALTHY",
    }


def test_instances_are_discovered_by_attributes(cloud_map: Any, service: str) -> None:
    every = {"HealthStatus": "ALL"}
    assert discovered(cloud_map, QueryParameters={"version": "2"}, **every) == {"two"}
    assert discovered(cloud_map, QueryParameters={"version": "3"}, **every) == set()
    assert discovered(cloud_map, OptionalParameters={"version": "2"}, **every) == {"two"}
    assert discovered(cloud_map, OptionalParameters={"version": "3"}, **every) == {"one", "two"}
    assert len(discovered(cloud_map, MaxResults=1, **every)) == 1


def test_the_revision_rises_with_registrations_and_not_with_health(
    cloud_map: Any, service: str
) -> None:
    names = {"NamespaceName": "app.local", "ServiceName": "web"}

    def revision() -> int:
        found = cloud_map.discover_instances_revision(**names)["InstancesRevision"]
        assert cloud_map.discover_instances(**names)["InstancesRevision"] == found
        return int(found)

    first = revision()
    cloud_map.update_instance_custom_health_status(
        ServiceId=service, InstanceId="one", Status="UNHEALTHY"
    )
    assert revision() == first
    cloud_map.deregister_instance(ServiceId=service, InstanceId="one")
    assert revision() == first + 1


def test_what_is_not_there_is_not_discovered(cloud_map: Any, service: str) -> None:
    code, _ = refusal(cloud_map.discover_instances, NamespaceName="x", ServiceName="web")
    assert code == "NamespaceNotFound"
    code, _ = refusal(cloud_map.discover_instances, NamespaceName="app.local", ServiceName="x")
    assert code == "ServiceNotFound"
    for call in (cloud_map.get_instance, cloud_map.deregister_instance):
        assert refusal(call, ServiceId=service, InstanceId="x")[0] == "InstanceNotFound"


def test_without_a_health_check_health_is_unknown_and_all_are_discovered(
    cloud_map: Any, namespace: str
) -> None:
    id_ = new_service(cloud_map, namespace)
    cloud_map.register_instance(ServiceId=id_, InstanceId="i", Attributes={"any": "thing"})
    assert discovered(cloud_map, HealthStatus="UNHEALTHY") == {"i"}
    assert cloud_map.get_instances_health_status(ServiceId=id_)["Status"] == {"i": "UNKNOWN"}
    code, _ = refusal(
        cloud_map.update_instance_custom_health_status,
        ServiceId=id_,
        InstanceId="i",
        Status="HEALTHY",
    )
    assert code == "CustomHealthNotFound"


@pytest.mark.parametrize(
    ("types", "attributes"),
    [
        (("A",), {}),
        (("A",), {"AWS_INSTANCE_IPV4": "10.0.0.256"}),
        (("A", "AAAA"), {"AWS_INSTANCE_IPV4": "10.0.0.1"}),
        (("SRV",), {"AWS_INSTANCE_IPV4": "10.0.0.1"}),
        (("SRV",), {"AWS_INSTANCE_PORT": "80"}),
        (("SRV",), {"AWS_INSTANCE_IPV4": "10.0.0.1", "AWS_INSTANCE_PORT": "65536"}),
        (("CNAME",), {}),
        (("CNAME",), {"AWS_INSTANCE_CNAME": "a..b"}),
        (("A",), {**ONE, "AWS_INIT_HEALTH_STATUS": "FINE"}),
        (("A",), {"AWS_ALIAS_DNS_NAME": "lb.example"}),
        ((), {"AWS_EC2_INSTANCE_ID": "i-1"}),
        ((), {f"k{n}": "" for n in range(31)}),
        ((), {f"k{n}": "x" * 1000 for n in range(6)}),
    ],
)
def test_attributes_that_do_not_fit_the_service_are_refused(
    cloud_map: Any, namespace: str, types: tuple[str, ...], attributes: dict[str, str]
) -> None:
    id_ = new_service(cloud_map, namespace, *types)
    code, _ = refusal(
        cloud_map.register_instance, ServiceId=id_, InstanceId="i", Attributes=attributes
    )
    assert code == "InvalidInput"
    assert cloud_map.list_instances(ServiceId=id_)["Instances"] == []


def test_a_registration_made_again_changes_nothing_and_another_one_is_refused(
    cloud_map: Any, service: str
) -> None:
    members = {"ServiceId": service, "InstanceId": "three", "Attributes": ONE}
    first = cloud_map.register_instance(**members, CreatorRequestId="r")
    again = cloud_map.register_instance(**members, CreatorRequestId="r")
    assert first["OperationId"] == again["OperationId"]
    code, _ = refusal(
        cloud_map.register_instance, **{**members, "InstanceId": "four"}, CreatorRequestId="r"
    )
    assert code == "DuplicateRequest"


def test_registering_anew_replaces_the_attributes(cloud_map: Any, service: str) -> None:
    cloud_map.register_instance(ServiceId=service, InstanceId="two", Attributes=ONE)
    assert discovered(cloud_map, QueryParameters={"version": "1"}) == {"one", "two"}
