"""What a deployment's proxies are told: names, addresses, ports, time-outs."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hostless.domain.arns import (
    DiscoveryOperationId,
    DiscoveryServiceId,
    NamespaceId,
    TaskDefinitionArn,
)
from hostless.domain.container_definitions import ContainerDefinition, PortMapping
from hostless.domain.service_connect import (
    ClientAlias,
    ConnectResource,
    ConnectService,
    ConnectTimeouts,
    ServiceConnectConfiguration,
    TaskConnect,
)
from hostless.domain.service_discovery import Namespace
from hostless.domain.task_connect import Membership, task_connect
from hostless.domain.task_definitions import TaskDefinition
from hostless.kit.ids import Ids

NAMESPACE = Namespace(
    id=NamespaceId("ns-1"),
    arn="arn:ns-1",
    name="shop",
    http_name="shop",
    type="HTTP",
    created_at=0.0,
    operation_id=DiscoveryOperationId("op"),
)


def port(number: int, name: str | None = None, app_protocol: str | None = None) -> PortMapping:
    return PortMapping(
        container_port=number, host_port=number, name=name, app_protocol=app_protocol
    )


def member(ports: Sequence[PortMapping], *services: ConnectService) -> Membership:
    definition = TaskDefinition(
        arn=TaskDefinitionArn("arn"),
        family="f",
        revision=1,
        container_definitions=(ContainerDefinition(name="app", port_mappings=tuple(ports)),),
        registered_at=0.0,
        registered_by="test",
    )
    resources = tuple(
        ConnectResource(
            discovery_name=s.name, discovery_service_id=DiscoveryServiceId(f"srv-{s.name}"), arn="a"
        )
        for s in services
    )
    configuration = ServiceConnectConfiguration(
        enabled=True, namespace_id=NAMESPACE.id, services=services, resources=resources
    )
    return Membership(configuration=configuration, definition=definition)


def settle(own: Membership, *others: Membership) -> TaskConnect:
    return task_connect(own, NAMESPACE, (own, *others), Ids(random.Random(1)))


def web(**changes: Any) -> ConnectService:
    alias = ClientAlias(port=80, dns_name="web")
    return replace(ConnectService(port_name="http", client_aliases=(alias,)), **changes)


SERVER = member([port(80, "http", "http")], web())
CLIENT = member([port(3000)])


def test_a_client_knows_the_names_of_others_and_serves_nothing() -> None:
    connect = settle(CLIENT, SERVER)
    assert connect.container_name.startswith("ecs-service-connect-")
    assert (connect.namespace_id, connect.namespace) == ("ns-1", "shop")
    assert connect.ingresses == ()
    [upstream] = connect.upstreams
    assert (upstream.dns_name, upstream.port, upstream.address) == ("web", 80, "127.255.0.1")
    assert (upstream.discovery_service_id, upstream.discovery_name) == ("srv-http", "http")
    assert (upstream.protocol, upstream.idle_timeout_seconds) == ("http", 300)
    assert upstream.request_timeout_seconds == 15


def test_a_server_knows_its_own_name_too_and_its_proxy_stands_before_its_port() -> None:
    connect = settle(SERVER)
    [ingress] = connect.ingresses
    assert (ingress.container_port, ingress.listen_port) == (80, 15_000)
    assert (ingress.is_redirected, ingress.called_port) == (True, 80)
    assert [u.dns_name for u in connect.upstreams] == ["web"]


def test_nothing_of_the_proxy_listens_where_the_task_or_its_names_do() -> None:
    own = member(
        [
            port(15_000, "http"),
            PortMapping(container_port_range="15001-15003"),
        ],
        web(client_aliases=(ClientAlias(port=15_004),), ingress_port_override=15_005),
    )
    other = member([port(80, "x")], ConnectService(port_name="x"))
    connect = settle(own, other)
    assert [i.listen_port for i in connect.ingresses] == [15_005]
    assert [u.listen_port for u in connect.upstreams] == [15_006, 15_007]


def test_an_override_is_where_others_call_and_the_containers_port_goes_round_the_proxy() -> None:
    [ingress] = settle(member([port(80, "http")], web(ingress_port_override=8080))).ingresses
    assert (ingress.listen_port, ingress.called_port) == (8080, 8080)
    assert ingress.container_port == 80
    assert not ingress.is_redirected


def test_ports_of_one_name_share_an_address_and_names_are_numbered_in_their_order() -> None:
    one = member([port(80, "http")], web())
    two = member(
        [port(90, "admin"), port(91, "db")],
        web(port_name="admin", client_aliases=(ClientAlias(port=81, dns_name="web"),)),
        ConnectService(port_name="db", client_aliases=(ClientAlias(port=5432, dns_name="db"),)),
    )
    here, there = settle(CLIENT, one, two), settle(CLIENT, two, one)
    assert here.upstreams == there.upstreams
    assert [(u.dns_name, u.port, u.address) for u in here.upstreams] == [
        ("db", 5432, "127.255.0.1"),
        ("web", 80, "127.255.0.2"),
        ("web", 81, "127.255.0.2"),
    ]


def test_without_an_alias_a_port_is_called_by_its_discovery_name_in_the_namespace() -> None:
    server = member(
        [port(8080, "Api"), port(9090, "rpc")],
        ConnectService(port_name="Api"),
        ConnectService(
            port_name="rpc", discovery_name="calls", client_aliases=(ClientAlias(port=1),)
        ),
    )
    assert [(u.dns_name, u.port) for u in settle(CLIENT, server).upstreams] == [
        ("api.shop", 8080),
        ("calls.shop", 1),
    ]


def test_time_outs_are_the_serving_services_and_0_switches_one_off() -> None:
    asked = ConnectTimeouts(idle_timeout_seconds=7, per_request_timeout_seconds=0)
    server = member([port(80, "http", "grpc")], web(timeout=asked))
    [upstream] = settle(CLIENT, server).upstreams
    assert (upstream.idle_timeout_seconds, upstream.request_timeout_seconds) == (7, 0)


def test_connections_of_tcp_may_be_idle_for_an_hour_and_have_no_requests() -> None:
    [upstream] = settle(CLIENT, member([port(80, "http")], web())).upstreams
    assert (upstream.protocol, upstream.idle_timeout_seconds) == ("tcp", 3600)
    assert upstream.request_timeout_seconds == 0
