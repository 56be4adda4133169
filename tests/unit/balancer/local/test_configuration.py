"""The configuration of a node as a whole."""

from tests.support.balancing import CERTIFICATE, balancer, forward, group, listener, plan_of, rule

from hostless.balancer.local.configuration import Configuration, configuration_of
from hostless.balancer.local.servers import sorted_targets
from hostless.balancer.local.words import group_name_of
from hostless.balancer.seam import CertificateFiles, NodePlan
from hostless.domain.arns import CertificateArn
from hostless.domain.listeners import Condition
from hostless.domain.ssl_policies import SSL_POLICIES

BLUE = group("blue")
TCP = group("tcp", protocol="TCP", protocol_version=None)
FILES = CertificateFiles(certificate="CERT\n", chain="\nCHAIN", private_key="KEY")


def made(plan: NodePlan) -> Configuration:
    return configuration_of(plan, sorted_targets(plan, ()))


def lines_of(plan: NodePlan) -> list[str]:
    return [line.strip() for line in made(plan).text.splitlines()]


def secured(policy: str | None = None, protocol: str = "HTTPS", **changes: object) -> NodePlan:
    here = listener(forward(BLUE), 443, protocol, ssl_policy=policy, **changes)
    of = balancer("network" if protocol == "TLS" else "application")
    return plan_of(of, [here], groups=[BLUE], certificates={CERTIFICATE: FILES})


def bind_of(plan: NodePlan) -> str:
    return next(line for line in lines_of(plan) if line.startswith("bind "))


def test_a_listener_with_one_group_decides_nothing_for_each_request() -> None:
    plan = plan_of(balancer(), [listener(forward(BLUE))], groups=[BLUE])
    name = group_name_of(BLUE.arn)
    lines = lines_of(plan)
    assert f"use_backend open-{name} if {{ nbsrv({name}) eq 0 }} !{{ stopping }}" in lines
    assert f"default_backend {name}" in lines
    assert not any("txn.group" in line for line in lines)


def test_a_listener_with_rules_decides() -> None:
    here = listener(forward(BLUE))
    old = Condition(field="path-pattern", values=("/old",))
    plan = plan_of(balancer(), [here], rules=[rule(here, 1, forward(BLUE), old)], groups=[BLUE])
    assert "use_backend %[var(txn.group)]" in lines_of(plan)


def test_pages_of_errors_are_the_balancers() -> None:
    files = made(plan_of(balancer(), [listener(forward(BLUE))], groups=[BLUE])).files
    assert "<h1>503 Service Temporarily Unavailable</h1>" in files["error-503"]
    assert files["refused"].startswith("HTTP/1.1 502 Bad Gateway\r\n")


def test_keys_lie_with_their_certificates_and_the_default_one_comes_first() -> None:
    other = CertificateArn("arn:aws:acm:us-east-1:000000000000:certificate/2")
    here = listener(forward(BLUE), 443, "HTTPS", certificates=(other, CERTIFICATE))
    plan = plan_of(
        balancer(), [here], groups=[BLUE], certificates={CERTIFICATE: FILES, other: FILES}
    )
    files = made(plan).files
    assert files["certificate-1.pem"] == "CERT\nCHAIN\nKEY\n"
    assert files["certificates-443"] == "certificate-1.pem\ncertificate-2.pem\n"
    assert "crt-list certificates-443" in bind_of(plan)


def test_every_policy_says_which_versions_and_ciphers_there_are() -> None:
    for name in SSL_POLICIES:
        bind = bind_of(secured(name))
        assert "ssl-min-ver TLSv1" in bind
        assert ("@SECLEVEL=0" in bind) == (
            "ssl-min-ver TLSv1.0" in bind or "ssl-min-ver TLSv1.1" in bind
        )
    modern = bind_of(secured("ELBSecurityPolicy-TLS13-1-2-2021-06"))
    assert "ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3" in modern


def test_http_2_is_offered_unless_it_is_turned_off() -> None:
    assert "alpn h2,http/1.1" in bind_of(secured())
    assert bind_of(secured(protocol="TLS", alpn_policy="HTTP2Optional")).endswith(
        "alpn http/1.1,h2"
    )
    assert "alpn" not in bind_of(secured(protocol="TLS"))


def test_idle_time_outs_are_the_balancers_or_the_listeners() -> None:
    of = balancer(idle_timeout__timeout_seconds="7")
    lines = lines_of(plan_of(of, [listener(forward(BLUE))], groups=[BLUE]))
    assert lines.count("timeout server 7s") == 4
    assert "timeout tunnel 7s" in lines
    listeners = [
        listener(forward(TCP), port, "TCP", attributes={"tcp.idle_timeout.seconds": str(seconds)})
        for port, seconds in ((81, 60), (82, 90))
    ]
    lines = lines_of(plan_of(balancer("network"), listeners, groups=[TCP]))
    assert "timeout client 60s" in lines
    assert "timeout client 90s" in lines
    assert lines.count("timeout server 90s") == 3
    assert not any("tunnel" in line for line in lines)
