"""Cloud Map's namespaces and services through a real client."""

from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from tests.support.api_world import World, refusal
from tests.support.botocore_requests import wire_request
from tests.support.client import ENDPOINT, TEST_KEY, LoopThread, make_client, post

from hostless.protocols.catalogue import ServiceDescription

A = {"DnsRecords": [{"Type": "A", "TTL": 60}]}


def done(cloud_map: Any, answer: Any) -> dict[str, Any]:
    """The operation that an answer names; it has succeeded."""
    operation: dict[str, Any] = cloud_map.get_operation(OperationId=answer["OperationId"])[
        "Operation"
    ]
    assert operation["Status"] == "SUCCESS", operation
    return operation


def made(cloud_map: Any, answer: Any) -> str:
    return str(done(cloud_map, answer)["Targets"]["NAMESPACE"])


@pytest.fixture
def private(cloud_map: Any, world: World) -> str:
    """A private namespace's id."""
    vpc = world.network.vpc.id
    return made(cloud_map, cloud_map.create_private_dns_namespace(Name="app.local", Vpc=vpc))


@pytest.mark.parametrize("protocol", ["smithy-rpc-v2-cbor", "json"])
def test_every_protocol_of_the_model_is_spoken(
    world: World, portal: LoopThread, protocol: str
) -> None:
    model = ServiceDescription("servicediscovery").model.operation_model("CreateHttpNamespace")
    request = wire_request(model, protocol, {"Name": "shop"})
    url = ENDPOINT + request.path
    signed = AWSRequest(request.method, url, headers=request.headers, data=request.body)
    key = Credentials(TEST_KEY.access_key_id, TEST_KEY.secret_access_key)
    SigV4Auth(key, "servicediscovery", "us-east-1").add_auth(signed)
    headers = {name: str(value) for name, value in signed.headers.items()}
    answered = post(
        world.application(), portal, path=request.path, headers=headers, body=request.body
    )
    assert answered.status == 200
    client = make_client(world.application(), portal, "servicediscovery")
    assert [each["Name"] for each in client.list_namespaces()["Namespaces"]] == ["shop"]


def test_a_private_namespace_shows_what_it_was_made_of(
    cloud_map: Any, world: World, private: str
) -> None:
    shown = cloud_map.get_namespace(Id=private)["Namespace"]
    assert private.startswith("ns-")
    assert len(private) == 19
    assert shown["Arn"] == f"arn:aws:servicediscovery:us-east-1:000000000000:namespace/{private}"
    assert (shown["Name"], shown["Type"], shown["ServiceCount"]) == ("app.local", "DNS_PRIVATE", 0)
    assert shown["Properties"]["DnsProperties"]["SOA"] == {"TTL": 15}
    assert shown["Properties"]["HttpProperties"] == {"HttpName": "app.local"}
    assert cloud_map.get_namespace(Id=shown["Arn"])["Namespace"] == shown


def test_an_operation_tells_what_it_did(cloud_map: Any, private: str) -> None:
    listed = cloud_map.list_operations(
        Filters=[{"Name": "NAMESPACE_ID", "Values": [private], "Condition": "EQ"}]
    )["Operations"]
    assert [each["Status"] for each in listed] == ["SUCCESS"]
    shown = cloud_map.get_operation(OperationId=listed[0]["Id"])["Operation"]
    assert shown["Type"] == "CREATE_NAMESPACE"
    assert shown["Targets"] == {"NAMESPACE": private}


def test_a_vpc_that_does_not_exist_fails_the_operation(cloud_map: Any) -> None:
    answer = cloud_map.create_private_dns_namespace(Name="app.local", Vpc="vpc-0")
    shown = cloud_map.get_operation(OperationId=answer["OperationId"])["Operation"]
    assert (shown["Status"], shown["ErrorCode"]) == ("FAIL", "CANNOT_CREATE_HOSTED_ZONE")
    assert "InvalidVPCId" in shown["ErrorMessage"]
    assert cloud_map.list_namespaces()["Namespaces"] == []


def test_a_name_can_be_had_once_and_another_kind_of_the_name_has_another_http_name(
    cloud_map: Any, world: World, private: str
) -> None:
    code, _ = refusal(
        cloud_map.create_private_dns_namespace, Name="app.local", Vpc=world.network.vpc.id
    )
    assert code == "NamespaceAlreadyExists"
    other = made(cloud_map, cloud_map.create_http_namespace(Name="app.local"))
    http_name = cloud_map.get_namespace(Id=other)["Namespace"]["Properties"]["HttpProperties"]
    assert http_name["HttpName"].startswith("app.local-")


