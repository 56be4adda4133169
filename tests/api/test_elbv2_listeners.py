"""Listeners, their rules and certificates through a real client."""

from typing import Any

import pytest
from tests.support.api_world import World, refusal
from tests.support.client import LoopThread
from tests.support.elbv2 import (
    a_certificate,
    forward_to,
    new_balancer,
    new_group,
    new_listener,
    put,
)

from hostless.store.kinds import CERTIFICATES

HOME = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}}
GONE = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "410"}}
PATH = {"Field": "path-pattern", "Values": ["/img/*"]}


@pytest.fixture
def balancer(elbv2: Any, world: World) -> str:
    return new_balancer(elbv2, world)


@pytest.fixture
def group(elbv2: Any, world: World) -> str:
    return new_group(elbv2, world)


@pytest.fixture
def listener(elbv2: Any, balancer: str, group: str) -> str:
    return new_listener(elbv2, balancer, group)


@pytest.fixture
def certificates(world: World, portal: LoopThread) -> list[str]:
    """ARNs of two certificates that ACM has."""
    records = [a_certificate(world, name) for name in ("a.test", "b.test")]
    for record in records:
        portal.run(put(world, CERTIFICATES, record))
    return [record.arn for record in records]


def new_rule(elbv2: Any, listener: str, group: str, **changes: Any) -> str:
    members = {
        "ListenerArn": listener,
        "Priority": 10,
        "Conditions": [PATH],
        "Actions": forward_to(group),
        **changes,
    }
    return str(elbv2.create_rule(**members)["Rules"][0]["RuleArn"])


def test_a_listener_shows_its_action_in_both_forms(
    elbv2: Any, balancer: str, group: str, listener: str
) -> None:
    shown = elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    assert shown == [
        {
            "ListenerArn": listener,
            "LoadBalancerArn": balancer,
            "Port": 80,
            "Protocol": "HTTP",
            "DefaultActions": [
                {
                    "Type": "forward",
                    "TargetGroupArn": group,
                    "ForwardConfig": {
                        "TargetGroups": [{"TargetGroupArn": group, "Weight": 1}],
                        "TargetGroupStickinessConfig": {"Enabled": False},
                    },
                }
            ],
        }
    ]
    assert elbv2.describe_listeners(ListenerArns=[listener])["Listeners"] == shown


