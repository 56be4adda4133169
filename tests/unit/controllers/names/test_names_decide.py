"""What a namespace's names resolve to, from its records."""

from dataclasses import replace

from hostless.controllers.names.decide import ServiceFacts, zone_of
from hostless.domain.arns import (
    DiscoveryOperationId,
    DiscoveryServiceId,
    InstanceId,
    NamespaceId,
    VpcId,
)
from hostless.domain.network import Vpc
from hostless.domain.private_names import AnswerZone, RecordSet
from hostless.domain.service_discovery import (
    CustomHealth,
    DiscoveryInstance,
    DiscoveryService,
    DnsConfig,
    DnsRecord,
    Namespace,
    RecordType,
    RoutingPolicy,
)

OPERATION = DiscoveryOperationId("o")
NAMESPACE = Namespace(
    id=NamespaceId("ns-1"),
    arn="arn",
    name="App.Local",
    http_name="App.Local",
    type="DNS_PRIVATE",
    created_at=1.0,
    operation_id=OPERATION,
    vpc_id=VpcId("vpc-1"),
    soa_ttl_seconds=15,
)
VPC = Vpc(id=VpcId("vpc-1"), cidr_block="10.0.0.0/16", has_dns_hostnames=True)


def facts(
    *instances: DiscoveryInstance,
    types: tuple[RecordType, ...] = ("A",),
    routing: RoutingPolicy = "MULTIVALUE",
    name: str = "web",
    has_custom_health: bool = True,
) -> ServiceFacts:
    records = tuple(DnsRecord(type=each, ttl=60) for each in types)
    service = DiscoveryService(
        id=DiscoveryServiceId("srv-1"),
        arn="arn",
        name=name,
        namespace_id=NAMESPACE.id,
        type="DNS_HTTP",
        created_at=1.0,
        dns_config=DnsConfig(routing_policy=routing, dns_records=records),
        has_custom_health=has_custom_health,
    )
    return ServiceFacts(service=service, instances=instances)


def instance(id_: str, health: CustomHealth = "HEALTHY", **attributes: str) -> DiscoveryInstance:
    return DiscoveryInstance(
        id=InstanceId(id_),
        service_id=DiscoveryServiceId("srv-1"),
        attributes=attributes,
        custom_health=health,
        created_at=1.0,
        operation_id=OPERATION,
    )


def compiled(*services: ServiceFacts) -> AnswerZone:
    zone = zone_of(NAMESPACE, VPC, services)
    assert zone is not None
    return zone


ONE = instance("one", AWS_INSTANCE_IPV4="10.0.0.1", AWS_INSTANCE_PORT="80")
SICK = instance("two", "UNHEALTHY", AWS_INSTANCE_IPV4="10.0.0.2", AWS_INSTANCE_PORT="81")


def test_a_name_has_the_addresses_of_the_healthy() -> None:
    zone = compiled(facts(ONE, SICK))
    assert (zone.name, zone.vpc_id, zone.negative_ttl_seconds) == ("app.local", "vpc-1", 15)
    assert zone.names == {
        "app.local": (),
        "web.app.local": (RecordSet(type="A", ttl_seconds=60, values=("10.0.0.1",)),),
    }


def test_when_none_is_healthy_all_answer() -> None:
    (found,) = compiled(facts(SICK)).names["web.app.local"]
    assert found.values == ("10.0.0.2",)


def test_without_a_custom_health_check_all_answer() -> None:
    (found,) = compiled(facts(ONE, SICK, has_custom_health=False)).names["web.app.local"]
    assert found.values == ("10.0.0.1", "10.0.0.2")


def test_a_weighted_name_answers_with_one_of_them() -> None:
    (found,) = compiled(facts(ONE, routing="WEIGHTED")).names["web.app.local"]
    assert found.most_answers == 1


def test_srv_records_point_at_names_that_have_addresses() -> None:
    names = compiled(facts(ONE, SICK, types=("SRV",), name="_web._tcp")).names
    (found,) = names["_web._tcp.app.local"]
    assert found.values == ("1 1 80 one._web._tcp.app.local",)
    assert names["one._web._tcp.app.local"][0].values == ("10.0.0.1",)
    assert names["two._web._tcp.app.local"][0].values == ("10.0.0.2",)
    assert names["_tcp.app.local"] == ()


def test_both_families_and_aliases() -> None:
    both = instance("one", AWS_INSTANCE_IPV4="10.0.0.1", AWS_INSTANCE_IPV6="fd00::1")
    found = compiled(facts(both, types=("A", "AAAA"))).names["web.app.local"]
    assert [(each.type, each.values) for each in found] == [
        ("A", ("10.0.0.1",)),
        ("AAAA", ("fd00::1",)),
    ]
    alias = instance("one", AWS_INSTANCE_CNAME="db.example")
    (found_alias,) = compiled(facts(alias, types=("CNAME",))).names["web.app.local"]
    assert (found_alias.type, found_alias.values) == ("CNAME", ("db.example",))


def test_a_service_without_instances_has_no_name() -> None:
    assert compiled(facts()).names == {"app.local": ()}


def test_other_namespaces_have_no_zone() -> None:
    assert zone_of(replace(NAMESPACE, type="HTTP", vpc_id=None), None, ()) is None
    assert zone_of(NAMESPACE, None, ()) is None


def test_a_vpc_without_both_of_its_dns_attributes_knows_no_zone() -> None:
    assert zone_of(NAMESPACE, replace(VPC, has_dns_hostnames=False), ()) is None
    assert zone_of(NAMESPACE, replace(VPC, has_dns_support=False), ()) is None
