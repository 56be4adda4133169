"""Target groups as backends."""

from dataclasses import replace
from typing import Any

from tests.support.balancing import CHECK, group, target

from hostless.balancer.local.backends import (
    SortedTargets,
    backend_lines,
    open_line,
    server_line,
    servers_of,
    trial_line,
)
from hostless.balancer.local.words import group_name_of, server_name_of
from hostless.domain.target_groups import TargetGroup


def lines_of(of: TargetGroup, *tried: Any, new: tuple[Any, ...] = ()) -> list[str]:
    return list(backend_lines(of, SortedTargets(tried=tried, new=new), 60))


def with_(**attributes: str) -> TargetGroup:
    return group(attributes={key.replace("__", "."): each for key, each in attributes.items()})


def test_targets_are_in_the_sections_that_they_belong_to() -> None:
    blue = group()
    known, new = target(blue, "10.0.0.5"), target(blue, "10.0.0.6")
    name = group_name_of(blue.arn)
    servers = servers_of(blue, SortedTargets(tried=(known,), new=(new,)))
    assert {section: set(each) for section, each in servers.items()} == {
        name: {server_name_of(known)},
        f"open-{name}": {server_name_of(known), server_name_of(new)},
        f"trial-{name}": {server_name_of(new)},
    }


def test_a_new_target_is_looked_at_every_second() -> None:
    blue = group()
    assert trial_line(target(blue, "10.0.0.5"), blue).endswith("inter 1s rise 1 fall 1")
    assert server_line(target(blue, "10.0.0.5"), blue).endswith("inter 5s rise 2 fall 2")


def test_a_target_that_drains_begins_in_maintenance() -> None:
    blue = group()
    lines = lines_of(blue, target(blue, "10.0.0.5", drains_since=1.0), target(blue, "10.0.0.6"))
    disabled = [line for line in lines if line.endswith(" disabled")]
    assert len(disabled) == 2
    assert all("10.0.0.5" in line for line in disabled)


def test_checks_ask_as_aws_does_and_accept_the_codes() -> None:
    check = replace(CHECK, path="/a'b#c", codes="200,301-302")
    lines = lines_of(group(health_check=check))
    assert (
        "  http-check send meth GET uri '/a'\\''b#c' ver HTTP/1.1 "
        "hdr Host localhost hdr User-Agent ELB-HealthChecker/2.0 hdr Connection close"
    ) in lines
    assert "  http-check expect status 200,301-302" in lines


def test_a_check_has_the_port_and_the_protocol_that_it_was_given() -> None:
    blue = group(protocol="HTTPS")
    line = server_line(target(blue, "10.0.0.5", 9443), blue)
    assert "ssl verify none check port 9443 inter" in line
    other = replace(CHECK, port="81", protocol="HTTPS")
    line = server_line(target(blue, "10.0.0.5"), replace(blue, health_check=other))
    assert "check port 81 check-ssl" in line


def test_a_tcp_check_only_connects() -> None:
    tcp = replace(CHECK, protocol="TCP", path=None, codes=None)
    lines = lines_of(group(protocol="TCP", protocol_version=None, health_check=tcp))
    assert not any("http" in line for line in lines)


def test_groups_that_speak_http_2_are_checked_by_it() -> None:
    blue = group(protocol_version="HTTP2")
    assert "proto h2 check port 8080 check-proto h2" in server_line(target(blue, "10.0.0.5"), blue)
    assert any("ver HTTP/2" in line for line in lines_of(blue))
    secure = replace(blue, protocol="HTTPS", health_check=replace(CHECK, protocol="HTTPS"))
    line = server_line(target(secure, "10.0.0.5"), secure)
    assert "ssl verify none alpn h2 check port 8080 check-ssl verify none check-alpn h2" in line


def test_a_grpc_check_calls_a_method_and_reads_its_status() -> None:
    check = replace(CHECK, path="/AWS.ALB/healthcheck", codes="12")
    blue = group(protocol_version="GRPC", health_check=check)
    lines = lines_of(blue)
    sent = next(line for line in lines if "http-check send" in line)
    assert "meth POST uri '/AWS.ALB/healthcheck' ver HTTP/2" in sent
    assert "hdr Content-Type application/grpc" in sent
    assert "  http-check expect hdr name grpc-status value -m reg '^(12)$'" in lines
    fine = replace(blue, health_check=replace(check, codes="0-99"))
    assert "  http-check expect status 200" in lines_of(fine)


def test_algorithms_have_their_names() -> None:
    for ours, theirs in (
        ("round_robin", "roundrobin"),
        ("least_outstanding_requests", "leastconn"),
        ("weighted_random", "random"),
    ):
        lines = lines_of(with_(load_balancing__algorithm__type=ours))
        assert f"  balance {theirs}" in lines


def test_a_client_stays_with_its_target_by_the_balancers_cookie() -> None:
    lines = lines_of(with_(stickiness__enabled="true", stickiness__lb_cookie__duration_seconds="7"))
    assert "  use-server %[req.cook(AWSALB)] if { req.cook(AWSALB) -m found }" in lines
    plain = "'AWSALB=%s; Expires=%[date(7),http_date]; Path=/'"
    cors = "'AWSALBCORS=%s; Expires=%[date(7),http_date]; Path=/; SameSite=None; Secure'"
    assert any(line.endswith(plain) for line in lines)
    assert any(line.endswith(cors) for line in lines)


def test_a_client_stays_with_its_target_once_the_application_says_so() -> None:
    lines = lines_of(
        with_(
            stickiness__enabled="true",
            stickiness__type="app_cookie",
            stickiness__app_cookie__cookie_name="it's#1",
        )
    )
    assert "  use-server %[req.cook(AWSALBAPP-0)] if { req.cook(AWSALBAPP-0) -m found }" in lines
    told = "if { 'res.cook(\"it'\\''s#1\")' -m found }"
    assert any("AWSALBAPP-0=%s" in line and line.endswith(told) for line in lines)


def test_a_network_group_stays_by_the_clients_address() -> None:
    tcp = replace(CHECK, protocol="TCP", path=None, codes=None)
    sticky = {"stickiness.enabled": "true", "proxy_protocol_v2.enabled": "true"}
    blue = group(protocol="TCP", protocol_version=None, health_check=tcp, attributes=sticky)
    assert "  stick on src" in lines_of(blue)
    line = server_line(target(blue, "10.0.0.5"), blue)
    assert "send-proxy-v2 check port 8080 check-send-proxy" in line


def test_a_server_starts_slowly_if_it_is_to() -> None:
    blue = with_(slow_start__duration_seconds="30")
    assert open_line(target(blue, "10.0.0.5"), blue).endswith("slowstart 30s")
    assert "slowstart" not in open_line(target(group(), "10.0.0.5"), group())