def test_one_port_has_one_listener(elbv2: Any, balancer: str, group: str, listener: str) -> None:
    assert new_listener(elbv2, balancer, group) == listener
    asked = {"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80, "DefaultActions": [GONE]}
    assert refusal(elbv2.create_listener, **asked) == (
        "DuplicateListener",
        f"A listener already exists on this port for this load balancer '{balancer}'",
    )
    other = new_listener(elbv2, balancer, group, Port=81)
    code, _ = refusal(elbv2.modify_listener, ListenerArn=other, Port=80)
    assert code == "DuplicateListener"


@pytest.mark.parametrize(
    ("members", "code", "sentence"),
    [
        (
            {"Protocol": "TCP"},
            "ValidationError",
            "Listener protocol 'TCP' must be one of 'HTTP, HTTPS'",
        ),
        (
            {"Protocol": "HTTPS"},
            "ValidationError",
            "A certificate must be specified for HTTPS listeners",
        ),
        (
            {"Protocol": "HTTPS", "Certificates": [{"CertificateArn": "arn:x"}]},
            "CertificateNotFound",
            "Certificate 'arn:x' not found",
        ),
        ({"SslPolicy": "ELBSecurityPolicy-2016-08"}, "ValidationError", None),
        ({"MutualAuthentication": {"Mode": "verify"}}, "InvalidConfigurationRequest", None),
        ({"DefaultActions": [HOME, GONE]}, "TooManyActions", None),
        (
            {
                "DefaultActions": [
                    {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"}}
                ]
            },
            "InvalidLoadBalancerAction",
            "The RedirectConfig is not valid because it creates a loop.",
        ),
        (
            {
                "DefaultActions": [
                    {
                        "Type": "authenticate-cognito",
                        "AuthenticateCognitoConfig": {
                            "UserPoolArn": "a",
                            "UserPoolClientId": "b",
                            "UserPoolDomain": "c",
                        },
                    }
                ]
            },
            "ValidationError",
            "DefaultActions.AuthenticateCognitoConfig: no engine part authenticates users",
        ),
        (
            {"DefaultActions": [{"Type": "jwt-validation"}]},
            "InvalidLoadBalancerAction",
            "Actions of type 'jwt-validation' are not supported here; 'forward', 'redirect' and "
            "'fixed-response' are",
        ),
        (
            {
                "DefaultActions": [
                    {
                        "Type": "fixed-response",
                        "FixedResponseConfig": {"StatusCode": "200", "ContentType": "image/png"},
                    }
                ]
            },
            "InvalidLoadBalancerAction",
            None,
        ),
    ],
)
def test_what_a_listener_cannot_be_is_refused(
    elbv2: Any, balancer: str, members: dict[str, Any], code: str, sentence: str | None
) -> None:
    asked = {"Protocol": "HTTP", "Port": 80, "DefaultActions": [GONE], **members}
    said = refusal(elbv2.create_listener, LoadBalancerArn=balancer, **asked)
    assert said[0] == code
    assert sentence in (None, said[1])
    assert elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"] == []


def test_a_group_speaks_its_listeners_protocol_and_has_one_balancer(
    elbv2: Any, world: World, balancer: str, group: str, listener: str
) -> None:
    network = new_balancer(elbv2, world, Name="net", Type="network")
    asked = {"LoadBalancerArn": network, "Protocol": "TCP", "Port": 80}
    said = refusal(elbv2.create_listener, **asked, DefaultActions=forward_to(group))
    assert said == (
        "IncompatibleProtocols",
        f"The listener and its associated target group '{group}' have incompatible protocols: "
        "'TCP' and 'HTTP'",
    )
    second = new_balancer(elbv2, world, Name="second")
    asked = {"LoadBalancerArn": second, "Protocol": "HTTP", "Port": 80}
    said = refusal(elbv2.create_listener, **asked, DefaultActions=forward_to(group))
    assert said == (
        "TargetGroupAssociationLimit",
        "The following target groups cannot be associated with more than one load balancer: "
        f"{group}",
    )
    tcp = new_group(elbv2, world, Name="tcp", Protocol="TCP")
    made = new_listener(elbv2, network, tcp, Protocol="TCP", Port=9000)
    said = refusal(
        elbv2.create_rule,
        ListenerArn=made,
        Priority=1,
        Conditions=[PATH],
        Actions=forward_to(tcp),
    )
    assert said[1] == "Rules are unsupported for Network Load Balancer listeners"


@pytest.mark.parametrize("version", ["HTTP2", "GRPC"])
def test_newer_versions_to_targets_need_a_secure_listener(
    elbv2: Any, world: World, balancer: str, version: str
) -> None:
    group = new_group(elbv2, world, Name="newer", ProtocolVersion=version)
    asked = {"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80}
    assert refusal(elbv2.create_listener, **asked, DefaultActions=forward_to(group)) == (
        "InvalidConfigurationRequest",
        "Listener protocol 'HTTP' is not supported with a target group with the protocol-version "
        f"'{version}'",
    )


def test_a_secure_listener_has_a_policy_and_more_certificates(
    elbv2: Any, balancer: str, group: str, certificates: list[str]
) -> None:
    first, second = certificates
    arn = new_listener(
        elbv2,
        balancer,
        group,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": first}],
    )
    shown = elbv2.describe_listeners(ListenerArns=[arn])["Listeners"][0]
    assert shown["SslPolicy"] == "ELBSecurityPolicy-2016-08"
    assert shown["Certificates"] == [{"CertificateArn": first}]
    elbv2.add_listener_certificates(ListenerArn=arn, Certificates=[{"CertificateArn": second}])
    listed = elbv2.describe_listener_certificates(ListenerArn=arn)["Certificates"]
    assert [(each["CertificateArn"], each["IsDefault"]) for each in listed] == [
        (first, True),
        (second, False),
    ]
    code, _ = refusal(
        elbv2.remove_listener_certificates,
        ListenerArn=arn,
        Certificates=[{"CertificateArn": first}],
    )
    assert code == "OperationNotPermitted"
    elbv2.remove_listener_certificates(ListenerArn=arn, Certificates=[{"CertificateArn": second}])
    policy = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    changed = elbv2.modify_listener(ListenerArn=arn, SslPolicy=policy)["Listeners"][0]
    assert changed["SslPolicy"] == policy
    assert refusal(elbv2.modify_listener, ListenerArn=arn, SslPolicy="x") == (
        "SSLPolicyNotFound",
        "SSL policy 'x' not found",
    )
    plain = elbv2.modify_listener(ListenerArn=arn, Protocol="HTTP", Port=8080)["Listeners"][0]
    assert "SslPolicy" not in plain
    assert "Certificates" not in plain


def test_rules_are_listed_by_priority_and_the_default_one_comes_last(
    elbv2: Any, listener: str, group: str
) -> None:
    conditions = [
        {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example.com"]}},
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["b"]}},
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "1"}]}},
        {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
        {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}},
    ]
    late = new_rule(elbv2, listener, group, Priority=20)
    early = new_rule(elbv2, listener, group, Priority=3, Conditions=conditions, Actions=[HOME])
    rules = elbv2.describe_rules(ListenerArn=listener)["Rules"]
    assert [rule["Priority"] for rule in rules] == ["3", "20", "default"]
    assert [rule["IsDefault"] for rule in rules] == [False, False, True]
    assert [rule["RuleArn"] for rule in rules][:2] == [early, late]
    assert rules[0]["Conditions"][1:] == conditions[1:]
    assert rules[0]["Conditions"][0] == {**conditions[0], "Values": ["*.example.com"]}
    assert rules[0]["Actions"] == [
        {
            "Type": "redirect",
            "RedirectConfig": {
                "Protocol": "HTTPS",
                "Port": "#{port}",
                "Host": "#{host}",
                "Path": "/#{path}",
                "Query": "#{query}",
                "StatusCode": "HTTP_301",
            },
        }
    ]
    default = rules[2]["RuleArn"]
    assert elbv2.describe_rules(RuleArns=[default])["Rules"] == [rules[2]]
    assert refusal(elbv2.delete_rule, RuleArn=default)[0] == "OperationNotPermitted"
    assert refusal(elbv2.modify_rule, RuleArn=default, Actions=[GONE])[0] == "OperationNotPermitted"
    pages = elbv2.get_paginator("describe_rules").paginate(
        ListenerArn=listener, PaginationConfig={"PageSize": 2}
    )
    assert [len(page["Rules"]) for page in pages] == [2, 1]