def test_a_request_made_again_is_answered_again_and_another_one_is_not(cloud_map: Any) -> None:
    first = cloud_map.create_http_namespace(Name="one", CreatorRequestId="r")
    assert (
        cloud_map.create_http_namespace(Name="one", CreatorRequestId="r")["OperationId"]
        == (first["OperationId"])
    )
    code, _ = refusal(cloud_map.create_http_namespace, Name="two", CreatorRequestId="r")
    assert code == "DuplicateRequest"


def test_namespaces_are_listed_by_filter_and_in_pages(cloud_map: Any, private: str) -> None:
    for name in ("a", "b", "ab"):
        cloud_map.create_http_namespace(Name=name)

    def names(**filters: Any) -> set[str]:
        return {n["Name"] for n in cloud_map.list_namespaces(Filters=[filters])["Namespaces"]}

    assert names(Name="TYPE", Values=["DNS_PRIVATE"]) == {"app.local"}
    assert names(Name="NAME", Values=["a"], Condition="BEGINS_WITH") == {"app.local", "a", "ab"}
    assert names(Name="RESOURCE_OWNER", Values=["OTHER_ACCOUNTS"]) == set()
    code, _ = refusal(
        cloud_map.list_namespaces, Filters=[{"Name": "TYPE", "Values": ["HTTP", "DNS_PRIVATE"]}]
    )
    assert code == "InvalidInput"
    pages = cloud_map.get_paginator("list_namespaces").paginate(PaginationConfig={"PageSize": 3})
    assert [len(page["Namespaces"]) for page in pages] == [3, 1]
    assert refusal(cloud_map.list_namespaces, NextToken="x")[0] == "InvalidInput"


def test_namespaces_change_by_their_own_kind_of_update_only(cloud_map: Any, private: str) -> None:
    change = {"Description": "d", "Properties": {"DnsProperties": {"SOA": {"TTL": 5}}}}
    answer = cloud_map.update_private_dns_namespace(Id=private, Namespace=change)
    assert done(cloud_map, answer)["Type"] == "UPDATE_NAMESPACE"
    shown = cloud_map.get_namespace(Id=private)["Namespace"]
    assert (shown["Description"], shown["Properties"]["DnsProperties"]["SOA"]["TTL"]) == ("d", 5)
    code, _ = refusal(cloud_map.update_http_namespace, Id=private, Namespace={"Description": "x"})
    assert code == "InvalidInput"


def test_what_is_in_use_is_not_deleted(cloud_map: Any, private: str) -> None:
    service = cloud_map.create_service(Name="web", NamespaceId=private, DnsConfig=A)["Service"]
    assert refusal(cloud_map.delete_namespace, Id=private) == (
        "ResourceInUse",
        "Namespace has associated services; delete the services before deleting the namespace",
    )
    ipv4 = {"AWS_INSTANCE_IPV4": "10.0.0.1"}
    cloud_map.register_instance(ServiceId=service["Id"], InstanceId="i", Attributes=ipv4)
    assert refusal(cloud_map.delete_service, Id=service["Id"])[0] == "ResourceInUse"
    cloud_map.deregister_instance(ServiceId=service["Id"], InstanceId="i")
    cloud_map.delete_service(Id=service["Id"])
    done(cloud_map, cloud_map.delete_namespace(Id=private))
    assert refusal(cloud_map.get_namespace, Id=private)[0] == "NamespaceNotFound"
    assert refusal(cloud_map.get_service, Id=service["Id"])[0] == "ServiceNotFound"


def test_a_service_shows_what_it_was_made_of(cloud_map: Any, private: str) -> None:
    made = cloud_map.create_service(
        Name="web",
        NamespaceId=private,
        DnsConfig=A,
        HealthCheckCustomConfig={"FailureThreshold": 3},
        Tags=[{"Key": "a", "Value": "b"}],
    )["Service"]
    assert made["Id"].startswith("srv-")
    assert made["DnsConfig"] == {"NamespaceId": private, "RoutingPolicy": "MULTIVALUE", **A}
    assert made["HealthCheckCustomConfig"] == {"FailureThreshold": 1}
    assert (made["Type"], made["InstanceCount"], made["NamespaceId"]) == ("DNS_HTTP", 0, private)
    assert cloud_map.get_service(Id=made["Arn"])["Service"] == made
    assert cloud_map.list_tags_for_resource(ResourceARN=made["Arn"])["Tags"] == [
        {"Key": "a", "Value": "b"}
    ]
    listed = cloud_map.list_services(Filters=[{"Name": "NAMESPACE_ID", "Values": [private]}])
    assert [each["Id"] for each in listed["Services"]] == [made["Id"]]


def records(*types: str, **more: Any) -> dict[str, Any]:
    return {"DnsConfig": {"DnsRecords": [{"Type": t, "TTL": 1} for t in types], **more}}


