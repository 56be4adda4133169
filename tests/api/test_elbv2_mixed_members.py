"""Actions and conditions that say something of another kind: refused, not passed over."""

from typing import Any

import pytest
from tests.support.api_world import World, refusal
from tests.support.elbv2 import forward_to, new_balancer, new_group, new_listener

HOME = {"RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}}
GONE = {"FixedResponseConfig": {"StatusCode": "410"}}
METHOD = {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}}


@pytest.mark.parametrize(
    ("type_", "other"),
    [("fixed-response", "redirect"), ("redirect", "fixed-response"), ("forward", "redirect")],
)
def test_an_action_says_nothing_that_belongs_to_another_type(
    elbv2: Any, world: World, type_: str, other: str
) -> None:
    balancer, group = new_balancer(elbv2, world), new_group(elbv2, world)
    if type_ == "forward":
        action = {**forward_to(group)[0], **HOME}
    else:
        action = {"Type": type_, **HOME, **GONE}
    asked = {"Protocol": "HTTP", "Port": 80, "DefaultActions": [action]}
    said = refusal(elbv2.create_listener, LoadBalancerArn=balancer, **asked)
    sentence = f"An action of type '{type_}' cannot have the configuration of a '{other}' one"
    assert said == ("InvalidLoadBalancerAction", sentence)
    assert elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"] == []


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        (
            {"SourceIpConfig": {"Values": ["10.0.0.0/8"]}},
            "A 'http-request-method' condition cannot have the configuration of a 'source-ip' one",
        ),
        (
            {"Values": ["GET"]},
            "Values cannot be specified for 'http-request-method' outside of its configuration",
        ),
    ],
)
def test_a_condition_says_nothing_that_belongs_to_another_field(
    elbv2: Any, world: World, members: dict[str, Any], sentence: str
) -> None:
    group = new_group(elbv2, world)
    listener = new_listener(elbv2, new_balancer(elbv2, world), group)
    asked = {"Conditions": [{**METHOD, **members}], "Actions": forward_to(group)}
    said = refusal(elbv2.create_rule, ListenerArn=listener, Priority=1, **asked)
    assert said == ("ValidationError", sentence)
    assert len(elbv2.describe_rules(ListenerArn=listener)["Rules"]) == 1
