"""What a Service Connect configuration may say."""

from dataclasses import replace
from typing import Any

import pytest

from hostless.domain.arns import TaskDefinitionArn
from hostless.domain.container_definitions import (
    ContainerDefinition,
    LogConfiguration,
    PortMapping,
)
from hostless.domain.service_connect import (
    ClientAlias,
    ConnectAccessLog,
    ConnectService,
    ConnectTimeouts,
    ServiceConnectConfiguration,
)
from hostless.domain.service_connect_rules import connect_refusal
from hostless.domain.task_definitions import TaskDefinition

PORTS = (
    PortMapping(container_port=80, name="http", app_protocol="http"),
    PortMapping(container_port=5432, name="db"),
    PortMapping(container_port=53, name="dns", protocol="udp"),
    PortMapping(container_port_range="100-200", name="many"),
)
DEFINITION = TaskDefinition(
    arn=TaskDefinitionArn("arn"),
    family="f",
    revision=1,
    container_definitions=(ContainerDefinition(name="app", port_mappings=PORTS),),
    registered_at=0.0,
    registered_by="test",
)
HTTP = ConnectService(port_name="http", client_aliases=(ClientAlias(port=80, dns_name="web"),))
AWSLOGS = {
    "awslogs-group": "/g",
    "awslogs-region": "us-east-1",
    "awslogs-stream-prefix": "proxy",
}


def refused(*services: ConnectService, **changes: Any) -> str:
    configuration = ServiceConnectConfiguration(enabled=True, services=services)
    return connect_refusal(replace(configuration, **changes), "shop", DEFINITION) or ""


def http(**changes: Any) -> ConnectService:
    return replace(HTTP, **changes)


def test_a_client_says_nothing_and_a_server_names_its_ports() -> None:
    assert refused() == ""
    assert refused(HTTP, ConnectService(port_name="db", discovery_name="_data-1")) == ""


@pytest.mark.parametrize(
    ("service", "part"),
    [
        (http(port_name="none"), "The portName none does not exist in the task definition."),
        (http(port_name="dns"), "must be that of a single TCP port"),
        (http(port_name="many"), "must be that of a single TCP port"),
        (http(discovery_name="Web"), "The discoveryName Web must"),
        (http(discovery_name="-web"), "The discoveryName -web must"),
        (http(discovery_name="a.b"), "The discoveryName a.b must"),
        (http(discovery_name="a" * 65), "up to 64"),
        (http(client_aliases=(ClientAlias(port=1), ClientAlias(port=2))), "at most 1 item"),
        (http(client_aliases=(ClientAlias(port=0),)), "between 1 and 65535"),
        (http(client_aliases=(ClientAlias(port=1, dns_name="A"),)), "The dnsName A must"),
        (http(client_aliases=(ClientAlias(port=1, dns_name="-a"),)), "The dnsName -a must"),
        (http(client_aliases=(ClientAlias(port=1, dns_name="a..b"),)), "The dnsName a..b must"),
        (http(client_aliases=(ClientAlias(port=1, dns_name="a." * 64 + "b"),)), "up to 127"),
        (http(ingress_port_override=0), "ingressPortOverride must be between 1 and 65535"),
        (http(ingress_port_override=5432), "is a container port of the task definition"),
        (http(ingress_port_override=150), "is a container port of the task definition"),
        (http(timeout=ConnectTimeouts(idle_timeout_seconds=-1)), "at least 0 seconds"),
        (
            http(port_name="db", timeout=ConnectTimeouts(per_request_timeout_seconds=0)),
            "Per request timeout 0 can't be set for tcp application.",
        ),
    ],
)
def test_what_a_service_of_it_cannot_be(service: ConnectService, part: str) -> None:
    assert part in refused(service)


def test_ports_names_and_overrides_are_each_used_once() -> None:
    db = ConnectService(port_name="db")
    assert "The portName http can be used only once" in refused(HTTP, HTTP)
    assert "The discoveryName http" in refused(HTTP, replace(db, discovery_name="http"))
    assert "The client alias web:80" in refused(
        HTTP, replace(db, client_aliases=HTTP.client_aliases)
    )
    assert "The ingressPortOverride 9000" in refused(
        http(ingress_port_override=9000), replace(db, ingress_port_override=9000)
    )


def test_the_proxys_log_is_held_to_the_rules_of_containers() -> None:
    text = ConnectAccessLog(format="TEXT")
    assert "needs a logConfiguration" in refused(access_log=text)
    bare = LogConfiguration(log_driver="awslogs", options={})
    assert refused(log_configuration=bare) == (
        "Log driver awslogs requires options: awslogs-group, awslogs-region"
    )
    without_role = LogConfiguration(log_driver="awslogs", options=AWSLOGS)
    assert "execution role" in refused(log_configuration=without_role, access_log=text)
    assert "syslog is not a valid log driver" in refused(
        log_configuration=LogConfiguration(log_driver="syslog")
    )