def test_priorities_are_unique_and_change_together(elbv2: Any, listener: str, group: str) -> None:
    one = new_rule(elbv2, listener, group, Priority=1)
    two = new_rule(elbv2, listener, group, Priority=2)
    assert refusal(
        elbv2.create_rule,
        ListenerArn=listener,
        Priority=2,
        Conditions=[PATH],
        Actions=forward_to(group),
    ) == ("PriorityInUse", "Priority '2' is currently in use")
    swapped = [{"RuleArn": one, "Priority": 2}, {"RuleArn": two, "Priority": 1}]
    elbv2.set_rule_priorities(RulePriorities=swapped)
    rules = elbv2.describe_rules(ListenerArn=listener)["Rules"]
    assert [rule["RuleArn"] for rule in rules[:2]] == [two, one]
    asked = [{"RuleArn": one, "Priority": 1}]
    assert refusal(elbv2.set_rule_priorities, RulePriorities=asked)[0] == "PriorityInUse"


def test_a_rule_can_be_changed_and_deleted(elbv2: Any, listener: str, group: str) -> None:
    rule = new_rule(elbv2, listener, group)
    changed = elbv2.modify_rule(RuleArn=rule, Actions=[GONE])["Rules"][0]
    assert changed["Actions"][0]["FixedResponseConfig"] == {"StatusCode": "410"}
    assert changed["Conditions"][0]["Values"] == ["/img/*"]
    assert refusal(elbv2.modify_rule, RuleArn=rule) == (
        "ValidationError",
        "Either conditions or actions must be specified",
    )
    elbv2.delete_rule(RuleArn=rule)
    assert refusal(elbv2.delete_rule, RuleArn=rule) == (
        "RuleNotFound",
        f"Rule '{rule}' not found",
    )
    assert refusal(elbv2.describe_rules, RuleArns=[rule])[0] == "RuleNotFound"


