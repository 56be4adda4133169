"""Unit tests of a proxy's configuration: what tasks are given, as lines of HAProxy's."""

from dataclasses import replace

import pytest
from tests.support.mesh import SHOP, ingress, upstream

from hostless.balancer.connect_seam import Server
from hostless.balancer.local.proxy_configuration import (
    Habits,
    configuration_of,
    name_of,
    server_named,
    servers_of,
)
from hostless.domain.arns import NamespaceId
from hostless.domain.service_connect import ConnectAccessLog, Ingress, TaskConnect, Upstream

SERVER = Server(address="10.0.0.5", port=8080)
LINE = "server 10.0.0.5_8080 10.0.0.5:8080"


def connect(*parts: Upstream | Ingress) -> TaskConnect:
    return TaskConnect(
        container_name="ecs-service-connect-abcde",
        namespace_id=NamespaceId("ns-1"),
        namespace="test",
        upstreams=tuple(each for each in parts if isinstance(each, Upstream)),
        ingresses=tuple(each for each in parts if isinstance(each, Ingress)),
    )


def sections(given: TaskConnect, habits: Habits | None = None) -> dict[str, list[str]]:
    """Lines by the section that they are in."""
    found: dict[str, list[str]] = {}
    title = ""
    text = configuration_of(given, {SHOP: frozenset({SERVER})}, habits or Habits())
    for line in text.splitlines():
        if line.startswith("  "):
            found.setdefault(title, []).append(line.strip())
        else:
            title = line
    return found


def test_a_name_listens_beside_its_port_and_watches_its_servers() -> None:
    found = sections(connect(upstream(port=80, listen_port=15101)))
    assert "bind 127.255.0.1:15101" in found["frontend upstream-0"]
    watched = next(line for line in found["backend upstream-0"] if line.startswith("server "))
    assert watched.startswith(f"{LINE} check ")
    assert watched.endswith("observe layer7 error-limit 5 on-error mark-down")
    assert LINE in found["backend open-upstream-0"]


def test_a_port_is_before_the_application_on_all_addresses() -> None:
    found = sections(connect(ingress()))
    assert "bind :::15001 v4v6" in found["frontend ingress-0"]
    assert "server app 127.0.0.1:8080" in found["backend ingress-0"]
    assert (
        "bind *:15001" in sections(connect(ingress()), Habits(has_ipv6=False))["frontend ingress-0"]
    )


@pytest.mark.parametrize("protocol", ["http2", "grpc"])
def test_http2_is_spoken_in_the_clear_on_both_sides(protocol: str) -> None:
    found = sections(connect(upstream(protocol=protocol), ingress(protocol)))  # type: ignore[arg-type]
    assert "bind 127.255.0.1:15101 proto h2" in found["frontend upstream-0"]
    assert f"{LINE} proto h2" in found["backend open-upstream-0"]
    assert "bind :::15001 v4v6 proto h2" in found["frontend ingress-0"]
    assert "server app 127.0.0.1:8080 proto h2" in found["backend ingress-0"]


def test_tcp_knows_no_requests() -> None:
    found = sections(connect(upstream(protocol="tcp", idle_timeout_seconds=3600)))
    front, back = found["frontend upstream-0"], found["backend upstream-0"]
    assert "mode tcp" in front
    assert "timeout client 3600s" in front
    assert "timeout server 3600s" in back
    assert any("observe layer4" in line for line in back)
    assert not [line for line in front + back if "http" in line or "retry-on" in line]


def test_time_outs_are_what_was_asked_for_and_zero_is_none() -> None:
    given = connect(upstream(idle_timeout_seconds=7, request_timeout_seconds=2))
    found = sections(given)
    assert {"timeout client 7s", "timeout http-keep-alive 7s"} <= set(found["frontend upstream-0"])
    assert {"timeout server 2s", "timeout connect 2s"} <= set(found["backend upstream-0"])
    never = connect(upstream(idle_timeout_seconds=0, request_timeout_seconds=0))
    found = sections(never)
    assert "timeout client 2073600s" in found["frontend upstream-0"]
    assert {"timeout server 2073600s", "timeout connect 3s"} <= set(found["backend upstream-0"])


def test_a_time_out_that_haproxy_does_not_know_is_the_longest_that_it_knows() -> None:
    longest = 2**31 - 1  # that ECS takes
    given = connect(upstream(idle_timeout_seconds=longest, request_timeout_seconds=longest))
    found = sections(given)
    assert "timeout client 2073600s" in found["frontend upstream-0"]
    assert "timeout server 2073600s" in found["backend upstream-0"]


def test_only_requests_that_may_be_repeated_are() -> None:
    found = sections(connect(upstream()))
    assert "retry-on conn-failure empty-response" in found["backend upstream-0"]
    only = "http-request disable-l7-retry unless METH_GET or METH_HEAD or METH_OPTIONS"
    assert only in found["backend upstream-0"]
    assert {"retries 2", "option redispatch 1", "balance roundrobin"} <= set(found["defaults"])


def test_nothing_is_logged_unless_it_is_asked_for() -> None:
    given = connect(upstream(), ingress())
    assert not [line for line in _logging(given) if line]
    logged = replace(given, access_log=ConnectAccessLog(format="TEXT"))
    assert len(_logging(logged)) == 2


def _logging(given: TaskConnect) -> list[str]:
    return [line for lines in sections(given).values() for line in lines if line == "log global"]


def test_queries_are_logged_only_if_asked_for() -> None:
    given = connect(upstream())
    for includes, fetch in ((False, "path"), (True, "pathq")):
        log = ConnectAccessLog(format="JSON", includes_query_parameters=includes)
        lines = sections(replace(given, access_log=log))["frontend upstream-0"]
        assert f"http-request set-var(txn.path) {fetch}" in lines


def test_names_of_servers_say_where_they_are() -> None:
    assert server_named(name_of(SERVER)) == SERVER


def test_names_without_servers_have_none() -> None:
    found = servers_of(connect(upstream()), {}, Habits())
    assert found == {"upstream-0": {}, "open-upstream-0": {}}
