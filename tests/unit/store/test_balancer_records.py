"""Records of load balancers and certificates come back from the disk as they were written."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.balancer_records import balancer, listener, target_group

from hostless.domain.arns import (
    CertificateArn,
    ListenerArn,
    ListenerRuleArn,
    LoadBalancerArn,
    NetworkInterfaceId,
    TargetGroupArn,
    TaskArn,
)
from hostless.domain.certificates import Authority, Certificate, CertificateFacts, CertificateKey
from hostless.domain.listeners import (
    Action,
    Condition,
    Forward,
    ListenerRule,
    QueryPair,
    Redirect,
    WeightedTargetGroup,
)
from hostless.domain.load_balancers import LoadBalancerNode
from hostless.domain.target_groups import RecordedHealth, Target
from hostless.kit.clock import SystemClock
from hostless.store.kinds import (
    AUTHORITIES,
    CERTIFICATE_KEYS,
    CERTIFICATES,
    LISTENER_RULES,
    LISTENERS,
    LOAD_BALANCERS,
    TARGET_GROUPS,
    TARGETS,
    Kind,
)
from hostless.store.sqlite import SqliteStorage
from hostless.store.store import Store

GROUP = TargetGroupArn("arn:group")
CERTIFICATE = CertificateArn("arn:certificate")
FACTS = CertificateFacts(
    domain_name="a.test",
    names=("a.test", "b.test"),
    subject="CN=a.test",
    issuer="root",
    serial="01",
    key_algorithm="RSA_2048",
    signature_algorithm="SHA256WITHRSA",
    key_usages=("DIGITAL_SIGNATURE",),
    not_before=1.0,
    not_after=2.0,
)


def records() -> list[tuple[Kind[Any], Any]]:
    """One of each kind, with something in every field that is easily lost."""
    made = balancer(attributes={"idle_timeout.timeout_seconds": "10"})
    mapping = made.subnets[0]
    node = LoadBalancerNode(
        subnet_id=mapping.subnet_id,
        zone=mapping.zone,
        interface_id=NetworkInterfaceId("eni-1"),
        address="10.0.0.9",
        public_address="192.0.2.9",
    )
    weighted = (WeightedTargetGroup(target_group_arn=GROUP, weight=0),)
    forward = Action(forward=Forward(target_groups=weighted, stickiness_seconds=9), order=1)
    rule = ListenerRule(
        arn=ListenerRuleArn("arn:rule/1"),
        listener_arn=ListenerArn("arn:listener"),
        load_balancer_arn=LoadBalancerArn("arn:lb"),
        priority=3,
        conditions=(
            Condition(field="http-header", header_name="X-A", values=("b*",)),
            Condition(
                field="query-string", pairs=(QueryPair(value="v"), QueryPair(key="k", value="w"))
            ),
        ),
        action=Action(redirect=Redirect(protocol="HTTPS", status_code="HTTP_302")),
        created_at=1.0,
    )
    target = Target(
        target_group_arn=GROUP,
        id="10.0.0.7",
        port=80,
        zone="us-east-1a",
        task_arn=TaskArn("arn:task"),
        registered_at=1.0,
        drains_since=2.0,
        health=RecordedHealth(state="unhealthy", reason="Target.Timeout", since=1.5),
    )
    certificate = Certificate(
        arn=CERTIFICATE, type="IMPORTED", body="pem", facts=FACTS, created_at=1.0
    )
    secure = listener(
        protocol="HTTPS",
        default_action=forward,
        default_certificate=CERTIFICATE,
        certificates=(CertificateArn("arn:other"),),
        attributes={"routing.http.response.server.enabled": "false"},
    )
    return [
        (LOAD_BALANCERS, replace(made, nodes=(node,), state="active")),
        (LISTENERS, secure),
        (LISTENER_RULES, rule),
        (TARGET_GROUPS, target_group(attributes={"stickiness.enabled": "true"})),
        (TARGETS, target),
        (CERTIFICATES, certificate),
        (CERTIFICATE_KEYS, CertificateKey(certificate_arn=CERTIFICATE, private_key="secret")),
        (AUTHORITIES, Authority(certificate="pem", private_key="secret", created_at=1.0)),
    ]


async def test_every_record_comes_back_as_it_was(tmp_path: Path) -> None:
    first = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    transaction = first.transaction("test")
    for kind, record in records():
        transaction.put(kind, record)
    await transaction.commit()
    await first.close()
    second = Store(SqliteStorage(tmp_path / "s.db"), SystemClock())
    for kind, record in records():
        assert second.get(kind, kind.key(record)) == record
    assert [each.arn for each in second.find(LISTENERS, "target_group", GROUP)] == ["arn:listener"]
    assert [each.arn for each in second.find(LISTENERS, "certificate", "arn:other")]
    assert [each.id for each in second.find(TARGETS, "task", "arn:task")] == ["10.0.0.7"]
    await second.close()


def test_a_key_does_not_show_when_its_record_does() -> None:
    assert not any("secret" in repr(record) for _, record in records())