def test_weighted_groups_with_stickiness(elbv2: Any, world: World, balancer: str) -> None:
    groups = [new_group(elbv2, world, Name=name) for name in ("blue", "green")]
    weighted = [
        {"TargetGroupArn": group, "Weight": weight}
        for group, weight in zip(groups, (90, 0), strict=True)
    ]
    sticky = {"Enabled": True, "DurationSeconds": 60}
    config = {"TargetGroups": weighted, "TargetGroupStickinessConfig": sticky}
    action = {"Type": "forward", "Order": 1, "ForwardConfig": config}
    made = elbv2.create_listener(
        LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[action]
    )["Listeners"][0]
    assert made["DefaultActions"] == [action]
    assert len(elbv2.describe_target_groups(LoadBalancerArn=balancer)["TargetGroups"]) == 2
    weighted[0]["Weight"] = 1000
    asked = {"ListenerArn": made["ListenerArn"], "DefaultActions": [action]}
    assert refusal(elbv2.modify_listener, **asked)[0] == "InvalidLoadBalancerAction"


def test_attributes_and_tags_of_listeners_and_rules(elbv2: Any, listener: str, group: str) -> None:
    key = "routing.http.response.server.enabled"
    given = [{"Key": key, "Value": "false"}]
    elbv2.modify_listener_attributes(ListenerArn=listener, Attributes=given)
    shown = elbv2.describe_listener_attributes(ListenerArn=listener)["Attributes"]
    assert {"Key": key, "Value": "false"} in shown
    rule = new_rule(elbv2, listener, group)
    default = elbv2.describe_rules(ListenerArn=listener)["Rules"][1]["RuleArn"]
    arns = [listener, rule, default]
    elbv2.add_tags(ResourceArns=arns, Tags=[{"Key": "a", "Value": "b"}, {"Key": "c"}])
    elbv2.remove_tags(ResourceArns=[listener], TagKeys=["a"])
    tags = elbv2.describe_tags(ResourceArns=arns)["TagDescriptions"]
    assert [len(each["Tags"]) for each in tags] == [1, 2, 2]
    assert refusal(elbv2.describe_tags, ResourceArns=[f"{listener}0"])[0] == "ListenerNotFound"


def test_deleting_a_balancer_takes_its_listeners_and_rules(
    elbv2: Any, balancer: str, listener: str, group: str
) -> None:
    rule = new_rule(elbv2, listener, group)
    elbv2.delete_load_balancer(LoadBalancerArn=balancer)
    assert refusal(elbv2.describe_listeners, ListenerArns=[listener])[0] == "ListenerNotFound"
    assert refusal(elbv2.describe_rules, RuleArns=[rule])[0] == "RuleNotFound"
    elbv2.delete_target_group(TargetGroupArn=group)


def test_policies_are_awss(elbv2: Any) -> None:
    policies = elbv2.describe_ssl_policies()["SslPolicies"]
    assert len(policies) == 19
    name = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
    policy = elbv2.describe_ssl_policies(Names=[name])["SslPolicies"][0]
    assert policy["SslProtocols"] == ["TLSv1.2", "TLSv1.3"]
    assert policy["Ciphers"][0] == {"Name": "TLS_AES_128_GCM_SHA256", "Priority": 1}
    assert len(policy["Ciphers"]) == 7
    assert refusal(elbv2.describe_ssl_policies, Names=["x"])[0] == "SSLPolicyNotFound"


def test_trust_stores_and_reservations_are_refused(elbv2: Any, balancer: str) -> None:
    bundle = {"CaCertificatesBundleS3Bucket": "b", "CaCertificatesBundleS3Key": "k"}
    assert refusal(elbv2.create_trust_store, Name="a", **bundle)[0] == (
        "CaCertificatesBundleNotFound"
    )
    reserved = elbv2.describe_capacity_reservation(LoadBalancerArn=balancer)
    assert reserved["CapacityReservationState"] == []
    capacity = {"CapacityUnits": 100}
    assert refusal(
        elbv2.modify_capacity_reservation,
        LoadBalancerArn=balancer,
        MinimumLoadBalancerCapacity=capacity,
    )[0] == ("OperationNotPermitted")