@pytest.mark.parametrize(
    ("members", "code"),
    [
        (records(), "InvalidInput"),
        (records("A", "SRV"), "InvalidInput"),
        (records("A", "A"), "InvalidInput"),
        (records("CNAME"), "InvalidInput"),
        (records("A", RoutingPolicy="RANDOM"), "InvalidInput"),
        ({**records("A"), "Type": "HTTP"}, "InvalidInput"),
        ({**records("A"), "HealthCheckConfig": {"Type": "TCP"}}, "InvalidInput"),
        ({**records("A"), "NamespaceId": "ns-none"}, "NamespaceNotFound"),
        ({**records("A"), "Name": "a b"}, "InvalidInput"),
        ({**records("A"), "Name": "WEB"}, "ServiceAlreadyExists"),
    ],
)
def test_services_that_make_no_sense_are_refused(
    cloud_map: Any, private: str, members: dict[str, Any], code: str
) -> None:
    cloud_map.create_service(Name="web", NamespaceId=private, **records("A"))
    given = {"Name": "new", "NamespaceId": private, **members}
    assert refusal(cloud_map.create_service, **given)[0] == code
    assert len(cloud_map.list_services()["Services"]) == 1


def test_a_service_without_a_namespace_is_refused_in_awss_words(cloud_map: Any) -> None:
    assert refusal(cloud_map.create_service, Name="web") == (
        "InvalidInput",
        "Service namespace id cannot be null",
    )


def test_validation_is_worded_as_aws_words_it(cloud_map: Any) -> None:
    assert refusal(cloud_map.get_service) == (
        "InvalidInput",
        "1 validation error detected: Value at 'id' failed to satisfy constraint: "
        "Member must not be null",
    )


def test_times_to_live_can_be_updated_and_types_cannot(cloud_map: Any, private: str) -> None:
    service = cloud_map.create_service(Name="web", NamespaceId=private, **records("A", "AAAA"))
    id_ = service["Service"]["Id"]
    change = {"DnsRecords": [{"Type": "A", "TTL": 7}]}
    answer = cloud_map.update_service(Id=id_, Service={"DnsConfig": change})
    assert done(cloud_map, answer)["Targets"] == {"SERVICE": id_}
    shown = cloud_map.get_service(Id=id_)["Service"]["DnsConfig"]["DnsRecords"]
    assert shown == [{"Type": "A", "TTL": 7}]
    wrong = {"DnsConfig": {"DnsRecords": [{"Type": "SRV", "TTL": 7}]}}
    assert refusal(cloud_map.update_service, Id=id_, Service=wrong)[0] == "InvalidInput"


def test_attributes_of_services(cloud_map: Any, private: str) -> None:
    service = cloud_map.create_service(Name="web", NamespaceId=private, **records("A"))["Service"]
    id_ = service["Id"]
    cloud_map.update_service_attributes(ServiceId=id_, Attributes={"a": "1", "b": "2"})
    cloud_map.delete_service_attributes(ServiceId=id_, Attributes=["a"])
    shown = cloud_map.get_service_attributes(ServiceId=id_)["ServiceAttributes"]
    assert (shown["Attributes"], shown["ServiceArn"]) == ({"b": "2"}, service["Arn"])
    many = {str(n): "x" for n in range(30)}
    code, _ = refusal(cloud_map.update_service_attributes, ServiceId=id_, Attributes=many)
    assert code == "ServiceAttributesLimitExceededException"


def test_tags_of_namespaces(cloud_map: Any, private: str) -> None:
    arn = cloud_map.get_namespace(Id=private)["Namespace"]["Arn"]
    cloud_map.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}])
    cloud_map.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    cloud_map.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert cloud_map.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    more = [{"Key": f"k{n}", "Value": ""} for n in range(50)]
    code, _ = refusal(cloud_map.tag_resource, ResourceARN=arn, Tags=more)
    assert code == "TooManyTagsException"
    code, _ = refusal(cloud_map.list_tags_for_resource, ResourceARN=arn + "x")
    assert code == "ResourceNotFoundException"


def test_the_host_prefix_of_discover_instances_is_routed_by_the_signature(
    world: World, portal: LoopThread
) -> None:
    client = make_client(
        world.application(),
        portal,
        "servicediscovery",
        config=Config(inject_host_prefix=True),
    )
    urls: list[str] = []
    client.meta.events.register(
        "before-sign", lambda request, **_: urls.append(request.url), unique_id="urls"
    )
    made(client, client.create_http_namespace(Name="shop"))
    namespace = client.list_namespaces()["Namespaces"][0]["Id"]
    client.create_service(Name="cart", NamespaceId=namespace)
    answer = client.discover_instances(NamespaceName="shop", ServiceName="cart")
    assert answer["Instances"] == []
    assert urls[-1].startswith("http://data-")
